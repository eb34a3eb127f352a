"""Short-term support in pandas: its starts."""

import pandas as pd

from tests.independent.assessed_new import labels
from tests.independent.long_term_monthly import age_on
from tests.independent.salt_sts001 import episodes
from tests.independent.short_term_monthly import COLUMNS, TYPES
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event[derived.event.client_type_group == "service_user"]
    rows = []
    for kind in TYPES:
        for who, services in derived.events(event[event.service_group == kind]):
            for episode in episodes(services, 1):
                start = episode[0]["start_date"]
                if not derived.first <= start <= derived.last:
                    continue
                one = derived.of_person[who]
                age = age_on(one["birth_month"], start)
                unborn = one["birth_month"] is not None and age is None
                reason = "under_18" if unborn or (age is not None and age < 18) else None
                month = (pd.Timestamp(start) + pd.offsets.MonthEnd(0)).date().isoformat()
                rows.append((*who, month, *labels(one, age), None if reason else kind, reason))
    return pd.DataFrame(rows, columns=COLUMNS)
