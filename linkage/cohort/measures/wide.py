"""From counted groups to the tables of a measure: every cell is there, whether anybody stands in it or not."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.cohort.measures.definition import ALL, NOT_DERIVED, POPULATION, MeasureDefinition
from linkage.cohort.measures.figures import (
    amounts_step,
    authorities_step,
    count_names,
    counted_step,
    lacking_step,
    population_step,
    shown_values,
    without_client_types,
)
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.population import uses_population
from linkage.engine import Engine

_Numbers = npt.NDArray[Any]
_TOTAL, _NOWHERE = -1, -2


@dataclass(frozen=True)
class _Frame:
    """The rows of a breakdown's table in order: authorities, in each every value of each label, its total last."""

    codes: Sequence[str]
    values: Mapping[str, Sequence[str]]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.codes) * prod(len(values) for values in self.values.values())

    def column(self, name: str) -> pa.Array:
        """The text of a label, or ``la_code``, in every row."""
        keys = {"la_code": self.codes} | dict(self.values)
        sizes = [len(values) for values in keys.values()]
        place = np.indices(sizes)[list(keys).index(name)].ravel() if self.rows else np.zeros(0, dtype=np.int64)
        return pa.array(keys[name], pa.string()).take(pa.array(place))


@dataclass(frozen=True)
class _Groups:
    """Counted groups: a table, and for each label the place of its value; ``_TOTAL`` where the group is one over it."""

    table: pa.Table
    places: Mapping[str, _Numbers]

    def rows(self, definition: MeasureDefinition, frame: _Frame) -> _Numbers:
        """The row of a frame where each group stands, ``_NOWHERE`` where it is a group of other breakdowns."""
        row = self.places["la_code"]
        here = row >= 0
        for label in definition.labels:
            place = self.places[label.name]
            here &= (place >= 0) | (place == _TOTAL) if label.name in frame.values else place == _TOTAL
        for name, values in frame.values.items():
            last = len(values) - 1
            here &= definition.label(name).total | (self.places[name] != _TOTAL)
            row = row * len(values) + np.where(self.places[name] == _TOTAL, last, self.places[name])
        return np.where(here, row, _NOWHERE)


@dataclass(frozen=True)
class Counted:
    """What is counted of ``<id>_people``: ``groups`` and ``amounts``, and what decides which cells stay empty.

    ``codes``: the authorities of the tables. ``shown``: of each label, what people tables hold → what is shown.
    """

    codes: Sequence[str]
    shown: Mapping[str, Mapping[str, str]]
    groups: _Groups
    amounts: _Groups | None
    lacking: Sequence[Mapping[str, str | None]]
    not_telling: Set[str]


def authorities(engine: Engine, asked: Asked) -> list[str]:
    """The authorities that have events, in order: those of the tables."""
    return [row[0] for row in engine.rows(authorities_step(asked))]


def counted(engine: Engine, measure: Measure, asked: Asked, codes: Sequence[str]) -> Counted:
    """Count the rows of ``<id>_people`` for all breakdowns."""
    definition = measure.definition
    shown = {label.name: shown_values(label, asked) for label in definition.labels}
    values: dict[str, Sequence[str]] = {"la_code": codes, **{name: [*one] for name, one in shown.items()}}
    groups = _groups(engine.arrow(counted_step(measure, asked)), values)
    amounts = _groups(engine.arrow(amounts_step(measure, asked)), values) if definition.amounts else None
    lacking = engine.arrow(lacking_step(measure)).to_pylist() if definition.empty_where else []
    telling = engine.rows(without_client_types(asked)) if definition.not_collected else []
    return Counted(codes, shown, groups, amounts, lacking, {row[0] for row in telling})


def placed(measure: Measure, breakdown: str, found: Counted) -> int:
    """Rows of people that stand in a cell of the breakdown's table, totals aside."""
    definition, groups = measure.definition, found.groups
    frame = _frame(definition, breakdown, found)
    here = groups.rows(definition, frame) >= 0
    for name in frame.values:
        here &= groups.places[name] != _TOTAL
    here &= np.isin(_placed(groups.table["count_id"], count_names(definition)), range(len(definition.columns)))
    return int(groups.table["number"].to_numpy()[here].sum())


