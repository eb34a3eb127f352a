"""Carers by how they were assessed or reviewed: worked carers, with and without the people they care for."""

from datetime import date

from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from tests.unit.derived_events import YEAR, assessment, care_engine, request, review, service
from tests.unit.placed_people import figures, measured, people

ID = "salt_lts003_assessed"
CARER = {"client_type": "Carer", "birth_month": "1980-06"}
KNOWN = CARER | {"client_type": "Carer known by association", "event_type": None}
JOINT, SEPARATE = {"method_of_assessment": "Service User and carer"}, {"method_of_assessment": "Carer only"}


def _caring_for(person: str, place: int = 1) -> dict[str, str]:
    return {f"adult_{place}_linked_person_pseudonym": f"id {person}"}


def _id(person: str) -> dict[str, str]:
    return {"la_person_pseudonym": f"id {person}"}


ROWS = [
    assessment("jointly", **CARER, **JOINT),
    assessment("separately", **CARER, **SEPARATE),
    assessment("both", **CARER, **SEPARATE),
    review("both", **CARER | {"method_of_review": "Service User and carer"}),
    review("reviewed separately", **CARER | {"method_of_review": "Carer only"}),
    assessment("by the field of v6", **CARER, method_of_assessment_or_review="Service User and carer"),
    assessment("method blank", **CARER),
    assessment("service user only", **CARER, method_of_assessment="Service User only"),
    assessment("financial only", **CARER, **JOINT, assessment_type="Financial Assessment"),
    request("a request", **CARER),
    service("a service", **CARER, service_type="Carer Support: Direct to Carer", delivery_mechanism="Direct Payment"),
    assessment("last year", **CARER, **JOINT, event_start_date=date(2022, 3, 31)),
    assessment("assessed with a carer", **_id("assessed with a carer"), **JOINT),
    service("known by association", **KNOWN, **_caring_for("assessed with a carer")),
    service("as the third adult", **KNOWN, **_caring_for("nobody known"), **_caring_for("assessed with a carer", 3)),
    request("asked, and assessed with another", **CARER, **_caring_for("assessed with a carer")),
    assessment("both through another", **CARER, **SEPARATE, **_caring_for("assessed with a carer")),
    assessment("assessed alone", **_id("assessed alone"), method_of_assessment="Service User only"),
    service("of somebody assessed alone", **KNOWN, **_caring_for("assessed alone")),
    assessment("long ago", **_id("long ago"), **JOINT, event_start_date=date(2022, 3, 31)),
    service("of somebody assessed long ago", **KNOWN, **_caring_for("long ago")),
    service("another authority's id", **KNOWN | {"la_code": "992"}, **_caring_for("assessed with a carer")),
    request("a young carer", **CARER | {"birth_month": "2010-01"}),
    request("no birth month", **CARER | {"birth_month": None}),
]  # fmt: skip


def test_carers_stand_by_how_they_were_assessed() -> None:
    with measured(ID, ROWS) as engine:
        assert people(engine, ID) == {
            "jointly": ["jointly"],
            "separately": ["separately"],
            "both": ["both"],
            "reviewed separately": ["separately"],
            "by the field of v6": ["jointly"],
            "method blank": ["method_not_known"],
            "service user only": ["method_not_known"],
            "financial only": ["not_assessed"],
            "a request": ["not_assessed"],
            "a service": ["not_assessed"],
            "known by association": ["jointly"],
            "as the third adult": ["jointly"],
            "asked, and assessed with another": ["jointly"],
            "both through another": ["both"],
            "a young carer": ["not_assessed"],
            "no birth month": ["not_assessed"],
        }
        shown = {row["age_band"]: row for row in figures(engine, ID)}
    assert (shown["All"]["with_person_cared_for"], shown["All"]["assessed"], shown["All"]["carers"]) == (7, 11, 16)
    assert (shown["Under 18"]["carers"], shown["Age not known"]["carers"], shown["26 to 64"]["carers"]) == (1, 1, 14)


def test_without_the_ids_of_the_authority_only_the_carers_own_rows_tell() -> None:
    with care_engine(ROWS, leave_out=("submission", "la_person_pseudonym")) as engine:
        derive_for(engine, [MEASURES[ID]], Asked(YEAR))
        make_people(engine, MEASURES[ID], Asked(YEAR))
        found = people(engine, ID)
    assert found["jointly"] == ["jointly"]
    assert found["both through another"] == ["separately"]
    assert "known by association" not in found
