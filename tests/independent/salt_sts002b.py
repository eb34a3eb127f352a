"""SALT STS002b in pandas: short-term support of existing clients."""

import pandas as pd

from tests.independent.salt_sts001 import band_and_fault, by_person, end_of, episodes, is_existing, last_of
from tests.independent.salt_sts002a import LABELS, about, is_short_term
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    rows = []
    for who, events in by_person(derived).items():
        for episode in episodes([one for one in events if is_short_term(one)], 1):
            if not derived.first <= end_of(last_of(episode)) <= derived.last:
                continue
            one = derived.of_person[who]
            band, fault = band_and_fault(one["birth_month"], derived.last, needs_age=False)
            if not is_existing(events, episode[0]["start_date"]):
                fault = "new_client"
            rows.append((*who, band, *about(one), None if fault else "episodes", fault))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", *LABELS, "column_id", "reason"])
