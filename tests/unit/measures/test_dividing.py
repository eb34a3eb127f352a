"""Any measure by any variable: of the person, of the event that places the person, of the area lived in."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.cohort.data_notes import register_population
from linkage.cohort.derive.source import linked_source
from linkage.cohort.measures.dividing import area_steps, divided, dividers, variables
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people, tables_official
from linkage.engine import Engine, Step
from linkage.errors import InputError, UsageError
from tests.unit.derived_events import YEAR, care_engine, review, service
from tests.unit.placed_people import figures, keep_figures, linked_with_everything

HOME = {"service_type": "Long Term Support: Community", "delivery_mechanism": "Direct Payment"}
ROWS = [
    service("24", **HOME, birth_month="1998-05", service_component="Home Support", dementia="Yes"),
    service("25", **HOME, birth_month="1998-03", service_component="Home Support", dementia="No"),
    service("34", **HOME, birth_month="1988-06", service_component="Day Support", ethnicity="Bangladeshi"),
    service("82", **HOME, ethnicity="Refused", gender="Male", dementia="Unknown"),
    service("96", **HOME, birth_month="1926-06", service_component="a chat", ethnicity="Chinese"),
    service("no birth month", **HOME, birth_month=None, ethnicity="White Irish"),
    service("learning", **HOME, primary_support_reason="Learning Disability Support"),
    service("two services", **HOME, service_component="Meals"),
    service("two services", **HOME | {"delivery_mechanism": None}, service_component="Transport"),
    service("later move", **HOME), review("later move", **HOME | {"service_type": None}),
    service("in a home"),
]  # fmt: skip
AREAS = {"24": "E01", "25": "E01", "34": "E02", "82": " ", "later move": "E09"}
NAMES = ("age_10", "gender", "ethnic_group", "dementia", "learning_disability", "service_component", "lsoa")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with care_engine(ROWS, leave_out=("submission",)) as made:
        areas = " ".join(f"when '{person}' then '{area}'" for person, area in AREAS.items())
        sql = f"""
