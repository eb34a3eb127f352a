"""Reviews of people in long-term support, in pandas."""

from datetime import date, timedelta

import pandas as pd

from tests.independent.assessed_new import labels
from tests.independent.tables import Derived


def supported_since(services: list[dict], day: date) -> date:
    """The day from which support has been unbroken, one day's gap allowed."""
    open_end = date(9999, 12, 31)
    since = day
    moved = True
    while moved:
        joined = [
            row["start_date"]
            for row in services
            if row["start_date"] < since and (row["end_date"] or open_end) >= since - timedelta(days=1)
        ]
        moved = bool(joined)
        since = min([since, *joined])
    return since


def kind(row: dict) -> str | None:
    if row["event_type"] == "assessment":
        return "assessed" if row["assessment_group"] in ("short_term", "long_term") else None
    if row["event_type"] != "review" or row["review_method_group"] == "carer_only":
        return None
    return row["review_group"] if row["review_group"] in ("planned", "unplanned") else "other_review"


def people(derived: Derived) -> pd.DataFrame:
    order = ("planned", "unplanned", "other_review", "assessed", "neither")
    event = derived.event[derived.event.client_type_group == "service_user"]
    everything = dict(derived.events(event))
    before = (pd.Timestamp(derived.last) - pd.DateOffset(years=1)).date()
    rows = []
    for who, events in everything.items():
        services = [row for row in events if row["setting"] is not None]
        opened = [row for row in services if row["start_date"] <= derived.last]
        if not any(row["end_date"] is None or row["end_date"] >= derived.last for row in opened):
            continue
        one = derived.of_person[who]
        recent = [row for row in events if row["end_date"] is not None and before < row["end_date"] <= derived.last]
        best = min((found for found in map(kind, recent) if found), key=order.index, default="neither")
        longer = supported_since(opened, derived.last) < before
        reason = "under_18" if one["age"] is not None and one["age"] < 18 else None
        if one["date_of_death"] is not None and one["date_of_death"] < derived.last:
            reason = "died"
        age = None if one["age"] is None else int(one["age"])
        rows.append((*who, "longer" if longer else "shorter", *labels(one, age), None if reason else best, reason))
    columns = ["la_code", "person_key", "supported", "age_band", "gender", "ethnic_group", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns)
