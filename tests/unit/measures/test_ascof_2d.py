"""ASCOF 2D: worked people for every branch of the rules on discharges, reablement and outcomes."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from linkage.cohort.official import tables_official
from linkage.engine import Engine, Step
from linkage.errors import InputError, UsageError
from linkage.store import require_days
from tests.unit.derived_events import Row, service
from tests.unit.hospital_people import DISCHARGED, episode, patients, registration, with_hospital
from tests.unit.placed_people import figures, linked_with_everything

COMMUNITY = {"service_type": "Long Term Support: Community"}


def day(after: int) -> date:
    """So many days after the discharge."""
    return DISCHARGED + timedelta(days=after)


def reabled(person: str, starts: date = DISCHARGED, **changes: Any) -> Row:
    """Six weeks of reablement, by default from the day of discharge."""
    stay = {
        "service_type": "Short Term Support: ST-Max",
        "service_component": "Reablement",
        "event_start_date": starts,
        "event_end_date": starts + timedelta(days=42),
    }
    return service(person, **{**stay, **changes})


def home(person: str, starts: date, **changes: Any) -> Row:
    """Residential care from that day."""
    return service(person, service_type="Long Term Support: Residential Care", event_start_date=starts, **changes)


def again(person: str, admitted: int, **changes: Any) -> Row:
    """An emergency stay of three days that begins so many days after the discharge."""
    return episode(person, **{"admidate": day(admitted), "disdate": day(admitted + 3), **changes})


CARE = [
    # when reablement follows a discharge
    reabled("on the day"),
    reabled("7 days after", day(7)),
    reabled("8 days after", day(8)),
    reabled("3 days before", day(-3)),
    reabled("4 days before", day(-4)),
    reabled("before the admission", day(-3)),
    reabled("two discharges", day(5)),
    reabled("another service", service_component=None),
    reabled("a carer", client_type="Carer"),
    reabled("7 days between services", day(-60), event_end_date=day(-7)),
    reabled("7 days between services"),
    reabled("8 days between services", day(-60), event_end_date=day(-8)),
    reabled("8 days between services"),
    reabled("twice after one discharge", day(-3), event_end_date=day(-2)),
    reabled("twice after one discharge", day(6)),
    reabled("not linked", person_id_type="la_person_id"),
    reabled("died before the year", date_of_death=date(2022, 3, 31), event_start_date=date(2022, 3, 30)),
    reabled("started before the year", date(2022, 3, 30)),
    reabled("started after the year", date(2023, 4, 5)),
    reabled("discharged after the year", date(2023, 4, 5)),
    # outcomes
    reabled("died on day 84", date_of_death=day(84)),
    reabled("died on day 85", date_of_death=day(85)),
    reabled("readmitted on day 84"),
    reabled("readmitted on day 85"),
    reabled("readmitted on the day of discharge"),
    reabled("readmitted on the day reablement starts", day(2)),
    reabled("planned stay"),
    reabled("maternity"),
    reabled("back for a day"),
    reabled("still in hospital"),
    reabled("home on the day"),
    home("home on the day", day(0)),
    reabled("home on day 84"),
    home("home on day 84", day(84), la_code="992"),
    reabled("home on day 85"),
    home("home on day 85", day(85)),
    reabled("community on day 9"),
    service("community on day 9", **COMMUNITY, event_start_date=day(9)),
    reabled("died and home", date_of_death=day(40)),
    home("died and home", day(30)),
    reabled("died and readmitted", date_of_death=day(40)),
    reabled("readmitted and home"),
    home("readmitted and home", day(30)),
    reabled("all three", date_of_death=day(40)),
    home("all three", day(30)),
    # support when admitted
    reabled("in the community"),
    service("in the community", **COMMUNITY, event_start_date=date(2022, 1, 1), la_code="992"),
    service("community ended the day before", **COMMUNITY, event_end_date=date(2022, 5, 31)),
    service("lives in a home"),
    reabled("lives in a home"),
    service("in prison", service_type="Long Term Support: Prison"),
    service("home ended on the day of admission", event_end_date=date(2022, 6, 1)),
    service("home ended the day before", event_end_date=date(2022, 5, 31)),
    # details
    service("born as social care says", **COMMUNITY, birth_month="1957-06", gender="Male"),
]
YEAR_START, YEAR_END = date(2022, 4, 1), date(2023, 3, 31)
EPISODES = [
    *(
        episode(person)
        for person in sorted({row["person_pseudonym"] for row in CARE})
        if "year" not in person and person not in ("before the admission", "not linked")
    ),
    episode("before the admission", admidate=day(-2)),
    episode("two discharges", admidate=day(1), disdate=day(4)),
    episode("died before the year", admidate=date(2022, 3, 20), disdate=YEAR_START),
    episode("started before the year", admidate=date(2022, 3, 20), disdate=YEAR_START),
    episode("started after the year", admidate=date(2023, 3, 20), disdate=YEAR_END),
    episode("discharged after the year", admidate=date(2023, 3, 20), disdate=date(2023, 4, 1)),
    again("readmitted on day 84", 84),
    again("readmitted on day 85", 85),
    again("readmitted on the day of discharge", 0, admimeth="2A"),
    again("readmitted on the day reablement starts", 2),
    again("planned stay", 20, admimeth="11"),
    again("maternity", 20, admimeth="31"),
    again("back for a day", 20, disdate=day(20)),
    again("still in hospital", 20, disdate=None),
    again("died and readmitted", 20),
    again("readmitted and home", 20),
    again("all three", 20),
    # stays
    episode("two episodes", disdate=None, dismeth="8", disdest="98"),
    episode("two episodes", epiorder="2", tretspef="430"),
    episode("one of them at another function", tretspef="430"),
    episode("one of them at another function", epiorder="2", tretspef="501"),
    episode("order not known", epiorder="99", epistart=date(2022, 6, 8), tretspef="501"),
    episode("order not known", epistart=date(2022, 6, 1)),
    episode("two stays", admidate=date(2022, 9, 1), disdate=date(2022, 9, 3)),
    episode("two stays"),
    # exclusions
    episode("64 years old"),
    episode("age not known"),
    episode("for a day", disdate=date(2022, 6, 1)),
    episode("ends before it begins", disdate=date(2022, 5, 30)),
    episode("a birth", admimeth="82"),
    episode("died there", dismeth="4"),
    episode("to another hospital", disdest="51"),
    episode("mental health", tretspef="710"),
    episode("podiatry", tretspef="653"),
    episode("destination not stated", disdest=None),
    episode("admission not stated", admimeth=None),
    episode("admitted 12 months before the year", admidate=date(2021, 4, 1)),
    episode("admitted longer ago", admidate=date(2021, 3, 31)),
    episode("discharged on the last day", admidate=date(2023, 3, 1), disdate=YEAR_END),
    episode("discharged the day before", admidate=date(2022, 3, 1), disdate=date(2022, 3, 31)),
    episode("no pseudonym of a number", person_id_type="la_person_id"),
]
KNOWN = {row["person_pseudonym"] for row in CARE}
REGISTERED = [
    registration(row["person_pseudonym"])
    for row in EPISODES
    if row["person_pseudonym"] not in KNOWN | {"age not known"}
] + [
    registration("64 years old", birth_month="1957-07", registration_start_date=date(2020, 1, 1)),
    registration("in the community", birth_month="1945-01", gender="1"),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with with_hospital(["ascof_2d_1", "ascof_2d_2"], CARE, EPISODES, REGISTERED) as engine:
        yield engine


def test_part_1_people_stand_by_what_happened_in_12_weeks(engine: Engine) -> None:
    assert patients(engine, "ascof_2d_1") == {
        "on the day": ["remained"],
        "7 days after": ["remained"],
        "8 days after": ["no_discharge"],
        "3 days before": ["remained"],
        "4 days before": ["no_discharge"],
        "before the admission": ["no_discharge"],
        "two discharges": ["remained"],
        "7 days between services": ["no_discharge"],
        "8 days between services": ["no_discharge", "remained"],
        "twice after one discharge": ["remained"],
        "not linked": ["not_linked"],
        "died before the year": ["died"],
        "started before the year": ["remained"],
        "started after the year": ["remained"],
        "discharged after the year": ["no_discharge"],
        "died on day 84": ["died_only"],
        "died on day 85": ["remained"],
        "readmitted on day 84": ["readmitted_only"],
        "readmitted on day 85": ["remained"],
        "readmitted on the day of discharge": ["remained"],
        "readmitted on the day reablement starts": ["remained"],
        "planned stay": ["remained"],
        "maternity": ["readmitted_only"],
        "back for a day": ["remained"],
        "still in hospital": ["remained"],
        "home on the day": ["home_only"],
        "home on day 84": ["home_only"],
        "home on day 85": ["remained"],
        "community on day 9": ["remained"],
        "died and home": ["died_home"],
        "died and readmitted": ["died_readmitted"],
        "readmitted and home": ["readmitted_home"],
        "all three": ["all_three"],
        "in the community": ["remained"],
        "lives in a home": ["no_discharge"],
    }


def test_the_latest_discharge_leads_to_reablement(engine: Engine) -> None:
    sql = "select person_pseudonym, discharge_date from hospital_reablement join person using (la_code, person_key)"
    led = dict(engine.rows(Step("led", sql)))
    assert led["two discharges"] == day(4)
    assert led["on the day"] == DISCHARGED


def test_part_2_discharges_count_or_are_left_out_for_one_reason(engine: Engine) -> None:
    found = patients(engine, "ascof_2d_2")
    assert {person: places for person, places in found.items() if person not in KNOWN} == {
        "two episodes": ["not_placed"],
        "one of them at another function": ["treatment_function"],
        "order not known": ["not_placed"],
        "two stays": ["not_placed"],
        "64 years old": ["too_young"],
        "age not known": ["no_birth_month"],
        "for a day": ["same_day"],
        "ends before it begins": ["same_day"],
        "a birth": ["admission_method"],
        "died there": ["discharge_method"],
        "to another hospital": ["destination"],
        "mental health": ["treatment_function"],
        "podiatry": ["treatment_function"],
        "destination not stated": ["not_stated"],
        "admission not stated": ["not_stated"],
        "admitted 12 months before the year": ["not_placed"],
        "admitted longer ago": ["long_stay"],
        "discharged on the last day": ["not_placed"],
    }
    homes = ("lives in a home", "in prison", "home ended on the day of admission", "home ended the day before")
    assert [found[person] for person in homes] == [["care_home"], ["care_home"], ["care_home"], ["not_placed"]]
    assert found["on the day"] == ["into_reablement", "not_placed"]


def test_support_age_and_gender_are_those_at_the_stay(engine: Engine) -> None:
    found = patients(engine, "ascof_2d_2", "support", "age_band", "gender")
    assert found["in the community"][0][:3] == ("community", "75-84", "Male")
    assert found["community ended the day before"][0][:3] == ("none", "75-84", "Female")
    assert found["born as social care says"][0][:3] == ("community", "65-74", "Male")


def test_the_circles_of_the_venn_diagram_overlap(engine: Engine) -> None:
    total = next(row for row in figures(engine, "ascof_2d_1") if row["support"] == "All" and row["la_code"] == "991")
    assert (total["died"], total["readmitted"], total["entered_home"]) == (4, 5, 5)
    assert (total["remained"], total["into_reablement"]) == (19, 28)


def test_discharges_that_cannot_be_placed_leave_the_column_empty(engine: Engine) -> None:
    total = next(row for row in figures(engine, "ascof_2d_2") if row["support"] == "All" and row["la_code"] == "991")
    assert (total["discharges"], total["into_reablement"]) == (None, 28)


def test_where_patients_live_is_as_released_or_the_only_authority() -> None:
    rows = [reabled("ann"), service("bob", **COMMUNITY, la_code="992")]
    stays = [episode("ann", la_code="992"), episode("bob", la_code="991"), episode("cat", la_code=None)]
    known = [registration("cat")]
    with with_hospital(["ascof_2d_2"], rows, stays, known) as engine:
        assert patients(engine, "ascof_2d_2", "la_code") == {
            "ann": [("991", "into_reablement"), ("992", "discharges")],
            "bob": [("991", "discharges")],
            "cat": [("not known", "no_residence")],
        }
    with with_hospital(["ascof_2d_2"], [reabled("ann")], stays, known, leave_out=("la_code", "dismeth")) as engine:
        assert patients(engine, "ascof_2d_2", "la_code") == {
            "ann": [("991", "discharges"), ("991", "into_reablement")],
            "bob": [("991", "no_birth_month")],
            "cat": [("991", "discharges")],
        }
        total = next(row for row in figures(engine, "ascof_2d_2") if row["support"] == "All")
        assert (total["discharges"], total["into_reablement"]) == (2, 1)


def test_without_hospital_data_the_measure_is_refused_when_it_is_named(tmp_path: Path) -> None:
    linked = linked_with_everything(tmp_path / "linked", [reabled("ann")])
    with pytest.raises(UsageError, match="ascof_2d_1 needs admissions, which this folder does not have"):
        tables_official(linked, tmp_path / "out", measures=["ascof_2d_1"])


def test_months_of_admission_will_not_do() -> None:
    with with_hospital([], [reabled("ann")], [episode("ann")]) as engine:
        require_days(engine, "admissions", ["admidate", "disdate"])
        engine.register("admissions", pa.table({"admidate": ["2022-06", None], "disdate": ["2022-06-10", None]}))
        with pytest.raises(InputError, match="Table admissions has no days in admidate"):
            require_days(engine, "admissions", ["admidate", "disdate"])
