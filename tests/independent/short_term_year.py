"""Short-term support in pandas: people in the year."""

import pandas as pd

from tests.independent.short_term_monthly import COLUMNS, open_between
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return pd.DataFrame(open_between(derived, derived.first, derived.last), columns=COLUMNS)
