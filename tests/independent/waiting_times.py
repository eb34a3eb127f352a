"""Waiting times v1.1 in pandas and plain Python, person by person."""

from datetime import date

import pandas as pd

from tests.independent.ascof_2b import years
from tests.independent.tables import Derived

LONG_TERM = {"long_term_nursing", "long_term_residential", "long_term_community", "long_term_prison"}
SHORT_TERM = {"short_term_max", "short_term_other"}
TO_SERVICE = {"progress_reablement", "progress_support_planning", "continuation"}
LEADS_ON = TO_SERVICE | {"progress_assessment", "progress_financial_assessment", "progress_end_of_life"}
KINDS = ("request", "assessment", "service")


def months_before(day: date, months: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()


def age_at(one: dict, day: date) -> int | None:
    return None if one["birth_month"] is None or one["birth_month"] > day else years(one["birth_month"], day)


def is_existing(request: dict, events: list[dict]) -> bool:
    start = request["start_date"]
    for row in events:
        if row["event_type"] != "service" or row["start_date"] >= start:
            continue
        months = 12 if row["service_group"] in LONG_TERM else 3 if row["service_group"] in SHORT_TERM else None
        if months and (row["end_date"] is None or row["end_date"] >= months_before(start, months)):
            return True
    return False


def why_not(request: dict, one: dict, events: list[dict]) -> str | None:
    age = age_at(one, request["start_date"])
    outcome = request["outcome_group"]
    if age is None or age < 25:
        return "under_25"
    if is_existing(request, events):
        return "existing_client"
    if outcome is None:
        return "no_outcome"
    return "no_progress" if outcome.startswith(("nfa_", "ended_")) or outcome == "hospital" else None


def in_order(requests: list[dict], one: dict, events: list[dict]) -> list[dict]:
    chosen = list(requests)
    for row in events:
        of_kind = row["assessment_group"] in ("short_term", "long_term") if row["event_type"] == "assessment" else (
            row["event_type"] == "service" and row["service_group"] in LONG_TERM | SHORT_TERM | {"ongoing_low_level"}
        )  # fmt: skip
        if of_kind and (age_at(one, row["start_date"]) or 0) >= 25:
            chosen.append(row)
    return sorted(chosen, key=lambda row: (row["start_date"], KINDS.index(row["event_type"]), -row["event_id"]))


def leads_to_service(order: list[dict], place: int) -> bool:
    """Whether any assessment of the unbroken run of assessments around a place led to a service."""
    first = last = place
    while first > 0 and order[first - 1]["event_type"] == "assessment":
        first -= 1
    while last + 1 < len(order) and order[last + 1]["event_type"] == "assessment":
        last += 1
    return any(row["outcome_group"] in TO_SERVICE for row in order[first : last + 1])


def answers(order: list[dict], place: int) -> tuple[int | None, int | None]:
    request = order[place]
    later = range(place + 1, len(order))
    assessment = next((at for at in later if order[at]["event_type"] == "assessment"), None)
    service = next((at for at in later if order[at]["event_type"] == "service"), None)
    itself = request["conversation"] is True and request["outcome_group"] in LEADS_ON
    itself = itself and request["start_date"] < date(2025, 7, 1)
    if itself and (assessment is None or order[assessment]["start_date"] > request["start_date"]):
        return place, service
    response = min((at for at in (assessment, service) if at is not None), default=None)
    if response is not None and order[response]["event_type"] == "assessment" and not leads_to_service(order, response):
        service = None
    return response, service


def waits(order: list[dict]) -> list[tuple[dict, int | None, int | None, bool]]:
    found: list[tuple[dict, int | None, int | None, bool]] = []
    for place, row in enumerate(order):
        if row["event_type"] != "request":
            continue
        response, service = answers(order, place)
        until = max((at for at in found[-1][1:3] if at is not None), default=-1) if found else -1
        responses = [before[1] for before in found if before[1] is not None]
        services = [before[2] for before in found if before[2] is not None]
        overlaps = until > place or (response is not None and response <= max(responses, default=-1))
        overlaps = overlaps or (service is not None and service <= max(services, default=-1))
        found.append((row, response, service, overlaps))
    return found


def people(derived: Derived) -> pd.DataFrame:
    first, last = derived.first, derived.last
    rows = []
    for who, events in derived.events(derived.event):
        one = derived.of_person[who]
        requests = []
        for row in events:
            if row["event_type"] != "request" or row["client_type_group"] != "service_user":
                continue
            if not months_before(first, 12) <= row["start_date"] <= last:
                continue
            reason = why_not(row, one, events)
            if reason is None:
                requests.append(row)
            elif row["start_date"] >= first:
                rows.append((*who, None, None, None, None, reason))
        order = in_order(requests, one, events) if requests else []
        for request, response, service, overlaps in waits(order):
            counted = 0
            for answer, part in ((response, "response_"), (service, "first_service")):
                if overlaps or answer is None or not first <= order[answer]["start_date"] <= last:
                    continue
                event = order[answer]
                age = age_at(one, event["end_date"] or last)
                end = pd.Period(event["start_date"], freq="Q").end_time.date().isoformat()
                days = float((event["start_date"] - request["start_date"]).days)
                column = part if part == "first_service" else part + event["event_type"]
                rows.append((*who, end, "65+" if age >= 65 else "25-64", days, column, None))
                counted += 1
            if not counted and request["start_date"] >= first:
                rows.append((*who, None, None, None, None, "overlaps" if overlaps else "no_response"))
    columns = ["la_code", "person_key", "quarter_end", "age_band", "days", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns)
