"""Charts of official measures, of what left the gate; none where there would be too much to read."""

from collections.abc import Callable, Mapping, Sequence

from linkage.cohort.measures.definition import ALL, POPULATION, MeasureDefinition
from linkage.report import Chart
from linkage.report.gated import Drawing, Labels, chart_across, chart_of
from pseudo.disclosure import GatedTable

MOST_BARS, MOST_SERIES, MOST_LINE_CHARTS = 24, 8, 4
"""Of more than so many a chart cannot be read, and none is drawn (of lines: the first)."""

Titles = Mapping[str, str]
_Rows = Callable[[Labels], bool]


def measure_charts(definition: MeasureDefinition, gated: GatedTable, titles: Titles) -> list[Chart]:
    """Lines over month ends, a bar for each group's first percentage, or bars made of the columns.

    Where there are too many groups, each authority's total; where that is too many too, nothing. ``titles``: of columns.
    """
    labels = [definition.label(name) for name in definition.breakdowns["main"]]
    if any(label.month_ends for label in labels):
        return _lines(definition, gated, titles)
    if len(gated.display["la_code"].unique()) > MOST_BARS:
        return []
    rows = gated.display.to_pylist()
    for drawn in (_single, _total):
        only = _of(definition, drawn)
        if 0 < sum(only(row) for row in rows) <= MOST_BARS:
            return _bars(definition, gated, titles, only)
    return []


def words(name: str) -> str:
    """The id of a column as words.

    >>> words("settled_percent"), words("per_100_000")
    ('Settled, percent', 'Per 100,000')
    """
    text = name.replace("_percent", ", percent").replace("per_100_000", "per 100,000").replace("_", " ")
    return text[:1].upper() + text[1:]


def _of(definition: MeasureDefinition, drawn: Callable[[str], bool]) -> _Rows:
    return lambda row: all(drawn(str(row[name])) for name in definition.breakdowns["main"])


def _single(value: str) -> bool:
    """A single group that is known."""
    return value != ALL and not value.lower().endswith("not known")


def _total(value: str) -> bool:
    return value == ALL


def _bars(definition: MeasureDefinition, gated: GatedTable, titles: Titles, only: _Rows) -> list[Chart]:
    rate = next((rate for rate in definition.rates if rate.denominator != POPULATION and rate.part), None)
    if rate or len(definition.columns) == 1:
        column = rate.column if rate else definition.columns[0].id
        title = titles.get(column, words(column))
        drawing = Drawing(title, "bar", ["Group", title], f"Bars, one for each authority and group: {title}.")
        return [chart_of(drawing, [gated], lambda row: _group(definition, row), [column], only=only)]
    if len(definition.columns) > MOST_SERIES:
        return []
    about = "Stacked bars, one for each authority and group."
    drawing = Drawing("By column", "stacked", ["Group", "Column", "People"], about)
    columns = {column.id: titles[column.id] for column in definition.columns}
    return [chart_across(drawing, [gated], lambda row: _group(definition, row), columns, only=only)]


def _lines(definition: MeasureDefinition, gated: GatedTable, titles: Titles) -> list[Chart]:
    """For each authority a line over the month ends for each sum (or column); none of too many, or of groups without a total."""
    month, *others = sorted(definition.breakdowns["main"], key=lambda name: not definition.label(name).month_ends)
    codes = list(dict.fromkeys(gated.display["la_code"].to_pylist()))
    names = list(definition.sums or [column.id for column in definition.columns])[:MOST_SERIES]
    if len(codes) > MOST_LINE_CHARTS or not all(definition.label(name).total for name in others):
        return []
    series = {name: titles.get(name, words(name)) for name in names}
    return [_lines_of(code, month, others, series, gated) for code in codes]


def _lines_of(code: str, month: str, others: Sequence[str], series: Titles, gated: GatedTable) -> Chart:
    def here(row: Labels) -> bool:
        return bool(row["la_code"] == code and row[month] != ALL and all(row[name] == ALL for name in others))

    alt = f"Lines over the month ends, authority {code}: {', '.join(series.values())}."
    drawing = Drawing(f"Authority {code}, by month end", "line", ["Month end", "Column", "People"], alt)
    return chart_across(drawing, [gated], lambda row: str(row[month])[:7], series, only=here)


def _group(definition: MeasureDefinition, row: Labels) -> str:
    return ", ".join(str(row[name]) for name in ("la_code", *definition.breakdowns["main"]))
