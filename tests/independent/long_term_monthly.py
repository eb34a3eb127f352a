"""People in long-term support at each month end, in pandas."""

from datetime import date

import pandas as pd

from tests.independent.ascof_2b import years
from tests.independent.tables import Derived

SETTINGS = ("nursing", "residential", "community", "prison")
BANDS = {18: "18-24", 25: "25-44", 45: "45-64", 65: "65-74", 75: "75-84", 85: "85-94", 95: "95+"}
GROUPS = ("asian", "black", "mixed", "white", "other")


def age_on(born: date | None, day: date) -> int | None:
    return None if born is None or born > day else years(born, day)


def fine_band(age: int | None) -> str | None:
    if age is None:
        return "not known"
    return next((BANDS[first] for first in sorted(BANDS, reverse=True) if age >= first), None)


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event
    event = event[event.setting.notna() & (event.client_type_group == "service_user")]
    rows = []
    for last in pd.date_range(derived.first, derived.last, freq="ME"):
        day = last.date()
        opened = event[(event.start_date <= day) & (event.end_date.isna() | (event.end_date >= day))]
        for (la_code, key), services in derived.events(opened):
            one = derived.of_person[(la_code, key)]
            age = age_on(one["birth_month"], day)
            gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
            group = one["ethnic_group"] if one["ethnic_group"] in GROUPS else "unknown"
            who = (la_code, key, day.isoformat(), fine_band(age), gender, group)
            reason = "under_18" if age is not None and age < 18 else None
            if one["date_of_death"] is not None and one["date_of_death"] < day:
                reason = "died"
            if reason:
                rows.append((*who, None, reason))
                continue
            first, *others = sorted({row["setting"] for row in services}, key=SETTINGS.index)
            rows += [(*who, f"once_{first}", None), *((*who, f"also_{place}", None) for place in others)]
    columns = ["la_code", "person_key", "month_end", "age_band", "gender", "ethnic_group", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns)
