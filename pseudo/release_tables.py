"""The tables of a release as files, and what the manifest says about each."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pseudo.ahead import ahead
from pseudo.columns import Source
from pseudo.deidentify import Deidentified, DomainKeys, deidentify, present_columns
from pseudo.errors import ReleaseWriteError
from pseudo.gathering import Column, OrderedValues
from pseudo.policy import PERSON_PSEUDONYM, TablePolicy
from pseudo.treatments import NO_LOOKUPS, Lookups

_ROWS_PER_GROUP = 122_880
_DICTIONARY_VALUES = 50_000  # a column of more values gains nothing from a Parquet dictionary


def write_table(
    folder: Path,
    source: Source,
    policy: TablePolicy,
    *,
    keys: DomainKeys,
    listed: Mapping[str, Sequence[str]],
    lookups: Lookups = NO_LOOKUPS,
) -> dict[str, Any]:
    """Write one table as Parquet; return its part of the manifest.

    The same rows give the same bytes, whatever their order and however many processes worked. Raises as ``deidentify``
    does, and ReleaseWriteError when the disk is full.
    """
    with deidentify(source, policy, keys, listed, lookups, folder=folder) as table:
        try:
            _write_parquet(folder / f"{source.name}.parquet", table)
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


def _write_parquet(path: Path, table: Deidentified) -> None:
    """Row groups of one size, in released order; no metadata but the columns, so that equal tables are equal files."""
    repeated = [name for name, (_, column) in table.columns.items() if _repeats(column)]
    with ahead(table.in_order(_ROWS_PER_GROUP)) as groups:
        first = next(groups)
        with pq.ParquetWriter(
            path,
            first.schema,
            compression="zstd",
            use_dictionary=repeated,
            write_statistics=[name for name, (_, column) in table.columns.items() if _is_looked_up(name, column)],
            store_schema=False,
        ) as writer:
            for group in chain([first], groups):
                writer.write_table(group, row_group_size=_ROWS_PER_GROUP)


def _is_looked_up(name: str, column: Column) -> bool:
    """Whether readers skip row groups by the column: the one that sorts the rows, and days and numbers."""
    return name == PERSON_PSEUDONYM or not pa.types.is_string(column.type)


def _repeats(column: Column) -> bool:
    """Whether a Parquet dictionary makes the column smaller. It does not for pseudonyms, whose rows stand together."""
    return isinstance(column, OrderedValues) and len(column.values) <= _DICTIONARY_VALUES


def treatment_name(treatment: Any) -> str:
    """The word of the policy for a treatment; columns without one stand for the person."""
    return str(treatment.treatment) if treatment else "pseudonymise"
