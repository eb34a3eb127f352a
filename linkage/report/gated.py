"""Charts and rows of tables made from what left the disclosure gate, and from nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.report.document import Cell, Chart, ChartKind
from pseudo.disclosure import GatedTable

Labels = Mapping[str, Any]
"""The columns of a row that say what it is about."""


@dataclass(frozen=True)
class Drawing:
    """How a chart looks and what it says, as in ``Chart``."""

    title: str
    kind: ChartKind
    columns: Sequence[str]
    alt: str


def records(gated: GatedTable) -> list[dict[str, Cell]]:
    """Rows as shown: text where the gate set text, whole numbers as numbers, so that a report can set their separators."""
    names = gated.display.column_names
    pairs = zip(gated.display.to_pylist(), gated.values.to_pylist(), strict=True)
    return [{name: _cell(texts[name], values[name]) for name in names} for texts, values in pairs]


def chart_of(
    drawing: Drawing,
    tables: Sequence[GatedTable],
    label: Callable[[Labels], str],
    values: Sequence[str],
    *,
    series: Callable[[Labels], str] | None = None,
    only: Callable[[Labels], bool] = lambda _: True,
) -> Chart:
    """A chart with a mark for each row: its label, its series if there are any, and the columns ``values``."""
    rows = [
        [label(about), *([series(about)] if series else []), *(row[name] for name in values)]
        for about, row in _rows(tables)
        if only(about)
    ]
    return Chart(drawing.title, drawing.kind, drawing.columns, rows, drawing.alt)


def chart_across(
    drawing: Drawing,
    tables: Sequence[GatedTable],
    label: Callable[[Labels], str],
    values: Mapping[str, str],
    *,
    only: Callable[[Labels], bool] = lambda _: True,
) -> Chart:
    """A chart with a series for each of several columns: ``values`` gives their names in it."""
    rows: list[list[Cell]] = [
        [label(about), series, row[name]]
        for about, row in _rows(tables)
        if only(about)
        for name, series in values.items()
    ]
    return Chart(drawing.title, drawing.kind, drawing.columns, rows, drawing.alt)


def _rows(tables: Sequence[GatedTable]) -> list[tuple[dict[str, Cell], dict[str, Cell]]]:
    """Every row: what it is about, and all of it as shown."""
    found = []
    for table in tables:
        about = table.cells.dimensions(table.values)
        found += [({name: row[name] for name in about}, row) for row in records(table)]
    return found


def _cell(text: Any, value: Any) -> Cell:
    """A number where the gate shows a whole one, else what it shows."""
    cell: Cell = value if isinstance(value, int) and isinstance(text, str) and text.isdigit() else text
    return cell
