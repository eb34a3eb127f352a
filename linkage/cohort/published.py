"""Published figures beside our own: a reader's CSV, matched to the tables as shown, with the newsletter's difference.

Difference: published less ours, per 100 of the published figure (newsletter of December 2021: its 21 printed percentages). Both
are figures as shown, so that it tells nothing that the two do not.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.cohort.measures.definition import ALL
from linkage.cohort.measures.salt_lts001 import ALL_AGES_BAND, ALL_REASONS
from linkage.cohort.shown import write_beside
from linkage.errors import InputError
from linkage.report import Cell, Part, Section, Table, Text
from linkage.report.excel import ExcelColumn, Sheet, text_sheet
from pseudo.disclosure import GatedTable

HEADINGS = ("table", "la_code", "group", "column", "ours", "published", "difference_percent")
FILE = "published.csv"
_NEEDED = ("table", "la_code", "column", "published")
_TOTALS = {ALL, ALL_AGES_BAND, ALL_REASONS}
_NOT_LABELS = {"table", "period", "la_code"}
NOT_MADE, NOT_THERE = "this table was not made", "no such row or column"


@dataclass(frozen=True)
class Published:
    """One published figure: the line it stands on, the table, authority and column, labels by name, and the figure as printed."""

    line: int
    table: str
    la_code: str
    column: str
    figure: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Compared:
    """A published figure beside ours, both as shown. ``ours`` says why where there is none; no difference without two numbers."""

    table: str
    la_code: str
    group: str
    column: str
    ours: str
    published: str
    difference_percent: str

    def cells(self) -> list[str]:
        """The values in the order of ``HEADINGS``."""
        return [getattr(self, name) for name in HEADINGS]


def read_published(path: Path) -> list[Published]:
    """The figures of a CSV with the columns table, la_code, column, published and one for each label, blank where all are meant.

    ``table`` is the name of a file that is written, without its ending (``lts001a``, ``ascof_2b_by_gender``). Raises InputError
    naming what is lacking, or the line that is empty or repeated.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            names = reader.fieldnames or []
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: this is not a readable CSV file in UTF-8.") from None
    lacking = [name for name in _NEEDED if name not in names]
    if lacking:
        raise InputError(f"{path}: lacks the columns {', '.join(lacking)}. It needs: {', '.join(_NEEDED)}.")
    found, seen = [], set()
    for line, row in enumerate(rows, start=2):
        cells = {name: (row[name] or "").strip() for name in names}
        if not all(cells[name] for name in ("table", "column", "published")):
            raise InputError(f"{path}, line {line}: table, column and published must be given.")
        labels = {name: value for name, value in cells.items() if name not in _NEEDED and value}
        key = (cells["table"], cells["la_code"], cells["column"], tuple(sorted(labels.items())))
        if key in seen:
            raise InputError(f"{path}, line {line}: this figure is there twice.")
        seen.add(key)
        found.append(Published(line, cells["table"], cells["la_code"], cells["column"], cells["published"], labels))
    return found


def compared(published: Sequence[Published], tables: Mapping[str, GatedTable]) -> list[Compared]:
    """Each published figure beside ours, in the order of the file; none is left out."""
    return [_one(figure, tables.get(figure.table.lower())) for figure in published]


def _one(figure: Published, table: GatedTable | None) -> Compared:
    group = "; ".join(figure.labels.values()) or ALL
    ours, number = (NOT_MADE, None) if table is None else _ours(figure, table)
    printed = _number(figure.figure)
    difference = ""
    if number is not None and printed:
        difference = f"{100 * (printed - number) / printed:.1f}"
        difference = "0.0" if difference == "-0.0" else difference
    return Compared(figure.table, figure.la_code, group, figure.column, ours, figure.figure, difference)


def _ours(figure: Published, table: GatedTable) -> tuple[str, float | None]:
    """Our figure as shown, and as a number where it is one; the only authority is meant where none is named."""
    labels = [name for name in table.cells.dimensions(table.values) if name not in _NOT_LABELS]
    if figure.column not in table.display.column_names or not set(figure.labels) <= set(labels):
        return NOT_THERE, None
    codes = set(table.display["la_code"].to_pylist())
    code = figure.la_code or (next(iter(codes)) if len(codes) == 1 else "")
    for shown, values in zip(table.display.to_pylist(), table.values.to_pylist(), strict=True):
        if shown["la_code"] == code and all(_is(figure.labels.get(name), str(shown[name])) for name in labels):
            number = values[figure.column]
            return str(shown[figure.column] or ""), None if number is None else float(number)
    return NOT_THERE, None


def _is(wanted: str | None, value: str) -> bool:
    return value in _TOTALS if wanted is None else wanted.casefold() == value.casefold()


def _number(text: str) -> float | None:
    """A printed figure; None where it is a mark. A hyphen is a rounded zero, from which there is no difference."""
    try:
        return float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------------------- for people


def write_published(folder: Path, beside: Sequence[Compared]) -> list[str]:
    """Write ``published.csv`` if there is anything to compare; return its name in a list."""
    return [write_beside(folder, FILE, HEADINGS, [one.cells() for one in beside])] if beside else []


def published_sheet(beside: Sequence[Compared]) -> list[Sheet]:
    """Published figures and ours, a line each."""
    if not beside:
        return []
    columns = [ExcelColumn("Table", 26), ExcelColumn("Authority", 12), ExcelColumn("Group", 50, wrap=True)]
    columns += [
        ExcelColumn("Column", 30),
        ExcelColumn("Ours", 24, number=True),
        ExcelColumn("Published", 14, number=True),
    ]
    columns.append(ExcelColumn("Difference, percent of the published figure", 22, number=True))
    return [
        text_sheet(
            "Published", columns, [one.cells() for one in beside], ["Published figures beside those of this workbook"]
        )
    ]


def published_section(beside: Sequence[Compared]) -> list[Section]:
    """Published figures and ours, a table for each table."""
    if not beside:
        return []
    about = (
        "Difference: the published figure less ours, in percent of the published one, as in the department's newsletter of "
        "December 2021. Both are rounded, so that a difference of small numbers says little; marks have none."
    )
    parts: list[Part] = [Text(about)]
    for name in dict.fromkeys(one.table for one in beside):
        rows: list[list[Cell]] = [list(one.cells()[1:]) for one in beside if one.table == name]
        parts.append(Table(name, ["Authority", "Group", "Column", "Ours", "Published", "Difference, %"], rows))
    return [Section("Beside the published figures", parts)]
