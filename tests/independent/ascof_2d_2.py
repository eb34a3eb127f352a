"""ASCOF 2D part 2 in pandas, from the words of the rule."""

import pandas as pd

from tests.independent.discharges import Hospital
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    hospital = Hospital(derived)
    rows = []
    for one in hospital.discharges():
        reason = one.reason or (None if one.lives_in else "not_placed")
        rows.append((one.la_code, one.person_key, *one.labels, None if reason else "discharges", reason))
    for episode in hospital.reablement():
        if not episode.reason:
            rows.append((episode.la_code, episode.person_key, *episode.labels, "into_reablement", None))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "support", "age_band", "gender", "column_id", "reason"])
