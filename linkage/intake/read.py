"""Reading a submission: a CSV file or workbook as real ones are → one table of text with canonical column ids, its dates,
its rejects, and what was repaired.

Rows in = rows read + rows rejected + blank rows. A row number is the record number: 1 for the first record after the
heading line, blank and unreadable records counted. Lines above the headings are no rows; they are read as submission
information or told.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.errors import InputError
from linkage.intake.body import REJECT_SCHEMA, Body, Columns, read_body
from linkage.intake.columns import TextColumn
from linkage.intake.dates import PARSED, REPAIRED_FORMS, DateLimits, DateReading, read_dates
from linkage.intake.decoding import UTF_8, Decoded, read_text
from linkage.intake.layout import SEPARATORS, Above, Layout, find_layout, first_lines, read_above
from linkage.intake.lines import Lines
from linkage.intake.records import BELOW_THE_TABLE, REASONS
from linkage.intake.repairs import Repair, counted, repair_columns
from linkage.intake.rules import Rule, rule
from linkage.intake.workbook import is_workbook, read_workbook
from linkage.normalise.text import WHITESPACE
from linkage.spec import Choice, HeadingMatch, Specification, choose, detect_version, load_specification, match_headings

__all__ = ["REJECT_SCHEMA", "Reading", "read_submission"]

_BIRTH, _PERIOD_END = "date_of_birth", "reporting_period_end_date"
_TAIL = 8
_TOTAL = re.compile(
    r"\(?(?:(?:grand |sub-?)?totals?\b|[0-9,]+ (?:rows?|records?)\b|(?:row|record)s? ?count\b|count\b|end of\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """A submission as read. ``table`` has one row per readable record: ``row_number`` and every field of the
    specification as text, repaired (see ``repairs``), null where nothing stands or the file has no such column: list
    fields with the blanks they were given, others without blanks at their ends. ``days`` has a DATE column for every date
    field, row by row. ``rejects`` has one row per record that could not be read. ``filled`` are the positions of columns
    outside the specification in which something stands.
    """

    path: Path
    choice: Choice
    encoding: str
    match: HeadingMatch
    table: pa.Table
    days: pa.Table
    rejects: pa.Table
    rows_in: int
    rows_blank: int
    filled: frozenset[int]
    repairs: tuple[Repair, ...] = ()

    @property
    def specification(self) -> Specification:
        """The version that the file was read against."""
        return self.choice.specification


def read_submission(path: Path, spec: str | None = None, sheet: str | None = None, *, careful: bool = False) -> Reading:
    """Read a submission file against the specification named ``spec``, or the one its headings tell; of versions with the
    same headings, the one that files of its reporting period follow.

    ``sheet`` names the worksheet of a workbook; without it the first one with the headings of a submission is read.
    ``careful`` reads a CSV file record by record, which gives the same and takes longer. Raises UsageError for a wrong
    path, sheet or version, InputError for content that is no submission (empty, no heading line, no rows, not text),
    MachineError when the file cannot be read.
    """
    if is_workbook(path):
        book = read_workbook(path, sheet)
        told = (counted("R01", "workbook", None, 1, "worksheet"),)
        return _reading(path, spec, f"worksheet '{book.title}'", book.layout, told, book.body)
    decoded = read_text(path)
    lines = Lines(decoded.data)
    layout, first = _text_layout(path, lines)

    def body(columns: Columns) -> Body:
        return read_body(lines, first, columns, layout.separator, careful=careful)

    return _reading(path, spec, decoded.encoding, layout, tuple(_about_text(decoded, layout)), body)


def _reading(
    path: Path,
    spec: str | None,
    encoding: str,
    layout: Layout,
    told: tuple[Repair, ...],
    body_of: Callable[[Columns], Body],
) -> Reading:
    specification = load_specification(spec or _version(path, layout.headings))
    match = match_headings(specification, layout.headings)
    kept = {h.position - 1: str(h.field_id) for h in match.headings if h.kind in ("exact", "tolerated")}
    body = body_of(Columns(len(layout.headings), kept))
    if body.rows_in == body.rows_blank:
        raise InputError(f"{path}: the file has a heading line and no rows. Export the submission again.")
    body, totals = _without_totals(body, layout.separator)
    numbers = body.table["row_number"].to_numpy()
    given = {name: TextColumn.of(body.table[name]) for name in kept.values()}
    repaired = repair_columns(given, specification, numbers)
    above = read_above(layout, specification)
    given_once = {name: text for name, text in above.values.items() if not _filled(repaired.columns.get(name))}
    columns = repaired.columns | {name: _repeated(text, len(numbers)) for name, text in given_once.items()}
    choice = choose(spec, specification.version, _period_end(columns.get(_PERIOD_END)))
    specification = choice.specification
    days, dated = _days(specification, columns, len(numbers))
    return Reading(
        path=path,
        choice=choice,
        encoding=encoding,
        match=replace(match, missing=tuple(name for name in match.missing if name not in given_once)),
        table=_table(specification, columns, body.table["row_number"]),
        days=days,
        rejects=body.rejects,
        rows_in=body.rows_in,
        rows_blank=body.rows_blank,
        filled=frozenset(position + 1 for position in body.filled),
        repairs=(*told, *_about_rows(above, given_once, totals), *repaired.repairs, *dated),
    )


def _text_layout(path: Path, lines: Lines) -> tuple[Layout, int]:
    """The layout of a text, and the number of the first line behind its headings, from 0."""
    layout, record = find_layout(first_lines(lines.after(0)))
    if layout is None or record is None:
        raise InputError(f"{path}: the file has no heading line at its beginning. Export the submission again.")
    if record.fault:
        raise InputError(f"{path}: the heading line cannot be read: {REASONS[record.fault]}.")
    return layout, layout.place + len(record.lines)


def _about_text(decoded: Decoded, layout: Layout) -> Iterator[Repair]:
    if decoded.encoding != UTF_8:
        yield Repair("R01", "encoding", None, 1, decoded.encoding)
    if layout.separator != ",":
        yield Repair("R01", "separator", None, 1, SEPARATORS[layout.separator])


def _about_rows(above: Above, given_once: Mapping[str, str], totals: int) -> Iterator[Repair]:
    for name in given_once:
        yield Repair("R01", "given_above", name, 1, "above the table")
    unread = len(above.other) + (len(above.read) if not given_once else 0)
    if unread:
        yield counted("R01", "line_above", None, unread, "line")
    if totals:
        yield counted("R01", "line_below", None, totals, "line")


def _version(path: Path, headings: tuple[str, ...]) -> str:
    try:
        return detect_version(headings)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _without_totals(body: Body, separator: str) -> tuple[Body, int]:
    """Totals and the like at the end of the file as rejects of their own reason, and how many there are."""
    last = body.table.slice(max(0, body.table.num_rows - _TAIL))
    names = [name for name in last.column_names if name != "row_number"]
    rows = {row["row_number"]: [row[name] for name in names] for row in last.to_pylist()}
    unread = body.rejects.slice(max(0, body.rejects.num_rows - _TAIL)).to_pylist()
    texts = {row["row_number"]: row["record"].split(separator) for row in unread} | rows
    totals = set(takewhile(lambda number: _is_total(texts[number]), sorted(texts, reverse=True)))
    if not totals:
        return body, 0
    told = [
        (number, None, None, REASONS[BELOW_THE_TABLE], separator.join(texts[number])) for number in totals & set(rows)
    ]
    rejects = [
        {**row, "reason": REASONS[BELOW_THE_TABLE]} if row["row_number"] in totals else row
        for row in [*body.rejects.to_pylist(), *(dict(zip(REJECT_SCHEMA.names, row, strict=True)) for row in told)]
    ]
    rejects.sort(key=lambda row: row["row_number"])
    kept = pc.invert(pc.is_in(body.table["row_number"], pa.array(sorted(totals), pa.int64())))
    table = body.table.filter(kept)
    return replace(body, table=table, rejects=pa.Table.from_pylist(rejects, schema=REJECT_SCHEMA)), len(totals)


def _is_total(cells: Sequence[str]) -> bool:
    """Whether a row begins with the word for a total or a count, and most of its cells are empty."""
    filled = [cell.strip(WHITESPACE + '"') for cell in cells if cell.strip(WHITESPACE + '"')]
    return bool(filled) and len(filled) <= max(2, len(cells) // 4) and bool(_TOTAL.match(filled[0]))


def _filled(column: TextColumn | None) -> bool:
    return column is not None and bool((column.codes >= 0).any())


def _repeated(text: str, rows: int) -> TextColumn:
    return TextColumn(pa.array([text], pa.string()), np.zeros(rows, np.int32))


def _table(specification: Specification, columns: Mapping[str, TextColumn], row_numbers: pa.ChunkedArray) -> pa.Table:
    """Every field in the specification's order; fields the file has no column for are null."""
    nulls = pa.nulls(len(row_numbers), pa.string())
    texts = [columns[field].arrow() if field in columns else nulls for field in specification.ids]
    return pa.table([row_numbers, *texts], names=["row_number", *specification.ids])


