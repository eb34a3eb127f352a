"""SALT LTS004 table 1 in pandas; the other measures of learning disability support take ``people_of``."""

from collections.abc import Callable

import pandas as pd

from tests.independent.tables import Derived

COLUMNS = {
    "Paid: Less than 16 hours a week": "paid_under_16",
    "Paid: 16 or more hours a week": "paid_16_or_more",
    "Paid: Hours per week unknown": "paid_hours_not_known",
    "Not in paid employment: Seeking work": "seeking_work",
    "Not in paid employment: Not actively seeking work or retired": "not_seeking_work",
    "Not in paid employment: Voluntary work only": "voluntary_work",
    "Unknown": "not_known",
}


def latest(services: list[dict[str, object]], field: str) -> str | None:
    valid = [row for row in services if row[field] not in (None, "not_mapped")]
    if not valid:
        return None
    day = max(row["start_date"] for row in valid)
    said = {row[field] for row in valid if row["start_date"] == day}
    known = said - {"Unknown"}
    return known.pop() if len(known) == 1 else "Unknown"


def people_of(derived: Derived, field: str, column: Callable[[str], str]) -> pd.DataFrame:
    event = derived.event
    event = event[event.setting.isin(["nursing", "residential", "community"])]
    event = event[event.client_type_group == "service_user"]
    event = event[event.primary_support_reason == "Learning disability support"]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.first))]
    rows = []
    for who, services in derived.events(event):
        one = derived.of_person[who]
        status = latest(services, field)
        checks = {
            "died": one["date_of_death"] is not None and one["date_of_death"] < derived.first,
            "under_18": one["age"] is not None and one["age"] < 18,
            "over_64": one["age"] is not None and one["age"] > 64,
            "age_not_known": one["age"] is None,
            "not_valid": status is None,
        }
        reason = next((name for name, holds in checks.items() if holds), None)
        gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
        rows.append((*who, gender, None if reason else column(status), reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "gender", "column_id", "reason"])


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, "employment_status", COLUMNS.__getitem__)
