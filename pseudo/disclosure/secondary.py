"""Complementary suppression: which further cells are hidden so that no hidden one can be worked out from the totals.

A sum whose total is shown has no hidden cell, or at least two that stand for at least the threshold of people; a sum whose
total is hidden hides at least one part. Then every hidden cell is bounded from the sums, and where the possible values are
less than the threshold apart, one more cell beside it is hidden. Of several cells that would do, that goes first which is
the total of the fewest sums, opens the fewest sums that hid nothing, and is smallest. The same table gives the same cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pseudo.disclosure.bounds import Flags, Sum, too_narrow
from pseudo.disclosure.exact import Numbers
from pseudo.errors import PolicyError


@dataclass(frozen=True)
class Exact:
    """A table as it is inside: each cell's number and the people behind it, and which cells are sums of others.

    ``twins``: cell → others that count the same people in another way, such as person-years; they are hidden together.
    """

    values: Numbers
    people: Numbers
    sums: Sequence[Sum]
    twins: Mapping[int, Sequence[int]] = field(default_factory=dict)


def hidden_cells(table: Exact, primary: Flags, threshold: int) -> Flags:
    """Which cells are hidden: the ``primary`` ones and those that protect them.

    Raises PolicyError when a total is not the sum of its parts (each part may be off by rounding).
    """
    require_sums(table)
    return protected_cells(table, primary, threshold)


def protected_cells(table: Exact, primary: Flags, threshold: int) -> Flags:
    """As ``hidden_cells``, also where a total counts people once who stand in several parts."""
    suppression = _Suppression(table, primary, threshold)
    suppression.fill(range(len(table.sums)))
    while narrow := too_narrow(table.values, suppression.hidden, table.sums, threshold):
        suppression.widen(narrow)
    return suppression.hidden


def require_sums(table: Exact) -> None:
    """Raise PolicyError when a total is not the sum of its parts; the parts may each be rounded."""
    for one in table.sums:
        difference = table.values[one.total] - table.values[list(one.parts)].sum()
        if abs(difference) > len(one.parts):
            raise PolicyError(
                "A total is not the sum of its parts, so that what it tells of them cannot be judged. "
                "Leave the total out, or count each person in one part only."
            )


class _Suppression:
    """The state of the search: what is hidden, and how many hidden cells each sum has."""

    def __init__(self, table: Exact, primary: Flags, threshold: int) -> None:
        self.hidden = primary.copy()
        self._table, self._threshold = table, threshold
        self._of: list[list[int]] = [[] for _ in table.values]
        self._as_total = np.zeros(len(table.values), dtype=np.int64)
        for number, one in enumerate(table.sums):
            self._as_total[one.total] += 1
            for cell in one.members:
                self._of[cell].append(number)
        self._count = [sum(bool(primary[cell]) for cell in one.members) for one in table.sums]
        self._people = [sum(float(table.people[cell]) for cell in one.parts if primary[cell]) for one in table.sums]

    def fill(self, sums: Sequence[int]) -> None:
        """Hide cells until every one of these sums, and every other that this touches, has none or enough of them."""
        waiting = list(sums)
        while waiting:
            number = waiting.pop(0)
            while not self._enough(number):
                cell = self._next(self._table.sums[number].members)
                if cell is None:
                    break
                waiting += self._hide(cell)

    def widen(self, narrow: Sequence[int]) -> None:
        """Hide one more cell beside each of these, the nearest there is.

        Raises PolicyError when all cells that could help are hidden already.
        """
        helped: set[int] = set()
        for cell in narrow:
            if helped.isdisjoint(self._of[cell]):
                chosen = self._beside(cell)
                helped |= set(self._of[chosen])
                self.fill(self._hide(chosen))

    def _beside(self, cell: int) -> int:
        """The best shown cell in a sum with ``cell``; else in a sum with a hidden cell of such a sum, and so on."""
        reached, frontier = {cell}, [cell]
        while frontier:
            near = {other for one in frontier for number in self._of[one] for other in self._table.sums[number].members}
            chosen = self._next([other for other in near if self._table.values[other] > 0])
            if chosen is not None:
                return chosen
            frontier = sorted(near - reached)
            reached |= near
        raise PolicyError(
            "A hidden cell can be worked out from the totals, whatever else is hidden. Show fewer totals."
        )

    def _enough(self, number: int) -> bool:
        if self._count[number] == 0:
            return True
        if self._count[number] == 1:
            return False
        return bool(self.hidden[self._table.sums[number].total]) or self._people[number] >= self._threshold

    def _next(self, cells: Sequence[int]) -> int | None:
        shown = [cell for cell in cells if not self.hidden[cell]]
        return min(shown, key=self._cost) if shown else None

    def _cost(self, cell: int) -> tuple[bool, int, int, float, int]:
        value = float(self._table.values[cell])
        opened = sum(self._count[number] == 0 for number in self._of[cell])
        return (value == 0, int(self._as_total[cell]), opened, value, cell)

    def _hide(self, chosen: int) -> list[int]:
        """Hide a cell and its twins; return the sums that they stand in."""
        cells = [cell for cell in (chosen, *self._table.twins.get(chosen, ())) if not self.hidden[cell]]
        for cell in cells:
            self.hidden[cell] = True
            for number in self._of[cell]:
                self._count[number] += 1
                if cell != self._table.sums[number].total:
                    self._people[number] += float(self._table.people[cell])
        return [number for cell in cells for number in self._of[cell]]
