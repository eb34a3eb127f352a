"""SALT STS002a in pandas: short-term support to which the requests of STS001 led, and what followed."""

import pandas as pd

from tests.independent.salt_sts001 import (
    LONG,
    OTHER,
    ROUTES,
    Event,
    band_and_fault,
    by_person,
    chain,
    end_of,
    episodes,
    is_existing,
    last_of,
    request_chain,
    request_episodes,
    told,
)
from tests.independent.tables import Derived

SERVICES = dict.fromkeys(LONG, "long_term") | {"ongoing_low_level": "low_level", "short_term_other": "short_term_other"}
LATER = {
    "nfa_moved": OTHER,
    "nfa_other": OTHER,
    "nfa_no_services": OTHER,
    "ended_other": OTHER,
    "nfa_nhs": "early_cessation",
    "nfa_deceased": "early_cessation",
    "nfa_self_funded": "self_funded",
    "nfa_declined": "declined",
    "nfa_information": "signposted",
    "nfa_referral_within_la": "signposted",
}
OWN = LATER | {"ended_as_planned": OTHER}
OWN_WHEN_NOTHING_FOLLOWS = OWN | {"progress_end_of_life": OTHER, "hospital": OTHER}
REASONS = [
    "Physical support: Access and mobility only",
    "Physical support: Personal care support",
    "Sensory support: Support for visual impairment",
    "Sensory support: Support for hearing impairment",
    "Sensory support: Support for dual impairment",
    "Support with memory and cognition",
    "Learning disability support",
    "Mental health support",
    "Social support: Substance misuse support",
    "Social support: Asylum seeker support",
    "Social support: Support for social isolation or other",
    "Social support: Support to unpaid carer",
]
GROUPS = ("asian", "black", "mixed", "white", "other")
LABELS = ["primary_support_reason", "ethnic_group"]


def is_short_term(event: Event) -> bool:
    return event["service_group"] == "short_term_max"


def about(one: dict) -> tuple[str, str]:
    reason = one["primary_support_reason"]
    return reason if reason in REASONS else "not known", one["ethnic_group"] if one[
        "ethnic_group"
    ] in GROUPS else "unknown"


def routes_of_asked(events: list[Event], derived: Derived) -> dict[int, str | None]:
    """Short-term services to which a request of the year by a new client led → the request's route."""
    found = {}
    for episode in request_episodes(events, derived.last):
        ending = last_of(episode)
        if derived.first <= end_of(ending) <= derived.last:
            for event in request_chain(episode, events) or []:
                if is_short_term(event):
                    found[event["event_id"]] = ending["route_group"]
    return found


def followed_by(episode: list[Event], events: list[Event]) -> str:
    followed = chain(episode, events, 3, 3, is_short_term)
    found = told(SERVICES, LATER, set(LATER), followed)
    own = OWN if followed else OWN_WHEN_NOTHING_FOLLOWS
    return found[0] if found else own.get(last_of(episode)["outcome_group"], "not_classified")


def people(derived: Derived) -> pd.DataFrame:
    rows = []
    for who, events in by_person(derived).items():
        routes = routes_of_asked(events, derived)
        support = [one for one in events if is_short_term(one)]
        for asked in (True, False):
            for episode in episodes([one for one in support if (one["event_id"] in routes) is asked], 1):
                if not derived.first <= end_of(last_of(episode)) <= derived.last:
                    continue
                one = derived.of_person[who]
                band, fault = band_and_fault(one["birth_month"], derived.last, needs_age=True)
                if not asked:
                    fault = "existing_client" if is_existing(events, episode[0]["start_date"]) else "no_request"
                route = routes.get(episode[0]["event_id"])
                column = None if fault else followed_by(episode, events)
                route = route if route in ROUTES else "not known"
                rows.append((*who, band, route, *about(one), column, fault))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "route", *LABELS, "column_id", "reason"])
