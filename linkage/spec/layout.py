"""The layout of an official specification workbook, as that of v4.2 has it.

Above: a block "Submission Information" with one name to a row. Then a table that goes to the right, one column to a field:
a row of sections ("Events (Services only)"), a row of Mandatory or Voluntary, one or two rows of headings (those of the
co-morbidities stand one row lower), a row of types ("Defined List…", "dd/mm/yyyy"), and below a "Defined List…" its values.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.errors import InputError
from linkage.spec.headings import heading_key
from linkage.spec.workbook import WorkbookSheet

_LEAST_COLUMNS = 5
_MOST_ROWS_BETWEEN = 15
_REQUIREMENTS = ("mandatory", "voluntary")
_TYPES = (
    ("definedlist", "list"),
    ("integeroralphanumeric", "identifier"),
    ("integer", "integer"),
    ("alphanumeric", "alphanumeric"),
    ("text", "text"),
    ("ddmmyyyy", "date"),
    ("date", "date"),
    ("numeric", "number"),
    ("number", "number"),
    ("decimal", "number"),
)
_SECTIONS = (
    ("submission", "submission"),
    ("cost", "cost"),
    ("carer", "carer"),
    ("request", "request"),
    ("assessment", "assessment"),
    ("review", "review"),
    ("service", "service"),
    ("person", "person"),
    ("event", "event"),
)
_INFORMATION = "submissioninformation"
_LINES = re.compile(r"[ \t]*[\r\n]+[ \t]*")


@dataclass(frozen=True)
class WorkbookColumn:
    """One field as the workbook has it. ``lines`` are the lines of its heading, which may end in a remark."""

    where: str
    lines: tuple[str, ...]
    section: str
    requirement: str
    data_type: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class WorkbookTable:
    """The specification in a workbook: the submission information once per file, and the columns of its table."""

    sheet: str
    information: tuple[str, ...]
    columns: tuple[WorkbookColumn, ...]


def find_table(sheets: Sequence[WorkbookSheet]) -> WorkbookTable:
    """The specification table of the first sheet that has one. Raises InputError when none has."""
    for sheet in sheets:
        rows = _rows_of_table(sheet)
        if rows:
            return WorkbookTable(sheet.name, _information(sheet, rows[0]), _columns(sheet, *rows))
    raise InputError(
        f"the workbook has no specification in the known layout (sheets: {len(sheets)}). A sheet should have a row of "
        "'Mandatory' and 'Voluntary', headings below, a row of types such as 'Defined List' and 'dd/mm/yyyy', and the values "
        "of each list below its type."
    )


def data_type_of(text: str) -> str | None:
    """The data type that a cell of the row of types names; None for other text.

    >>> data_type_of("Defined List…"), data_type_of("Numeric (0.00)"), data_type_of("Surname")
    ('list', 'number', None)
    """
    key = heading_key(text)
    return next((kind for start, kind in _TYPES if key.startswith(start)), None)


def _rows_of_table(sheet: WorkbookSheet) -> tuple[int, int] | None:
    """The row of requirements and the row of types."""
    for top, row in enumerate(sheet.cells):
        if sum(cell.lower() in _REQUIREMENTS for cell in row) < _LEAST_COLUMNS:
            continue
        below = range(top + 2, min(top + 2 + _MOST_ROWS_BETWEEN, len(sheet.cells)))
        types = next((r for r in below if _type_cells(sheet.cells[r]) >= _LEAST_COLUMNS), None)
        return (top, types) if types else None
    return None


def _type_cells(row: Sequence[str]) -> int:
    return sum(data_type_of(cell) is not None for cell in row)


def _information(sheet: WorkbookSheet, top: int) -> tuple[str, ...]:
    """The names below "Submission Information", first of their row, up to the table."""
    names: list[str] = []
    inside = False
    for row in sheet.cells[:top]:
        first = next((cell for cell in row if cell), "")
        if heading_key(first) == _INFORMATION:
            inside = True
        elif inside and first and _is_name(row):
            names.append(_one_line(first))
    return tuple(names)


def _is_name(row: Sequence[str]) -> bool:
    """Whether a row of the block is a name with an example beside it, not the row of sections or of counts."""
    filled = list(dict.fromkeys(cell for cell in row if cell))
    return len(filled) <= 2 and not filled[0].isdigit() and not filled[0].lower().startswith("person details")


def _columns(sheet: WorkbookSheet, top: int, types: int) -> tuple[WorkbookColumn, ...]:
    faults, columns = [], []
    for position, cell in enumerate(sheet.cells[types]):
        kind = data_type_of(cell)
        lines = _heading(sheet, position, top, types)
        if kind is None:
            if cell or (lines and sheet.cells[top][position]):
                faults.append(f"column {_letters(position)}: its type is not known")
            continue
        if not lines:
            faults.append(f"column {_letters(position)}: it has no heading")
            continue
        requirement = sheet.cells[top][position].lower()
        columns.append(
            WorkbookColumn(
                where=f"column {_letters(position)}",
                lines=lines,
                section=_section(sheet, position, top),
                requirement=requirement if requirement in _REQUIREMENTS else "not_stated",
                data_type=kind,
                values=_values(sheet, position, types) if kind == "list" else (),
            )
        )
    if faults:
        raise InputError(f"sheet '{sheet.name}', row {types + 1}: " + "; ".join(faults) + ".")
    return tuple(columns)


def _heading(sheet: WorkbookSheet, position: int, top: int, types: int) -> tuple[str, ...]:
    """The lines of the lowest heading between the row of requirements and the row of types."""
    cells = [sheet.cells[row][position] for row in range(top + 1, types)]
    lowest = next((cell for cell in reversed(cells) if cell), "")
    return tuple(line for line in (_one_line(part) for part in _LINES.split(lowest)) if line)


def _section(sheet: WorkbookSheet, position: int, top: int) -> str:
    """The section above a column: the nearest filled cell at or to the left of it, in the nearest row that has sections."""
    for row in reversed(sheet.cells[:top]):
        left = next((cell for cell in reversed(row[: position + 1]) if cell and not cell.isdigit()), "")
        found = next((name for part, name in _SECTIONS if part in _start(left)), None)
        if found:
            return found
    return "event"


def _start(text: str) -> str:
    """The name of a section without its explanation ("Person Details - Present on ALL rows …")."""
    return re.split(r"\s[-–—]\s", text.lower())[0]


def _values(sheet: WorkbookSheet, position: int, types: int) -> tuple[str, ...]:
    below = (_one_line(row[position]) for row in sheet.cells[types + 1 :])
    return tuple(value for value in below if value)


def _letters(position: int) -> str:
    """The name that Excel gives a column, the first being 0.

    >>> _letters(0), _letters(25), _letters(26), _letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    position += 1
    while position:
        position, letter = divmod(position - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _one_line(text: str) -> str:
    return " ".join(text.split())
