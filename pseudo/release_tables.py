"""The tables of a release as files, and what the manifest says about each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pseudo.columns import Source
from pseudo.deidentify import Deidentified, DomainKeys, deidentify, present_columns
from pseudo.policy import TablePolicy

_ROWS_PER_GROUP = 122_880
_DICTIONARY_VALUES = 50_000  # a column of more values, such as a pseudonym, gains nothing from a Parquet dictionary


def write_table(
    folder: Path, source: Source, policy: TablePolicy, *, keys: DomainKeys, listed: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Write one table; return its part of the manifest."""
    table = deidentify(source, policy, keys, listed)
    _write_parquet(folder / f"{source.name}.parquet", table)
    treated = present_columns(source, policy)
    sources = {name for _, name, _ in treated}
    return {
        "rows_in": source.rows,
        "counts": dict(table.counts),
        "withheld_values": dict(table.withheld),
        "columns": [
            {"name": name, "type": str(table.columns[name].values.type), "treatment": treatment_name(treatment)}
            for name, _, treatment in treated
        ],
        "columns_not_released": sorted({column.lower() for column in source.columns} - sources),
    }


def _write_parquet(path: Path, table: Deidentified) -> None:
    """Row groups of one size, in released order; no metadata but the columns, so that equal tables are equal files."""
    schema = table.rows(0, 0).schema
    repeated = [name for name, column in table.columns.items() if len(column.values) <= _DICTIONARY_VALUES]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeated, store_schema=False) as writer:
        for start in range(0, len(table.order), _ROWS_PER_GROUP):
            writer.write_table(table.rows(start, start + _ROWS_PER_GROUP), row_group_size=_ROWS_PER_GROUP)


def treatment_name(treatment: Any) -> str:
    """The word of the policy for a treatment; columns without one stand for the person."""
    return str(treatment.treatment) if treatment else "pseudonymise"
