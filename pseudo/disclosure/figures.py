"""Columns of figures inside the gate: numbers, which of them are hidden, which absent, which rounded."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.disclosure.bounds import Flags
from pseudo.errors import PolicyError


@dataclass(frozen=True)
class Counted:
    """A column of counts as it is inside, with the people behind each; ``absent`` where there is no count."""

    values: npt.NDArray[np.int64]
    people: npt.NDArray[np.int64]
    absent: Flags


@dataclass(frozen=True)
class Shown:
    """A column on its way out: values, meaningless where ``hidden`` or ``absent``, and how they are set as text."""

    values: npt.NDArray[np.float64]
    hidden: Flags
    absent: Flags
    rounded: Flags
    decimals: int

    @property
    def visible(self) -> Flags:
        """Where a number is shown."""
        return ~(self.hidden | self.absent)

    def array(self, kind: pa.DataType) -> pa.Array:
        """Numbers, null where none is shown."""
        return pa.array(self.values, mask=~self.visible).cast(kind)

    def texts(self, hidden: str, zero: str) -> pa.Array:
        """Text, empty where there is no number; ``zero`` for a whole number that is 0."""
        made = self._plain()
        if self.decimals == 0:
            made = pc.if_else(pa.array(self.values == 0), zero, made)
        return pc.if_else(pa.array(self.absent), "", pc.if_else(pa.array(self.hidden), hidden, made))

    def _plain(self) -> pa.Array:
        """Every number as text, whatever is shown of it; all at once where they are whole."""
        if self.decimals == 0 and (self.values == np.rint(self.values)).all():
            return pa.array(self.values).cast(pa.int64()).cast(pa.string())
        plain = "{:." + str(self.decimals) + "f}"
        return pa.array([plain.format(value) for value in self.values.tolist()], pa.string())


def counted(table: pa.Table, column: str, people: str) -> Counted:
    """A column of counts and the people behind it.

    Raises PolicyError when a count is not a whole number from 0 up, or one above 0 has no people behind it.
    """
    values, absent = _whole(table, column)
    behind, unknown = _whole(table, people)
    wrong = ~absent & (unknown | (values < 0) | (behind < 0) | ((values > 0) & (behind == 0)))
    if wrong.any():
        raise _no_count(column)
    return Counted(values, behind, absent)


def people_behind(table: pa.Table, column: str) -> tuple[npt.NDArray[np.int64], Flags]:
    """The people behind a column of amounts, and where they are not told."""
    values, absent = _whole(table, column)
    if (values < 0).any():
        raise _no_count(column)
    return values, absent


def amounts(table: pa.Table, column: str) -> tuple[npt.NDArray[np.float64], Flags]:
    """A column of decimal numbers, and where there is none."""
    whole = table[column].combine_chunks()
    absent = whole.is_null().to_numpy(zero_copy_only=False)
    values = whole.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    return values, absent | ~np.isfinite(values)


def _whole(table: pa.Table, column: str) -> tuple[npt.NDArray[np.int64], Flags]:
    whole = table[column].combine_chunks()
    if not (pa.types.is_integer(whole.type) or pa.types.is_null(whole.type)):
        raise _no_count(column)
    absent = whole.is_null().to_numpy(zero_copy_only=False)
    return whole.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), absent


def _no_count(column: str) -> PolicyError:
    return PolicyError(f"{column}: a count needs whole numbers from 0 up, and people behind every count above 0.")
