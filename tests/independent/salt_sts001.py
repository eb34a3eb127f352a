"""SALT STS001 in pandas: requests of new clients and what followed, one episode after another."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from tests.independent.ascof_2b import years
from tests.independent.tables import Derived

FAR = date(9999, 12, 31)
LONG = ["long_term_nursing", "long_term_residential", "long_term_community", "long_term_prison"]
SERVICES = {
    "short_term_max": "short_term_max",
    **{name: name.removeprefix("long_term_") for name in LONG},
    "ongoing_low_level": "low_level",
    "short_term_other": "short_term_other",
}
OTHER = "no_services_other"
OUTCOMES = dict.fromkeys(
    ("nfa_moved", "nfa_self_funded", "nfa_declined", "ended_other", "nfa_no_services", "nfa_other"), OTHER
) | {
    "nfa_nhs": "nhs_funded",
    "progress_end_of_life": "end_of_life",
    "nfa_deceased": "deceased",
    "nfa_information": "signposted",
    "nfa_referral_within_la": "signposted",
}
HIERARCHY = [
    "progress_reablement",
    "progress_assessment",
    "hospital",
    "progress_support_planning",
    "progress_end_of_life",
    "continuation",
    "ended_as_planned",
    "progress_financial_assessment",
    "nfa_deceased",
    "nfa_moved",
    "nfa_nhs",
    "nfa_information",
    "nfa_referral_within_la",
    "nfa_self_funded",
    "nfa_declined",
    "ended_other",
    "nfa_no_services",
    "nfa_other",
]
ROUTES = [
    "planned_transition",
    "hospital_discharge",
    "hospital_diversion",
    "self_funder_depleted",
    "self_funder_disregard",
    "community_other",
    "prison",
    "reablement_discharge",
    "transfer_from_la",
]
Event = dict
Who = tuple[str, int]


def end_of(event: Event) -> date:
    return event["end_date"] or FAR


def episodes(events: list[Event], gap: int) -> list[list[Event]]:
    """Events in groups; each begins at most ``gap`` days after all before it in the group have ended."""
    groups: list[list[Event]] = []
    for event in sorted(events, key=lambda one: (one["start_date"], one["event_id"])):
        if groups and (event["start_date"] - max(map(end_of, groups[-1]))).days <= gap:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def last_of(episode: list[Event]) -> Event:
    """The event that ends last; then the one whose outcome is first in the hierarchy, then the highest row."""
    place = {name: -number for number, name in enumerate(HIERARCHY)}
    return max(episode, key=lambda one: (end_of(one), place.get(one["outcome_group"], -99), one["event_id"]))


def is_existing(services: list[Event], day: date) -> bool:
    return any(one["setting"] and one["start_date"] <= day <= end_of(one) for one in services)


def chain(
    episode: list[Event], events: list[Event], first: int, gap: int, stops: Callable[[Event], bool]
) -> list[Event]:
    """What follows the episode without a break and before the next of its kind."""
    end = end_of(last_of(episode))
    own = {one["event_id"] for one in episode}
    later = [one for one in events if one["start_date"] >= end and one["event_id"] not in own]
    found: list[Event] = []
    for day in sorted({one["start_date"] for one in later}):
        today = [one for one in later if one["start_date"] == day]
        since, allowed = (max(map(end_of, found)), gap) if found else (end, first)
        if any(map(stops, today)) or (day - since).days > allowed:
            break
        found += today
    return found


def told(
    services: dict[str, str], outcomes: dict[str, str], later: set[str], followed: list[Event]
) -> tuple[str, str] | None:
    """What the chain tells, and how."""
    for group, column in services.items():
        if any(one["service_group"] == group for one in followed):
            return column, "service"
    final = [one for one in followed if one["outcome_group"] in later]
    closed = [one["end_date"] for one in final if one["end_date"]]
    last = {one["outcome_group"] for one in final if one["end_date"] == (max(closed) if closed else None)}
    if last:
        return (OTHER if len(last) > 1 else outcomes[last.pop()]), "later_outcome"
    return None


def by_person(derived: Derived) -> dict[Who, list[Event]]:
    """Service users' events that begin by the end of the year."""
    event = derived.event[derived.event.client_type_group == "service_user"]
    return dict(derived.events(event[event.start_date <= derived.last]))


def band_and_fault(birth_month: date | None, last: date, *, needs_age: bool) -> tuple[str | None, str | None]:
    if birth_month is None:
        return "not known", "no_birth_month" if needs_age else None
    if birth_month > last:
        return "not known", "under_18"
    age = years(birth_month, last)
    return ("65+" if age >= 65 else "18-64", None) if age >= 18 else (None, "under_18")


def request_episodes(events: list[Event], last: date) -> list[list[Event]]:
    return episodes([one for one in events if one["event_type"] == "request" and end_of(one) <= last], 4)


def request_chain(episode: list[Event], events: list[Event]) -> list[Event] | None:
    """What follows a request; None when the client is an existing one."""
    if is_existing(events, episode[0]["start_date"]):
        return None
    return chain(episode, events, 28, 3, lambda one: one["event_type"] == "request")


def people(derived: Derived) -> pd.DataFrame:
    rows = []
    for who, events in by_person(derived).items():
        for episode in request_episodes(events, derived.last):
            ending = last_of(episode)
            if not derived.first <= end_of(ending) <= derived.last:
                continue
            band, fault = band_and_fault(derived.of_person[who]["birth_month"], derived.last, needs_age=True)
            route = ending["route_group"] if ending["route_group"] in ROUTES else "not known"
            followed = request_chain(episode, events)
            if followed is None:
                rows.append((*who, band, route, "nothing", None, "existing_client"))
                continue
            found = told(SERVICES, OUTCOMES, set(OUTCOMES), followed)
            if not found and ending["outcome_group"] in OUTCOMES:
                found = OUTCOMES[ending["outcome_group"]], "own_outcome"
            column, how = found or ("not_classified", "nothing")
            rows.append((*who, band, route, how, None if fault else column, fault))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "route", "told_by", "column_id", "reason"])
