"""SALT LTS001 from the derived tables: the hand-made people of the published tables stand in the same places."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from linkage.engine import Engine, Step, open_engine
from tests.unit.derived_events import service
from tests.unit.placed_people import figures, measured, people
from tests.unit.test_lts001_people import PEOPLE, care_row
from tests.unit.test_oracle_people import FIRST, LAST, SETTINGS, oracle, planned

ID = "salt_lts001"
HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
PARTS = {"a": "LTS001a", "b": "LTS001b", "c": "LTS001c"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    rows = [care_row(person["name"], person, row) for person in PEOPLE for row in person["rows"]]
    with measured(ID, rows) as made:
        yield made


def test_every_person_of_the_vectors_stands_where_lts001_has_them(engine: Engine) -> None:
    found = {person: dict(places) for person, places in people(engine, ID, "part").items()}
    reasons = {"died", "under_18", "age_not_known"}
    stands = {
        name: {part: place for part, place in places.items() if place not in reasons} for name, places in found.items()
    }
    expected = {
        person["name"]: {part: person[letter] for letter, part in PARTS.items() if person[letter] != "-"}
        for person in PEOPLE
    }
    assert {name: stands.get(name, {}) for name in expected} == expected


def _person(name: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [service(name, **HOME | row) for row in rows]


def test_figures_have_every_row_of_the_published_table() -> None:
    rows = [
        *_person("ann", {"primary_support_reason": "Learning Disability Support"}),
        *_person("bob", {"delivery_mechanism": "Direct Payment"}, {"delivery_mechanism": "CASSR Commissioned Support"}),
        *_person("cat", {"birth_month": "1940-01", "event_start_date": date(2022, 9, 1)}),
        *_person("dan", {"primary_support_reason": "Social Support: Support to Carer"}),
    ]
    with measured(ID, rows) as made:
        shown = {(row["part"][:7], row["age_band"], row["support_reason"]): row for row in figures(made, ID)}
    assert len(shown) == 3 * 3 * 13
    assert [shown[part, "All", "All"]["people"] for part in PARTS.values()] == [4, 4, 3]
    assert shown["LTS001b", "18 to 64", "Learning disability support"]["community_not_known"] == 1
    assert shown["LTS001c", "All", "All"]["community_part_direct_payment"] == 1
    assert shown["LTS001a", "65 and above", "All"]["community"] == 1
    assert shown["LTS001a", "All", "Not known"]["people"] == 1


def test_everybody_of_the_oracle_stands_where_planned() -> None:
    """Each of the 22,366 places of the newsletter's tables, by person: column and age band."""
    made = oracle()
    number = len(made.rows["row"])
    filled = {
        "person_pseudonym": made.rows["person_unique_identifier"],
        "person_id_type": np.full(number, "nhs_number", dtype=object),
        "birth_month": np.datetime_as_string(made.rows["date_of_birth"].astype("datetime64[D]"), unit="M").astype(
            object
        ),
        "reporting_period_start_date": np.full(number, FIRST),
        "reporting_period_end_date": np.full(number, LAST),
        "client_type": np.full(number, None, dtype=object),
    }
    columns = {
        name: pa.array(
            filled.get(name, made.rows.get(name)), pa.date32() if "date" in name else pa.string(), from_pandas=True
        )
        for name in NEEDED_COLUMNS
    }
    sql = f"""
select part, person_pseudonym, replace(age_band, '-', ' to '), column_id
from {ID}_people join person using (la_code, person_key) where reason is null"""
    with open_engine() as engine:
        engine.register("social_care", pa.table(columns))
        asked = Asked(Period(SETTINGS.period_start, SETTINGS.period_end))
        derive_for(engine, [MEASURES[ID]], asked)
        make_people(engine, MEASURES[ID], asked)
        found = {(part, person): (band, column) for part, person, band, column in engine.rows(Step("found", sql))}
    assert found == {place: (band, column) for place, (band, _, column) in planned(made).items()}
