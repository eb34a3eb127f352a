"""Costs of packages, in pandas."""

import pandas as pd

from tests.independent.ascof_3d_clients import ORDER, mechanism
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event
    event = event[event.setting.notna() & (event.client_type_group == "service_user")]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.last))]
    rows = []
    for who, services in derived.events(event):
        one = derived.of_person[who]
        places = [mechanism(row) if row["setting"] == "community" else row["setting"] for row in services]
        costs = [[row[name] for row in services if row[name] is not None] for name in ("weekly_cost", "period_cost")]
        weekly, quarter = (sum(found) if found else None for found in costs)
        reason = "under_18" if one["age"] is not None and one["age"] < 18 else None
        if one["date_of_death"] is not None and one["date_of_death"] < derived.last:
            reason = "died"
        column = None if reason else "not_costed" if weekly is None else "costed"
        rows.append((*who, min(places, key=ORDER.index), weekly, quarter, column, reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "setting", "weekly", "quarter", "column_id", "reason"])
