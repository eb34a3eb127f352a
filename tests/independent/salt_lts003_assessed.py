"""Carers by how they were assessed or reviewed, in pandas."""

import pandas as pd

from tests.independent.salt_lts003 import BANDS
from tests.independent.tables import Derived

JOINT, ALONE = "Service User and carer", "Carer only"


def links(derived: Derived) -> dict[tuple[str, int], set[tuple[str, int]]]:
    """Carer → those whom the carer's submitted rows name."""
    keys = {(row["la_code"], row["person_pseudonym"]): who for who, row in derived.of_person.items()}
    submitted = derived.submitted.to_dict("records")
    ids = {(row["la_code"], row["la_person_pseudonym"]): (row["la_code"], row["person_pseudonym"]) for row in submitted}
    found: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for row in submitted:
        for place in (1, 2, 3):
            named = ids.get((row["la_code"], row[f"adult_{place}_linked_person_pseudonym"]))
            carer = keys.get((row["la_code"], row["person_pseudonym"]))
            if named in keys and carer:
                found.setdefault(carer, set()).add(keys[named])
    return found


def people(derived: Derived) -> pd.DataFrame:
    first, last = derived.first, derived.last
    event = derived.event
    looked = event[event.event_type.isin(["assessment", "review"]) & (event.assessment_group != "financial")]
    looked = looked[(looked.end_date >= first) & (looked.end_date <= last)]
    joint_users = looked[(looked.client_type_group == "service_user") & (looked.method_of_review == JOINT)]
    jointly = set(zip(joint_users.la_code, joint_users.person_key, strict=True))
    carers = event[event.client_type_group.isin(["carer", "carer_by_association"])]
    there = carers[(carers.start_date <= last) & (carers.end_date.isna() | (carers.end_date >= first))]
    through = {carer for carer, named in links(derived).items() if named & jointly}
    methods: dict[tuple[str, int], list[object]] = {}
    for row in looked[looked.index.isin(carers.index)].to_dict("records"):
        methods.setdefault((row["la_code"], row["person_key"]), []).append(row["method_of_review"])
    rows = []
    for who in {*zip(there.la_code, there.person_key, strict=True), *through}:
        one = derived.of_person[who]
        said = methods.get(who, [])
        joint, alone = JOINT in said or who in through, ALONE in said
        column = "both" if joint and alone else "jointly" if joint else "separately" if alone else None
        column = column or ("method_not_known" if said else "not_assessed")
        reason = "died" if one["date_of_death"] is not None and one["date_of_death"] < first else None
        band = "not known" if one["age"] is None else next(name for end, name in BANDS if one["age"] < end)
        rows.append((*who, band, None if reason else column, reason))
    return pd.DataFrame(rows, columns=["la_code", "person_key", "age_band", "column_id", "reason"])
