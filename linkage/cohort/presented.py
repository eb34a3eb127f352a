"""Official measures for people to read: a workbook and a page beside the CSV files, of what left the gate and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.cohort.derive.period import Period
from linkage.cohort.measure_charts import measure_charts, words
from linkage.cohort.measures.definition import POPULATION, MeasureDefinition
from linkage.cohort.published import Compared, published_section, published_sheet, write_published
from linkage.cohort.shown import Figures
from linkage.report import Cell, Chart, Part, Report, Section, Table, Text, write_html
from linkage.report.charts import draw_svg
from linkage.report.excel import ExcelColumn, Sheet, text_sheet, write_workbook
from linkage.report.gated import records
from linkage.report.html import Draw
from pseudo.disclosure import DisclosurePolicy, GatedTable

WORKBOOK, PAGE = "official.xlsx", "official.html"
MOST_ROWS_OF_A_PAGE = 150
"""A table of more rows stands in the workbook and the CSV file only."""

_HEADINGS = {"table": "Table", "period": "Period", "la_code": "Authority", "reason": "Counted, or why not"}
_CERTAINTY = {
    "certain": "certain: follows published code or guidance",
    "implied": "implied: follows from what is published without being stated there",
    "inferred": "inferred: a reading where the source is silent",
    "design": "design: a choice of this project",
}


@dataclass(frozen=True)
class Presented:
    """A measure with its tables as shown: breakdown → table (``main`` first), and why people do not count.

    ``notes``: what its reader must know of these data.
    """

    definition: MeasureDefinition
    tables: Mapping[str, Figures]
    reasons: Figures
    notes: Sequence[str] = ()


def write_presented(
    folder: Path,
    measures: Sequence[Presented],
    period: Period,
    policy: DisclosurePolicy,
    beside: Sequence[Compared] = (),
    draw: Draw = draw_svg,
) -> list[str]:
    """Write the workbook and the page, and what stands ``beside`` published figures; return the names of the files.

    ``draw``: gives the page's charts, ``charts_of`` of each measure. Raises MachineError when they cannot be written.
    """
    sheets = [*_sheets(measures, period, policy), *published_sheet(beside)]
    write_workbook(folder / WORKBOOK, f"Official measures, {period}", sheets)
    write_html(official_report(measures, period, policy, beside), folder / PAGE, draw)
    return [WORKBOOK, PAGE, *write_published(folder, beside)]


def headings(definition: MeasureDefinition) -> dict[str, str]:
    """What stands above each column of a measure's tables."""
    named = {label.name: label.title for label in definition.labels}
    named |= {column.id: column.about[:1].upper() + column.about[1:] for column in definition.columns}
    return _HEADINGS | named


def rounding(policy: DisclosurePolicy) -> str:
    """How figures are shown, in a sentence."""
    totals = (
        "Every total is rounded on its own from its exact number, so parts need not add up to it."
        if policy.totals == "own_rule"
        else "Totals are the sum of the parts as shown."
    )
    zero = "" if policy.zero_text == "0" else f" {policy.zero_text} is a number that rounds to nobody, or nobody."
    rates = "Percentages and rates are made from the numbers as shown."
    if policy.round_to > 1:
        rates += (
            f" One that rounding could move by more than {policy.percentage_points:g} points, or make none or all, is left "
            f"out: {policy.hidden}."
        )
    if not policy.inside:
        rates += (
            " Averages and medians are rounded by the number of people behind them; a sum is the average as shown times the "
            f"people as shown. {policy.hidden} is an amount of nobody, of fewer than {policy.amount_threshold} people, or one "
            "that would tell such an amount."
        )
    return f"Disclosure policy {policy.name}: {policy.description}{zero} {totals} {rates}"


# ---------------------------------------------------------------------------------------------------------- workbook


