"""SALT LTS001a, b and c from the derived tables, in pandas."""

import pandas as pd

from tests.independent.reviewed import supported_since
from tests.independent.tables import Derived

COMMUNITY = {"direct_payment": "community_direct_payment", "managed": "community_managed"} | {
    "commissioned": "community_commissioned"
}


def column(services: list[dict]) -> str:
    settings = {row["setting"] for row in services}
    for home in ("nursing", "residential"):
        if home in settings:
            return home
    if "community" not in settings:
        return "prison"
    mechanisms = {row["mechanism_group"] for row in services if row["setting"] == "community"}
    if "direct_payment" in mechanisms and mechanisms & {"managed", "commissioned"}:
        return "community_part_direct_payment"
    return next((name for group, name in COMMUNITY.items() if group in mechanisms), "community_not_known")


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event[derived.event.setting.notna() & (derived.event.client_type_group == "service_user")]
    before = (pd.Timestamp(derived.last) - pd.DateOffset(years=1)).date()
    rows = []
    for who, services in derived.events(event[event.start_date <= derived.last]):
        one = derived.of_person[who]
        reason_of_support = one["primary_support_reason"]
        if reason_of_support in (None, "Unknown", "not_mapped", "Social support: Support to unpaid carer"):
            reason_of_support = "not known"
        age = one["age"]
        for part, day in (("LTS001a", derived.first), ("LTS001b", derived.last), ("LTS001c", derived.last)):
            there = [row for row in services if row["end_date"] is None or row["end_date"] >= day]
            if not there or (part == "LTS001c" and supported_since(services, derived.last) >= before):
                continue
            reason = "age_not_known" if age is None else "under_18" if age < 18 else None
            if one["date_of_death"] is not None and one["date_of_death"] < day:
                reason = "died"
            band = None if age is None or age < 18 else "65+" if age >= 65 else "18-64"
            rows.append((part, *who, band, reason_of_support, None if reason else column(there), reason))
    columns = ["part", "la_code", "person_key", "age_band", "support_reason", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns).astype(object)