select *, case when event_type = 'Review' then 'E03' else case person_pseudonym {areas} end end as lsoa from social_care"""
        made.run(Step("social_care", sql))
        chosen = dividers(made, linked_source(made), NAMES)
        asked = Asked(YEAR)
        for measure_id in ("ascof_3d_clients", "long_term_monthly"):
            measure = divided(MEASURES[measure_id], chosen)
            derive_for(made, [measure], asked)
            made.run_all(area_steps(chosen, linked_source(made)))
            make_people(made, measure, asked)
            keep_figures(made, measure, asked)
        yield made


def shown(engine: Engine, name: str, column: str = "clients") -> dict[str, int]:
    return {row[name]: row[column] for row in figures(engine, "ascof_3d_clients", name) if row[column]}


def test_people_by_their_details(engine: Engine) -> None:
    assert shown(engine, "age_10") == {
        "18 to 24": 1, "25 to 34": 2, "75 to 84": 4, "95 and over": 1, "Not known": 1, "All": 9,
    }  # fmt: skip
    assert shown(engine, "gender") == {"Female": 8, "Male": 1, "All": 9}
    assert shown(engine, "ethnic_group") == {"Asian or Asian British": 2, "White": 1, "Not known": 6, "All": 9}
    assert shown(engine, "dementia") == {"Yes": 1, "No": 1, "Not known": 7, "All": 9}
    assert shown(engine, "learning_disability") == {"Yes": 1, "No": 8, "All": 9}


def test_people_by_the_event_that_places_them(engine: Engine) -> None:
    assert shown(engine, "service_component") == {
        "Home support or domiciliary care": 2, "Day support": 1, "Meals": 1, "Not known": 5, "All": 9,
    }  # fmt: skip
    assert shown(engine, "service_component", "direct_payment")["Meals"] == 1


def test_people_by_the_area_of_their_latest_row(engine: Engine) -> None:
    assert shown(engine, "lsoa") == {"E01": 2, "E02": 1, "E03": 1, "Not known": 5, "All": 9}
    assert [row["lsoa"] for row in figures(engine, "ascof_3d_clients", "lsoa")] == [
        "E01", "E02", "E03", "E09", "Not known", "All",
    ]  # fmt: skip


def test_labels_without_a_total_stay_beside_the_variable(engine: Engine) -> None:
    rows = figures(engine, "long_term_monthly", "dementia")
    last = {row["dementia"]: row["people"] for row in rows if row["month_end"] == "2023-03-31"}
    assert last == {"Yes": 1, "No": 1, "Not known": 8, "All": 10}
    assert len(rows) == 12 * 4
    by_component = figures(engine, "long_term_monthly", "service_component")
    assert {row["service_component"] for row in by_component if row["people"]} == {"Not known", "All"}


def test_a_table_that_the_measure_has_is_not_made_twice(engine: Engine) -> None:
    measure = divided(MEASURES["long_term_monthly"], dividers(engine, linked_source(engine), ["gender"]))
    assert measure.definition.breakdowns == MEASURES["long_term_monthly"].definition.breakdowns
    assert divided(MEASURES["ascof_2b"], []) is MEASURES["ascof_2b"]


def test_unknown_variables_and_lacking_areas_are_refused() -> None:
    with care_engine(ROWS) as bare:
        with pytest.raises(UsageError, match=r"divided by shoe_size. Known: age_10, gender"):
            dividers(bare, linked_source(bare), ["shoe_size"])
        with pytest.raises(InputError, match=r"lacks ward"):
            dividers(bare, linked_source(bare), ["ward"])


def test_every_variable_divides_a_measure() -> None:
    names = [name for name, one in variables().items() if one.of != "area"]
    with care_engine(ROWS, leave_out=("submission",)) as made:
        measure = divided(MEASURES["ascof_3d_clients"], dividers(made, linked_source(made), names))
        asked = Asked(YEAR)
        derive_for(made, [measure], asked)
        make_people(made, measure, asked)
        keep_figures(made, measure, asked)
        for name in names:
            rows = {row[name]: row["clients"] for row in figures(made, "ascof_3d_clients", name)}
            assert rows.pop("All") == sum(rows.values()) == 9


def test_divided_tables_pass_the_gate(tmp_path: Path) -> None:
    people = [service(f"p{number}", **HOME, dementia="Yes" if number < 3 else "No") for number in range(20)]
    linked = linked_with_everything(tmp_path / "linked", people)
    tables_official(linked, tmp_path / "out", measures=["ascof_3d_clients"], by=["dementia"])
    with (tmp_path / "out" / "ascof_3d_clients_by_dementia.csv").open(encoding="utf-8", newline="") as lines:
        found = {row["dementia"]: row["clients"] for row in csv.DictReader(lines)}
    assert found == {"Yes": "5", "No": "15", "Not known": "-", "All": "20"}


def test_rates_by_bands_of_10_years_have_their_population(tmp_path: Path) -> None:
    population = tmp_path / "population.csv"
    women = ["0,17,50", "18,24,700", "25,29,1000", "30,34,500", "35,74,40", "75,,90"]
    men = ["0,17,60", "18,24,10", "25,34,20", "35,74,30"]  # none of 75 and over is told
    rows = [f"991,{gender},{ages}" for gender, of in (("Female", women), ("Male", men)) for ages in of]
    population.write_text("\n".join(["la_code,gender,age_from,age_to,people", *rows]) + "\n")
    with care_engine(ROWS, leave_out=("submission",)) as made:
        measure = divided(MEASURES["long_term_monthly"], dividers(made, linked_source(made), ["age_10"]))
        register_population(made, population, ["991"], [])
        asked = Asked(YEAR, tables=frozenset({"population"}))
        derive_for(made, [measure], asked)
        make_people(made, measure, asked)
        keep_figures(made, measure, asked)
        rows = [row for row in figures(made, "long_term_monthly", "age_10") if row["month_end"] == "2023-03-31"]
    assert {row["age_10"]: row["population"] for row in rows if row["population"]} == {
        "18 to 24": 710, "25 to 34": 1520,
    }  # fmt: skip
