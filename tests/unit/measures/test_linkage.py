"""Linked and unlinked people beside one another, and figures over high-confidence links only: worked people."""

from datetime import date
from typing import Any

import pytest

from linkage.cohort.derive.source import linked_source
from linkage.cohort.derive.submitted import person_key
from linkage.cohort.figured import cells_of
from linkage.cohort.hospital.links import link_confidence
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.shown import disclosure_policy
from pseudo.disclosure import apply
from tests.unit.derived_events import YEAR, Row, care_engine, request, review, service, table
from tests.unit.hospital_people import DISCHARGED, episode, patients, registration, with_hospital
from tests.unit.placed_people import figures, measured, people

COMMUNITY = {"service_type": "Long Term Support: Community"}
NO_NUMBER = {"person_id_type": "la_person_id", "link_quality": "not_found"}


def test_people_stand_by_their_link_and_by_who_they_are() -> None:
    rows = [
        service("confirmed", link_quality="confirmed"),
        service("superseded", link_quality="superseded", gender="Male"),
        service("found", link_quality="found", **COMMUNITY),
        service("corrected", link_quality="corrected", birth_month="1990-01"),
        service("not said", birth_month=None),
        service("no number", **NO_NUMBER, ethnicity="Indian"),
        service("one row is less sure", link_quality="confirmed"),
        review("one row is less sure", link_quality="found"),
        service("one row does not say", link_quality="confirmed"),
        review("one row does not say"),
        request(
            "nothing but a request", link_quality="confirmed", primary_support_reason="Learning Disability Support"
        ),
        service("prison and community", **COMMUNITY, link_quality="confirmed"),
        service("prison and community", service_type="Long Term Support: Prison", link_quality="confirmed"),
        service("a child", link_quality="confirmed", birth_month="2010-01"),
        service("over before the year", link_quality="confirmed", event_end_date=date(2022, 3, 31)),
        service("a carer", link_quality="confirmed", client_type="Carer"),
    ]
    tables = frozenset({"link_quality"})
    with measured("linkage_bias", rows, tables=tables) as engine:
        names = ("age_band", "gender", "ethnic_group", "support_reason", "setting")
        found = people(engine, "linkage_bias", *names)
        woman = ("75-84", "Female", "unknown", "mental_health")
        assert found == {
            "confirmed": [(*woman, "nursing", "high_confidence")],
            "superseded": [("75-84", "Male", *woman[2:], "nursing", "high_confidence")],
            "found": [(*woman, "community", "other_link")],
            "corrected": [("25-44", *woman[1:], "nursing", "other_link")],
            "not said": [("not known", *woman[1:], "nursing", "other_link")],
            "no number": [("75-84", "Female", "asian", "mental_health", "nursing", "not_linked")],
            "one row is less sure": [(*woman, "nursing", "other_link")],
            "one row does not say": [(*woman, "nursing", "high_confidence")],
            "nothing but a request": [(*woman[:3], "learning_disability", "none", "high_confidence")],
            "prison and community": [(*woman, "community", "high_confidence")],
            "a child": [("0-17", *woman[1:], "nursing", "high_confidence")],
        }
        total = figures(engine, "linkage_bias")[0]
        assert (total["high_confidence"], total["linked"], total["people"]) == (6, 10, 11)


def test_a_release_that_does_not_say_how_links_were_made_has_none_of_high_confidence() -> None:
    with care_engine([service("ann")], leave_out=("link_quality",)) as engine:
        engine.run_all([person_key(linked_source(engine)), link_confidence(linked_source(engine))])
        assert table(engine, "select * from link_confidence") == [("991", 1, None)]


def reabled(person: str, **changes: Any) -> Row:
    """Reablement from the day of discharge."""
    stay = {
        "service_type": "Short Term Support: ST-Max",
        "service_component": "Reablement",
        "event_start_date": DISCHARGED,
        "event_end_date": date(2022, 7, 1),
    }
    return service(person, **{**stay, **changes})


def test_linked_measures_stand_beside_those_of_high_confidence() -> None:
    rows = [
        *(reabled(f"sure {number}", link_quality="confirmed") for number in range(3)),
        reabled("sure and died", link_quality="superseded", date_of_death=date(2022, 7, 1)),
        *(reabled(f"found {number}", link_quality="found") for number in range(2)),
        reabled("found and died", link_quality="found", date_of_death=date(2022, 7, 1)),
        reabled("not said"),
        reabled("no number", **NO_NUMBER),
        service("in support, sure", **COMMUNITY, link_quality="confirmed"),
        service("in support, found", **COMMUNITY, link_quality="found"),
    ]
    stays = [episode(row["person_pseudonym"]) for row in rows if row["person_pseudonym"] != "no number"]
    stays += [episode("nobody knows")]
    with with_hospital(["linked_high_confidence"], rows, stays, [registration("nobody knows")]) as engine:
        found = patients(engine, "linked_high_confidence", "measure")
        assert found["sure 1"] == [
            ("ascof_2d_1", "high_denominator"),
            ("ascof_2d_1", "high_numerator"),
            ("ascof_2d_2", "high_denominator"),
            ("ascof_2d_2", "high_numerator"),
        ]
        assert found["sure and died"] == [("ascof_2d_1", "high_denominator"), *found["sure 1"][2:]]
        assert found["not said"] == [(name, place.replace("high", "other")) for name, place in found["sure 1"]]
        assert found["in support, found"] == [("ascof_2d_2", "other_denominator")]
        assert found["nobody knows"] == [("ascof_2d_2", "high_denominator")]
        assert "no number" not in found

        measure, asked = MEASURES["linked_high_confidence"], Asked(YEAR)
        wide = engine.table("linked_high_confidence_exact")
        shown = apply(disclosure_policy("none"), wide, cells_of(measure.definition, "main", measure, asked)).display
        names = (
            "numerator",
            "denominator",
            "percent",
            "high_numerator",
            "high_denominator",
            "high_percent",
            "high_less_all",
        )
        assert [tuple(row[name] for name in names) for row in shown.to_pylist()] == [
            ("6", "8", "75.00", "3", "4", "75.00", "0.0"),
            ("8", "11", "72.73", "4", "6", "66.67", "-6.1"),
        ]


def test_a_person_whom_two_authorities_know_stands_by_the_less_sure_link() -> None:
    rows = [
        service("ann", **COMMUNITY, link_quality="confirmed"),
        service("ann", **COMMUNITY, la_code="992", link_quality="found"),
    ]
    with with_hospital(["linked_high_confidence"], rows, [episode("ann", la_code="991")]) as engine:
        assert patients(engine, "linked_high_confidence", "la_code") == {"ann": [("991", "other_denominator")]}


def test_discharges_that_cannot_be_placed_leave_the_denominator_empty() -> None:
    rows = [reabled("sure", link_quality="confirmed"), service("elsewhere", **COMMUNITY, la_code="992")]
    with with_hospital(["linked_high_confidence"], rows, [episode("sure")]) as engine:
        first, second = (row for row in figures(engine, "linked_high_confidence") if row["la_code"] == "991")
    assert (first["denominator"], first["high_denominator"]) == (1, 1)
    assert [second[name] for name in ("numerator", "denominator", "high_denominator", "other_denominator")] == [
        1,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("measure_id", ["linked_high_confidence", "linkage_bias"])
def test_they_say_that_the_rule_is_this_projects(measure_id: str) -> None:
    assert MEASURES[measure_id].definition.certainty == "design"
