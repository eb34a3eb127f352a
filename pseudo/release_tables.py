"""The tables of a release as files, and what the manifest says about each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from pseudo.ahead import ahead
from pseudo.columns import Source
from pseudo.deidentify import Deidentified, DomainKeys, deidentify, present_columns
from pseudo.errors import PolicyError, ReleaseWriteError
from pseudo.gathering import Column, OrderedValues
from pseudo.policy import TablePolicy
from pseudo.treatments import NO_LOOKUPS, Lookups

_ROWS_PER_GROUP = 122_880
_DICTIONARY_VALUES = 50_000  # a column of more values gains nothing from a Parquet dictionary
_RUN_BY_SPREADSHEETS = r"^[=+@\t\r]|^-[^0-9]"


def write_table(
    folder: Path,
    source: Source,
    policy: TablePolicy,
    *,
    keys: DomainKeys,
    listed: Mapping[str, Sequence[str]],
    lookups: Lookups = NO_LOOKUPS,
    as_csv: bool = False,
) -> dict[str, Any]:
    """Write one table as Parquet, and as CSV where that is asked for; return its part of the manifest.

    The same rows give the same bytes, whatever their order and however many processes worked. Raises as ``deidentify``
    does, PolicyError when a CSV file would hold what a spreadsheet runs, ReleaseWriteError when the disk is full.
    """
    with deidentify(source, policy, keys, listed, lookups, folder=folder) as table:
        if as_csv:
            _require_no_formulas(source.name, table)
        try:
            _write(folder / source.name, table, as_csv=as_csv)
        except OSError:
            raise ReleaseWriteError(f"{folder}: {source.name} could not be written (disk full or no right).") from None
    treated = present_columns(source, policy, lookups)
    sources = {name for _, name, _ in treated}
    return {
        "rows_in": source.rows,
        "counts": dict(table.counts),
        "withheld_values": dict(table.withheld),
        "columns": [
            {"name": name, "type": str(table.columns[name][1].type), "treatment": treatment_name(treatment)}
            for name, _, treatment in treated
        ],
        "columns_not_released": sorted({column.lower() for column in source.columns} - sources),
    }


def _write(path: Path, table: Deidentified, *, as_csv: bool) -> None:
    """Row groups of one size, in released order; no metadata but the columns, so that equal tables are equal files."""
    repeated = [name for name, (_, column) in table.columns.items() if _repeats(column)]
    rows = ahead(table.in_order(_ROWS_PER_GROUP))
    first = next(rows)
    parquet = pq.ParquetWriter(
        path.with_suffix(".parquet"), first.schema, compression="zstd", use_dictionary=repeated, store_schema=False
    )
    with parquet, _csv_file(path.with_suffix(".csv"), first.schema if as_csv else None) as lines:
        for group in _with_first(first, rows):
            parquet.write_table(group, row_group_size=_ROWS_PER_GROUP)
            if lines is not None:
                lines.write_table(group.cast(_plain(group.schema)))


def _with_first(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


@contextmanager
def _csv_file(path: Path, schema: pa.Schema | None) -> Iterator[csv.CSVWriter | None]:
    """A CSV file with headings; text in quotes where needed, null as nothing between two commas."""
    if schema is None:
        yield None
        return
    with csv.CSVWriter(path, _plain(schema), write_options=csv.WriteOptions(quoting_style="needed")) as writer:
        yield writer


def _plain(schema: pa.Schema) -> pa.Schema:
    """The same columns, each of the type of its values."""
    return pa.schema(
        [(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type) for field in schema]
    )


def _repeats(column: Column) -> bool:
    return column.repeats if not isinstance(column, OrderedValues) else len(column.values) <= _DICTIONARY_VALUES


def _require_no_formulas(name: str, table: Deidentified) -> None:
    """Raise PolicyError when a text of a CSV file would be run by a spreadsheet; values are never altered."""
    faults = []
    for released, (_, column) in table.columns.items():
        if isinstance(column, OrderedValues) and pa.types.is_string(column.type):
            count = pc.sum(pc.match_substring_regex(column.values, _RUN_BY_SPREADSHEETS)).as_py() or 0
            if count:
                faults.append(f"{name}.{released}: {count} values begin as a formula does.")
    if faults:
        raise PolicyError(
            "No CSV file is written: a spreadsheet would run what some values hold. Release Parquet only, or narrow the "
            "pattern of the column.\n" + "\n".join(faults)
        )


def treatment_name(treatment: Any) -> str:
    """The word of the policy for a treatment; columns without one stand for the person."""
    return str(treatment.treatment) if treatment else "pseudonymise"
