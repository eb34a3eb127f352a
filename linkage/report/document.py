"""What a report is made of. Plain values: how they look is decided by the writer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linkage.errors import InternalError

Cell = str | int | float | bool | date | None
"""A value in a table: null is shown as a dash, numbers with thousands separators, text as it is."""

ChartKind = Literal["bar", "stacked", "line", "ratio", "interval", "curve"]

_CHART_WIDTHS: dict[ChartKind, tuple[int, ...]] = {
    "bar": (2,),
    "stacked": (3,),
    "line": (2, 3),
    "ratio": (4,),
    "interval": (4,),
    "curve": (3,),
}


@dataclass(frozen=True)
class Text:
    """Prose. A blank line starts a paragraph; a paragraph whose lines all begin with ``- `` is a list.

    ``tone``: ``note`` for something to bear in mind, ``warning`` for something that limits how figures may be used.
    """

    text: str
    tone: Literal["plain", "note", "warning"] = "plain"


@dataclass(frozen=True)
class Figure:
    """One number that matters: what it is, its value, and a few words that put it in place."""

    label: str
    value: Cell
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """A handful of numbers shown large, in the order given."""

    figures: Sequence[Figure]


@dataclass(frozen=True)
class Table:
    """A table with a title; the first column names the row. Every row has one cell for each column, or InternalError."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def __post_init__(self) -> None:
        _check_rows(self.title, self.columns, self.rows)


@dataclass(frozen=True)
class Chart:
    """A chart of a few aggregated rows, drawn in the order given, with its table beside it.

    ``bar``: rows (label, value). ``stacked``: rows (label, series, value). ``line``: rows (point, value) or
    (point, series, value). ``ratio``: rows (label, estimate, lower, upper), drawn with their intervals on a logarithmic axis
    around 1. ``interval``: the same rows on a plain axis that need not begin at 0. ``curve``: rows (number, series, value),
    both axes plain. A value that is no number (hidden, null) is not drawn and stays in the table. ``alt`` says in a sentence
    what the chart shows, for those who do not see it. Raises InternalError when the columns do not fit the kind.
    """

    title: str
    kind: ChartKind
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    alt: str
    note: str = ""

    def __post_init__(self) -> None:
        _check_rows(self.title, self.columns, self.rows)
        if len(self.columns) not in _CHART_WIDTHS[self.kind]:
            raise InternalError(f"A chart of kind '{self.kind}' cannot have {len(self.columns)} columns.")

    def table(self) -> Table:
        """The same rows as a table."""
        return Table(self.title, self.columns, self.rows, self.note)


Part = Text | Figures | Table | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Report:
    """A whole report. ``subtitle`` says what it is about and when; ``footer`` where the figures come from.

    ``small_print``: set as small on paper (A4) as can still be read, for what must fit on one sheet.
    """

    title: str
    sections: Sequence[Section]
    subtitle: str = ""
    footer: str = ""
    small_print: bool = False


def _check_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    if not columns or any(len(row) != len(columns) for row in rows):
        raise InternalError(f"The rows of '{title}' do not fit its columns.")
