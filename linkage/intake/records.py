"""From lines of text to records of a CSV file, so that one stray quotation mark costs one row and not the file.

A record is what the CSV rules make of one or more lines (a quoted cell may hold line ends). Where they make nothing of
it, or where a record has swallowed lines that are whole records themselves, only the first line is given up as
unreadable and reading goes on with the next.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BROKEN_QUOTATION = "broken_quotation"
TOO_FEW_CELLS = "too_few_cells"
TOO_MANY_CELLS = "too_many_cells"
UNDECODABLE = "undecodable"

REASONS = {
    BROKEN_QUOTATION: "a quotation mark opens and does not close properly",
    TOO_FEW_CELLS: "the row has fewer cells than the heading line",
    TOO_MANY_CELLS: "the row has more cells than the heading line",
    UNDECODABLE: "a character is neither UTF-8 nor Windows-1252",
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
        return self.fault is None and not any(map(str.strip, self.cells))


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


def read_records(lines: Iterable[str]) -> Iterator[Record]:
    """The records of a comma-separated text, blank ones included; the first one sets the width that others must have."""
    source = _Lines(lines)
    reader = csv.reader(source, strict=True)
    width = 0
    while True:
        source.taken.clear()
        try:
            cells, fault = next(reader), None
        except StopIteration:
            return
        except csv.Error:
            cells, fault = [], BROKEN_QUOTATION
        if len(source.taken) > 1 and (fault or _swallowed(cells, source.taken[1:], width)):
            source.keep_first()
            cells, fault = [], BROKEN_QUOTATION
        record = Record(cells, tuple(source.taken), source.number, fault)
        if fault is None and len(cells) != width and not record.blank:
            width = width or len(cells)
            record = record._replace(fault=_width_fault(len(cells), width))
        yield record


def _width_fault(cells: int, width: int) -> str | None:
    if cells == width:
        return None
    return TOO_FEW_CELLS if cells < width else TOO_MANY_CELLS


def _swallowed(cells: list[str], later_lines: list[str], width: int) -> bool:
    """Whether a record of several lines has taken in whole records.

    With the right number of cells, one of them would hold the separators of a whole record. With another number, one of
    the later lines is a record of the right width by itself.
    """
    if len(cells) == width:
        return any(cell.count(",") >= max(1, width - 1) for cell in cells)
    return width > 1 and any(_width_alone(line) == width for line in later_lines)


def _width_alone(line: str) -> int | None:
    try:
        return sum(len(cells) for cells in csv.reader([line], strict=True))
    except csv.Error:
        return None