def _sheets(measures: Sequence[Presented], period: Period, policy: DisclosurePolicy) -> list[Sheet]:
    """Contents, then of each measure its tables, why people do not count, and its notes."""
    names = _Names()
    found: list[Sheet] = []
    contents: list[list[object]] = []
    for one in measures:
        for breakdown, figures in one.tables.items():
            sheet = _sheet(names.take(_sheet_name(one.definition, breakdown)), one.definition, figures, period)
            found.append(sheet)
            contents.append([one.definition.id, sheet.name, one.definition.title, _divided(one.definition, breakdown)])
        found.append(_sheet(names.take(f"{one.definition.id} people"), one.definition, one.reasons, period))
        contents.append([one.definition.id, found[-1].name, one.definition.title, "Counted, or why not"])
        found.append(_notes_sheet(names.take(f"{one.definition.id} notes"), one, policy))
        contents.append([one.definition.id, found[-1].name, one.definition.title, "Definition, source, rounding"])
    columns = [ExcelColumn("Measure", 24), ExcelColumn("Sheet", 32), ExcelColumn("What it is", 70, wrap=True)]
    notes = [f"Official measures, {period}", rounding(policy)]
    return [text_sheet("Contents", [*columns, ExcelColumn("Divided by", 40, wrap=True)], contents, notes), *found]


class _Names:
    """Names of sheets: at most 31 characters, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        wanted, number = name[:31], 1
        while wanted.lower() in self._taken:
            number += 1
            wanted = f"{name[:28]} {number}"
        self._taken.add(wanted.lower())
        return wanted


def _sheet_name(definition: MeasureDefinition, breakdown: str) -> str:
    return definition.id if breakdown == "main" else f"{definition.id} {breakdown}"


def _sheet(name: str, definition: MeasureDefinition, figures: Figures, period: Period) -> Sheet:
    display = figures.gated.display.select(list(figures.columns or figures.gated.display.column_names))
    titles = headings(definition)
    labels = {"table", "period", "la_code", "reason", *(label.name for label in definition.labels)}
    decimals = _decimals(figures.gated)
    columns = [
        ExcelColumn(titles.get(column, words(column)), 18)
        if column in labels
        else ExcelColumn(titles.get(column, words(column)), 15, number=True, decimals=decimals.get(column))
        for column in display.column_names
    ]
    notes = [definition.title, f"{period}. {definition.population[:1].upper()}{definition.population[1:]}."]
    return Sheet(name, columns, display, notes)


def _decimals(gated: GatedTable) -> dict[str, int]:
    """Of each column of figures, how many decimals it shows."""
    cells = gated.cells
    counts, amounts = dict.fromkeys(cells.counts, 0), dict.fromkeys(cells.amounts, cells.decimals)
    rates = {rate.column: rate.decimals for rate in cells.percentages}
    return counts | amounts | rates | {one.column: one.decimals for one in cells.differences}


def _notes_sheet(name: str, one: Presented, policy: DisclosurePolicy) -> Sheet:
    rows = [[what, text] for what, text in definition_rows(one.definition, with_population=_has_population(one))]
    rows += [["Of these data", text] for text in one.notes]
    rows += [["Rounding", rounding(policy)]]
    return text_sheet(name, [ExcelColumn("What", 26), ExcelColumn("Notes", 110, wrap=True)], rows)


def definition_rows(definition: MeasureDefinition, *, with_population: bool) -> list[tuple[str, str]]:
    """A measure's definition as rows of what and text."""
    rows = [
        ("Measure", f"{definition.id}: {definition.title}"),
        ("Counts", definition.population),
        ("One row per", definition.one_row_per),
        ("Source", definition.source),
        ("Certainty", _CERTAINTY[definition.certainty]),
    ]
    if definition.look_back_months:
        rows.append(("Looks back", f"{definition.look_back_months} months before the period"))
    if definition.look_ahead_months:
        rows.append(("Looks ahead", f"{definition.look_ahead_months} months after the period"))
    rows += [("Rule", note) for note in definition.notes]
    rows += [(f"Column {column.id}", column.about) for column in definition.columns]
    rows += [(f"Column {name}", f"{', '.join(parts)} together") for name, parts in definition.sums.items()]
    rows += [
        (f"Column {rate.column}", f"{rate.numerator} per {rate.per:,} of {rate.denominator}")
        for rate in definition.rates
        if rate.denominator != POPULATION or with_population
    ]
    rows += [
        (f"Column {one.column}", f"{one.statistic} of {one.of} over {', '.join(one.among)}")
        for one in definition.amounts
    ]
    rows += [(f"Column {name}", f"cannot be derived: {why}") for name, why in definition.not_derived.items()]
    return rows + [("Does not count", text) for text in definition.reasons.values()]


