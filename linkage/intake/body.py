"""The records below the headings of a CSV file → one table of text: lines that are whole records by themselves are read
many at a time, all others one by one by the careful reader. Both give the same (``tests/property/test_reading_alike.py``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from linkage.errors import InternalError
from linkage.intake.columns import DICTIONARY
from linkage.intake.decoding import REPLACEMENT
from linkage.intake.lines import Flags, Lines, Positions
from linkage.intake.records import REASONS, UNDECODABLE, Record, read_records
from linkage.normalise.text import WHITESPACE

_BATCH = 20_000
_BLOCK = 4 << 20
REJECT_SCHEMA = pa.schema(
    [
        ("row_number", pa.int64()),
        ("first_line", pa.int64()),
        ("last_line", pa.int64()),
        ("reason", pa.string()),
        ("record", pa.string()),
    ]
)


@dataclass(frozen=True)
class Columns:
    """The columns of a file: how many, ids of those that are kept by position from 0, and positions of the others."""

    width: int
    kept: dict[int, str]

    @property
    def others(self) -> list[int]:
        """Positions of columns that are not kept; whether anything stands in them is noted."""
        return [position for position in range(self.width) if position not in self.kept]


@dataclass(frozen=True)
class Body:
    """``table``: ``row_number`` and the kept columns as dictionaries of text, as given ("" for nothing), in the order of the
    rows. ``rejects``: see ``REJECT_SCHEMA``. ``filled``: positions, from 0, of other columns in which something stands.
    Rows in = rows of the table + rejects + blank rows.
    """

    table: pa.Table
    rejects: pa.Table
    rows_in: int
    rows_blank: int
    filled: frozenset[int]


def read_body(lines: Lines, first: int, columns: Columns, separator: str, *, careful: bool = False) -> Body:
    """Read the lines from ``first`` (from 0) on. ``careful`` leaves every line to the careful reader."""
    odd = _irregular(lines, first, columns, separator, careful)
    collected = Collected(columns)
    continued = _collect(collected, lines, first, odd, columns, separator)
    fast = [_fast(lines, part, odd | continued, first, columns, separator) for part in lines.parts(first)]
    for narrow in (line for _, wrong in fast for line in wrong):
        collected.add(narrow, next(read_records([lines.text(narrow)], separator, columns.width)))
    for table, _ in fast:
        collected.add_table(table)
    return collected.body(row_numbers=np.cumsum(~continued), first=first)


class Collected:
    """Records sorted into rows, rejects and blank ones, each with the number of its first line in the file, from 0."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._schema = pa.schema([("line", pa.int64()), *((name, DICTIONARY) for name in columns.kept.values())])
        self._tables: list[pa.Table] = []
        self._places: list[int] = []
        self._rows: list[list[str]] = []
        self._rejects: list[tuple[int, int, str, str]] = []
        self._filled: set[int] = set()
        self._blank = 0

    def add(self, line: int, record: Record) -> None:
        """Take one record that began on a line."""
        fault = record.fault
        if fault is None and any(REPLACEMENT in text for text in record.lines):
            fault = UNDECODABLE
        if fault:
            last = line + max(1, len(record.lines)) - 1
            self._rejects.append((line, last, REASONS[fault], "".join(record.lines).rstrip("\r\n")))
        elif record.blank:
            self._blank += 1
        else:
            self._places.append(line)
            self._rows.append(record.cells)
            if len(self._rows) == _BATCH:
                self._flush()

    def add_table(self, table: pa.Table) -> None:
        """Take a table with the column ``line`` and one for each column of the file, named by its position from 0."""
        blank = _blank_rows(table)
        if blank.any():
            self._blank += int(blank.sum())
            table = table.filter(pa.array(~blank))
        for position in set(self._columns.others) - self._filled:
            if _holds_something(table[str(position)]):
                self._filled.add(position)
        chosen = [table[str(position)] for position in self._columns.kept]
        self._tables.append(pa.table([table["line"], *chosen], schema=self._schema))

    def body(self, row_numbers: Positions, first: int) -> Body:
        """Everything taken, in order. ``row_numbers`` has the number of the record that each line from ``first`` is of."""
        self._flush()
        table = pa.concat_tables([self._schema.empty_table(), *self._tables])
        self._tables.clear()
        places = table["line"].to_numpy()
        if len(places) > 1 and (np.diff(places) < 0).any():
            table = table.take(pa.array(np.argsort(places)))
            places = table["line"].to_numpy()
        numbers = pa.array(row_numbers[places - first], pa.int64())
        rejects = [
            (int(row_numbers[line - first]), line + 1, last + 1, reason, text)
            for line, last, reason, text in sorted(self._rejects)
        ]
        return Body(
            table=table.drop_columns("line").add_column(0, "row_number", numbers),
            rejects=rejects_table(rejects),
            rows_in=int(row_numbers[-1]) if len(row_numbers) else 0,
            rows_blank=self._blank,
            filled=frozenset(self._filled),
        )

    def _flush(self) -> None:
        if self._rows:
            cells = [pa.array(column, pa.string()).dictionary_encode() for column in zip(*self._rows, strict=True)]
            names = ["line", *(str(position) for position in range(self._columns.width))]
            self.add_table(pa.table([pa.array(self._places, pa.int64()), *cells], names=names))
            self._places, self._rows = [], []


