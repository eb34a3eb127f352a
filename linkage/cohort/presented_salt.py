"""LTS001 for people to read: a workbook in the layout of the published tables and a page, of what left the gate."""

from collections.abc import Sequence
from pathlib import Path

from linkage.cohort.presented import rounding
from linkage.cohort.published import Compared, published_section, published_sheet, write_published
from linkage.cohort.report import lts001_section
from linkage.cohort.salt_tables import SaltTables
from linkage.report import Cell, Report, Section, Table, Text, write_html
from linkage.report.excel import ExcelColumn, Sheet, text_sheet, write_workbook
from linkage.report.gated import records
from pseudo.disclosure import DisclosurePolicy, GatedTable

WORKBOOK, PAGE = "lts001.xlsx", "lts001.html"
MOST_AUTHORITIES = 10
"""Of more authorities the page has no chart and no table for each; the workbook and the CSV files have all."""

_TABLES = {
    "lts001a": "People with long-term support at any time in the period",
    "lts001b": "Of those, people with long-term support open on its last day",
    "lts001c": "Of those, people supported without a gap for more than 12 months on that day",
}
_LABELS = {"la_code": "Authority", "age_band": "Age", "primary_support_reason": "Primary support reason"}
_SOURCE = (
    "Layout: SALT LTS001 tables 1a and 1b, as in the department's newsletter of December 2021. Rules: that newsletter; NHS "
    "England, Central Transformation Principles - SALT, 2023/24 (hierarchy, last day, 12 months; certain). Part direct payment "
    "and one primary support reason in all three tables: rules of this project (design)."
)


def write_salt(folder: Path, salt: SaltTables, policy: DisclosurePolicy, beside: Sequence[Compared]) -> list[str]:
    """Write the workbook and the page, and what stands ``beside`` published figures; return the names of the files.

    Raises MachineError when they cannot be written.
    """
    sheets = [_sheet(name, title, salt) for name, title in _TABLES.items()]
    sheets += [_flow_sheet(salt.tables["lts001_flow"]), _notes_sheet(salt, policy), *published_sheet(beside)]
    write_workbook(folder / WORKBOOK, f"LTS001, {salt.period}", sheets)
    report = Report(
        "SALT LTS001: people with long-term support",
        [
            Section("How to read the figures", [Text(rounding(policy), tone="note"), Text(_SOURCE)]),
            *published_section(beside),
            _section(salt),
            Section("Who was counted and who was left out", [_flow(salt.tables["lts001_flow"])]),
        ],
        subtitle=f"{salt.period}, from Client Level Data.",
        footer=f"Made by cldlink. Counts of people are shown under the disclosure policy {policy.name}.",
    )
    write_html(report, folder / PAGE)
    return [WORKBOOK, PAGE, *write_published(folder, beside)]


def _section(salt: SaltTables) -> Section:
    """LTS001 by setting; of few authorities also its chart and LTS001a in full."""
    section = lts001_section(salt)
    few = len(set(salt.tables["lts001a"].display["la_code"].to_pylist())) <= MOST_AUTHORITIES
    return section if few else Section(section.title, section.parts[:2])


def _sheet(name: str, title: str, salt: SaltTables) -> Sheet:
    """A row for each reason of each age band, a column for each setting and mechanism, as published."""
    headings = {column.id: column.label for column in salt.definition.columns} | {"total": "Total"}
    columns = [ExcelColumn(text, 34 if column == "primary_support_reason" else 12) for column, text in _LABELS.items()]
    columns += [ExcelColumn(text, 16, number=True, decimals=0) for text in headings.values()]
    display = salt.tables[name].display.select([*_LABELS, *headings])
    return Sheet(
        name.upper()[:6] + name[6:], columns, display, [f"{name.upper()[:6]}{name[6:]}: {title}", str(salt.period)]
    )


def _flow_sheet(flow: GatedTable) -> Sheet:
    names = ["la_code", "unit", "reason", "count", "people"]
    titles = ["Authority", "Of", "Counted, or why not", "Number", "People behind it"]
    columns = [
        ExcelColumn(title, 44 if title.startswith("Counted") else 20, number=title in titles[3:]) for title in titles
    ]
    here = [name for name in names if name in flow.display.column_names]
    return Sheet("Flow", [columns[names.index(name)] for name in here], flow.display.select(here))


def _flow(flow: GatedTable) -> Table:
    names = {"la_code": "Authority", "unit": "Of", "reason": "Counted, or why not", "count": "Number"}
    rows: list[list[Cell]] = [[row[name] for name in names] for row in records(flow)]
    return Table("Rows and people", [*names.values()], rows, "Every row and every person is in one line of its kind.")


def _notes_sheet(salt: SaltTables, policy: DisclosurePolicy) -> Sheet:
    rows = [["Source and certainty", _SOURCE], ["Rounding", rounding(policy)]]
    rows.append(["Part direct payment", salt.definition.part_direct_payment.replace("_", " ")])
    rows += [["Column", f"{column.label}: the first of the columns that applies"] for column in salt.definition.columns]
    return text_sheet("Notes", [ExcelColumn("What", 24), ExcelColumn("Notes", 110, wrap=True)], rows)
