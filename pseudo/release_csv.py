"""The tables of a release as CSV beside their Parquet files, for recipients whose tools read nothing else."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from pseudo.errors import PolicyError, ReleaseWriteError

_RUN_BY_SPREADSHEETS = r"^[=+@\t\r]|^-[^0-9]"


def write_csv(parquet: Path) -> Path:
    """Write a Parquet file as CSV of the same name (UTF-8, headings, text in quotes where needed, null as nothing).

    Values are never altered: raises PolicyError, by column and count, where a spreadsheet would run what one holds.
    ReleaseWriteError when the disk is full.
    """
    target = parquet.with_suffix(".csv")
    formulas: dict[str, int] = {}
    with pq.ParquetFile(parquet) as file:
        schema = pa.schema([(field.name, field.type) for field in file.schema_arrow])
        try:
            with csv.CSVWriter(target, schema, write_options=csv.WriteOptions(quoting_style="needed")) as writer:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    _count_formulas(table, formulas)
                    writer.write_table(table.cast(schema))
        except OSError:
            raise ReleaseWriteError(f"{target}: the file could not be written (disk full or no right).") from None
    if formulas:
        listed = "\n".join(
            f"{parquet.stem}.{name}: {count} values begin as a formula does." for name, count in formulas.items()
        )
        raise PolicyError(
            "No CSV file is written: a spreadsheet would run what some values hold. Release Parquet only, or narrow the "
            f"pattern of the column.\n{listed}"
        )
    return target


def _count_formulas(table: pa.Table, formulas: dict[str, int]) -> None:
    for name in table.column_names:
        if pa.types.is_string(table[name].type):
            distinct = pc.unique(table[name])
            found = pc.sum(pc.match_substring_regex(distinct, _RUN_BY_SPREADSHEETS)).as_py() or 0
            if found:
                formulas[name] = formulas.get(name, 0) + found
