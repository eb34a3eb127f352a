"""ASCOF 2B and 2C: worked people for every branch of the rules."""

from datetime import date, timedelta
from pathlib import Path

from linkage.cohort.measures.ascof_admissions import YOUNGER, admission_steps
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked
from linkage.cohort.official import tables_official
from tests.unit.derived_events import YEAR, Row, service, table
from tests.unit.placed_people import figures, linked_with_everything, measured, people

STARTED = date(2022, 6, 1)


def home(person: str, **changes: object) -> Row:
    """A nursing home place from June 2022 of a woman born in June 1980: 41, for it is the first of the month."""
    place = {"service_component": "Long Term Nursing Care", "birth_month": "1980-07", "event_start_date": STARTED}
    return service(person, **place | changes)


def earlier(person: str, end: date | None, **changes: object) -> Row:
    """A residential place from 2021 to ``end``."""
    place = {
        "service_type": "Long Term Support: Residential Care",
        "service_component": "Long Term Residential Care",
        "event_start_date": date(2021, 1, 1),
        "event_end_date": end,
    }
    return home(person, **place | changes)


ROWS = [
    home("admitted"),
    home("old", birth_month="1940-01"),
    home("65 on the day", birth_month="1957-05"),
    home("birthday of days over 365.25", birth_month="1957-06"),
    home("64 on the day", birth_month="1957-07"),
    home("a child", birth_month="2010-01"),
    home("birth month not known", birth_month=None),
    home("first day of the year", event_start_date=YEAR.start),
    home("last day of the year", event_start_date=YEAR.end),
    home("day before the year", event_start_date=YEAR.start - timedelta(days=1)),
    home("short component", service_component="Short Term Nursing Care"),
    home("home support", service_component="Home Support"),
    home("component blank", service_component=None),
    home("self-funded", event_end_date=date(2022, 9, 1), event_outcome="NFA - Self-funded client (inc 12wk disregard)"),
    home("moved away", event_end_date=date(2022, 9, 1), event_outcome="NFA - Moved to another LA"),
    home("364 days after"),
    earlier("364 days after", STARTED - timedelta(days=364)),
    home("365 days after"),
    earlier("365 days after", STARTED - timedelta(days=365)),
    home("open before"),
    earlier("open before", None),
    home("short stay before"),
    earlier("short stay before", None, service_component="Short Term Residential Care"),
    home("self-funded before"),
    earlier("self-funded before", date(2022, 5, 1), event_outcome="NFA - Self-funded client (inc 12wk disregard)"),
    home("two on one day"),
    home(
        "two on one day",
        service_type="Long Term Support: Residential Care",
        service_component="Long Term Residential Care",
    ),
    home("admitted at 64 and 65", birth_month="1957-07", event_end_date=STARTED),
    home(
        "admitted at 64 and 65",
        birth_month="1957-07",
        event_start_date=date(2023, 3, 1),
        event_end_date=date(2023, 3, 2),
    ),
    home("a carer", client_type="Carer"),
    home("at home", service_type="Long Term Support: Community"),
    home("death stands on another row", event_end_date=date(2022, 7, 1)),
    earlier("death stands on another row", date(2021, 6, 1), date_of_death=date(2021, 7, 1)),
]


def test_younger_adults_are_admitted() -> None:
    with measured("ascof_2b", ROWS) as engine:
        assert people(engine, "ascof_2b") == {
            "admitted": ["admitted"],
            "old": ["other_age"],
            "65 on the day": ["other_age"],
            "birthday of days over 365.25": ["admitted"],
            "64 on the day": ["admitted"],
            "a child": ["under_18"],
            "birth month not known": ["no_birth_month"],
            "first day of the year": ["admitted"],
            "last day of the year": ["admitted"],
            "short component": ["component"],
            "home support": ["component"],
            "component blank": ["component_blank"],
            "self-funded": ["self_funded"],
            "moved away": ["admitted"],
            "364 days after": ["not_new"],
            "365 days after": ["admitted"],
            "open before": ["not_new"],
            "short stay before": ["admitted"],
            "self-funded before": ["not_new"],
            "two on one day": ["admitted"],
            "admitted at 64 and 65": ["admitted"],
            "death stands on another row": ["died"],
        }
        total = figures(engine, "ascof_2b")
    assert [row["admitted"] for row in total] == [10]


def test_older_adults_are_admitted() -> None:
    with measured("ascof_2c", ROWS) as engine:
        counted = {person for person, place in people(engine, "ascof_2c").items() if place == ["admitted"]}
        by_gender = {row["gender"]: row["admitted"] for row in figures(engine, "ascof_2c", "gender")}
    assert counted == {"old", "65 on the day"}
    assert by_gender == {"Female": 2, "Male": 0, "Not known": 0, "All": 2}


def test_a_blank_component_counts_where_it_is_said_to() -> None:
    definition = measure_definition("ascof_2b")
    parameters = {**definition.parameters, "blank_component": "counted"}
    rows = [
        home("blank", service_component=None),
        home("blank before"),
        earlier("blank before", None, service_component=None),
    ]
    with measured("ascof_2b", rows) as engine:
        assert people(engine, "ascof_2b") == {"blank": ["component_blank"], "blank before": ["admitted"]}
        engine.run_all(admission_steps(definition.model_copy(update={"parameters": parameters}), YOUNGER, Asked(YEAR)))
        assert people(engine, "ascof_2b") == {"blank": ["admitted"], "blank before": ["not_new"]}
        assert table(engine, "select count(*) from home_admission") == [(2,)]


def test_rates_are_per_100_000_of_the_population_that_is_given(tmp_path: Path) -> None:
    linked = linked_with_everything(tmp_path / "linked", [home(f"p{number}") for number in range(10)])
    given = tmp_path / "population.csv"
    given.write_text(
        "la_code,gender,age_from,age_to,people\n991,Female,18,64,40000\n991,Male,18,64,10000\n991,Male,65,,9000\n992,Male,18,64,5\n"
    )
    done = tables_official(linked, tmp_path / "out", measures=["ascof_2b"], population=given)
    assert done.tables["ascof_2b"].values.select(["admitted", "population", "per_100_000"]).to_pylist() == [
        {"admitted": 10, "population": 50000, "per_100_000": 20.0}
    ]
    by_gender = {row["gender"]: row["per_100_000"] for row in done.tables["ascof_2b_by_gender"].values.to_pylist()}
    assert by_gender == {"Female": 25.0, "Male": None, "Not known": None, "All": 20.0}, "a hyphen has no rate"
