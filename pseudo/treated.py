"""One column of a table under its treatment: every treatment but a pseudonym, which needs a key and not a value."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pseudo.columns import Answers, Coded, Source, coded, encode, map_distinct, positions_of
from pseudo.treatments import (
    NO_LOOKUPS,
    Area,
    Lookups,
    Shift,
    Treatment,
    arrow_type,
    as_date,
    beside,
    condition_rule,
    needs_directory,
    shifted,
    value_rule,
)
from pseudo.treatments.dates import Days

Shifts = Callable[[int], npt.NDArray[np.int64]]


def treated_column(
    source: Source,
    name: str,
    treatment: Treatment,
    *,
    listed: Sequence[str] = (),
    lookups: Lookups = NO_LOOKUPS,
    shifts: Shifts | None = None,
    answers: Answers | None = None,
) -> Coded:
    """A released column, before ``withheld_when``. ``name`` is the source column in lower case.

    ``answers``: those of the treatment's ``value_rule`` where the caller keeps them from part to part.
    ``shifts(max_days)`` gives the days by which the dates of each row's person move; only a ``shift`` asks for it.
    """
    other = beside(treatment)
    if isinstance(treatment, Shift):
        if shifts is None:
            raise ValueError("a shift needs the days of each person")
        return _from_days(shifted(_days(source, name), shifts(treatment.max_days)))
    if other is not None:
        column, of_both = other
        made = of_both(_days(source, name), _days(source, column)).dictionary_encode()
        return coded(made.dictionary, positions_of(made))
    if isinstance(treatment, Area) and needs_directory(treatment) and lookups.directory:
        encoded = encode(source.column(name))
        return coded(lookups.directory.areas(treatment.level, encoded.dictionary), positions_of(encoded))
    kept = answers or Answers(value_rule(treatment, listed, lookups), arrow_type(treatment))
    return map_distinct(source.column(name), kept)


def withheld_rows(source: Source, treatment: Treatment) -> npt.NDArray[np.bool_]:
    """The rows that meet any of the treatment's conditions and so leave with null."""
    rows = np.zeros(source.rows, dtype=np.bool_)
    for when in treatment.withheld_when:
        encoded = encode(source.column(when.column))
        meets = condition_rule(when)
        answers = np.array([*(meets(value) for value in encoded.dictionary.to_pylist()), False], dtype=np.bool_)
        rows |= answers[positions_of(encoded)]
    return rows


def _days(source: Source, name: str) -> Days:
    """A column as numpy dates, ``NaT`` where it is null or not a date."""
    column = map_distinct(source.column(name), Answers(as_date, pa.date32()))
    days = np.append(column.values.to_numpy(zero_copy_only=False).astype("datetime64[D]"), np.datetime64("NaT"))
    return np.asarray(days[column.positions])


def _from_days(days: Days) -> Coded:
    made = pa.array(days, pa.date32(), from_pandas=True).dictionary_encode()
    return coded(made.dictionary, positions_of(made))
