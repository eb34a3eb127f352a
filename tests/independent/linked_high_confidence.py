"""ASCOF 2D over all links and over sure ones, in pandas."""

import pandas as pd

from tests.independent import ascof_2d_1, ascof_2d_2
from tests.independent.linkage_bias import confidences
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    sure = confidences(derived)
    of_key: dict[int, list[str]] = {}
    of_place = {}
    for (la_code, key), one in derived.of_person.items():
        confidence = sure[(la_code, one["person_pseudonym"])]
        of_place[(la_code, key)] = confidence
        of_key.setdefault(key, []).append(confidence)
    rows = []
    for one in ascof_2d_1.people(derived).to_dict("records"):
        if pd.isna(one["reason"]):
            who = (one["la_code"], one["person_key"])
            how = of_place[who]
            rows.append((*who, "ascof_2d_1", f"{how}_denominator"))
            rows.append((*who, "ascof_2d_2", f"{how}_numerator"))
            if one["column_id"] == "remained":
                rows.append((*who, "ascof_2d_1", f"{how}_numerator"))
    for one in ascof_2d_2.people(derived).to_dict("records"):
        if one["column_id"] == "discharges":
            how = "high" if set(of_key.get(one["person_key"], ["high"])) == {"high"} else "other"
            rows.append((one["la_code"], one["person_key"], "ascof_2d_2", f"{how}_denominator"))
    frame = pd.DataFrame(rows, columns=["la_code", "person_key", "measure", "column_id"])
    return frame.assign(reason=None)
