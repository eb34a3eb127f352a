"""Every measure equals its second implementation on random worlds: 5 in the suite, ``python -m tests.independent 100`` more.

The second implementation of a measure is ``tests/independent/<id>.py``: ``people(derived)`` gives the rows that
``<id>_people`` should hold, without the event.
"""

from collections import Counter
from importlib import import_module

import pandas as pd
import pytest

from linkage.cohort.figured import make_figures
from linkage.cohort.hospital.stays import patient_number_sql
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derived_in_turn, make_people
from linkage.engine import Engine, Step
from tests.independent.patients import register_hospital
from tests.independent.tables import Derived, read
from tests.independent.worlds import random_rows
from tests.unit.derived_events import YEAR, care_engine

Rows = Counter[tuple[object, ...]]
WORLDS = 5


def both(first: int, worlds: int) -> dict[str, tuple[Rows, Rows]]:
    """Measure → the rows of its people, and those that the second implementation makes, over worlds from the seed ``first``."""
    found: dict[str, tuple[Rows, Rows]] = {}
    rows = [row for seed in range(first, first + worlds) for row in random_rows(seed)]
    with care_engine(rows, leave_out=("submission",)) as engine:
        register_hospital(engine, rows)
        asked = Asked(YEAR, tables=frozenset({"admissions", "link_quality"}))
        number = patient_number_sql("person_pseudonym")
        engine.run(Step("numbered", f"select *, {number} as patient_number from admissions"))
        hospital = [read(engine, name) for name in ("numbered", "gp_registrations", "social_care")]
        for together in derived_in_turn(engine, list(MEASURES.values()), asked):
            tables = [read(engine, name) for name in ("event", "person")]
            derived = Derived(*tables, YEAR.start, YEAR.end, *hospital)
            for measure in together:
                make_people(engine, measure, asked)
                make_figures(engine, measure, asked)
                require_once(engine, measure)
                second = import_module(f"tests.independent.{measure.id}").people(derived)
                found[measure.id] = (_made(engine, measure, list(second.columns)), _counted(second))
    return found


def require_once(engine: Engine, measure: Measure) -> None:
    """A measure that counts people has one row per person, group that is not totalled, and column."""
    keys = [
        "la_code",
        "person_key",
        *(label.name for label in measure.definition.labels if not label.total),
        "column_id",
    ]
    sql = f"select {', '.join(keys)} from {measure.people} where reason is null group by all having count(*) > 1"
    if measure.definition.one_row_per == "person":
        assert engine.rows(Step("twice", sql)) == []


def _made(engine: Engine, measure: Measure, columns: list[str]) -> Rows:
    rows = engine.rows(Step("people", f"select {', '.join(columns)} from {measure.people}"))
    return Counter(_plain(row) for row in rows)


def _counted(frame: pd.DataFrame) -> Rows:
    return Counter(_plain(row) for row in frame.itertuples(index=False, name=None))


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    """Numbers to 6 places; every way of saying nothing as None."""
    return tuple(None if pd.isna(one) else round(one, 6) if isinstance(one, float) else one for one in row)


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Rows, Rows]]:
    return both(0, WORLDS)


@pytest.mark.parametrize("measure_id", list(MEASURES))
def test_a_measure_equals_its_second_implementation(made: dict[str, tuple[Rows, Rows]], measure_id: str) -> None:
    first, second = made[measure_id]
    assert first - second == Counter()
    assert second - first == Counter()
    assert len(first) > 10
