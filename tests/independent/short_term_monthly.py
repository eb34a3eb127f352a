"""Short-term support in pandas: people on month ends."""

from datetime import date

import pandas as pd

from tests.independent.assessed_new import labels
from tests.independent.long_term_monthly import age_on
from tests.independent.tables import Derived

TYPES = ("short_term_max", "ongoing_low_level", "short_term_other")
COLUMNS = ["la_code", "person_key", "month_end", "age_band", "gender", "ethnic_group", "column_id", "reason"]


def open_between(derived: Derived, first: date, last: date) -> list[tuple[object, ...]]:
    """Rows of the people with short-term support on any of the days."""
    event = derived.event[derived.event.service_group.isin(TYPES) & (derived.event.client_type_group == "service_user")]
    event = event[(event.start_date <= last) & (event.end_date.isna() | (event.end_date >= first))]
    rows: list[tuple[object, ...]] = []
    for who, services in derived.events(event):
        one = derived.of_person[who]
        age = age_on(one["birth_month"], last)
        dead = one["date_of_death"] is not None and one["date_of_death"] < first
        reason = "died" if dead else "under_18" if age is not None and age < 18 else None
        types = [name for name in TYPES if any(row["service_group"] == name for row in services)]
        placed = [None] if reason else [f"{'also' if place else 'once'}_{name}" for place, name in enumerate(types)]
        rows += [(*who, last.isoformat(), *labels(one, age), column, reason) for column in placed]
    return rows


def people(derived: Derived) -> pd.DataFrame:
    days = [day.date() for day in pd.date_range(derived.first, derived.last, freq="ME")]
    return pd.DataFrame([row for day in days for row in open_between(derived, day, day)], columns=COLUMNS)
