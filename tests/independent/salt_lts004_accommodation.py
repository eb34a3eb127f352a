"""SALT LTS004 tables 2a and 2b in pandas."""

import pandas as pd

from tests.independent.salt_lts004_employment import people_of
from tests.independent.tables import Derived

SETTLED = {
    "Owner occupier": "owner",
    "Tenant: Local": "tenant",
    "Tenant: Private": "private_tenant",
    "Settled mainstream": "settled_with_family",
    "Supported accommodation": "supported",
    "Shared Lives": "shared_lives",
    "Approved premises": "approved_premises",
    "Sheltered housing": "sheltered",
    "Mobile accommodation": "mobile",
}
OTHER = {
    "Rough sleeper": "rough_sleeping",
    "Night shelter": "hostel",
    "Refuge": "refuge",
    "Placed in temporary": "placed_temporary",
    "Staying with": "guest",
    "Acute hospital": "hospital",
    "Registered care": "care_home",
    "Registered nursing": "nursing_home",
    "Prison": "prison",
    "Other temporary": "other_temporary",
    "Unknown": "unknown",
}


def place(status: str) -> str:
    return next(name for words, name in {**SETTLED, **OTHER}.items() if status.startswith(words))


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, "accommodation_status", place)
