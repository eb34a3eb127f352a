"""Waiting times v1.1: worked requests for every branch of the rules."""

from collections.abc import Iterator
from datetime import date

import pytest

from linkage.cohort.derive.period import Period
from linkage.engine import Engine, Step
from tests.unit.derived_events import assessment, request, service
from tests.unit.placed_people import figures, measured, people

ID = "waiting_times"
BORN = {"birth_month": "1980-06"}
TO_SUPPORT = BORN | {"event_outcome": "Progress to Support Planning / Services"}
COMMUNITY = BORN | {"service_type": "Long Term Support: Community"}
NO_SERVICE = {"event_outcome": "NFA - Support declined"}
TALK = {"conversation": "Yes"}


def _on(month: int, day: int, year: int = 2022) -> dict[str, date]:
    return {"event_start_date": date(year, month, day)}


ROWS = [
    request("assessed, then served", **TO_SUPPORT),
    assessment("assessed, then served", **TO_SUPPORT, **_on(6, 11)), service("assessed, then served", **COMMUNITY, **_on(7, 1)),
    request("served at once", **TO_SUPPORT), service("served at once", **COMMUNITY, **_on(6, 1)),
    request("served before assessed", **TO_SUPPORT),
    service("served before assessed", **BORN, **_on(6, 5), service_type="Short Term Support: Ongoing Low Level"),
    assessment("served before assessed", **TO_SUPPORT, **_on(6, 8)),
    request("assessed, no service meant", **TO_SUPPORT),
    assessment("assessed, no service meant", **BORN | NO_SERVICE, **_on(6, 11)),
    service("assessed, no service meant", **COMMUNITY, **_on(7, 1)),
    request("second assessment leads on", **TO_SUPPORT),
    assessment("second assessment leads on", **BORN | NO_SERVICE, **_on(6, 11)),
    assessment("second assessment leads on", **TO_SUPPORT, **_on(6, 21)),
    service("second assessment leads on", **COMMUNITY, **_on(7, 1)),
    request("financial assessment", **TO_SUPPORT),
    assessment("financial assessment", **BORN, **_on(6, 2), assessment_type="Financial Assessment"),
    request("a talk", **TO_SUPPORT, **TALK), service("a talk", **COMMUNITY, **_on(6, 21)),
    request("a talk, assessed that day", **TO_SUPPORT, **TALK), assessment("a talk, assessed that day", **BORN | NO_SERVICE),
    request("a talk of unknown outcome", **BORN | {"event_outcome": "chatted"}, **TALK),
    assessment("a talk of unknown outcome", **TO_SUPPORT, **_on(6, 3)),
    request("carer's support", **TO_SUPPORT),
    service("carer's support", **BORN, **_on(6, 5), service_type="Carer Support: Support involving the person cared-for"),
    request("nothing followed", **TO_SUPPORT), request("outcome blank", **BORN | {"event_outcome": None}),
    request("advice", **BORN), request("in hospital", **BORN | {"event_outcome": "Admitted to hospital"}),
    request("24", **TO_SUPPORT | {"birth_month": "1997-07"}), request("25", **TO_SUPPORT | {"birth_month": "1997-05"}),
    assessment("25", **TO_SUPPORT | {"birth_month": "1997-05"}, **_on(6, 2)),
    request("no birth month", **TO_SUPPORT | {"birth_month": None}),
    request("a carer", **TO_SUPPORT, client_type="Carer"),
    service("supported", **COMMUNITY), request("supported", **TO_SUPPORT),
    service("12 months before", **COMMUNITY, event_end_date=date(2021, 6, 1)), request("12 months before", **TO_SUPPORT),
    service("a day longer before", **COMMUNITY, event_end_date=date(2021, 5, 31)), request("a day longer before", **TO_SUPPORT),
    assessment("a day longer before", **TO_SUPPORT),
    service("3 months before", **BORN, service_type="Short Term Support: ST-Max", **_on(2, 1), event_end_date=date(2022, 3, 1)),
    request("3 months before", **TO_SUPPORT),
    service("4 months before", **BORN, service_type="Short Term Support: ST-Max", **_on(1, 1), event_end_date=date(2022, 2, 1)),
    request("4 months before", **TO_SUPPORT), assessment("4 months before", **TO_SUPPORT),
    request("asked twice", **TO_SUPPORT), request("asked twice", **TO_SUPPORT, **_on(6, 5)),
    assessment("asked twice", **TO_SUPPORT, **_on(6, 11)),
    request("asked again", **TO_SUPPORT, **_on(5, 1)), assessment("asked again", **BORN | NO_SERVICE, **_on(5, 11)),
    request("asked again", **TO_SUPPORT, **_on(6, 11)), assessment("asked again", **TO_SUPPORT, **_on(7, 1)),
    request("asked last year", **TO_SUPPORT, **_on(3, 1)), assessment("asked last year", **TO_SUPPORT, **_on(4, 1)),
    request("answered last year", **TO_SUPPORT, **_on(3, 1)), assessment("answered last year", **TO_SUPPORT, **_on(3, 11)),
    request("too long ago", **TO_SUPPORT, **_on(3, 31, 2021)), assessment("too long ago", **TO_SUPPORT, **_on(4, 1)),
    request("65 by then", **TO_SUPPORT | {"birth_month": "1957-07"}),
    assessment("65 by then", **TO_SUPPORT | {"birth_month": "1957-07"}, **_on(7, 10)),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with measured(ID, ROWS) as made:
        yield made


def test_requests_wait_for_a_response_and_for_a_service(engine: Engine) -> None:
    sql = f"""
select person_pseudonym, column_id, days from {ID}_people join person using (la_code, person_key)
where reason is null order by all"""
    found: dict[str, dict[str, float]] = {}
    for person, column, days in engine.rows(Step("waits", sql)):
        found.setdefault(person, {})[f"again {column}" if column in found.get(person, {}) else column] = days
    assert found == {
        "assessed, then served": {"response_assessment": 10, "first_service": 30},
        "served at once": {"response_service": 0, "first_service": 0},
        "served before assessed": {"response_service": 4, "first_service": 4},
        "assessed, no service meant": {"response_assessment": 10},
        "second assessment leads on": {"response_assessment": 10, "first_service": 30},
        "a talk": {"response_request": 0, "first_service": 20},
        "a talk, assessed that day": {"response_assessment": 0},
        "a talk of unknown outcome": {"response_assessment": 2},
        "25": {"response_assessment": 1},
        "a day longer before": {"response_assessment": 0},
        "4 months before": {"response_assessment": 0},
        "asked twice": {"response_assessment": 10},
        "asked again": {"response_assessment": 10, "again response_assessment": 20},
        "asked last year": {"response_assessment": 31},
        "65 by then": {"response_assessment": 39},
    }


def test_why_requests_do_not_count(engine: Engine) -> None:
    counted = {"response_assessment", "response_service", "response_request", "first_service"}
    found = {
        person: [place for place in places if place not in counted] for person, places in people(engine, ID).items()
    }
    assert {person: places for person, places in found.items() if places} == {
        "financial assessment": ["no_response"],
        "carer's support": ["no_response"],
        "nothing followed": ["no_response"],
        "outcome blank": ["no_outcome"],
        "advice": ["no_progress"],
        "in hospital": ["no_progress"],
        "24": ["under_25"],
        "no birth month": ["under_25"],
        "supported": ["existing_client"],
        "12 months before": ["existing_client"],
        "3 months before": ["existing_client"],
        "asked twice": ["overlaps"],
    }
    assert not {"a carer", "answered last year", "too long ago"} & set(found)


def test_medians_by_quarter_of_the_response_and_age(engine: Engine) -> None:
    shown = {(row["quarter_end"], row["age_band"]): row for row in figures(engine, ID)}
    assert shown["2022-06-30", "25 to 64"]["response_assessment"] == 11
    assert shown["2022-09-30", "65 and above"]["median_days_to_first_response"] == 39
    assert {quarter for quarter, _ in shown} == {"2022-06-30", "2022-09-30", "2022-12-31", "2023-03-31"}
    year = next(row for row in figures(engine, ID, "year") if row["age_band"] == "All")
    assert (year["first_response"], year["first_service"], year["median_days_to_first_service"]) == (16, 5, 20)


def test_from_july_2025_a_conversation_answers_nothing() -> None:
    year = Period(date(2025, 4, 1), date(2026, 3, 31))
    covers = {"reporting_period_start_date": year.start, "reporting_period_end_date": year.end}
    rows = [
        request("in June", **TO_SUPPORT, **TALK, **_on(6, 30, 2025)),
        assessment("in June", **TO_SUPPORT, **_on(7, 10, 2025)),
        request("in July", **TO_SUPPORT, **TALK, **_on(7, 1, 2025)),
        assessment("in July", **TO_SUPPORT, **_on(7, 10, 2025)),
    ]
    with measured(ID, [row | covers for row in rows], year) as engine:
        assert people(engine, ID) == {"in June": ["response_request"], "in July": ["response_assessment"]}
