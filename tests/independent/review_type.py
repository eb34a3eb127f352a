"""Reviews planned, unplanned or both, in pandas."""

import pandas as pd

from tests.independent.assessed_new import labels
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event[derived.event.client_type_group == "service_user"]
    rows = []
    for who, events in derived.events(event):
        services = [row for row in events if row["setting"] is not None and row["start_date"] <= derived.last]
        if not any(row["end_date"] is None or row["end_date"] >= derived.first for row in services):
            continue
        one = derived.of_person[who]
        reviews = [row for row in events if row["event_type"] == "review"]
        kinds = {row["review_group"] for row in reviews if derived.first <= row["end_date"] <= derived.last}
        main = kinds & {"planned", "unplanned"}
        found = ("both" if len(main) == 2 else main.pop()) if main else "other_review" if kinds else "no_review"
        reason = "under_18" if one["age"] is not None and one["age"] < 18 else None
        if one["date_of_death"] is not None and one["date_of_death"] < derived.first:
            reason = "died"
        age = None if one["age"] is None else int(one["age"])
        rows.append((*who, *labels(one, age), None if reason else found, reason))
    columns = ["la_code", "person_key", "age_band", "gender", "ethnic_group", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns)
