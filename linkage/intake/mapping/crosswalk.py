"""A crosswalk of local person identifiers: old → new, when a case system is replaced or an authority is split or merged.

Columns: old_id, new_id, from, la_code, and if wanted new_la_code; others are refused. ``la_code`` is the authority under which
the old identifier stands in submissions, ``new_la_code`` the one that the person belongs to now; blank: the same.
``from`` is the first day on which files bear the new one: rows of a submission whose reporting period ends before are
given the new one; blank: rows of every submission. An extract with old identifiers says so in the project (``old_ids``).

Several old identifiers may become one (the records are merged, and reported); one may not become several.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from linkage.engine import Step, ident
from linkage.errors import InputError
from linkage.intake.keeping.routing import route
from linkage.intake.mapping.sheets import day_of
from linkage.intake.mapping.tables import read_headings, read_local_table
from linkage.spec import Authority, authorities

COLUMNS = ("old_id", "new_id", "from", "la_code")
NEW_AUTHORITY = "new_la_code"
LINKED = ("adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id")
PERSON = "person_unique_identifier"
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("la_code", "old_id", "new_id", "new_la_code", "new_la_name")),
        ("new_from", pa.date32()),
    ]
)
_CODE_LENGTH = 3


@dataclass(frozen=True)
class CrosswalkLine:
    """One replacement. ``row`` is 1 for the first line after the headings; ``new_from`` None is always."""

    row: int
    la_code: str
    old_id: str
    new_id: str
    new_from: date | None
    new_la_code: str

    @property
    def old(self) -> "Key":
        """The old identifier under its authority."""
        return self.la_code, self.old_id

    @property
    def new(self) -> "Key":
        """The new identifier under its authority."""
        return self.new_la_code, self.new_id


Key = tuple[str, str]
"""Authority and identifier."""


@dataclass(frozen=True)
class Crosswalk:
    """Lines with the identifier each old one has in the end: a chain (A to B, later B to C) is followed to its end."""

    lines: tuple[CrosswalkLine, ...]
    final: Mapping[Key, Key]

    @property
    def changed(self) -> tuple[CrosswalkLine, ...]:
        """The lines that change an identifier or its authority."""
        return tuple(line for line in self.lines if line.old != line.new)

    @property
    def moves(self) -> bool:
        """Whether anybody belongs to another authority now."""
        return any(line.la_code != line.new_la_code for line in self.lines)

    @property
    def since(self) -> Mapping[Key, date]:
        """The first day on which files bear the new identifiers, by the authority before and the one now; those without a day
        left out.
        """
        days: dict[Key, date] = {}
        for line in self.changed:
            if line.new_from:
                where = line.la_code, self.final[line.old][0]
                days[where] = min(days.get(where, line.new_from), line.new_from)
        return days

    @property
    def merges(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Authority, new identifier and the old ones, where several became one."""
        olds: dict[Key, list[str]] = defaultdict(list)
        for (_, old_id), new in self.final.items():
            olds[new].append(old_id)
        return tuple((la, new, tuple(sorted(old))) for (la, new), old in sorted(olds.items()) if len(old) > 1)

    def table(self) -> pa.Table:
        """``SCHEMA``: one row per old identifier that changes, with its final one."""
        names = {authority.code: authority.name for authority in authorities()}
        rows = []
        for line in self.changed:
            new_la_code, new_id = self.final[line.old]
            values = (line.la_code, line.old_id, new_id, new_la_code, names.get(new_la_code), line.new_from)
            rows.append(dict(zip(SCHEMA.names, values, strict=True)))
        return pa.Table.from_pylist(rows, schema=SCHEMA)


def read_crosswalk(path: Path, worksheet: str | None = None) -> Crosswalk:
    """Read and check a crosswalk. Raises InputError for columns that are missing or not known, and that lists every line that
    cannot be used, without identifiers.
    """
    columns = _columns(path, worksheet)
    read = read_local_table(path, columns, worksheet)
    faults = [f"line {number}: {reason}" for number, reason, _ in read.unreadable]
    known = {authority.code: authority for authority in authorities()}
    lines = []
    for row in read.rows.to_pylist():
        cells = {column: row[f"c{position}"] for position, column in enumerate(columns)}
        line = _line(cells, row["row_number"], known, faults)
        if line:
            lines.append(line)
    faults += _repeated(lines)
    if not faults:
        final, circles = _resolved(lines)
        faults = circles
    if faults:
        raise InputError("\n".join(f"{path}, {fault}" for fault in faults))
    return Crosswalk(tuple(lines), final)


