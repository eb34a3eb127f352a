"""ASCOF 3D parts 1b and 2b in pandas."""

import pandas as pd

from tests.independent.ascof_3d_clients import mechanism
from tests.independent.tables import Derived, band

ORDER = ("direct_payment", "managed", "commissioned", "not_known", "information", "no_direct")


def kind(row: dict[str, object]) -> str | None:
    if row["service_type"] == "Unpaid carer support: Direct to unpaid carer":
        return mechanism(row)
    if row["service_type"] == "Unpaid carer support: Support involving the person cared-for":
        return "no_direct"
    if row["event_type"] == "service":
        return None
    if row["outcome_group"] == "nfa_information":
        return "information"
    return None if row["event_type"] == "request" else "no_direct"


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event
    event = event[event.client_type_group.isin(["carer", "carer_by_association"])]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.first))]
    rows = []
    for (la_code, key), events in derived.events(event):
        one = derived.of_person[(la_code, key)]
        kinds = [found for found in map(kind, events) if found]
        if not kinds:
            continue
        reason = None
        if one["age"] is not None and one["age"] < 18:
            reason = "under_18"
        if one["date_of_death"] is not None and one["date_of_death"] < derived.first:
            reason = "died"
        rows.append((la_code, key, band(one["age"]), None if reason else min(kinds, key=ORDER.index), reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "column_id", "reason"])
