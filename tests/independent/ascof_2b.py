"""ASCOF 2B and 2C in pandas."""

from datetime import date

import pandas as pd

from tests.independent.tables import Derived

LONG = ("long_term_nursing", "long_term_residential")
STAGES = ("component", "component_blank", "no_birth_month", "died", "self_funded", "not_new", "under_18")


def component_fault(row: dict) -> str | None:
    if row["service_component"] is None:
        return "component_blank"
    return None if row["component_group"] in LONG else "component"


def fault(row: dict, others: list[dict], one: dict, derived: Derived) -> str | None:
    """Why a service is no new admission."""
    if component_fault(row):
        return component_fault(row)
    if one["birth_month"] is None:
        return "no_birth_month"
    if one["date_of_death"] is not None and one["date_of_death"] < derived.first:
        return "died"
    if row["outcome_group"] == "nfa_self_funded":
        return "self_funded"
    for other in others:
        earlier = other["start_date"] < row["start_date"] and not component_fault(other)
        if earlier and (other["end_date"] is None or (row["start_date"] - other["end_date"]).days < 365):
            return "not_new"
    return "under_18" if years(one["birth_month"], row["start_date"]) < 18 else None


def years(born: date, on: date) -> int:
    return int((on - born).days // 365.25)


def admitted(derived: Derived) -> pd.DataFrame:
    """One row per person looked at: band of the admission that counts, or the reason."""
    event = derived.event
    event = event[event.setting.isin(["nursing", "residential"]) & (event.client_type_group == "service_user")]
    event = event[event.start_date <= derived.last]
    rows = []
    for (la_code, key), services in derived.events(event):
        one = derived.of_person[(la_code, key)]
        gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
        looked_at = [row for row in services if row["start_date"] >= derived.first]
        if not looked_at:
            continue
        faults = [fault(row, services, one, derived) for row in looked_at]
        ages = [
            years(one["birth_month"], row["start_date"]) for row, why in zip(looked_at, faults, strict=True) if not why
        ]
        why = None if ages else max((why for why in faults if why), key=STAGES.index)
        rows.append((la_code, key, gender, min(ages) < 65 if ages else None, why))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "gender", "younger", "reason"])


def people_of(derived: Derived, *, younger: bool) -> pd.DataFrame:
    found = admitted(derived)
    found["column_id"] = [
        "admitted" if pd.isna(reason) and young is younger else None
        for young, reason in zip(found.younger, found.reason, strict=True)
    ]
    found["reason"] = [
        reason if not pd.isna(reason) or young is younger else "other_age"
        for young, reason in zip(found.younger, found.reason, strict=True)
    ]
    return found.drop(columns="younger")


def people(derived: Derived) -> pd.DataFrame:
    return people_of(derived, younger=True)
