"""How far a hidden number can lie from another value that fits all that is shown: exact, by the simplex method.

A system says which hidden numbers, none of them negative, add up to what. The method walks from solution to solution and
notes the smallest and largest value met of every number; it stops looking as soon as all have been seen far enough apart.
"""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
_TINY = 1e-7
_STEEPEST = 500
"""Pivots by steepest gain before the rule that cannot run in circles takes over."""


class Solutions:
    """The solutions x >= 0 of ``matrix`` x = ``right``, of which ``known`` is one; ``low`` and ``high`` are values met."""

    def __init__(self, matrix: Numbers, right: Numbers, known: Numbers) -> None:
        self.low, self.high = known.copy(), known.copy()
        self._size = matrix.shape[1]
        sign = np.where(right < 0, -1.0, 1.0)
        rows = len(right)
        self._tableau = np.hstack([matrix * sign[:, None], np.eye(rows), (right * sign)[:, None]])
        self._basis = np.arange(self._size, self._size + rows)
        cost = np.zeros(self._size + rows)
        cost[self._size :] = 1.0
        self._descend(cost, None, 0.0)
        self._drop_helpers()

    def spread(self, wide_enough: float) -> Numbers:
        """How far apart the values of each number can be, or at least ``wide_enough``."""
        for number in range(self._size):
            for direction in (-1.0, 1.0):
                if self.high[number] - self.low[number] < wide_enough:
                    cost = np.zeros(self._tableau.shape[1] - 1)
                    cost[number] = direction
                    self._descend(cost, number, wide_enough)
        return self.high - self.low

    def _descend(self, cost: Numbers, number: int | None, wide_enough: float) -> None:
        """Lower the cost until it is lowest, or until ``number`` has been seen far enough apart."""
        gain = np.append(cost, 0.0) - cost[self._basis] @ self._tableau
        step = 0
        while True:
            better = np.flatnonzero(gain[:-1] < -_TINY)
            if not len(better):
                return
            entering = int(better[np.argmin(gain[better])] if step < _STEEPEST else better[0])
            column = self._tableau[:, entering]
            rows = np.flatnonzero(column > _TINY)
            if not len(rows):
                self._without_end(entering)
                return
            ratios = self._tableau[rows, -1] / column[rows]
            lowest = rows[ratios <= ratios.min() + _TINY]
            self._pivot(int(lowest[np.argmin(self._basis[lowest])]), entering)
            gain = gain - gain[entering] * self._tableau[np.flatnonzero(self._basis == entering)[0]]
            if number is not None:
                self._note()
                if self.high[number] - self.low[number] >= wide_enough:
                    return
            step += 1

    def _pivot(self, row: int, entering: int) -> None:
        self._tableau[row] /= self._tableau[row, entering]
        others = self._tableau[:, entering].copy()
        others[row] = 0.0
        touched = np.flatnonzero(np.abs(others) > _TINY)
        self._tableau[touched] -= np.outer(others[touched], self._tableau[row])
        self._basis[row] = entering

    def _drop_helpers(self) -> None:
        """Go on without the helping variables: those left in the basis at 0 are exchanged, or their equation says nothing."""
        for row in np.flatnonzero(self._basis >= self._size):
            usable = np.flatnonzero(np.abs(self._tableau[row, : self._size]) > _TINY)
            if len(usable):
                self._pivot(int(row), int(usable[0]))
        kept = self._basis < self._size
        self._tableau = np.delete(self._tableau[kept], np.s_[self._size : -1], axis=1)
        self._basis = self._basis[kept]
        self._note()

    def _note(self) -> None:
        values = np.zeros(self._size)
        values[self._basis] = self._tableau[:, -1]
        self.low, self.high = np.minimum(self.low, values), np.maximum(self.high, values)

    def _without_end(self, entering: int) -> None:
        """The number that enters, and those that grow with it, have no largest value."""
        self.high[entering] = np.inf
        self.high[self._basis[self._tableau[:, entering] < -_TINY]] = np.inf