def _days(specification: Specification, columns: Mapping[str, TextColumn], rows: int) -> tuple[pa.Table, list[Repair]]:
    """The dates of every date field row by row, and how they were read."""
    read: dict[str, pa.Array] = {}
    told: list[Repair] = []
    period_end = _period_end(columns.get(_PERIOD_END))
    year = period_end.year if period_end else None
    for field in specification.date_fields:
        column = columns.get(field.id)
        if column is None:
            read[field.id + PARSED] = pa.nulls(rows, pa.date32())
            continue
        reading = _dates_of(column, _limits(year, adults=field.id == _BIRTH))
        days = np.append(reading.days, np.datetime64("NaT", "D"))[column.codes]
        read[field.id + PARSED] = pa.array(days, pa.date32())
        told += [
            counted("R03", form, field.id, reading.repaired[form])
            for form in REPAIRED_FORMS
            if form in reading.repaired
        ]
        told += [counted("R03", part, field.id, cells) for part, cells in reading.unsure.items()]
    return pa.table(read), told


def _dates_of(column: TextColumn, limits: DateLimits) -> DateReading:
    return read_dates(column.values.to_pylist(), column.counts().tolist(), limits)


def _period_end(column: TextColumn | None) -> date | None:
    """The day on which the reporting period ends on most rows, a later one on a tie."""
    if column is None or not len(column.values):
        return None
    days = _dates_of(column, _limits(None, adults=False)).days
    ends = [(int(count), day) for count, day in zip(column.counts(), days.tolist(), strict=True) if day]
    return max(ends)[1] if ends else None


def _limits(year_of_end: int | None, *, adults: bool) -> DateLimits:
    """How dates are read; those of birth are of people who are adults when the period ends."""
    dates: Rule = rule("R03")
    year = year_of_end or int(dates.number("year_without_period"))
    return DateLimits(
        latest_year=year + int(-dates.number("adult_years") if adults else dates.number("future_years")),
        serials=(int(dates.number("first_serial")), int(dates.number("last_serial"))),
        odd_serials=int(dates.number("first_serial_of_column")),
        month_first_cells=int(dates.number("month_first_cells")),
        month_first_share=dates.number("month_first_share"),
    )
