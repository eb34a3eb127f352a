"""Local tables as they come: CSV, Excel or Parquet → text, with the records that could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.errors import InputError, UsageError
from linkage.intake.body import Body, Collected, Columns, read_body
from linkage.intake.decoding import read_text
from linkage.intake.lines import Lines
from linkage.intake.records import TOO_MANY_CELLS, Record, read_records
from linkage.intake.workbook import is_workbook, worksheet_rows
from linkage.normalise.text import WHITESPACE, trim

_PARQUET = ".parquet"
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class LocalRows:
    """A table as read: ``row_number`` (1 for the first row after the headings) and one text column per wanted heading,
    in their order, named ``c0``, ``c1`` …; without blanks at the ends of a text, null where nothing stands.

    ``unreadable`` are (row number, reason, text of the record). Rows in = rows + blank + unreadable.
    """

    rows: pa.Table
    unreadable: tuple[tuple[int, str, str], ...]
    blank: int

    @property
    def rows_in(self) -> int:
        """Records after the heading line."""
        return int(self.rows.num_rows) + self.blank + len(self.unreadable)


def read_headings(path: Path, worksheet: str | None = None) -> list[str]:
    """The headings of a local table, without blanks at their ends. Raises as ``read_local_table``."""
    if path.suffix.lower() == _PARQUET:
        return [str(name).strip() for name in _parquet(path).schema_arrow.names]
    if is_workbook(path):
        headings, _ = _worksheet(path, worksheet)
        return headings
    if worksheet is not None:
        raise UsageError(f"{path}: only an Excel workbook has worksheets. Leave 'worksheet' out.")
    return _heading_line(path, Lines(read_text(path).data)).headings


def read_local_table(path: Path, wanted: Sequence[str], worksheet: str | None = None) -> LocalRows:
    """Read the wanted columns of a table; others are not kept.

    Raises UsageError for a wrong path, InputError for content that is no table or lacks a heading.
    """
    if path.suffix.lower() == _PARQUET:
        return _from_parquet(path, heading_positions(path, read_headings(path), wanted))
    if is_workbook(path):
        headings, rows = _worksheet(path, worksheet)
        return _from_worksheet(rows, len(headings), heading_positions(path, headings, wanted))
    lines = Lines(read_text(path).data)
    heading = _heading_line(path, lines)
    kept = _kept(heading_positions(path, heading.headings, wanted))
    return _local_rows(read_body(lines, heading.next_line, Columns(len(heading.headings), kept), heading.separator))


def heading_positions(path: Path, headings: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where each wanted heading stands (from 0). Raises InputError naming those that are missing or there twice."""
    missing = [heading for heading in wanted if headings.count(heading) != 1]
    if missing:
        raise InputError(f"{path}: these headings are missing or there twice: {', '.join(missing)}.")
    return [headings.index(heading) for heading in wanted]


@dataclass(frozen=True)
class _HeadingLine:
    """The headings of a CSV file, what separates them, and the number of the line after them, from 0."""

    headings: list[str]
    separator: str
    next_line: int


def _heading_line(path: Path, lines: Lines) -> _HeadingLine:
    """The first line in which something stands; cells are separated by what separates most of it."""
    text = next((line for line in lines.after(0) if trim(line)), "")
    separator = max(_SEPARATORS, key=text.count)
    record = next((record for record in read_records(lines.after(0), separator) if not record.blank), None)
    if record is None or record.fault:
        raise InputError(f"{path}: the heading line cannot be read. Export the table again.")
    return _HeadingLine([trim(cell) for cell in record.cells], separator, record.last_line)


def _worksheet(path: Path, worksheet: str | None) -> tuple[list[str], list[list[str]]]:
    """The first row in which something stands, up to its last filled cell, and the rows below it."""
    rows = worksheet_rows(path, worksheet)
    place = next((place for place, row in enumerate(rows) if any(map(trim, row))), None)
    if place is None:
        raise InputError(f"{path}: the worksheet is empty. Export the table again.")
    headings = [trim(cell) for cell in rows[place]]
    while not headings[-1]:
        headings.pop()
    return headings, rows[place + 1 :]


def _from_worksheet(rows: list[list[str]], width: int, positions: Sequence[int]) -> LocalRows:
    collected = Collected(Columns(width, _kept(positions)))
    for place, row in enumerate(rows):
        beyond = any(map(trim, row[width:]))
        cells = (row + [""] * width)[:width]
        told = (",".join(row),) if beyond else ()
        collected.add(place, Record(cells, told, place + 1, TOO_MANY_CELLS if beyond else None))
    return _local_rows(collected.body(np.arange(1, len(rows) + 1), first=0))


def _kept(positions: Sequence[int]) -> dict[int, str]:
    return {position: f"c{number}" for number, position in enumerate(positions)}


def _local_rows(body: Body) -> LocalRows:
    unreadable = [(row["row_number"], row["reason"], row["record"]) for row in body.rejects.to_pylist()]
    numbers = body.table["row_number"].combine_chunks()
    columns = [body.table[name].cast(pa.string()) for name in body.table.column_names[1:]]
    return LocalRows(_text_table(numbers, columns), tuple(unreadable), body.rows_blank)


def _from_parquet(path: Path, positions: Sequence[int]) -> LocalRows:
    table = _parquet(path).read()
    columns = [table.column(position).cast(pa.string()) for position in positions]
    return LocalRows(_text_table(pa.array(range(1, table.num_rows + 1), pa.int64()), columns), (), 0)


def _parquet(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise InputError(f"{path}: this is not a readable Parquet file. Make it again.") from None


def _text_table(numbers: pa.Array, columns: Sequence[pa.ChunkedArray]) -> pa.Table:
    texts = [_trimmed(column) for column in columns]
    return pa.table([numbers, *texts], names=["row_number", *(f"c{number}" for number in range(len(texts)))])


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim(column, WHITESPACE)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
