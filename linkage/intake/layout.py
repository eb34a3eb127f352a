"""Where the table of a submission begins, what separates its cells, and what stands above it.

Submission information (LA Code, reporting period …) may be given once above the table: as labels with the value beside
each, or as a line of labels with the values below.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from linkage.intake.records import Record, read_records
from linkage.normalise.text import WHITESPACE
from linkage.spec import Specification, load_specification, versions
from linkage.spec.headings import heading_key

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LINES_LOOKED_AT = 60
_FEWEST_KNOWN = 6
Cells = Sequence[str]


@dataclass(frozen=True)
class Layout:
    """``place`` is the number of the heading line, or of the heading row of a worksheet, from 0.

    ``above`` are the rows before it with their numbers from 1, blank ones left out.
    """

    separator: str
    place: int
    headings: tuple[str, ...]
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Above:
    """What the rows above a table say: values by field, numbers of the rows read, and of the rows that say nothing."""

    values: dict[str, str]
    read: tuple[int, ...]
    other: tuple[int, ...]


def find_layout(lines: Sequence[str]) -> tuple[Layout | None, Record | None]:
    """The layout of a text by its first lines, and the record that holds its headings (None: there is none).

    The heading line is the record with most headings that any version knows, with whatever separator; where none has
    several, the first record that is not blank, separated by commas.
    """
    best: tuple[int, str, list[tuple[int, Record]], int] = (0, ",", [], -1)
    for separator in SEPARATORS:
        records = list(_placed(lines, separator))
        for position, (_, record) in enumerate(records):
            known = known_headings(record.cells)
            if known > best[0]:
                best = (known, separator, records, position)
    known, separator, records, position = best
    if known < _FEWEST_KNOWN:
        separator = ","
        records = [placed for placed in _placed(lines, separator) if not placed[1].blank]
        position = 0
        if not records:
            return None, None
    place, record = records[position]
    above = tuple((at + 1, tuple(row.cells)) for at, row in records[:position] if not row.blank)
    return Layout(separator, place, tuple(record.cells), above if known >= _FEWEST_KNOWN else ()), record


def find_heading_row(rows: Iterable[Cells]) -> Layout | None:
    """The layout of a worksheet by its first rows, or None where no row holds several known headings."""
    seen: list[Cells] = []
    best, place = _FEWEST_KNOWN - 1, -1
    for number, row in enumerate(rows):
        if number >= _LINES_LOOKED_AT:
            break
        seen.append(row)
        known = known_headings(row)
        if known > best:
            best, place = known, number
    if place < 0:
        return None
    above = tuple((at + 1, tuple(row)) for at, row in enumerate(seen[:place]) if any(map(_text, row)))
    return Layout(",", place, tuple(seen[place]), above)


def first_lines(lines: Iterable[str]) -> list[str]:
    """So many lines as are looked at for the headings."""
    return [line for _, line in zip(range(_LINES_LOOKED_AT), lines, strict=False)]


def known_headings(cells: Cells) -> int:
    """How many different headings of any version are among the cells."""
    return len({heading_key(cell) for cell in cells} & _known_keys())


def read_above(layout: Layout, specification: Specification) -> Above:
    """The submission information above a table; a label without a value beside or below it says nothing."""
    labels = {
        heading_key(wording): field.id
        for field in specification.section("submission")
        for wording in (field.heading, *field.heading_aliases)
    }
    values: dict[str, str] = {}
    read: set[int] = set()
    rows = dict(layout.above)
    for number, row in rows.items():
        for (label, value), lines in _pairs(number, row, rows.get(number + 1, ()), labels):
            if value and label not in values:
                values[label] = value
                read |= lines
    return Above(values, tuple(sorted(read)), tuple(number for number in rows if number not in read))


def _pairs(number: int, row: Cells, below: Cells, labels: dict[str, str]) -> Iterator[tuple[tuple[str, str], set[int]]]:
    """Each label of a row with the value below it, if every filled cell of the row is a label, else beside it."""
    texts = [_text(cell) for cell in row]
    fields = [labels.get(heading_key(text)) for text in texts]
    filled = sum(map(bool, texts))
    across = filled > 1 and all(fields[position] for position, text in enumerate(texts) if text)
    for position, field in enumerate(fields):
        if field is None:
            continue
        if across:
            value = _text(below[position]) if position < len(below) else ""
            yield (field, value), {number, number + 1}
        else:
            value = next((text for text in texts[position + 1 :] if text), "")
            yield (field, value), {number}


def _placed(lines: Sequence[str], separator: str) -> Iterator[tuple[int, Record]]:
    """Each record of the first lines with the number of its first line, from 0."""
    for record in read_records(lines, separator, width=0):
        yield record.first_line - 1, record._replace(fault=_own_fault(record))


def _own_fault(record: Record) -> str | None:
    return record.fault if not record.cells else None


def _text(cell: str) -> str:
    return cell.strip(WHITESPACE)


@cache
def _known_keys() -> frozenset[str]:
    wordings = (
        wording
        for version in versions()
        for field in load_specification(version).fields
        for wording in (field.heading, *field.heading_aliases)
    )
    return frozenset(heading_key(wording) for wording in wordings)
