"""Costs of packages of a whole authority, in pandas."""

import pandas as pd

from tests.independent import package_costs
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return package_costs.people(derived).drop(columns="setting")
