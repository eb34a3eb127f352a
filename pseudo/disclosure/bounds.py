"""What the totals of a table tell of its hidden cells: for each, how far apart the values that fit all that is shown can be.

A cell counts as protected when it could have values at least a given width apart. Parts of a table that have few enough
hidden cells are judged exactly; in larger ones every hidden cell is bounded by the totals it stands in, again and again
until nothing changes, which can miss what only several totals together tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pseudo.disclosure.exact import Numbers, Solutions

Flags = npt.NDArray[np.bool_]
MOST_EXACT = 1000
"""Hidden cells that hang together up to which they are judged exactly."""

_FAR = 1e11
_SWEEPS = 100


@dataclass(frozen=True)
class Sum:
    """One cell that is the sum of others; cells are numbered through the table."""

    total: int
    parts: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """Every cell of the sum, the total first."""
        return (self.total, *self.parts)


@dataclass(frozen=True)
class _Entries:
    """A system of sums in hidden cells only: entry k says that unknown ``cell[k]`` stands in sum ``row[k]`` with ``sign[k]``."""

    row: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    sign: Numbers
    right: Numbers


def too_narrow(values: Numbers, hidden: Flags, sums: Sequence[Sum], width: float) -> list[int]:
    """The hidden cells whose possible values are less than ``width`` apart, given all cells that are not hidden."""
    found: list[int] = []
    for part in _hanging_together(hidden, sums):
        cells = np.array(sorted({cell for one in part for cell in one.members if hidden[cell]}))
        entries = _entries(values, cells, part)
        if len(cells) <= MOST_EXACT:
            spread = _exactly(values[cells], entries, width)
        else:
            spread = _by_sums(len(cells), entries)
        found += cells[spread < width - 1e-6].tolist()
    return sorted(found)


def _hanging_together(hidden: Flags, sums: Sequence[Sum]) -> list[list[Sum]]:
    """Groups of sums that share no hidden cell with one another."""
    leader: dict[int, int] = {}

    def find(cell: int) -> int:
        while leader.setdefault(cell, cell) != cell:
            leader[cell] = leader[leader[cell]]
            cell = leader[cell]
        return cell

    touched = [(one, [cell for cell in one.members if hidden[cell]]) for one in sums]
    for _, cells in touched:
        for cell in cells[1:]:
            leader[find(cell)] = find(cells[0])
    groups: dict[int, list[Sum]] = {}
    for one, cells in touched:
        if cells:
            groups.setdefault(find(cells[0]), []).append(one)
    return list(groups.values())


def _entries(values: Numbers, cells: npt.NDArray[np.int64], sums: Sequence[Sum]) -> _Entries:
    """The sums in their hidden cells. What the shown cells leave for the hidden ones is taken from their true values."""
    place = {cell: number for number, cell in enumerate(cells.tolist())}
    listed = [
        (row, place[cell], 1.0 if position == 0 else -1.0)
        for row, one in enumerate(sums)
        for position, cell in enumerate(one.members)
        if cell in place
    ]
    row, cell, sign = (np.array(column) for column in zip(*listed, strict=True))
    right = np.zeros(len(sums))
    np.add.at(right, row, sign * values[cells][cell])
    return _Entries(row, cell, sign, right)


def _exactly(known: Numbers, entries: _Entries, width: float) -> Numbers:
    matrix = np.zeros((len(entries.right), len(known)))
    matrix[entries.row, entries.cell] = entries.sign
    return Solutions(matrix, entries.right, known).spread(width)


def _by_sums(number: int, entries: _Entries) -> Numbers:
    """Bounds from one sum at a time, until nothing changes."""
    low, high = np.zeros(number), np.full(number, _FAR)
    rows = len(entries.right)
    plus = entries.sign > 0
    for _ in range(_SWEEPS):
        least = np.where(plus, low[entries.cell], -high[entries.cell])
        most = np.where(plus, high[entries.cell], -low[entries.cell])
        all_least = np.bincount(entries.row, least, rows)
        all_most = np.bincount(entries.row, most, rows)
        up = entries.right[entries.row] - (all_least[entries.row] - least)
        down = entries.right[entries.row] - (all_most[entries.row] - most)
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, entries.cell, np.where(plus, down, -up))
        np.minimum.at(new_high, entries.cell, np.where(plus, up, -down))
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    spread: Numbers = high - low
    return spread
