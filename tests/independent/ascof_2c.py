"""ASCOF 2C in pandas: the other half of 2B."""

import pandas as pd

from tests.independent.ascof_2b import people_of
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, younger=False)
