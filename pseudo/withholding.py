"""Columns withheld and rows dropped in a Parquet file of a release, whose order stays: by person, then by every column."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pseudo.classes import Combinations, Ints, combined, digits, ordered_values, whole_people


@dataclass(frozen=True)
class Withheld:
    """What is to be withheld: the numbers of the classes that lose each column, and of those whose rows are dropped.

    The numbers are in order; ``key`` says how a class is numbered: its columns and their values.
    """

    key: Combinations
    columns: Mapping[str, Ints]
    dropped: Ints


def withhold(path: Path, asked: Withheld) -> dict[str, dict[str, int] | int]:
    """Rewrite a Parquet file; return the rows in which each column was withheld and the rows dropped.

    A value that was null before is not counted. Memory: one row group and the rows of one person.
    """
    counts = dict.fromkeys(asked.columns, 0)
    rows_in = rows_out = 0
    aside = path.with_name(f"{path.name}.part")
    with pq.ParquetFile(path) as file:
        options = {"compression": "zstd", "use_dictionary": _repeated(file), "store_schema": False}
        with pq.ParquetWriter(aside, file.schema_arrow.remove_metadata(), **options) as writer:
            for table in whole_people(file):
                rows_in += len(table)
                changed = _changed(table, asked, counts)
                rows_out += len(changed)
                if len(changed):
                    ordered = changed if changed is table else _ordered(changed)
                    writer.write_table(ordered, row_group_size=len(changed))
    aside.replace(path)
    return {"rows_withheld": counts, "rows_dropped": rows_in - rows_out}


def _repeated(file: pq.ParquetFile) -> list[str]:
    """The columns that were written with a dictionary."""
    if not file.num_row_groups:
        return []
    group = file.metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    return [column.path_in_schema for column in columns if column.has_dictionary_page]


def _changed(table: pa.Table, asked: Withheld, counts: dict[str, int]) -> pa.Table:
    """The table as it leaves; itself when none of its rows is concerned."""
    found = [digits(table.column(column), asked.key.values[column]) for column in asked.key.columns]
    codes = combined(np.stack(found, axis=1).astype(np.int32), asked.key.sizes())
    stays = ~_among(codes, asked.dropped)
    concerned = {column: _among(codes, classes) for column, classes in asked.columns.items()}
    if stays.all() and not any(rows.any() for rows in concerned.values()):
        return table
    for column, rows in concerned.items():
        table = _without(table, column, rows, stays, counts)
    return table.filter(pa.array(stays))


def _among(codes: Ints, classes: Ints) -> npt.NDArray[np.bool_]:
    """Whether each code is one of some classes, which are in order."""
    if not len(classes):
        return np.zeros(len(codes), dtype=np.bool_)
    place = np.searchsorted(classes, codes).clip(max=len(classes) - 1)
    return np.asarray(classes[place] == codes)


def _without(
    table: pa.Table, column: str, rows: npt.NDArray[np.bool_], stays: npt.NDArray[np.bool_], counts: dict[str, int]
) -> pa.Table:
    values = table.column(column)
    counts[column] += int((rows & stays & np.asarray(values.is_valid())).sum())
    withheld = pc.if_else(pa.array(rows), pa.scalar(None, values.type), values)
    return table.set_column(table.column_names.index(column), table.schema.field(column), withheld)


def _ordered(table: pa.Table) -> pa.Table:
    """The rows in released order: by every column from the first, nulls first."""
    places = [digits(column, ordered_values(column)) for column in table.columns]
    return table.take(pa.array(np.lexsort(list(reversed(places)))))
