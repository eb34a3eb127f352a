"""Reading a submission: a CSV file as real ones are → one table of text with canonical column ids, and its rejects.

Rows in = rows read + rows rejected + blank rows. A row number is the record number: 1 for the first record after the
heading line, blank and unreadable records counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from linkage.errors import InputError
from linkage.intake.decoding import open_lines
from linkage.intake.records import REASONS, UNDECODABLE, Record, read_records
from linkage.normalise.text import WHITESPACE
from linkage.spec import HeadingMatch, Specification, detect_version, load_specification, match_headings

_BATCH = 20_000
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
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
class Reading:
    """A submission as read. ``table`` has one row per readable record: ``row_number`` and every field of the
    specification as text: list fields as given, others without blanks at their ends, null where nothing stands or the
    file has no such column. ``rejects`` has one row per record that
    could not be read. ``filled`` are the positions of columns outside the specification in which something stands.
    """

    path: Path
    specification: Specification
    encoding: str
    match: HeadingMatch
    table: pa.Table
    rejects: pa.Table
    rows_in: int
    rows_blank: int
    filled: frozenset[int]


def read_submission(path: Path, spec: str | None = None) -> Reading:
    """Read a submission file against the specification named ``spec``, or the one its headings tell.

    Raises UsageError for a wrong path or version, InputError for content that is no submission (empty, no heading line,
    no rows, not text, another separator), MachineError when the file cannot be read.
    """
    lines = open_lines(path)
    records = read_records(lines)
    headings = _heading_record(path, records)
    specification = load_specification(spec or _version(path, headings))
    match = match_headings(specification, headings)
    body = _Body(specification, match, lines.damaged)
    batches = list(body.batches(records))
    if body.row_number == body.rows_blank:
        raise InputError(f"{path}: the file has a heading line and no rows. Export the submission again.")
    return Reading(
        path=path,
        specification=specification,
        encoding=_encoding_note(lines.encoding, lines.windows_lines),
        match=match,
        table=_with_missing(pa.Table.from_batches(batches, body.schema), specification),
        rejects=pa.Table.from_pylist(body.rejects, schema=REJECT_SCHEMA),
        rows_in=body.row_number,
        rows_blank=body.rows_blank,
        filled=frozenset(body.filled),
    )


class _Body:
    """The records after the heading line, sorted into batches of text, rejects and blank rows."""

    def __init__(self, specification: Specification, match: HeadingMatch, damaged: set[int]) -> None:
        known = [heading for heading in match.headings if heading.kind in ("exact", "tolerated")]
        lists = {field.id for field in specification.list_fields}
        self._columns = [(heading.position - 1, heading.field_id in lists) for heading in known]
        self._outside = [h.position for h in match.headings if h.kind not in ("exact", "tolerated")]
        self._damaged = damaged
        fields = [(str(heading.field_id), pa.string()) for heading in known]
        self.schema = pa.schema([("row_number", pa.int64()), *fields])
        self.rejects: list[dict[str, object]] = []
        self.filled: set[int] = set()
        self.rows_blank = 0
        self.row_number = 0

    def batches(self, records: Iterator[Record]) -> Iterator[pa.RecordBatch]:
        """Arrow batches of the readable records, in order."""
        numbers: list[int] = []
        rows: list[list[str]] = []
        for record in records:
            self.row_number += 1
            fault = record.fault or self._damage(record)
            if fault:
                self._reject(record, fault)
            elif record.blank:
                self.rows_blank += 1
            else:
                numbers.append(self.row_number)
                rows.append(record.cells)
            if len(rows) == _BATCH:
                yield self._batch(numbers, rows)
                numbers, rows = [], []
        if rows:
            yield self._batch(numbers, rows)

    def _batch(self, numbers: list[int], rows: list[list[str]]) -> pa.RecordBatch:
        columns = list(zip(*rows, strict=True))
        for position in self._outside:
            if position not in self.filled and any(map(str.strip, columns[position - 1])):
                self.filled.add(position)
        texts = [_text(pa.array(columns[column], pa.string()), as_given) for column, as_given in self._columns]
        return pa.record_batch([pa.array(numbers, pa.int64()), *texts], schema=self.schema)

    def _damage(self, record: Record) -> str | None:
        if not self._damaged or self._damaged.isdisjoint(range(record.first_line, record.last_line + 1)):
            return None
        return UNDECODABLE

    def _reject(self, record: Record, fault: str) -> None:
        row = (
            self.row_number,
            record.first_line,
            record.last_line,
            REASONS[fault],
            "".join(record.lines).rstrip("\r\n"),
        )
        self.rejects.append(dict(zip(REJECT_SCHEMA.names, row, strict=True)))


def _version(path: Path, headings: list[str]) -> str:
    try:
        return detect_version(headings)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _heading_record(path: Path, records: Iterator[Record]) -> list[str]:
    heading = next((record for record in records if not record.blank), None)
    if heading is None:
        raise InputError(f"{path}: the file is empty. Export the submission again.")
    if heading.fault:
        raise InputError(f"{path}: the heading line cannot be read: {REASONS[heading.fault]}.")
    for separator, name in _OTHER_SEPARATORS.items():
        if len(heading.cells) == 1 and heading.cells[0].count(separator) > 1:
            raise InputError(f"{path}: the cells are separated by {name}. Save the file with commas between the cells.")
    return heading.cells


def _text(given: pa.Array, as_given: bool) -> pa.Array:
    """The texts without blanks at their ends (or as given), null where nothing stands."""
    trimmed = pc.utf8_trim(given, WHITESPACE)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), given if as_given else trimmed)


def _with_missing(table: pa.Table, specification: Specification) -> pa.Table:
    """Every field in the specification's order; fields the file has no column for are null."""
    nulls = pa.nulls(table.num_rows, pa.string())
    columns = [table[field] if field in table.column_names else nulls for field in specification.ids]
    return pa.table([table["row_number"], *columns], names=["row_number", *specification.ids])


def _encoding_note(encoding: str, windows_lines: int) -> str:
    if encoding == "mixed":
        return f"Windows-1252 on {windows_lines} lines, UTF-8 on the others"
    return {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}[encoding]
