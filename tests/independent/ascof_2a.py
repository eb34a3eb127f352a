"""ASCOF 2A in pandas, from the words of the rule."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from tests.independent.tables import Derived, band

Row = dict[str, Any]
OPEN = date(9999, 12, 31)
SERVICES = (
    "long_term_nursing",
    "long_term_residential",
    "long_term_community",
    "long_term_prison",
    "ongoing_low_level",
    "short_term_other",
)
CANNOT_BE_CLASSIFIED = {
    "progress_reablement",
    "progress_assessment",
    "progress_support_planning",
    "continuation",
    "not_mapped",
    None,
}


def end(event: Row) -> date:
    return event["end_date"] or OPEN


def rank(event: Row) -> float:
    return 999 if event["outcome_group"] in CANNOT_BE_CLASSIFIED else float(event["outcome_rank"])


def clusters(services: list[Row], days: int) -> list[list[Row]]:
    """Services that start at most so many days after the latest end so far stand together."""
    found: list[list[Row]] = []
    for service in sorted(services, key=lambda one: (one["start_date"], one["event_id"])):
        latest = max((end(one) for one in found[-1]), default=date.min) if found else date.min
        if found and service["start_date"] <= min(latest, date(9000, 1, 1)) + timedelta(days=days):
            found[-1].append(service)
        else:
            found.append([service])
    return found


def last_outcome(events: list[Row]) -> Row:
    return max(events, key=lambda one: (end(one), -rank(one), one["event_id"]))


def sequel(cluster: list[Row], others: list[Row], died: date | None) -> tuple[str, str]:
    """Step and what followed."""
    first, last = cluster[0]["start_date"], max(end(one) for one in cluster)
    own = last_outcome(cluster)
    if died is not None and died <= last + timedelta(days=7):
        return "1", "nfa_deceased"
    if own["outcome_group"] == "hospital":
        return "2", "hospital"
    began = [one for one in others if first <= one["start_date"]]
    after = [one for one in began if end(one) > last and one["start_date"] <= last + timedelta(days=7)]
    services = [one for one in after if one["service_group"] in SERVICES]
    if services:
        best = min(SERVICES.index(one["service_group"]) for one in services)
        top = [one for one in services if SERVICES.index(one["service_group"]) == best]
        if SERVICES[best] == "short_term_other" and any(
            one["component_group"] in ("short_term_nursing", "short_term_residential") for one in top
        ):
            return "3", "short_term_home"
        return "3", SERVICES[best]
    telling = [one for one in after if one["event_type"] != "service" and one["outcome_group"] != "ended_as_planned"]
    nested = [one for one in began if first < end(one) <= last]
    looked = [one for one in nested if one["event_type"] in ("assessment", "review") and rank(one) < 999]
    near = [one for one in looked if (last - end(one)).days < 14]
    choices = [(rank(own), "4a", own)] if not after or telling else []
    choices += [(rank(one), "4b", one) for one in telling]
    choices += [(rank(one), "4c", one) for one in [last_outcome(near)]] if near else []
    choices = [choice for choice in choices if choice[0] < 999]
    if choices:
        _, step, chosen = min(choices, key=lambda choice: choice[:2])
        return step, str(chosen["outcome_group"])
    if any(one["event_type"] == "service" and one["component_group"] == "equipment" for one in nested):
        return "5", "ongoing_low_level"
    return "6", str(own["outcome_group"]) if rank(own) < 999 else "unclassified"


def people(derived: Derived) -> pd.DataFrame:
    rows = []
    for (la_code, key), events in derived.events(derived.event[derived.event.client_type_group == "service_user"]):
        one = derived.of_person[(la_code, key)]
        for cluster in clusters([row for row in events if row["service_group"] == "short_term_max"], 7):
            start, last = cluster[0]["start_date"], max(end(row) for row in cluster)
            if not derived.first <= last <= derived.last:
                continue
            age = None
            if one["birth_month"] is not None and one["birth_month"] <= last:
                age = int((last - one["birth_month"]).days // 365.25)
            used = {row["event_id"] for row in cluster}
            before = [row for row in events if row["setting"] and row["start_date"] < start]
            reason = None
            if any((start - end(row)).days < 91 for row in before):
                reason = "not_new"
            if one["date_of_death"] is not None and one["date_of_death"] < start:
                reason = "died"
            if age is not None and age < 18:
                reason = "under_18"
            step, column = sequel(cluster, [row for row in events if row["event_id"] not in used], one["date_of_death"])
            if column in ("progress_financial_assessment", "progress_end_of_life"):
                column = "progress_other"
            place = (None, None, reason) if reason else (step, column, None)
            rows.append((la_code, key, band(age), *place))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "step", "column_id", "reason"])
