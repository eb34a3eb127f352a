"""The published LTS001 tables that the oracle is built backwards from, and the exact people behind them.

Printed figures are to the nearest 5, cells and totals each on their own; a blank is a printed hyphen, a rounded zero.
Source of every file, and what was corrected: ``configs/synth/lts001/README.md``.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from linkage.configs import packaged

TABLES = ("LTS001a", "LTS001b", "LTS001c")
COLUMNS = (
    "nursing", "residential", "community_direct_payment", "community_part_direct_payment", "community_managed",
    "community_commissioned",
)  # fmt: skip
TOTAL = "total"
ALL_REASONS = "Total"
ALL_AGES_BAND = "All adults"

# Column for the whole year → columns on its last day. The services open on that day are among those of the year, so the
# year's column ranks at least as high; a direct payment and other support in one year are part direct payment in that year.
AT_YEAR_END: Mapping[str, tuple[str, ...]] = {
    "nursing": COLUMNS,
    "residential": COLUMNS[1:],
    "community_direct_payment": ("community_direct_payment",),
    "community_part_direct_payment": COLUMNS[2:],
    "community_managed": COLUMNS[4:],
    "community_commissioned": COLUMNS[5:],
}


@dataclass(frozen=True)
class Cell:
    """One printed figure; ``column`` and ``reason`` may be those of a total, ``age_band`` all adults."""

    table: str
    age_band: str
    reason: str
    column: str
    printed: int


@dataclass(frozen=True)
class Group:
    """People who stand in the same place of all three tables; ``at_end`` is empty for those without support on the day."""

    age_band: str
    reason: str
    in_year: str
    at_end: str
    over_12_months: bool
    people: int

    def column(self, table: str) -> str:
        """The column of one table; empty for a table that they are not in."""
        if table == TABLES[0]:
            return self.in_year
        return self.at_end if table == TABLES[1] or self.over_12_months else ""

    def is_in(self, cell: Cell) -> bool:
        """Whether they are among the people whom a printed figure counts."""
        column = self.column(cell.table)
        return (
            column != ""
            and cell.column in (TOTAL, column)
            and cell.age_band in (ALL_AGES_BAND, self.age_band)
            and cell.reason in (ALL_REASONS, self.reason)
        )


@cache
def cells() -> tuple[Cell, ...]:
    """Every printed figure of the three tables, derived ones only: details, subtotals and grand totals."""
    return tuple(
        Cell(table, row["age_band"], row["primary_support_reason"], column, int(row[column] or 0))
        for table in TABLES
        for row in _rows(table.lower())
        for column in (*COLUMNS, TOTAL)
    )


@cache
def people() -> tuple[Group, ...]:
    """The committed integer solution: exact numbers of people that round to every printed figure."""
    return tuple(
        Group(
            age_band=row["age_band"],
            reason=row["primary_support_reason"],
            in_year=row["column_in_year"],
            at_end=row["column_at_year_end"],
            over_12_months=row["over_12_months"] == "yes",
            people=int(row["people"]),
        )
        for row in _rows("people")
    )


def exact(cell: Cell, groups: Iterable[Group]) -> int:
    """How many people a printed figure counts, before rounding."""
    return sum(group.people for group in groups if group.is_in(cell))


def nearest_5(number: int) -> int:
    """Rounded to the nearest 5. There are no ties among whole numbers.

    >>> [nearest_5(number) for number in (2, 3, 7, 8)]
    [0, 5, 5, 10]
    """
    return (number + 2) // 5 * 5


def published(figure: Literal["published", "difference_percent"]) -> dict[tuple[str, str], float]:
    """The authority's published totals by table and column, or how far the derived ones were from them in per cent."""
    return {
        (row["table"], column): float(row[column])
        for row in _rows("published")
        if row["figure"] == figure
        for column in (*COLUMNS, TOTAL)
        if row[column]
    }


def _rows(name: str) -> list[dict[str, str]]:
    with packaged(f"synth/lts001/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
