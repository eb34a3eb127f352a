"""ASCOF 2E in pandas."""

import pandas as pd

from tests.independent.ascof_2b import years
from tests.independent.tables import Derived, band


def people_of(derived: Derived, *, learning_only: bool) -> pd.DataFrame:
    event = derived.event
    event = event[event.setting.notna() & (event.client_type_group == "service_user")]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.first))]
    rows = []
    for (la_code, key), services in derived.events(event):
        one = derived.of_person[(la_code, key)]
        until = max(min(row["end_date"] or derived.last, derived.last) for row in services)
        age = None if one["birth_month"] is None or one["birth_month"] > until else years(one["birth_month"], until)
        reason = "age_not_known" if age is None else None
        if learning_only and age is not None and age > 64:
            reason = "over_64"
        if learning_only and not one["learning_disability"]:
            reason = "not_learning_disability"
        if age is not None and age < 18:
            reason = "under_18"
        if one["date_of_death"] is not None and one["date_of_death"] < derived.first:
            reason = "died"
        lives = {True: "settled", False: "unsettled", None: "not_known"}[one["settled_dhsc"]]
        gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
        found = band(age) if age is not None else None
        rows.append((la_code, key, found, gender, None if reason else lives, reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "gender", "column_id", "reason"])


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, learning_only=False)
