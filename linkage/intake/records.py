"""From lines of text to records of a CSV file, so that one stray quotation mark costs one row and not the file.

A record is what the CSV rules make of one or more lines (a quoted cell may hold line ends). Where they make nothing of
it, or where a record has swallowed lines that are whole records themselves, only the first line is given up as
unreadable and reading goes on with the next.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linkage.normalise.text import WHITESPACE

BROKEN_QUOTATION = "broken_quotation"
TOO_FEW_CELLS = "too_few_cells"
TOO_MANY_CELLS = "too_many_cells"
UNDECODABLE = "undecodable"
BELOW_THE_TABLE = "below_the_table"

REASONS = {
    BROKEN_QUOTATION: "a quotation mark opens and does not close properly",
    TOO_FEW_CELLS: "the row has fewer cells than the heading line",
    TOO_MANY_CELLS: "the row has more cells than the heading line",
    UNDECODABLE: "a character is neither UTF-8 nor Windows-1252",
    BELOW_THE_TABLE: "a line below the table, such as a total, and not an event",
}


class Record(NamedTuple):
    """One record: its cells, the lines it was written on, the number of its last line (from 1), a fault code or None."""

    cells: list[str]
    lines: tuple[str, ...]
    last_line: int
    fault: str | None

    @property
    def first_line(self) -> int:
        """The number of its first line in the file, from 1."""
        return self.last_line - len(self.lines) + 1

    @property
    def blank(self) -> bool:
        """Whether it could be read and holds nothing but blanks."""
        return self.fault is None and not any(cell.strip(WHITESPACE) for cell in self.cells)


class _Lines:
    """Lines that remember what the current record has taken, and can give back all but its first line."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source = iter(source)
        self._again: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self.number += 1
        self.taken.append(line)
        return line

    def keep_first(self) -> None:
        """Give back every line after the record's first."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


def read_records(lines: Iterable[str], separator: str = ",", width: int = 0) -> Iterator[Record]:
    """The records of a text, blank ones included. Other records must have ``width`` cells; 0: as many as the first one."""
    source = _Lines(lines)
    while (record := _next_record(source, separator, width)) is not None:
        if not width and not record.fault and not record.blank:
            width = len(record.cells)
        yield record


def _next_record(source: _Lines, separator: str, width: int) -> Record | None:
    source.taken.clear()
    try:
        cells, fault = next(csv.reader(source, strict=True, delimiter=separator)), None
    except StopIteration:
        return None
    except csv.Error:
        cells, fault = [], BROKEN_QUOTATION
    if len(source.taken) > 1 and (fault or _swallowed(cells, source.taken[1:], width, separator)):
        source.keep_first()
        cells, fault = [], BROKEN_QUOTATION
    record = Record(cells, tuple(source.taken), source.number, fault)
    if fault is None and width and not record.blank:
        return record._replace(fault=_width_fault(len(cells), width))
    return record


def _width_fault(cells: int, width: int) -> str | None:
    if cells == width:
        return None
    return TOO_FEW_CELLS if cells < width else TOO_MANY_CELLS


def _swallowed(cells: list[str], later_lines: list[str], width: int, separator: str) -> bool:
    """Whether a record of several lines has taken in whole records.

    With the right number of cells, one of them would hold the separators of a whole record. With another number, one of
    the later lines is a record of the right width by itself.
    """
    if len(cells) == width:
        return any(cell.count(separator) >= max(1, width - 1) for cell in cells)
    return width > 1 and any(_width_alone(line, separator) == width for line in later_lines)


def _width_alone(line: str, separator: str) -> int | None:
    try:
        return sum(len(cells) for cells in csv.reader([line], strict=True, delimiter=separator))
    except csv.Error:
        return None
