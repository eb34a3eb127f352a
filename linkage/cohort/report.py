"""Sections of a report about linked data, made from gated tables only."""

from collections.abc import Mapping

from linkage.cohort.derive.definitions import ColumnId
from linkage.cohort.measures.salt_lts001 import ALL_AGES_BAND, ALL_REASONS
from linkage.cohort.salt_tables import SaltTables
from linkage.cohort.study.results import ALL_AGES, RATE, RATE_COLUMNS
from linkage.cohort.study.run import ADJUSTED, CRUDE, StudyResult
from linkage.report import Cell, Chart, Figure, Figures, Part, Section, Table, Text
from linkage.report.gated import Drawing, Labels, chart_across, chart_of, records
from pseudo.disclosure import GatedTable

_TABLES = ("lts001a", "lts001b", "lts001c")
_RATE_HEADINGS = ("Group", "Age", "People", "Admissions", "Person-years", "Rate", "95% interval")


def linkage_section(tables: SaltTables) -> Section:
    """How many social care people are found in the health tables, by authority and kind of id."""
    shown = tables.tables["link_quality"]
    headings = {
        "la_code": "Authority",
        "person_id_type": "Kind of id",
        "people": "People",
        "found_in_gp": "In GP registrations",
        "found_in_admissions": "In admissions",
        "found_in_conditions": "In conditions",
        "found_nowhere": "In none",
    }
    note = "Only a pseudonym of an NHS number can be found in another table. Counts are shown as the disclosure policy allows."
    table = Table(
        "People in social care and where else they are found", [*headings.values()], _rows(shown, [*headings]), note
    )
    return Section("Linked data", [table])


def lts001_section(tables: SaltTables) -> Section:
    """LTS001 by setting for each authority, its chart, and LTS001a in full."""
    columns = {column.id: column.short for column in tables.definition.columns}
    ids, headings = [*columns, "total"], [*columns.values(), "Total"]
    overview = [
        [_bar_label(row), *(row[column] for column in ids)]
        for name in _TABLES
        for row in records(tables.tables[name])
        if row["age_band"] == ALL_AGES_BAND
    ]
    parts: list[Part] = [
        Text(
            f"People with long-term support, {tables.period}. LTS001a: at any time in the period. LTS001b: on its last day. "
            "LTS001c: on that day, without a gap for more than 12 months. Each person stands in one column of a table: the "
            "first that applies. Every cell and every total is rounded on its own, so columns need not add to the total."
        ),
        Table("LTS001 by setting and mechanism", ["Authority and table", *headings], overview, _columns_note(tables)),
        _setting_chart(tables, columns),
    ]
    return Section("Long-term support (SALT LTS001)", [*parts, *_full_tables(tables.tables["lts001a"], ids, headings)])


def _full_tables(table: GatedTable, ids: list[str], headings: list[str]) -> list[Table]:
    """One table for each authority and age band; reasons whose total is shown as zero are left out."""
    shown: dict[tuple[str, str], list[list[Cell]]] = {}
    for row, values in zip(records(table), table.values.to_pylist(), strict=True):
        if row["age_band"] != ALL_AGES_BAND and (values["total"] != 0 or row["primary_support_reason"] == ALL_REASONS):
            cells = [row["primary_support_reason"], *(row[column] for column in ids)]
            shown.setdefault((str(row["la_code"]), str(row["age_band"])), []).append(cells)
    note = "Reasons that round to nobody are left out here; lts001a.csv has every row."
    return [
        Table(f"LTS001a, authority {code}, age {band}", ["Primary support reason", *headings], rows, note)
        for (code, band), rows in shown.items()
    ]


