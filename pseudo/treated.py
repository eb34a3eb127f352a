"""One column of a table under its treatment: every treatment but a pseudonym, which needs a key and not a value."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pseudo.columns import Answered, Answers, Source, answered, positions_of
from pseudo.distinct import encoded_parts
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
) -> list[Answered]:
    """A released column, before ``withheld_when``, some rows after the other. ``name``: the source column in lower case.

    ``answers``: those of the treatment's ``value_rule`` where the caller keeps them from part to part.
    ``shifts(max_days)`` gives the days by which the dates of each row's person move; only a ``shift`` asks for it.
    """
    other = beside(treatment)
    if isinstance(treatment, Shift):
        if shifts is None:
            raise ValueError("a shift needs the days of each person")
        moved = shifted(_days(source, name), shifts(treatment.max_days))
        return _by_row(pa.array(moved, pa.date32(), from_pandas=True))
    if other is not None:
        column, of_both = other
        return _by_row(of_both(_days(source, name), _days(source, column)))
    directory = lookups.directory
    if isinstance(treatment, Area) and needs_directory(treatment) and directory:
        level = treatment.level
        return answered(source.column(name), lambda values: directory.areas(level, values))
    kept = answers or Answers(value_rule(treatment, listed, lookups), arrow_type(treatment))
    return answered(source.column(name), kept.of)


def withheld_rows(source: Source, treatment: Treatment) -> npt.NDArray[np.bool_]:
    """The rows that meet any of the treatment's conditions and so leave with null."""
    rows = np.zeros(source.rows, dtype=np.bool_)
    for when in treatment.withheld_when:
        meets = condition_rule(when)
        start = 0
        for part in encoded_parts(source.column(when.column)):
            answers = np.array([*map(meets, part.dictionary.to_pylist()), False], dtype=np.bool_)
            rows[start : start + len(part)] |= answers.take(positions_of(part))
            start += len(part)
    return rows


def _days(source: Source, name: str) -> Days:
    """A column as numpy dates, ``NaT`` where it is null or not a date."""
    parts = answered(source.column(name), Answers(as_date, pa.date32()).of)
    return np.concatenate([_missing_last(part.values).take(part.positions) for part in parts])


def _missing_last(days: pa.Array) -> Days:
    return np.append(days.to_numpy(zero_copy_only=False).astype("datetime64[D]"), np.datetime64("NaT"))


def _by_row(values: pa.Array) -> list[Answered]:
    made = values.dictionary_encode()
    return [Answered(made.dictionary, positions_of(made))]