def _has_population(one: Presented) -> bool:
    return any(POPULATION in figures.gated.cells.counts for figures in one.tables.values())


# --------------------------------------------------------------------------------------------------------------- page


def official_report(
    measures: Sequence[Presented], period: Period, policy: DisclosurePolicy, beside: Sequence[Compared] = ()
) -> Report:
    """Every measure with its rules, a chart and its tables; published figures beside ours."""
    words = "\n".join(f"- {text}" for text in _CERTAINTY.values())
    reading = Section(
        "How to read the figures",
        [
            Text(rounding(policy), tone="note"),
            Text(f"Each measure says how certain its rule is:\n\n{words}"),
            Text(
                "A workbook with every table and its notes (official.xlsx) and one CSV file for each table are beside this page. "
                f"Tables of more than {MOST_ROWS_OF_A_PAGE} rows are there only."
            ),
        ],
    )
    return Report(
        "Official measures of adult social care",
        [reading, *published_section(beside), *(measure_section(one) for one in measures)],
        subtitle=f"{period}, from Client Level Data.",
        footer=f"Made by cldlink. Counts of people are shown under the disclosure policy {policy.name}.",
    )


def measure_section(one: Presented, *, only: Sequence[str] | None = None) -> Section:
    """A measure's rules, its chart and its tables (``only`` some of them, without why people do not count)."""
    definition = one.definition
    about = f"Counts {definition.population}. Source: {definition.source}. Rule {_CERTAINTY[definition.certainty]}."
    parts: list[Part] = [Text(about)]
    if only is None:
        parts.append(Text("\n".join(f"- {note}" for note in definition.notes)))
    parts += [Text(text, tone="note") for text in one.notes]
    parts += charts_of(definition, one.tables["main"])
    for breakdown, figures in one.tables.items():
        if only is None or breakdown in only:
            parts += _table(definition, _divided(definition, breakdown), figures)
    if only is None:
        parts += _table(definition, "counted, or why not", one.reasons)
    return Section(definition.title, parts)


def charts_of(definition: MeasureDefinition, main: Figures) -> list[Chart]:
    """The charts of a measure, made from its ``main`` table."""
    return measure_charts(definition, main.gated, headings(definition))


def _table(definition: MeasureDefinition, divided: str, figures: Figures) -> list[Part]:
    gated: GatedTable = figures.gated
    titles = headings(definition)
    if len(gated.display) > MOST_ROWS_OF_A_PAGE:
        return [Text(f"By {divided}: {len(gated.display):,} rows, in the workbook and the CSV file.")]
    percentages = [one.column for one in gated.cells.percentages]
    counts = [name for name in figures.columns or gated.display.column_names if name not in percentages]
    at = counts.index(next(iter(gated.cells.counts)))
    left_out = ("table", "period", *definition.not_derived)
    names = [name for name in (*counts[:at], *percentages, *counts[at:]) if name not in left_out]
    rows: list[list[Cell]] = [[row[name] for name in names] for row in records(gated)]
    lacking = "; ".join(
        f"{words(name)}: {why}" for name, why in definition.not_derived.items() if name in gated.display.column_names
    )
    note = f"Cannot be derived: {lacking}." if lacking else ""
    return [Table(f"By {divided}" if divided else "All", [titles.get(name, words(name)) for name in names], rows, note)]


def _divided(definition: MeasureDefinition, breakdown: str) -> str:
    titles = [definition.label(name).title.lower() for name in definition.breakdowns[breakdown]]
    return " and ".join(titles) or "authority"
