"""ASCOF 1G in pandas."""

import pandas as pd

from tests.independent.salt_lts004_accommodation import SETTLED, place
from tests.independent.salt_lts004_employment import people_of
from tests.independent.tables import Derived


def column(status: str) -> str:
    if status == "Unknown":
        return "not_known"
    return "settled" if place(status) in SETTLED.values() else "unsettled"


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, "accommodation_status", column)
