"""Rows of people in, the tables of a measure out: every cell, every total, sums of people who stand in several columns once."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from linkage.cohort.figured import make_figures
from linkage.cohort.measures.definition import MeasureDefinition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import open_engine
from linkage.errors import InternalError
from tests.unit.derived_events import YEAR

DEFINITION = {
    "id": "visits",
    "title": "Visits",
    "population": "visits in the year",
    "one_row_per": "event",
    "source": "hand-made",
    "certainty": "design",
    "labels": [
        {"name": "quarter", "title": "Quarter", "values": {"q1": "First", "q2": "Second"}, "total": False},
        {"name": "gender", "title": "Gender", "values": {"f": "Women", "m": "Men"}},
        {"name": "age", "title": "Age", "values": {"young": "Under 65", "old": "65 and over"}},
    ],
    "breakdowns": {"main": ["quarter", "gender"], "age": ["age"]},
    "columns": [{"id": "home", "about": "at home"}, {"id": "office", "about": "in an office"}],
    "sums": {"visits": ["home", "office"]},
    "amounts": [{"column": "median_days", "of": "days", "statistic": "median", "among": ["home"]}],
    "reasons": {"child": "under 18"},
}
ANN_HOME = {"person_key": "ann", "quarter": "q1", "gender": "f", "age": "old", "column_id": "home", "days": 1}
ROWS = [
    ANN_HOME,
    {**ANN_HOME, "column_id": "office", "days": 50},
    {**ANN_HOME, "quarter": "q2", "days": 5},
    {**ANN_HOME, "person_key": "bob", "gender": "m", "age": "young", "days": None},
    {"person_key": "cid", "reason": "child"},
]


def tables(
    rows: Sequence[dict[str, Any]], one_row_per: str = "event", **changes: Any
) -> dict[str, list[dict[str, Any]]]:
    """Breakdown → the rows of its table, with those of the reasons as ``reasons``; authority 992 has events and nobody here."""
    definition = MeasureDefinition.model_validate({**DEFINITION, "one_row_per": one_row_per, **changes})
    text = ("la_code", "person_key", "quarter", "gender", "age", "column_id", "reason")
    kinds = pa.schema([*((name, pa.string()) for name in text), ("days", pa.int64())])
    with open_engine() as engine:
        engine.register("event", pa.table({"la_code": ["992", "991"]}))
        people = [{"la_code": "991", **row} for row in rows]
        engine.register("visits_people", pa.Table.from_pylist(people, schema=kinds))
        exact = make_figures(engine, Measure("visits", lambda _: [], own=definition), Asked(YEAR))
        return {name: table.to_pylist() for name, table in exact.tables.items()} | {
            "reasons": exact.reasons.to_pylist()
        }


def cells(rows: Sequence[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Authority and labels → the values of these columns."""
    labels = [name for name in ("la_code", "quarter", "gender", "age") if name in rows[0]]
    return {tuple(row[name] for name in labels): tuple(row[name] for name in names) for row in rows}


def test_every_cell_is_there_in_order_with_its_totals() -> None:
    main = cells(tables(ROWS)["main"], "home", "office", "visits")
    assert [key for key in main if key[0] == "991"] == [
        ("991", quarter, gender) for quarter in ("First", "Second") for gender in ("Women", "Men", "All")
    ]
    assert list(main)[6:] == [("992", *rest) for _, *rest in list(main)[:6]]
    assert main["991", "First", "Women"] == (1, 1, 2)
    assert main["991", "First", "All"] == (2, 1, 3)
    assert main["991", "Second", "Men"] == main["992", "First", "All"] == (0, 0, 0)


def test_people_behind_a_sum_are_told_apart() -> None:
    by_age = cells(tables(ROWS)["age"], "home", "home_people", "visits", "visits_people")
    assert by_age["991", "65 and over"] == (2, 1, 3, 1)
    assert by_age["991", "All"] == (3, 2, 4, 2)


def test_where_people_are_counted_each_row_is_one() -> None:
    by_age = cells(tables(ROWS, "person")["age"], "visits", "visits_people")
    assert by_age["991", "65 and over"] == (3, 3)


def test_amounts_are_of_those_who_have_one() -> None:
    by_age = cells(tables(ROWS)["age"], "median_days", "median_days_people")
    assert by_age == {
        ("991", "Under 65"): (None, 0), ("991", "65 and over"): (3.0, 1), ("991", "All"): (3.0, 1),
        ("992", "Under 65"): (None, 0), ("992", "65 and over"): (None, 0), ("992", "All"): (None, 0),
    }  # fmt: skip


def test_a_column_is_empty_where_somebody_is_left_out_for_its_reason() -> None:
    left_out = {"person_key": "dot", "quarter": "q2", "reason": "child"}
    main = cells(tables([*ROWS, left_out], empty_where={"office": "child"})["main"], "home", "office", "office_people")
    assert main["991", "First", "All"] == (2, 1, 1)
    assert main["991", "Second", "All"] == (1, None, None)


def test_people_are_told_by_why_they_count_or_not() -> None:
    reasons = [(row["reason"], row["people"]) for row in tables(ROWS)["reasons"]]
    assert sorted(reasons) == [("counted", 2), ("under 18", 1)]


@pytest.mark.parametrize("change", [{"gender": "x"}, {"age": None}, {"column_id": "nowhere"}, {"la_code": "none"}])
def test_nobody_who_counts_is_lost(change: dict[str, Any]) -> None:
    with pytest.raises(InternalError, match="stands in no cell"):
        tables([*ROWS, {**ANN_HOME, **change}])
