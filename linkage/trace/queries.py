"""The people to trace, as they were given: a file or a table, one row each, every field as text."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, Step, ident
from linkage.errors import InputError
from linkage.trace.cascade.trace import EXTRA_FIELDS
from linkage.trace.records import LINK_FIELDS
from linkage.trace.source import ColumnMap, Source, load_source


@dataclass(frozen=True)
class Queries:
    """The people to trace: a file with a column map, or a table with ``query_id`` and the link fields as text.

    For the national cascade: the day for which records are read, and a file of earlier unmatched records.
    """

    path: Path | None = None
    columns: ColumnMap = field(default_factory=lambda: ColumnMap({}))
    id_column: str | None = None
    table: pa.Table | None = None
    sources: Sequence[Path] = ()
    as_at: date | None = None
    unmatched: Path | None = None


def load_queries(engine: Engine, queries: Queries, scratch: Path) -> None:
    """Make ``query_source``: one row per person to trace, fields as text. ``scratch`` is for a UTF-8 copy, if one is needed.

    Raises InputError when no field is there, nobody is, or the ids are missing or repeated.
    """
    fields = ("query_id", *LINK_FIELDS, "other_given_name", *EXTRA_FIELDS)
    if queries.table is not None:
        engine.register("query_read", _as_text(queries.table, fields))
    elif queries.path is not None:
        columns = dict(queries.columns.headings) | ({"query_id": queries.id_column} if queries.id_column else {})
        found = load_source(engine, "query_read", Source(queries.path, ColumnMap(columns), scratch), fields)
        if not set(found) & set(LINK_FIELDS):
            raise InputError(
                f"{queries.path}: none of the fields {', '.join(LINK_FIELDS)} is there. "
                "Say which heading holds which with --columns given_name=YOUR_HEADING,…"
            )
    named = queries.table.column_names if queries.table is not None else ()
    has_id = queries.id_column is not None or "query_id" in named
    engine.run(_query_source_step(has_id=has_id))
    _refuse_bad_ids(engine)


def _as_text(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The fields of a table as text columns, absent ones null, with ``row_number`` from 1."""
    present = {name: _text(table[name]) for name in fields if name in table.column_names}
    nothing = pa.nulls(table.num_rows, pa.string())
    columns = {"row_number": pa.array(range(1, table.num_rows + 1), pa.int64())}
    return pa.table(columns | {name: present.get(name, nothing) for name in fields})


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text; whole numbers without a decimal point, as a column of numbers with blanks has one."""
    if pa.types.is_float64(column.type):
        with suppress(pa.ArrowInvalid):
            column = column.cast(pa.int64())
    return column.cast(pa.string())


def _query_source_step(*, has_id: bool) -> Step:
    identifier = "query_id" if has_id else "cast(row_number as varchar)"
    return Step(
        "query_source",
        f"""
select row_number as query_row, {identifier} as query_id, nhs_number as nhs_number_given,
  {", ".join(ident(field) for field in (*LINK_FIELDS, "other_given_name", *EXTRA_FIELDS))}
from query_read""",
    )


def _refuse_bad_ids(engine: Engine) -> None:
    if engine.count("query_source") == 0:
        raise InputError("The file of people to trace has a heading and no rows.")
    missing, repeated = engine.rows(
        Step(
            "check_ids",
            """
select count(*) filter (where query_id is null), count(query_id) - count(distinct query_id) from query_source""",
        )
    )[0]
    if missing or repeated:
        raise InputError(
            f"The ids of the people to trace must be present and different: {missing} missing, {repeated} repeated. "
            "Correct them, or leave --id out to use row numbers."
        )
