"""Local tables as they come: CSV, Excel or Parquet → text, with the records that could not be read."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.errors import InputError, UsageError
from linkage.intake.decoding import REPLACEMENT, read_text
from linkage.intake.records import REASONS, TOO_MANY_CELLS, UNDECODABLE, Record, read_records
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
    return [trim(cell) for cell in _heading_record(path, _records(path, worksheet)).cells]


def read_local_table(path: Path, wanted: Sequence[str], worksheet: str | None = None) -> LocalRows:
    """Read the wanted columns of a table; others are not kept.

    Raises UsageError for a wrong path, InputError for content that is no table or lacks a heading.
    """
    positions = heading_positions(path, read_headings(path, worksheet), wanted)
    if path.suffix.lower() == _PARQUET:
        return _from_parquet(path, positions)
    return _from_records(path, positions, worksheet)


def heading_positions(path: Path, headings: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where each wanted heading stands (from 0). Raises InputError naming those that are missing or there twice."""
    missing = [heading for heading in wanted if headings.count(heading) != 1]
    if missing:
        raise InputError(f"{path}: these headings are missing or there twice: {', '.join(missing)}.")
    return [headings.index(heading) for heading in wanted]


def _records(path: Path, worksheet: str | None) -> Iterator[Record]:
    """The records of a CSV file or worksheet, headings included."""
    if is_workbook(path):
        return _worksheet_records(worksheet_rows(path, worksheet))
    if worksheet is not None:
        raise UsageError(f"{path}: only an Excel workbook has worksheets. Leave 'worksheet' out.")
    return _text_records(path)


def _text_records(path: Path) -> Iterator[Record]:
    """The records of a CSV file; cells are separated by what separates most of the first line."""
    text = read_text(path).data.decode()
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    return read_records(io.StringIO(text, newline=""), separator)


def _worksheet_records(rows: list[list[str]]) -> Iterator[Record]:
    """The rows of a worksheet as records; the first one in which something stands sets the width of the others."""
    width = 0
    for number, row in enumerate(rows, start=1):
        filled = [place for place, cell in enumerate(row, start=1) if trim(cell)]
        width = width or (filled[-1] if filled else 0)
        beyond = bool(filled) and filled[-1] > width
        cells = (row + [""] * width)[:width]
        yield Record(cells, (",".join(row),) if beyond else (), number, TOO_MANY_CELLS if beyond else None)


def _heading_record(path: Path, records: Iterator[Record]) -> Record:
    first = next((record for record in records if not record.blank), None)
    if first is None or first.fault:
        raise InputError(f"{path}: the heading line cannot be read. Export the table again.")
    return first


def _from_records(path: Path, positions: Sequence[int], worksheet: str | None) -> LocalRows:
    records = _records(path, worksheet)
    _heading_record(path, records)
    numbers: list[int] = []
    cells: list[list[str]] = []
    unreadable: list[tuple[int, str, str]] = []
    blank = 0
    for number, record in enumerate(records, start=1):
        damaged = UNDECODABLE if any(REPLACEMENT in line for line in record.lines) else None
        fault = record.fault or damaged
        if fault:
            unreadable.append((number, REASONS[fault], "".join(record.lines).rstrip("\r\n")))
        elif record.blank:
            blank += 1
        else:
            numbers.append(number)
            cells.append([record.cells[position] for position in positions])
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)] if cells else []
    columns = columns or [pa.array([], pa.string()) for _ in positions]
    return LocalRows(_text_table(numbers, columns), tuple(unreadable), blank)


def _from_parquet(path: Path, positions: Sequence[int]) -> LocalRows:
    table = _parquet(path).read()
    columns = [pc.cast(table.column(position), pa.string()).combine_chunks() for position in positions]
    return LocalRows(_text_table(list(range(1, table.num_rows + 1)), columns), (), 0)


def _parquet(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise InputError(f"{path}: this is not a readable Parquet file. Make it again.") from None


def _text_table(numbers: Sequence[int], columns: Iterable[pa.Array]) -> pa.Table:
    texts = [_trimmed(column) for column in columns]
    names = ["row_number", *(f"c{number}" for number in range(len(texts)))]
    return pa.table([pa.array(numbers, pa.int64()), *texts], names=names)


def _trimmed(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim(column, WHITESPACE)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
