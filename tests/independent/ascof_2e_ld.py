"""ASCOF 2E, learning disability, in pandas."""

import pandas as pd

from tests.independent.ascof_2e import people_of
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, learning_only=True)
