"""Solve the LTS001 oracle again: ``python -m tests.oracle_solution`` writes ``configs/synth/lts001/people.csv``.

For developers only; the oracle itself reads the committed solution. A mixed-integer programme: how many people of each
(age band, reason, column in the year, column on its last day, more than 12 months), so that every printed figure is met
when rounded. Among the many solutions the one with the fewest changes of column is taken, except that every change that
the hierarchy allows happens to some; small drawn costs spread the remaining choice, so that cells fall above and below
the multiples of 5.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from linkage.synth.draws import Draws
from linkage.synth.oracle.newsletter import ALL_REASONS, AT_YEAR_END, COLUMNS, Cell, Group, cells

FILE = Path(__file__).parents[1] / "configs" / "synth" / "lts001" / "people.csv"
HEADINGS = ("age_band", "primary_support_reason", "column_in_year", "column_at_year_end", "over_12_months", "people")
SEED = 20200331
CHANGE_COST, DRAWN_COST = 1.0, 0.2
MOST = 20_000
# Fewest people with each change of column, supported for up to and for more than 12 months. Commissioned support is so rare
# in the tables (2 people at most on the last day) that not every change can lead there.
LEAST = {
    ("nursing", "residential"): (6, 6),
    ("nursing", "community_direct_payment"): (1, 1),
    ("nursing", "community_part_direct_payment"): (1, 1),
    ("nursing", "community_managed"): (4, 4),
    ("residential", "community_direct_payment"): (3, 3),
    ("residential", "community_part_direct_payment"): (9, 9),
    ("residential", "community_managed"): (7, 7),
    ("community_part_direct_payment", "community_direct_payment"): (4, 4),
    ("community_part_direct_payment", "community_managed"): (6, 6),
    ("community_managed", "community_commissioned"): (0, 1),
    ("community_commissioned", "community_commissioned"): (1, 0),
}


def places() -> list[Group]:
    """Every place where anybody could stand: one unknown number of people each."""
    rows = dict.fromkeys((cell.age_band, cell.reason) for cell in cells() if cell.reason != ALL_REASONS)
    return [
        Group(band, reason, in_year, at_end, over, 0)
        for band, reason in rows
        for in_year in COLUMNS
        for at_end, over in [
            ("", False),
            *((column, over) for column in AT_YEAR_END[in_year] for over in (False, True)),
        ]
    ]


def bounds(cell: Cell) -> tuple[int, int]:
    """Fewest and most people who are printed as the cell is."""
    return max(cell.printed - 2, 0), cell.printed + 2


def solve() -> list[Group]:
    """The committed solution, made again."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    unknown = places()
    matrix = [[group.is_in(cell) for group in unknown] for cell in cells()]
    low, high = map(list, zip(*(bounds(cell) for cell in cells()), strict=True))
    for (in_year, at_end), numbers in LEAST.items():
        for over, least in enumerate(numbers):
            matrix.append(
                [(group.in_year, group.at_end, group.over_12_months) == (in_year, at_end, over) for group in unknown]
            )
            low.append(least)
            high.append(MOST)
    cost = CHANGE_COST * np.array([group.at_end not in ("", group.in_year) for group in unknown])
    cost = cost + DRAWN_COST * Draws(SEED).uniform("cost", np.arange(len(unknown)))
    found: Any = milp(
        cost,
        integrality=np.ones(len(unknown)),
        bounds=Bounds(0, np.inf),
        constraints=LinearConstraint(np.array(matrix, dtype=float), low, high),
    )
    if not found.success:
        raise RuntimeError(found.message)
    people = np.rint(found.x).astype(int).tolist()
    return [replace(group, people=number) for group, number in zip(unknown, people, strict=True) if number]


if __name__ == "__main__":
    with FILE.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(HEADINGS)
        for group in solve():
            place = (group.age_band, group.reason, group.in_year, group.at_end)
            writer.writerow([*place, "yes" if group.over_12_months else "no", group.people])
