"""SALT LTS002a in pandas; LTS002b and the measures of people take ``reviews_of``."""

from datetime import date

import pandas as pd

from tests.independent.tables import Derived

LED_ON = ("progress_reablement", "progress_assessment", "progress_support_planning")
SEQUELS = {
    "progress_reablement": "short_term",
    "progress_assessment": "changed",
    "progress_support_planning": "changed",
    "continuation": "no_change",
    **dict.fromkeys(("nfa_moved", "nfa_nhs", "nfa_self_funded", "nfa_declined", "nfa_deceased"), "ended"),
    **dict.fromkeys(("ended_as_planned", "ended_other"), "ended"),
    None: "not_known",
    "not_mapped": "not_known",
}


def on_the_day(services: list[dict], day: date) -> set[str]:
    return {row["setting"] for row in services if row["start_date"] <= day and (row["end_date"] or day) >= day}


def setting(services: list[dict], day: date) -> str:
    there = on_the_day([row for row in services if row["start_date"] < day], day)
    if there & {"nursing", "residential"}:
        return "care_home"
    return "community" if "community" in there else "prison" if "prison" in there else "none"


def moved(services: list[dict], review: dict, last: date) -> str | None:
    homes = [row for row in services if row["setting"] in ("nursing", "residential")]
    homes = [row for row in homes if review["start_date"] <= row["start_date"] <= last]
    if not homes or review["outcome_group"] not in LED_ON or setting(services, review["start_date"]) != "community":
        return None
    return min(homes, key=lambda row: (row["start_date"], row["setting"]))["setting"]


def reason_of(
    row: dict, one: dict, home: str | None, alive_on: date | None, homes_only: bool, with_methods: set[str]
) -> str | None:
    checks = {
        "no_support": alive_on is None,
        "died": alive_on is not None and one["date_of_death"] is not None and one["date_of_death"] < alive_on,
        "age_not_known": one["age"] is None,
        "under_18": one["age"] is not None and one["age"] < 18,
        "method": row["la_code"] in with_methods and row["review_method_group"] != "with_service_user",
        "short_term_review": row["review_group"] == "short_term_review",
        "reason_not_valid": row["review_group"] in (None, "not_mapped"),
        "planned": homes_only and row["review_group"] == "planned" and home is None,
    }
    return next((name for name, holds in checks.items() if holds), None)


def reviews_of(derived: Derived, alive_on, homes_only: bool) -> pd.DataFrame:
    """``alive_on``: services of a person → the day on which the person must live, None outside the cohort."""
    event = derived.event[derived.event.client_type_group == "service_user"]
    reviews = event[
        (event.event_type == "review") & (event.end_date >= derived.first) & (event.end_date <= derived.last)
    ]
    with_methods = set(reviews[reviews.review_method_group.notna()].la_code)
    rows = []
    for who, events in derived.events(event):
        one = derived.of_person[who]
        services = [row for row in events if row["setting"] is not None]
        age_band = None if one["age"] is None or one["age"] < 18 else "65+" if one["age"] >= 65 else "18-64"
        for row in events:
            if row["event_type"] != "review" or not derived.first <= row["end_date"] <= derived.last:
                continue
            home = moved(services, row, derived.last)
            reason = reason_of(row, one, home, alive_on(services), homes_only, with_methods)
            why = "Planned" if row["review_group"] == "planned" else row["review_reason"]
            column = None if reason else home or SEQUELS.get(row["outcome_group"], "other_outcome")
            rows.append((*who, setting(services, row["start_date"]), age_band, why, column, reason))
    columns = ["la_code", "person_key", "setting", "age_band", "review_reason", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns).astype(object)


def in_the_year(derived: Derived):
    def alive_on(services: list[dict]) -> date | None:
        there = [row for row in services if row["start_date"] <= derived.last]
        return derived.first if any((row["end_date"] or derived.last) >= derived.first for row in there) else None

    return alive_on


def people(derived: Derived) -> pd.DataFrame:
    return reviews_of(derived, in_the_year(derived), homes_only=True)
