"""Rows of events while they are made: columns of equal length, one row per event."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Days, Ints, Texts
from linkage.synth.oracle.cast import Cast

Rows = dict[str, npt.NDArray[Any]]

EVENT_TEXTS = (
    "event_outcome", "route_of_access", "assessment_type", "eligible_needs_identified",
    "informal_carer_involved_in_assessment", "service_type", "service_component", "delivery_mechanism", "review_reason",
    "review_outcomes_achieved",
)  # fmt: skip


def rows_of(cast: Cast, rows: Ints, event_type: str, start: Days, end: Days, **texts: Texts | str) -> Rows:
    """Events of the people at some positions of the cast; texts not given are empty."""
    size = len(rows)
    table: Rows = {"row": rows, "number": cast.number[rows], "event_type": filled(event_type, size)}
    table |= {"event_start_date": start.astype("datetime64[D]"), "event_end_date": end.astype("datetime64[D]")}
    return table | {name: filled(texts.get(name, ""), size) for name in EVENT_TEXTS}


def filled(value: Texts | str, size: int) -> Texts:
    """A column of texts, from one text for all or one for each."""
    return np.full(size, value, dtype=object) if isinstance(value, str) else np.asarray(value, dtype=object)


def texts(values: Iterable[str]) -> Texts:
    """A column of texts."""
    return np.array([*values], dtype=object)


def joined(parts: Iterable[Rows]) -> Rows:
    """Tables one after the other."""
    tables = [*parts]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def chosen(table: Rows, rows: npt.NDArray[Any]) -> Rows:
    """Some rows of a table, by position or by a mask."""
    return {name: values[rows] for name, values in table.items()}
