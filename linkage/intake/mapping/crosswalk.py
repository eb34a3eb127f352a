"""A crosswalk of local person identifiers: old → new, when a case system is replaced or an authority is split.

Columns: old_id, new_id, from, la_code. ``la_code`` is the authority under which the old identifier stands in submissions.
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
from linkage.intake.mapping.sheets import day_of
from linkage.intake.mapping.tables import read_local_table
from linkage.spec import authorities

COLUMNS = ("old_id", "new_id", "from", "la_code")
LINKED = ("adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id")
PERSON = "person_unique_identifier"
SCHEMA = pa.schema(
    [("la_code", pa.string()), ("old_id", pa.string()), ("new_id", pa.string()), ("new_from", pa.date32())]
)


@dataclass(frozen=True)
class CrosswalkLine:
    """One replacement. ``row`` is 1 for the first line after the headings; ``new_from`` None is always."""

    row: int
    la_code: str
    old_id: str
    new_id: str
    new_from: date | None


@dataclass(frozen=True)
class Crosswalk:
    """Lines with the identifier each old one has in the end: a chain (A to B, later B to C) is followed to its end."""

    lines: tuple[CrosswalkLine, ...]
    final: Mapping[tuple[str, str], str]

    @property
    def changed(self) -> tuple[CrosswalkLine, ...]:
        """The lines that change an identifier."""
        return tuple(line for line in self.lines if line.old_id != line.new_id)

    @property
    def merges(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Authority, new identifier and the old ones, where several became one."""
        olds: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (la_code, old_id), new_id in self.final.items():
            olds[la_code, new_id].append(old_id)
        return tuple((la, new, tuple(sorted(old))) for (la, new), old in sorted(olds.items()) if len(old) > 1)

    def table(self) -> pa.Table:
        """``SCHEMA``: one row per old identifier that changes, with its final one."""
        rows = [
            {
                "la_code": line.la_code,
                "old_id": line.old_id,
                "new_id": self.final[line.la_code, line.old_id],
                "new_from": line.new_from,
            }
            for line in self.changed
        ]
        return pa.Table.from_pylist(rows, schema=SCHEMA)


def read_crosswalk(path: Path, worksheet: str | None = None) -> Crosswalk:
    """Read and check a crosswalk. Raises InputError that lists every line that cannot be used, without identifiers."""
    read = read_local_table(path, COLUMNS, worksheet)
    faults = [f"line {number}: {reason}" for number, reason, _ in read.unreadable]
    known = {authority.code for authority in authorities()}
    lines = []
    for row in read.rows.to_pylist():
        line = _line([row[f"c{position}"] for position in range(len(COLUMNS))], row["row_number"], known, faults)
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
    dated = f" and (x.new_from is null or {period_end} < x.new_from)" if period_end else ""
    found = f"select x.new_id from {ident(table)} as x where x.la_code = {la_code} and x.old_id = {column}{dated}"
    return f"coalesce(({found}), {column})"


def replaced_ids_step(name: str, source: str, columns: Sequence[str], period_end: str) -> Step:
    """A table of submission rows with new identifiers in place of old ones: the person's, and those of linked persons.

    ``columns`` are the columns of ``source``, ``la_code`` and the identifiers among them; ``period_end`` is a DATE
    expression. The table ``crosswalk`` (``Crosswalk.table``) must be in the engine. For consolidation: apply it to the
    rows of every submission before persons are counted.
    """
    ids = [column for column in columns if column in (PERSON, *LINKED)]
    select = ", ".join(
        f"{replaced_id_sql(f's.{ident(c)}', 's.la_code', period_end)} as {ident(c)}" if c in ids else f"s.{ident(c)}"
        for c in columns
    )
    return Step(name, f"select {select} from {ident(source)} as s")


def _line(cells: list[str | None], row: int, known: set[str], faults: list[str]) -> CrosswalkLine | None:
    old_id, new_id, text, la_code = cells
    day = day_of(text) if text else None
    if text and day is None:
        faults.append(f"line {row}: 'from' is no date as dd/mm/yyyy.")
    if not (old_id and new_id and la_code):
        faults.append(f"line {row}: old_id, new_id and la_code are all needed.")
        return None
    if la_code not in known:
        faults.append(f"line {row}: the LA code is not known.")
    return CrosswalkLine(row, la_code, old_id, new_id, day)


def _repeated(lines: Sequence[CrosswalkLine]) -> list[str]:
    first: dict[tuple[str, str], CrosswalkLine] = {}
    faults = []
    for line in lines:
        other = first.setdefault((line.la_code, line.old_id), line)
        if other is line:
            continue
        same = other.new_id == line.new_id
        what = "the same replacement is given twice" if same else "one old identifier would become several"
        faults.append(f"lines {other.row} and {line.row}: {what}.")
    return faults


def _resolved(lines: Sequence[CrosswalkLine]) -> tuple[dict[tuple[str, str], str], list[str]]:
    step = {(line.la_code, line.old_id): line.new_id for line in lines if line.old_id != line.new_id}
    final: dict[tuple[str, str], str] = {}
    circles = []
    for line in lines:
        seen, current = {line.old_id}, line.new_id
        while (line.la_code, current) in step and current not in seen:
            seen.add(current)
            current = step[line.la_code, current]
        if current in seen and line.old_id != line.new_id:
            circles.append(f"line {line.row}: the replacements go round in a circle.")
        final[line.la_code, line.old_id] = current
    return final, circles
