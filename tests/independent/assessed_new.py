"""People assessed without support in the 12 months before, in pandas."""

import pandas as pd

from tests.independent.long_term_monthly import GROUPS, age_on, fine_band
from tests.independent.tables import Derived

SERVICES = ("progress_support_planning", "progress_reablement", "progress_end_of_life", "continuation")
ENDED = ("nfa", "ended")


def outcome(group: str | None) -> str:
    if group in SERVICES:
        return "services"
    return "no_further_action" if group and group.startswith(ENDED) else "other_outcome"


def labels(one: dict, age: int | None) -> tuple[str | None, str, str]:
    gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
    return fine_band(age), gender, one["ethnic_group"] if one["ethnic_group"] in GROUPS else "unknown"


def people(derived: Derived) -> pd.DataFrame:
    event = derived.event[derived.event.client_type_group == "service_user"]
    services = dict(derived.events(event[event.event_type == "service"]))
    assessments = event[(event.event_type == "assessment") & event.assessment_group.isin(["short_term", "long_term"])]
    assessments = assessments[[derived.first <= end <= derived.last for end in assessments.end_date]]
    rows = []
    for who, found in derived.events(assessments):
        one = derived.of_person[who]
        free = []
        for row in sorted(found, key=lambda row: (row["start_date"], row["event_id"])):
            since = (pd.Timestamp(row["start_date"]) - pd.DateOffset(years=1)).date()
            before = [service for service in services.get(who, []) if service["start_date"] < row["start_date"]]
            if not any(service["end_date"] is None or service["end_date"] >= since for service in before):
                free.append(row)
        age = age_on(one["birth_month"], derived.last)
        reason = None if free else "supported_before"
        if age is not None and age < 18:
            reason = "under_18"
        rows.append((*who, *labels(one, age), None if reason else outcome(free[0]["outcome_group"]), reason))
    columns = ["la_code", "person_key", "age_band", "gender", "ethnic_group", "column_id", "reason"]
    return pd.DataFrame(rows, columns=columns)
