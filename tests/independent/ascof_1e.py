"""ASCOF 1E in pandas."""

import pandas as pd

from tests.independent.salt_lts004_employment import people_of
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    named = {"P": "paid", "N": "not_paid", "U": "not_known"}
    return people_of(derived, "employment_status", lambda status: named[status[0]])
