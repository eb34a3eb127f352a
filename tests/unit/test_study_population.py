"""Who is in the study, for how long, and with how many emergency admissions: people worked out by hand."""

from datetime import date
from typing import Any

import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import long_term_steps
from linkage.cohort.derive.period import Period
from linkage.cohort.study.definition import study_definition
from linkage.cohort.study.population import FollowUp, flow_step, population_steps
from linkage.engine import Engine, Step
from tests.unit.linked_tables import Row, episode, linked_engine, registration, service

FIRST_DAY = Period(date(2022, 4, 1), date(2022, 4, 1))
YEAR = FollowUp(date(2022, 4, 1), date(2023, 4, 1))


def study(gp: list[Row], care: list[Row] | None = None, admissions: list[Row] | None = None) -> Engine:
    engine = linked_engine(social_care=care or [], gp_registrations=gp, admissions=admissions or [])
    engine.run_all(long_term_steps(lts001_definition(), FIRST_DAY, la_codes=[]))
    engine.run_all(population_steps(study_definition("emergency_admission"), YEAR))
    return engine


def people(engine: Engine) -> dict[str, dict[str, Any]]:
    names = engine.columns("study_cohort")
    rows = engine.rows(Step("read", "select * from study_cohort"))
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, 365),
        ({"date_of_death": date(2022, 4, 1)}, 1),
        ({"date_of_death": date(2022, 4, 30)}, 30),
        ({"date_of_death": date(2023, 3, 31)}, 365),
        ({"date_of_death": date(2023, 6, 1)}, 365),
        ({"registration_end_date": date(2022, 4, 30)}, 30),
        ({"registration_end_date": date(2022, 4, 1)}, 1),
        ({"registration_end_date": date(2022, 6, 30), "date_of_death": date(2022, 4, 30)}, 30),
    ],
)
def test_days_at_risk_end_with_death_deregistration_or_the_year(changes: dict[str, Any], days: int) -> None:
    assert people(study([registration("p", **changes)]))["p"]["days"] == days


@pytest.mark.parametrize(
    "changes",
    [
        {"date_of_death": date(2022, 3, 31)},
        {"registration_end_date": date(2022, 3, 31)},
        {"registration_start_date": date(2022, 4, 2)},
        {"registration_start_date": None},
        {"birth_month": None},
        {"birth_month": "2004-05"},
        {"person_id_type": "one_time"},
    ],
)
def test_who_is_not_in_the_study(changes: dict[str, Any]) -> None:
    assert people(study([registration("p", **changes)])) == {}


def test_somebody_of_18_in_april_is_in() -> None:
    assert people(study([registration("p", birth_month="2004-04")]))["p"]["age_band"] == "18 to 24"


def test_a_move_between_practices_is_one_registration() -> None:
    rows = [
        registration("p", registration_end_date=date(2022, 6, 30)),
        registration("p", registration_start_date=date(2022, 7, 1)),
    ]
    assert people(study(rows))["p"]["days"] == 365


def test_a_return_after_a_month_away_does_not_prolong_follow_up() -> None:
    rows = [
        registration("p", registration_end_date=date(2022, 4, 30)),
        registration("p", registration_start_date=date(2022, 6, 1)),
    ]
    assert people(study(rows))["p"]["days"] == 30


def test_latest_known_details_count() -> None:
    rows = [
        registration("p", registration_end_date=date(2022, 6, 30), gender="1", ethnic_category="M"),
        registration("p", registration_start_date=date(2022, 7, 1), gender="2", ethnic_category=None),
    ]
    person = people(study(rows))["p"]
    assert (person["sex"], person["ethnic_group"]) == ("Female", "Black")


def test_unlisted_codes_keep_a_category_of_their_own() -> None:
    person = people(study([registration("p", gender="9", ethnic_category=None)]))["p"]
    assert (person["sex"], person["ethnic_group"]) == ("Not known", "Not stated")


@pytest.mark.parametrize(
    ("changes", "exposed"),
    [
        ({}, True),
        ({"event_start_date": date(2022, 4, 1)}, True),
        ({"event_start_date": date(2022, 4, 2)}, False),
        ({"event_end_date": date(2022, 4, 1)}, True),
        ({"event_end_date": date(2022, 3, 31)}, False),
        ({"service_type": "Short Term Support: ST-Max"}, False),
        ({"event_type": "Review"}, False),
    ],
)
def test_exposed_is_long_term_support_open_on_the_first_day(changes: dict[str, Any], exposed: bool) -> None:
    assert people(study([registration("p")], [service("p", **changes)]))["p"]["exposed"] is exposed


def test_a_user_of_two_authorities_is_one_person() -> None:
    care = [service("p"), service("p", la_code="992")]
    assert len(people(study([registration("p")], care))) == 1


def test_emergency_spells_are_counted_once_each_and_only_at_risk() -> None:
    admissions = [
        episode("p", admidate=date(2022, 4, 1)),
        episode("p", admidate=date(2022, 5, 1)),
        episode("p", admidate=date(2022, 5, 1), epiorder="2"),
        episode("p", admidate=date(2022, 5, 1), admimeth="2a"),
        episode("p", admidate=date(2022, 6, 1), admimeth="11"),
        episode("p", admidate=date(2022, 7, 1), epiorder="2"),
        episode("p", admidate=date(2022, 9, 30), admimeth="2D"),
        episode("p", admidate=date(2022, 10, 1)),
        episode("p", admidate=date(2022, 3, 31)),
        episode("q", admidate=date(2023, 4, 1)),
    ]
    found = people(study([registration("p", date_of_death=date(2022, 9, 30)), registration("q")], None, admissions))
    assert (found["p"]["events"], found["q"]["events"]) == (3, 0)


def test_everybody_is_accounted_for_in_the_flow() -> None:
    gp = [registration("user"), registration("other"), registration("child", birth_month="2015-01")]
    care = [service("user"), service("unlinked", person_id_type="la_person_id"), service("elsewhere")]
    gp_people, users = "people in the GP table", "long-term users on the first day"
    assert study(gp, care).rows(flow_step()) == [
        (gp_people, "under 18 on the first day", 1),
        (gp_people, "in the study: long-term users", 1),
        (gp_people, "in the study: other registered adults", 1),
        (users, "no NHS-number pseudonym (not linked)", 1),
        (users, "not in the GP table", 1),
        (users, "in the study: long-term users", 1),
    ]