def wide_table(engine: Engine, measure: Measure, breakdown: str, asked: Asked, found: Counted) -> pa.Table:
    """One row per (authority, label values of the breakdown), every cell there whether anybody stands in it or not.

    Columns: ``table``, ``period``, ``la_code``, the labels as shown (``All``: total), each count with ``<count>_people``
    behind it, sums, ``population`` where a population table was given, amounts with ``<amount>_people``, and columns that
    cannot be derived, which say so.
    """
    definition = measure.definition
    frame = _frame(definition, breakdown, found)
    columns: dict[str, Any] = {"table": definition.id, "period": str(asked.period)}
    columns |= {name: frame.column(name) for name in ("la_code", *frame.values)}
    numbers = _counts(definition, frame, found.groups)
    amounts = _amounts(definition, frame, found.amounts) if found.amounts else {}
    behind = {name: amounts.pop(name) for name in [f"{one.column}_people" for one in definition.amounts]}
    for name, values in (numbers | behind).items():
        columns[name] = pa.array(values, pa.int64(), mask=_empty(definition, frame, found, name))
    columns |= amounts
    if uses_population(measure, asked):
        columns[POPULATION] = engine.arrow(population_step(measure, breakdown, asked))[POPULATION]
    columns |= dict.fromkeys(definition.not_derived, NOT_DERIVED)
    return pa.table(
        {name: pa.repeat(one, frame.rows) if isinstance(one, str) else one for name, one in columns.items()}
    )


def _frame(definition: MeasureDefinition, breakdown: str, found: Counted) -> _Frame:
    labels = [definition.label(name) for name in definition.breakdowns[breakdown]]
    shown = {label.name: [*found.shown[label.name].values(), *([ALL] if label.total else [])] for label in labels}
    return _Frame(found.codes, shown)


def _groups(table: pa.Table, values: Mapping[str, Sequence[str]]) -> _Groups:
    return _Groups(table, {name: _placed(table[name], known) for name, known in values.items()})


def _placed(column: pa.ChunkedArray, known: Sequence[str]) -> _Numbers:
    """The place of each value among those known; ``_TOTAL`` for null, ``_NOWHERE`` for another value."""
    places = pc.fill_null(pc.index_in(column, value_set=pa.array(known, pa.string())), _NOWHERE)
    numbers: _Numbers = pc.if_else(pc.is_null(column), _TOTAL, places).to_numpy().astype(np.int64)
    return numbers


def _counts(definition: MeasureDefinition, frame: _Frame, groups: _Groups) -> dict[str, _Numbers]:
    """Each count, then the people behind each; 0 where nobody stands."""
    names = count_names(definition)
    row, count = groups.rows(definition, frame), _placed(groups.table["count_id"], names)
    here = (row >= 0) & (count >= 0)
    found = np.zeros((2, len(names), frame.rows), dtype=np.int64)
    for which, column in enumerate(("number", "people")):
        found[which, count[here], row[here]] = groups.table[column].to_numpy()[here]
    return dict(zip(names, found[0], strict=True)) | {
        f"{name}_people": people for name, people in zip(names, found[1], strict=True)
    }


def _amounts(definition: MeasureDefinition, frame: _Frame, groups: _Groups) -> dict[str, Any]:
    """Each amount, null where there is none, and the people behind each, 0 where nobody stands."""
    row = groups.rows(definition, frame)
    here = row >= 0
    found: dict[str, Any] = {}
    for one in definition.amounts:
        people = np.zeros(frame.rows, dtype=np.int64)
        people[row[here]] = groups.table[f"{one.column}_people"].to_numpy()[here]
        amount = np.full(frame.rows, np.nan)
        amount[row[here]] = pc.fill_null(groups.table[one.column], np.nan).to_numpy()[here]
        found |= {one.column: pa.array(amount, pa.float64(), mask=np.isnan(amount)), f"{one.column}_people": people}
    return found


def _empty(definition: MeasureDefinition, frame: _Frame, found: Counted, name: str) -> npt.NDArray[np.bool_]:
    """The rows in which a count stays empty: those of authorities that cannot tell, and groups that somebody is left out of."""
    empty = np.isin(frame.column("la_code").to_numpy(zero_copy_only=False), list(found.not_telling))
    for column, reason in definition.empty_where.items():
        if name in (column, f"{column}_people"):
            for one in found.lacking:
                if one["reason"] == reason:
                    empty |= _of_group(definition, frame, found, one)
    return empty


def _of_group(
    definition: MeasureDefinition, frame: _Frame, found: Counted, lacking: Mapping[str, str | None]
) -> npt.NDArray[np.bool_]:
    """The rows of a frame with the same values of the labels that have no total."""
    rows = np.ones(frame.rows, dtype=bool)
    for name in frame.values:
        if not definition.label(name).total:
            rows &= frame.column(name).to_numpy(zero_copy_only=False) == found.shown[name].get(lacking[name] or "")
    return rows
