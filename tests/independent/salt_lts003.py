"""SALT LTS003 in pandas."""

import pandas as pd

from tests.independent.tables import Derived

ORDER = ("direct_payment", "managed", "commissioned", "not_known", "information", "no_direct")
BANDS = ((18, "under 18"), (26, "18-25"), (65, "26-64"), (85, "65-84"), (999, "85+"))


def kind(row: dict[str, object]) -> str | None:
    if row["service_type"] == "Unpaid carer support: Direct to unpaid carer":
        return row["mechanism_group"] if row["mechanism_group"] in ORDER[:3] else "not_known"
    if row["service_type"] == "Unpaid carer support: Support involving the person cared-for":
        return "no_direct"
    if row["service_type"] is not None or row["event_type"] == "service":
        return None
    if row["outcome_group"] == "nfa_information":
        return "information"
    return None if row["event_type"] == "request" else "no_direct"


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event[derived.event.client_type_group.isin(["carer", "carer_by_association"])]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.first))]
    rows = []
    for who, events in derived.events(event):
        one = derived.of_person[who]
        kinds = {kind(row) for row in events} - {None}
        best = min(kinds, key=ORDER.index, default=None)
        reason = None if best else "no_support"
        if one["date_of_death"] is not None and one["date_of_death"] < derived.first:
            reason = "died"
        band = "not known" if one["age"] is None else next(name for end, name in BANDS if one["age"] < end)
        rows.append((*who, band, None if reason else best, reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "column_id", "reason"])
