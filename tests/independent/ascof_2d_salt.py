"""The old ASCOF 2D in pandas, over the second implementation of STS002a."""

import pandas as pd

from tests.independent import salt_sts002a
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return salt_sts002a.people(derived)[["la_code", "person_key", "age_band", "column_id", "reason"]]
