"""Dates beside other dates of the same row: shifts by person, days since an index date, ages on a date of the row."""

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pseudo.treatments.kinds import AgeAt, AgeBand, DaysSince, Treatment
from pseudo.treatments.rules import age_value, arrow_type, completed_years

Days = npt.NDArray[np.datetime64]
_CODE_BYTES, _SHIFT_BYTES = 16, 8


def shift_days(codes: bytes, max_days: int) -> npt.NDArray[np.int64]:
    """Days by which to move the dates of each person, -max_days to max_days, from their 16-byte codes one after another.

    The code is that of the message of the person's key under the key of the field ``date_shift``; its first 8 bytes,
    big-endian, modulo (2 x max_days + 1), minus max_days (reference: pseudonymisation definition, section 12).
    """
    rows = np.frombuffer(codes, dtype=np.uint8).reshape(-1, _CODE_BYTES)[:, :_SHIFT_BYTES]
    numbers = np.ascontiguousarray(rows).view(">u8").ravel().astype(np.uint64)
    return (numbers % np.uint64(2 * max_days + 1)).astype(np.int64) - max_days


def shifted(dates: Days, days: npt.NDArray[np.int64]) -> Days:
    """Each date moved by the days of its row; a missing date stays missing."""
    moved: Days = dates.astype("datetime64[D]") + days.astype("timedelta64[D]")
    return moved


def beside(treatment: Treatment) -> tuple[str, Callable[[Days, Days], pa.Array]] | None:
    """The other date column that a treatment reads, and the function of the two columns; None for any other treatment.

    The function takes numpy dates (``NaT`` for null), the treatment's own column first, and gives the released column.
    """
    if isinstance(treatment, DaysSince):
        return treatment.index, _days_between
    if isinstance(treatment, AgeAt | AgeBand) and treatment.at:
        return treatment.at, lambda born, on: _ages(treatment, born, on)
    return None


def _days_between(day: Days, index: Days) -> pa.Array:
    known = ~(np.isnat(day) | np.isnat(index))
    return pa.array((day - index).astype("timedelta64[D]").astype(np.int64), pa.int64(), mask=~known)


def _ages(treatment: AgeAt | AgeBand, born: Days, on: Days) -> pa.Array:
    """One age for each distinct pair of dates, put back to the rows."""
    known = np.flatnonzero(~(np.isnat(born) | np.isnat(on)))
    pairs = (born[known].astype(np.int64) << 32) | (on[known].astype(np.int64) & 0xFFFFFFFF)
    distinct, places = np.unique(pairs, return_inverse=True)
    first = np.asarray((distinct >> 32).astype("datetime64[D]"))
    second = np.asarray((distinct & 0xFFFFFFFF).astype(np.uint32).astype(np.int32).astype("datetime64[D]"))
    values = [
        age_value(treatment, _years(one, other)) for one, other in zip(first.tolist(), second.tolist(), strict=True)
    ]
    rows = np.full(len(born), -1, dtype=np.int64)
    rows[known] = places
    return pa.array(values, arrow_type(treatment)).take(pa.array(rows, mask=rows < 0))


def _years(born: date, on: date) -> int | None:
    return completed_years(born, on)
