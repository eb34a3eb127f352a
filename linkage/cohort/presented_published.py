"""Published figures beside ours, for people to read: a CSV, a sheet and a section."""

from collections.abc import Sequence
from pathlib import Path

from linkage.cohort.published import FILE, HEADINGS, Compared
from linkage.cohort.shown import write_beside
from linkage.report import Cell, Part, Section, Table, Text
from linkage.report.excel import ExcelColumn, Sheet, text_sheet


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
