"""Columns withheld from people and people dropped, in a Parquet file of a release.

Its order stays: by person, then by every column.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pseudo.classes import digits, numbered, ordered_values, whole_people
from pseudo.policy_model import PERSON_PSEUDONYM

Flags = npt.NDArray[np.bool_]


def withhold(path: Path, columns: Mapping[str, Flags], dropped: Flags) -> dict[str, dict[str, int] | int]:
    """Rewrite a Parquet file; return the rows in which each column was withheld and the rows dropped.

    ``columns`` says of each person, in the order of the file, whether they lose that column; ``dropped`` whether all their
    rows go. A value that was null before is not counted. Memory: one row group and the rows of one person.
    """
    counts = dict.fromkeys(columns, 0)
    rows_in = rows_out = people = 0
    aside = path.with_name(f"{path.name}.part")
    with pq.ParquetFile(path) as file:
        options = {"compression": "zstd", "use_dictionary": _repeated(file), "store_schema": False}
        with pq.ParquetWriter(aside, file.schema_arrow.remove_metadata(), **options) as writer:
            for table in whole_people(file):
                person = numbered(table.column(PERSON_PSEUDONYM).combine_chunks()) + people
                people = int(person[-1]) + 1
                rows = {column: flags[person] for column, flags in columns.items()}
                changed = _changed(table, rows, ~dropped[person], counts)
                rows_in, rows_out = rows_in + len(table), rows_out + len(changed)
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


def _changed(table: pa.Table, rows: Mapping[str, Flags], stays: Flags, counts: dict[str, int]) -> pa.Table:
    """The table as it leaves; itself when none of its rows is concerned."""
    if stays.all() and not any(flags.any() for flags in rows.values()):
        return table
    for column, flags in rows.items():
        values = table.column(column)
        counts[column] += int((flags & stays & np.asarray(values.is_valid())).sum())
        left = pc.if_else(pa.array(flags), pa.scalar(None, values.type), values)
        table = table.set_column(table.column_names.index(column), table.schema.field(column), left)
    return table.filter(pa.array(stays))


def _ordered(table: pa.Table) -> pa.Table:
    """The rows in released order: by every column from the first, nulls first."""
    places = [digits(column, ordered_values(column)) for column in table.columns]
    return table.take(pa.array(np.lexsort(list(reversed(places)))))
