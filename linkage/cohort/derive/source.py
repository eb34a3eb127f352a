"""Where events come from: the linked tables of a release, or an authority's own consolidated or processed events.

Both are read with the same code: a source says in SQL which columns hold the numbers that stand for a person. A linked
release has pseudonyms; an authority's own file has the numbers themselves, which are compared and never shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkage.engine import Engine, Step, Value, ident
from linkage.errors import InputError
from linkage.store import require_columns

NEEDED = (
    "la_code",
    "reporting_period_start_date",
    "reporting_period_end_date",
    "event_type",
    "event_start_date",
    "event_end_date",
    "date_of_death",
)
"""Columns that every source must have; list fields that are missing are null."""

_LINKED = ("person_pseudonym", "person_id_type", "birth_month")
_OWN = ("person_unique_identifier", "date_of_birth")
NO_ID = "null::varchar"
"""SQL of an id that a source does not have."""
_LINKED_ADULTS = "adult_{}_linked_person_{}"


@dataclass(frozen=True)
class CareSource:
    """Rows of events. ``rows`` is a table or table function with bound ``values``; ``row_id`` numbers its rows from 0.

    The other texts are SQL over its columns, null where a row has none: ``traced`` and ``given`` stand for an NHS number,
    ``local`` for the authority's id of the person and is unique over all authorities, ``local_id`` is that id as carers' rows
    name it (``linked``); ``birth_month`` is a date, the first of the month.
    """

    rows: str
    row_id: str
    columns: Sequence[str]
    traced: str
    given: str
    local: str
    local_id: str
    linked: Sequence[str]
    birth_month: str
    values: dict[str, Value] = field(default_factory=dict)

    def optional(self, column: str, otherwise: str = "null") -> str:
        """SQL for a column that the source may lack."""
        return ident(column) if column in self.columns else otherwise


def linked_source(engine: Engine, table: str = "social_care") -> CareSource:
    """The social care table of an opened linked folder. Raises InputError naming the columns that the release lacks."""
    require_columns(engine, table, [*NEEDED, *_LINKED])
    return release_source(ident(table), "rowid", engine.columns(table), {})


def linked_file(engine: Engine, path: Path) -> CareSource:
    """``social_care.parquet`` of a linked folder, read where it lies: a table of many million rows is never held whole."""
    rows, values, columns = _file(engine, path, [*NEEDED, *_LINKED])
    return release_source(rows, "file_row_number", columns, values)


def own_source(engine: Engine, table: str = "events") -> CareSource:
    """An authority's events as consolidated, or processed with traced numbers, in a table of the engine."""
    require_columns(engine, table, [*NEEDED, *_OWN])
    return _own(ident(table), "rowid", engine.columns(table), {})


def own_file(engine: Engine, path: Path) -> CareSource:
    """``events.parquet`` of an authority's own folder."""
    rows, values, columns = _file(engine, path, [*NEEDED, *_OWN])
    return _own(rows, "file_row_number", columns, values)


def release_source(rows: str, row_id: str, columns: Sequence[str], values: dict[str, Value]) -> CareSource:
    """Rows of a release with these columns."""
    month = "try_cast(birth_month || '-01' as date)"
    pseudonym = "case when person_id_type = '{}' then person_pseudonym end"
    local_id = "la_person_pseudonym" if "la_person_pseudonym" in columns else NO_ID
    return CareSource(
        rows,
        row_id,
        columns,
        traced=pseudonym.format("nhs_number"),
        given=NO_ID,
        local=pseudonym.format("la_person_id"),
        local_id=local_id,
        linked=_adults(columns, "pseudonym"),
        birth_month=month,
        values=values,
    )


def _own(rows: str, row_id: str, columns: Sequence[str], values: dict[str, Value]) -> CareSource:
    texts = {name: f"nullif(trim(cast({ident(name)} as varchar)), '')" for name in columns}
    return CareSource(
        rows,
        row_id,
        columns,
        traced=texts.get("nhs_number_traced", NO_ID),
        given=texts.get("nhs_number", NO_ID),
        local=f"la_code || '_' || {texts['person_unique_identifier']}",
        local_id=texts["person_unique_identifier"],
        linked=_adults(columns, "id"),
        birth_month="cast(date_trunc('month', try_cast(date_of_birth as date)) as date)",
        values=values,
    )


def _adults(columns: Sequence[str], ending: str) -> list[str]:
    named = [_LINKED_ADULTS.format(place, ending) for place in (1, 2, 3)]
    return [name for name in named if name in columns]


def _file(engine: Engine, path: Path, needed: Sequence[str]) -> tuple[str, dict[str, Value], list[str]]:
    """Table function, bound values and columns of a Parquet file. Raises InputError when it lacks needed columns."""
    values: dict[str, Value] = {"care_file": str(path)}
    rows = "read_parquet($care_file, file_row_number = true)"
    described = engine.rows(Step("describe_events", f"describe select * from {rows}", values))
    columns = [row[0] for row in described]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InputError(
            f"{path}: lacks {', '.join(missing)}. Give the events of a linked folder, or those that 'cldlink submission "
            "consolidate' or 'cldlink feedback' writes."
        )
    return rows, values, columns
