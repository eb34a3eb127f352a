"""Worked examples of measures: a few events of hand-made people in, where each of them stands out.

placed("ascof_3d_clients", [service("ann")]) == {"ann": ["care_home"]}
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linkage.cohort.derive.period import Period
from linkage.cohort.figured import make_figures
from linkage.cohort.measures.figures import table_name
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from linkage.engine import Engine, Step, ident, open_engine
from linkage.runs import Manifest
from tests.unit.derived_events import YEAR, Row, care_engine
from tests.unit.linked_tables import COLUMNS, linked_engine


def measured(
    measure_id: str, rows: Sequence[Row], period: Period = YEAR, tables: frozenset[str] = frozenset()
) -> Engine:
    """The engine with the measure's people and figures."""
    engine = care_engine(rows, leave_out=("submission",))
    asked = Asked(period, tables=tables)
    measure = MEASURES[measure_id]
    derive_for(engine, [measure], asked)
    make_people(engine, measure, asked)
    keep_figures(engine, measure, asked)
    return engine


def keep_figures(engine: Engine, measure: Measure, asked: Asked) -> None:
    """Make the exact figures of a measure, and keep them in the engine for ``figures``."""
    for breakdown, table in make_figures(engine, measure, asked).tables.items():
        engine.register(f"{table_name(measure, breakdown)}_exact", table)


def placed(measure_id: str, rows: Sequence[Row], *labels: str, period: Period = YEAR) -> dict[str, list[Any]]:
    """Person → where the person stands, sorted: the column or the reason, with the labels asked for in front of it.

    A person whom the measure does not look at is not there.
    """
    with measured(measure_id, rows, period) as engine:
        return people(engine, measure_id, *labels)


def people(engine: Engine, measure_id: str, *labels: str) -> dict[str, list[Any]]:
    """The same of an engine that ``measured`` made."""
    names = "".join(f"{ident(label)}, " for label in labels)
    sql = f"""
select distinct person_pseudonym, {names}coalesce(column_id, reason) from {measure_id}_people
join (select distinct person_key, person_pseudonym from person) using (person_key) order by all"""
    found: dict[str, list[Any]] = {}
    for person, *place in engine.rows(Step("placed", sql)):
        found.setdefault(person, []).append(tuple(place) if labels else place[0])
    return found


def linked_with_everything(folder: Path, rows: Sequence[Row]) -> Path:
    """A linked folder whose social care table has every column, and whose other tables are empty."""
    folder.mkdir(parents=True)
    with linked_engine() as linked, care_engine(rows) as care, open_engine(folders=[folder]) as writer:
        for name in (*COLUMNS, "person", "link_quality"):
            writer.register(name, (care if name == "social_care" else linked).table(name))
            writer.write_parquet(Step("write", f"select * from {ident(name)} order by all"), folder / f"{name}.parquet")
    Manifest(command="link", inputs=[], counts={}).write(folder)
    return folder


def figures(engine: Engine, measure_id: str, breakdown: str = "main") -> list[dict[str, Any]]:
    """The exact rows of a breakdown's table, without the people behind counts."""
    name = measure_id if breakdown == "main" else f"{measure_id}_by_{breakdown}"
    rows = engine.table(f"{name}_exact").to_pylist()
    return [{key: value for key, value in row.items() if not key.endswith("_people")} for row in rows]
