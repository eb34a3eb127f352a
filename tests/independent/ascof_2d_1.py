"""ASCOF 2D part 1 in pandas, from the words of the rule."""

import pandas as pd

from tests.independent.discharges import Hospital
from tests.independent.tables import Derived

PARTS = {
    (False, False, False): "remained",
    (True, False, False): "died_only",
    (False, True, False): "readmitted_only",
    (False, False, True): "home_only",
    (True, True, False): "died_readmitted",
    (True, False, True): "died_home",
    (False, True, True): "readmitted_home",
    (True, True, True): "all_three",
}


def people(derived: Derived) -> pd.DataFrame:
    rows = []
    for one in Hospital(derived).reablement():
        if one.reason:
            rows.append((one.la_code, one.person_key, *one.labels, None, one.reason))
        else:
            rows.append((one.la_code, one.person_key, *one.labels, PARTS[one.outcome], None))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "support", "age_band", "gender", "column_id", "reason"])