def rejects_table(rows: Sequence[tuple[int, int, int, str, str]]) -> pa.Table:
    """Rejected records as a table: see ``REJECT_SCHEMA``."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(REJECT_SCHEMA)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, REJECT_SCHEMA, strict=True)],
        schema=REJECT_SCHEMA,
    )


def _irregular(lines: Lines, first: int, columns: Columns, separator: str, careful: bool) -> Flags:
    if careful or columns.width == 1 or first >= len(lines):
        return np.ones(max(0, len(lines) - first), bool)
    return np.concatenate([lines.irregular(part, separator) for part in lines.parts(first)])


def _collect(collected: Collected, lines: Lines, first: int, odd: Flags, columns: Columns, separator: str) -> Flags:
    """Read the records that begin on odd lines; return which lines belong to a record begun on an earlier one."""
    continued = np.zeros(len(odd), bool)
    free = 0
    records: Iterator[Record] = iter(())
    for at in np.flatnonzero(odd).tolist():
        if at < free:
            continue
        if at > free or not at:
            records = read_records(lines.after(first + at), separator, columns.width)
        record = next(records)
        free = at + len(record.lines)
        continued[at + 1 : free] = True
        collected.add(first + at, record)
    return continued


def _fast(
    lines: Lines, part: range, other: Flags, first: int, columns: Columns, separator: str
) -> tuple[pa.Table, list[int]]:
    """The regular lines of a part as a table, and the numbers of those with too few or too many cells."""
    numbers = np.flatnonzero(~other[part.start - first : part.stop - first]) + part.start
    names = [str(position) for position in range(columns.width)]
    if not len(numbers):
        empty = pa.schema([("line", pa.int64()), *((name, DICTIONARY) for name in names)]).empty_table()
        return empty, []
    wrong: list[int] = []
    try:
        table = _parsed(lines.joined(numbers), names, separator, wrong, threads=True)
    except _WrongWidth:
        table = _parsed(lines.joined(numbers), names, separator, wrong, threads=False)
    keep = np.ones(len(numbers), bool)
    keep[np.array(wrong, int)] = False
    if table.num_rows != keep.sum():
        raise InternalError("The fast reader and the careful one count rows differently. Please report it.")
    return table.add_column(0, "line", pa.array(numbers[keep], pa.int64())), numbers[~keep].tolist()


class _WrongWidth(Exception):  # noqa: N818
    """A line has another number of cells; told only to read again in a way that says which lines."""


def _parsed(data: bytes | memoryview, names: list[str], separator: str, wrong: list[int], threads: bool) -> pa.Table:
    """Lines parsed; with one thread, those of another width are left out and their places (from 0) added to ``wrong``."""
    uneven: list[bool] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        if threads:
            uneven.append(True)
        else:
            wrong.append(row.number - 1)
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(pa.py_buffer(data)),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=threads),
        parse_options=arrow_csv.ParseOptions(
            delimiter=separator, ignore_empty_lines=False, newlines_in_values=False, invalid_row_handler=note
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, DICTIONARY), strings_can_be_null=False, null_values=[], check_utf8=False
        ),
    )
    if uneven:
        raise _WrongWidth
    return table


def _blank_rows(table: pa.Table) -> Flags:
    """Rows in which no column holds more than blanks; most are found filled by their first columns."""
    candidates = np.arange(table.num_rows)
    for name in table.column_names[1:]:
        if not len(candidates):
            break
        column = table[name] if len(candidates) == table.num_rows else table[name].take(pa.array(candidates))
        candidates = candidates[_blank_cells(column)]
    blank = np.zeros(table.num_rows, bool)
    blank[candidates] = True
    return blank


def _blank_cells(column: pa.ChunkedArray) -> Flags:
    found = []
    for chunk in column.chunks:
        blank = pc.equal(pc.utf8_trim(chunk.dictionary, WHITESPACE), "").to_numpy(zero_copy_only=False)
        found.append(blank[chunk.indices.to_numpy()] if len(blank) else np.zeros(len(chunk), bool))
    return np.concatenate(found) if found else np.zeros(0, bool)


def _holds_something(column: pa.ChunkedArray) -> bool:
    return not bool(_blank_cells(column).all())