def replaced_id_sql(column: str, la_code: str, period_end: str | None = None, table: str = "crosswalk") -> str:
    """SQL for an identifier with the new one in place of an old one; null stays null.

    ``column``, ``la_code`` and ``period_end`` are SQL expressions of the row. With ``period_end`` the days of the
    crosswalk decide; without it every line holds.
    """
    return f"coalesce({_found_sql('new_id', column, la_code, period_end, table)}, {column})"


def _found_sql(wanted: str, person: str, la_code: str, period_end: str | None, table: str = "crosswalk") -> str:
    """SQL for what the crosswalk has for a person; null where it has no line for them."""
    dated = f" and (x.new_from is null or {period_end} < x.new_from)" if period_end else ""
    return f"(select x.{wanted} from {ident(table)} as x where x.la_code = {la_code} and x.old_id = {person}{dated})"


def replaced_ids_step(name: str, source: str, columns: Sequence[str], period_end: str) -> Step:
    """A table of submission rows with new identifiers in place of old ones: the person's, and those of linked persons. A row
    has the authority that its person belongs to now, with the name known of it.

    ``columns`` are the columns of ``source``, ``la_code`` and the identifiers among them; ``period_end`` is a DATE
    expression. The table ``crosswalk`` (``Crosswalk.table``) must be in the engine. For consolidation: apply it to the
    rows of every submission before persons are counted.
    """
    select = ", ".join(f"{_replaced_sql(column, period_end)} as {ident(column)}" for column in columns)
    return Step(name, f"select {select} from {ident(source)} as s")


def _replaced_sql(column: str, period_end: str) -> str:
    given, person = f"s.{ident(column)}", f"s.{PERSON}"
    if column in (PERSON, *LINKED):
        return replaced_id_sql(given, "s.la_code", period_end)
    if column not in ("la_code", "la_name"):
        return given
    now = _found_sql("new_la_code", person, "s.la_code", period_end)
    found = _found_sql(f"new_{column}", person, "s.la_code", period_end)
    return f"case when coalesce({now}, s.la_code) is distinct from s.la_code then {found} else {given} end"


def _columns(path: Path, worksheet: str | None) -> tuple[str, ...]:
    headings = [heading for heading in read_headings(path, worksheet) if heading]
    columns = (*COLUMNS, NEW_AUTHORITY) if NEW_AUTHORITY in headings else COLUMNS
    other = len(set(headings) - {*COLUMNS, NEW_AUTHORITY})
    if other:
        raise InputError(
            f"{path}: {other} headings are not those of a crosswalk, which are {', '.join(COLUMNS)} and, if people belong to "
            f"another authority now, {NEW_AUTHORITY}. Take the others out: nothing would be done by them."
        )
    return columns


def _line(
    cells: Mapping[str, str | None], row: int, known: Mapping[str, Authority], faults: list[str]
) -> CrosswalkLine | None:
    old_id, new_id, text, la_code = (cells[column] for column in COLUMNS)
    day = day_of(text) if text else None
    if text and day is None:
        faults.append(f"line {row}: 'from' is no date as dd/mm/yyyy.")
    if not (old_id and new_id and la_code):
        faults.append(f"line {row}: old_id, new_id and la_code are all needed.")
        return None
    new_la_code = cells.get(NEW_AUTHORITY) or la_code
    if la_code not in known:
        faults.append(f"line {row}: the LA code is not known.")
    elif new_la_code not in known and not _successors_code(known[la_code], new_la_code):
        faults.append(f"line {row}: the new LA code is not known.")
    return CrosswalkLine(row, la_code, old_id, new_id, day, new_la_code)


def _successors_code(authority: Authority, code: str) -> bool:
    """Whether an unknown code may be that of a successor whose code is not known here (successor_authorities.csv)."""
    if authority.synthetic or len(code) != _CODE_LENGTH or not code.isdecimal():
        return False
    return any(successor.la_code is None for successor in route(authority.code).successors)


def _repeated(lines: Sequence[CrosswalkLine]) -> list[str]:
    first: dict[Key, CrosswalkLine] = {}
    faults = []
    for line in lines:
        other = first.setdefault(line.old, line)
        if other is line:
            continue
        same = other.new == line.new
        what = "the same replacement is given twice" if same else "one old identifier would become several"
        faults.append(f"lines {other.row} and {line.row}: {what}.")
    return faults


def _resolved(lines: Sequence[CrosswalkLine]) -> tuple[dict[Key, Key], list[str]]:
    step = {line.old: line.new for line in lines if line.old != line.new}
    final: dict[Key, Key] = {}
    circles = []
    for line in lines:
        seen, current = {line.old}, line.new
        while current in step and current not in seen:
            seen.add(current)
            current = step[current]
        if current in seen and line.old != line.new:
            circles.append(f"line {line.row}: the replacements go round in a circle.")
        final[line.old] = current
    return final, circles