def study_section(study: StudyResult) -> Section:
    """The study's answer, its flow, its rates and its model."""
    rates = records(study.tables["rates"])
    ratios = records(study.tables["rate_ratios"])
    follow_up, youngest = study.follow_up, study.definition.age_bands[0].first
    parts: list[Part] = [
        Text(
            f"People registered with a GP on {follow_up.start}, aged {youngest} or over, followed until {follow_up.stop}, "
            "death or the end of registration. Long-term service users on the first day are compared with all others."
        ),
        Figures([_ratio_figure(ratios, ADJUSTED), _ratio_figure(ratios, CRUDE)]),
        Text(
            "This describes a difference and explains nothing: people have support because they are ill or frail, and "
            "health is not adjusted for. Users who could not be linked may be among the others, which pulls the ratio to 1.",
            tone="note",
        ),
        Table("Who is in the study", ["People of", "Reason", "People"], _rows(study.tables["flow"])),
        _rates(rates),
        _rate_chart(study.tables["rates"]),
        _ratio_chart(study.tables["rate_ratios"]),
        Table(
            "The models",
            ["Model", "People", "Admissions", "Person-years", "Dispersion", "Left out: no admission"],
            _rows(study.tables["models"]),
            "Dispersion above 1 means that some people are admitted often. The intervals allow for it: they are robust at "
            "the level of the person.",
        ),
    ]
    return Section(study.definition.title, parts)


def _rates(rates: list[dict[str, Cell]]) -> Table:
    rows = [
        [
            *(row[name] for name in RATE_COLUMNS[:-2]),
            f"{row['rate_low']} to {row['rate_high']}" if row["rate_low"] else "",
        ]
        for row in rates
    ]
    note = "Rates per 100 person-years and their exact Poisson intervals are made from the numbers as shown."
    return Table("Emergency admissions", _RATE_HEADINGS, rows, note)


def _setting_chart(tables: SaltTables, columns: Mapping[ColumnId, str]) -> Chart:
    alt = (
        "Stacked bars of people with long-term support by setting and mechanism, one bar for each authority and table."
    )
    drawing = Drawing("People by setting and mechanism", "stacked", ["Authority and table", "Column", "People"], alt)
    gated = [tables.tables[name] for name in _TABLES]
    names: dict[str, str] = dict(columns.items())
    return chart_across(drawing, gated, _bar_label, names, only=lambda row: row["age_band"] == ALL_AGES_BAND)


def _columns_note(tables: SaltTables) -> str:
    long = [f"{column.short}: {column.label}" for column in tables.definition.columns if column.short != column.label]
    return "; ".join(long) + "."


def _rate_chart(rates: GatedTable) -> Chart:
    alt = "Lines of the emergency admission rate by age band, one for long-term service users and one for others."
    drawing = Drawing("Emergency admissions per 100 person-years by age", "line", ["Age", "Group", "Rate"], alt)
    return chart_of(
        drawing,
        [rates],
        lambda row: str(row["age_band"]),
        [RATE],
        series=lambda row: str(row["group"]),
        only=lambda row: row["age_band"] != ALL_AGES,
    )


def _ratio_chart(ratios: GatedTable) -> Chart:
    alt = (
        "Adjusted rate ratios of emergency admission with their 95% intervals, for support, age, sex and ethnic group."
    )
    drawing = Drawing("Adjusted rate ratios", "ratio", ["Compared", "Rate ratio", "Low", "High"], alt)
    return chart_of(
        drawing,
        [ratios],
        lambda row: f"{row['level']} (v {row['reference']})",
        ["rate_ratio", "low", "high"],
        only=lambda row: row["model"] == ADJUSTED,
    )


def _ratio_figure(ratios: list[dict[str, Cell]], model: str) -> Figure:
    row = next(row for row in ratios if row["model"] == model and row["variable"] == "exposed")
    return Figure(f"Rate ratio, {model}", row["rate_ratio"], f"95% interval {row['low']} to {row['high']}")


def _bar_label(row: Labels) -> str:
    return f"{row['la_code']}, {row['table']}"


def _rows(table: GatedTable, columns: list[str] | None = None) -> list[list[Cell]]:
    return [[row[name] for name in columns or row] for row in records(table)]
