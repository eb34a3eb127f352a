"""People with reviews of SALT LTS002a, in pandas."""

import pandas as pd

from tests.independent.salt_lts002a import in_the_year, reviews_of
from tests.independent.tables import Derived

NEAREST = [
    "no_support",
    "died",
    "age_not_known",
    "under_18",
    "method",
    "reason_not_valid",
    "short_term_review",
    "planned",
]


def clients_of(reviews: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (la_code, key), of_person in reviews.groupby(["la_code", "person_key"]):
        counted = of_person[of_person.reason.isna()]
        for (setting, age_band), there in counted.groupby(["setting", "age_band"]):
            planned = set(there.review_reason == "Planned")
            column = "both" if len(planned) == 2 else "planned" if True in planned else "unplanned"
            rows.append((la_code, key, setting, age_band, column, None))
        if counted.empty:
            rows.append((la_code, key, None, None, None, max(of_person.reason, key=NEAREST.index)))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "setting", "age_band", "column_id", "reason"]).astype(
        object
    )


def people(derived: Derived) -> pd.DataFrame:
    return clients_of(reviews_of(derived, in_the_year(derived), homes_only=True))
