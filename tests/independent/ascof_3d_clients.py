"""ASCOF 3D parts 1a and 2a in pandas."""

import pandas as pd

from tests.independent.tables import Derived, band

ORDER = ("nursing", "residential", "direct_payment", "managed", "commissioned", "not_known", "prison")


def mechanism(row: dict[str, object]) -> str:
    if "direct_payment" in (row["component_group"], row["mechanism_group"]):
        return "direct_payment"
    return str(row["mechanism_group"]) if row["mechanism_group"] in ("managed", "commissioned") else "not_known"


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event
    event = event[(event.client_type_group == "service_user") & event.setting.notna()]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.last))]
    rows = []
    for (la_code, key), services in derived.events(event):
        one = derived.of_person[(la_code, key)]
        places = [mechanism(row) if row["setting"] == "community" else str(row["setting"]) for row in services]
        place = min(places, key=ORDER.index)
        reason = None
        if place in ("nursing", "residential"):
            reason = "care_home"
        if place == "prison":
            reason = "prison"
        if one["age"] is not None and one["age"] < 18:
            reason = "under_18"
        if one["date_of_death"] is not None and one["date_of_death"] < derived.last:
            reason = "died"
        rows.append((la_code, key, band(one["age"]), None if reason else place, reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "column_id", "reason"])
