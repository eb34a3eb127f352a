"""Mapping sheets: local code → national value, with the days between which the decision holds and who took it.

Headings: local value, national value, from, to, who, note (the first two are needed; others are not read). ``from`` and
``to`` are inclusive, dd/mm/yyyy or YYYY-MM-DD; blank is open. The date is that of the event's start, or the period's end
for details of a person. ``(blank)`` as national value: the field stays blank, by decision. Without a national value the
local value is not decided yet: it counts as unmapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from linkage.errors import InputError
from linkage.intake.mapping.tables import read_headings, read_local_table
from linkage.intake.values import Closeness, judge_value
from linkage.spec import ValueList

LEFT_BLANK = "(blank)"
HEADINGS = ("local value", "national value", "from", "to", "who", "note")
_NEEDED = HEADINGS[:2]
_FIRST, _LAST = date.min, date.max


@dataclass(frozen=True)
class SheetLine:
    """One decision. ``row`` is 1 for the first line after the headings; ``national`` None is not decided."""

    row: int
    local: str
    national: str | None
    valid_from: date | None
    valid_to: date | None
    who: str | None

    def overlaps(self, other: "SheetLine") -> bool:
        """Whether both hold for one local value on some day."""
        return (
            self.local == other.local
            and (self.valid_from or _FIRST) <= (other.valid_to or _LAST)
            and (other.valid_from or _FIRST) <= (self.valid_to or _LAST)
        )


@dataclass(frozen=True)
class MappingSheet:
    """The lines of one sheet, of which no two hold for one local value on one day."""

    name: str
    lines: tuple[SheetLine, ...]


def read_sheet(name: str, path: Path, worksheet: str | None = None) -> MappingSheet:
    """Read a mapping sheet. Raises InputError that lists every line that cannot be used."""
    headings = read_headings(path, worksheet)
    found = {heading.lower().replace("_", " "): heading for heading in headings}
    missing = [heading for heading in _NEEDED if heading not in found]
    if missing:
        raise InputError(
            f"{path}: a mapping sheet has the headings {', '.join(HEADINGS)}; missing: {', '.join(missing)}."
        )
    present = [heading for heading in HEADINGS if heading in found]
    read = read_local_table(path, [found[heading] for heading in present], worksheet)
    faults = [f"line {number}: {reason}" for number, reason, _ in read.unreadable]
    lines = []
    for row in read.rows.to_pylist():
        cells = {heading: row[f"c{position}"] for position, heading in enumerate(present)}
        line = _line(row["row_number"], cells, faults)
        if line:
            lines.append(line)
    faults += _overlaps(lines)
    if faults:
        raise InputError("\n".join(f"{path}, {fault}" for fault in faults))
    return MappingSheet(name, tuple(lines))


def values_outside(sheet: MappingSheet, value_list: ValueList, closeness: Closeness) -> list[str]:
    """One sentence per line whose national value is not in the list, with the value that may be meant.

    Of an open list not every value is known: a value outside it may be right and is not reported.
    """
    faults = []
    for line in sheet.lines:
        if value_list.open or line.national in (None, LEFT_BLANK) or line.national in value_list.names:
            continue
        near = judge_value(value_list, str(line.national), closeness).suggestion
        meant = f" Perhaps '{near}'." if near else ""
        faults.append(f"line {line.row}: the national value is not in the list '{value_list.name}'.{meant}")
    return faults


def lines_table(sheets: Sequence[MappingSheet]) -> pa.Table:
    """Every line of every sheet: sheet, local_value, national_value, valid_from, valid_to (no nulls in the days)."""
    rows = [
        {
            "sheet": sheet.name,
            "local_value": line.local,
            "national_value": line.national,
            "valid_from": line.valid_from or _FIRST,
            "valid_to": line.valid_to or _LAST,
        }
        for sheet in sheets
        for line in sheet.lines
    ]
    texts = [(name, pa.string()) for name in ("sheet", "local_value", "national_value")]
    days = [(name, pa.date32()) for name in ("valid_from", "valid_to")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, *days]))


def _line(row: int, cells: dict[str, str | None], faults: list[str]) -> SheetLine | None:
    days: list[date | None] = []
    for heading in ("from", "to"):
        text = cells.get(heading)
        day = day_of(text) if text else None
        if text and day is None:
            faults.append(f"line {row}: '{heading}' is no date as dd/mm/yyyy.")
        days.append(day)
    local = cells["local value"]
    if local is None:
        faults.append(f"line {row}: there is no local value.")
        return None
    if days[0] and days[1] and days[1] < days[0]:
        faults.append(f"line {row}: 'to' is before 'from'.")
    return SheetLine(row, local, cells["national value"], days[0], days[1], cells.get("who"))


def day_of(text: str) -> date | None:
    """A day as dd/mm/yyyy or YYYY-MM-DD, a time after it aside; None when it is none."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text[:10], form).date()
        except ValueError:
            continue
    return None


def _overlaps(lines: Sequence[SheetLine]) -> list[str]:
    by_local: dict[str, list[SheetLine]] = {}
    faults = []
    for line in lines:
        rivals = by_local.setdefault(line.local, [])
        faults += [
            f"lines {other.row} and {line.row}: both hold for the same local value on the same day."
            for other in rivals
            if line.overlaps(other)
        ]
        rivals.append(line)
    return faults
