"""Passing a table of figures through a policy. What leaves is a ``GatedTable``, which nothing else can make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pseudo.disclosure.amounts import AmountCell, shown_amounts, shown_properties
from pseudo.disclosure.bounds import Flags, Sum
from pseudo.disclosure.cells import Cells, Difference, Percentage, RowSum, require_declared, row_sums
from pseudo.disclosure.exact import Numbers
from pseudo.disclosure.figures import Counted, Shown, counted, people_behind
from pseudo.disclosure.policies import DisclosurePolicy
from pseudo.disclosure.secondary import Exact, hidden_cells
from pseudo.errors import PolicyError


@dataclass(frozen=True)
class GateRecord:
    """What the gate did to one table, for a manifest: numbers of cells, never their content.

    ``suppressed`` are hidden cells, ``secondary`` those among them that only protect others. ``zero_or_full`` are
    percentages of exactly 0 or 100, which say something about everyone in a group. ``smallest`` is the smallest count
    above 0 as shown; None when none is.
    """

    policy: str
    cells: int
    suppressed: int
    rounded: int
    zero_or_full: int
    secondary: int = 0
    smallest: int | None = None

    def as_dict(self) -> dict[str, str | int | None]:
        """The record as it stands in a manifest."""
        return dict(vars(self))


_MADE_BY_THE_GATE = object()


@dataclass(frozen=True)
class GatedTable:
    """A table that may be shown. Made by ``apply`` only.

    ``values`` holds numbers (null where hidden), for charts; ``display`` the same rows as text, for people. ``cells`` and
    ``policy`` say what the columns are and by which rule they are shown; ``told`` what each amount tells, for the ledger.
    """

    values: pa.Table
    display: pa.Table
    record: GateRecord
    cells: Cells
    policy: DisclosurePolicy
    made_by: object = field(repr=False, compare=False)
    told: Mapping[str, Sequence[AmountCell | None]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.made_by is not _MADE_BY_THE_GATE:
            raise PolicyError("A table of figures is made by the disclosure gate only.")


def apply(policy: DisclosurePolicy, table: pa.Table, cells: Cells) -> GatedTable:
    """Pass a table of figures through a policy. One row in, one row out, in the same order.

    Null counts stay empty. Raises PolicyError when a column of numbers is not declared or is a minimum or maximum, a
    declared column is missing, a count is not a whole number from 0 up, a count above 0 has no people behind it, a total
    has no parts, or hidden cells cannot be protected.
    """
    require_declared(policy, table, cells)
    counts = {column: counted(table, column, people) for column, people in cells.counts.items()}
    primary = {column: _too_few(policy, count) for column, count in counts.items()}
    needs_sums = cells.amounts or policy.totals != "own_rule" or policy.secondary != "none"
    sums = row_sums(table, cells) if needs_sums else []
    hidden = primary if policy.secondary == "none" else _with_secondary(policy, counts, primary, cells, sums)
    shown = {column: _shown_counts(policy, count, hidden[column]) for column, count in counts.items()}
    if policy.totals == "sum_of_shown":
        _replace_totals(policy, shown, cells, sums)
    made, told = shown_amounts(policy, table, cells, _people_shown(policy, table, cells, sums), sums)
    shown |= made | shown_properties(policy, table, cells)
    for percentage in cells.percentages:
        above, below = shown[percentage.numerator], shown[percentage.denominator]
        shown[percentage.column] = _percentages(policy, percentage, above, below)
    for difference in cells.differences:
        shown[difference.column] = _difference(difference, shown[difference.of], shown[difference.less])
    secondary = sum(int((hidden[column] & ~primary[column]).sum()) for column in counts)
    kinds = {column: pa.int64() if column in counts else pa.float64() for column in shown}
    return GatedTable(
        _assemble(table, cells, {name: column.array(kinds[name]) for name, column in shown.items()}),
        _assemble(
            table, cells, {name: column.texts(policy.hidden, policy.zero_text) for name, column in shown.items()}
        ),
        _record(policy, shown, cells, secondary),
        cells,
        policy,
        _MADE_BY_THE_GATE,
        told,
    )


def _too_few(policy: DisclosurePolicy, count: Counted) -> Flags:
    zero = count.values == 0
    few: Flags = ~count.absent & np.where(zero, policy.hide_zero, count.people < policy.threshold)
    return few


def _shown_counts(policy: DisclosurePolicy, count: Counted, hidden: Flags) -> Shown:
    rounded = ~(hidden | count.absent) & (count.values > 0) & (policy.round_to > 1)
    return Shown(policy.rounded(count.values).astype(float), hidden, count.absent, rounded, 0)


def _people_shown(policy: DisclosurePolicy, table: pa.Table, cells: Cells, sums: Sequence[RowSum]) -> dict[str, Shown]:
    """The people behind amounts as the policy would show them, though these columns do not leave."""
    found: dict[str, Shown] = {}
    for people in dict.fromkeys(cells.amounts.values()):
        behind, unknown = people_behind(table, people)
        count = Counted(behind, behind, unknown)
        found[people] = _shown_counts(policy, count, _too_few(policy, count))
    if policy.totals == "sum_of_shown":
        _replace_totals(policy, found, Cells(counts={}), sums)
    return found


def _percentages(policy: DisclosurePolicy, percentage: Percentage, above: Shown, below: Shown) -> Shown:
    """From the numbers as shown; hidden where these are, and where their rounding leaves too much open."""
    absent = above.absent | below.absent | (below.values == 0)
    hidden = above.hidden | below.hidden
    shown = ~(hidden | absent)
    values = np.zeros(len(shown))
    exact = percentage.per * above.values[shown] / below.values[shown]
    values[shown] = [round(value, percentage.decimals) for value in exact.tolist()]
    if policy.round_to > 1:
        hidden = hidden | (shown & _uncertain(policy, percentage, above.values, below.values, values))
    return Shown(values, hidden, absent & ~hidden, np.zeros(len(shown), dtype=bool), percentage.decimals)


def _uncertain(
    policy: DisclosurePolicy, percentage: Percentage, above: Numbers, below: Numbers, values: Numbers
) -> Flags:
    """Where rounding could move a percentage by more than the policy allows, or alone made it none or all.

    Judged from the numbers as shown only: what is left out tells nothing of the exact ones.
    """
    (least, most), (of_least, of_most) = policy.stands_for(above), policy.stands_for(below)
    low, high = percentage.per * least / np.maximum(of_most, 1), percentage.per * most / np.maximum(of_least, 1)
    if percentage.part:
        high = np.minimum(high, percentage.per)
    allowed = policy.percentage_points * percentage.per / 100
    made_none = (values == 0) & (most > 0)
    made_all = (values >= percentage.per) & (least < of_most) & percentage.part
    uncertain: Flags = (np.maximum(high - values, values - low) > allowed) | made_none | made_all
    return uncertain


def _difference(difference: Difference, of: Shown, less: Shown) -> Shown:
    values = np.array([round(value, difference.decimals) for value in (of.values - less.values).tolist()])
    hidden = of.hidden | less.hidden
    absent = ~hidden & (of.absent | less.absent)
    return Shown(values, hidden, absent, np.zeros(len(values), dtype=bool), difference.decimals)


# ------------------------------------------------------------------------------------------------------------ totals


def _replace_totals(policy: DisclosurePolicy, shown: dict[str, Shown], cells: Cells, sums: Sequence[RowSum]) -> None:
    """Make every total from the cells as shown that it is the sum of: first down the rows, then across the columns."""
    for one in (one for one in sums if one.innermost):
        for column in shown.values():
            parts = list(one.parts)
            hidden = bool(column.hidden[parts].any())
            total = float(column.values[parts][column.visible[parts]].sum())
            column.values[one.total], column.absent[one.total] = total, False
            column.hidden[one.total] = hidden and total == 0
            column.rounded[one.total] = policy.round_to > 1 and not column.hidden[one.total]
    for name, columns in cells.totals.columns.items():
        parts_shown = [shown[column] for column in columns]
        totals = np.sum([np.where(part.visible, part.values, 0.0) for part in parts_shown], axis=0)
        hidden_any = np.any([part.hidden for part in parts_shown], axis=0) & (totals == 0)
        rounded = ~hidden_any & (policy.round_to > 1)
        shown[name] = Shown(totals, hidden_any, np.zeros(len(totals), dtype=bool), rounded, 0)


def _with_secondary(
    policy: DisclosurePolicy,
    counts: Mapping[str, Counted],
    primary: Mapping[str, Flags],
    cells: Cells,
    sums: Sequence[RowSum],
) -> dict[str, Flags]:
    """The hidden cells with those that protect them. What a percentage leaves to 100 is a cell that is never shown."""
    names = list(counts)
    rests = [percentage for percentage in cells.percentages if percentage.part]
    size = len(next(iter(counts.values())).values) if counts else 0
    values = [counts[name].values for name in names]
    people = [counts[name].people for name in names]
    hidden = [primary[name] for name in names]
    for rest in rests:
        whole, part = counts[rest.denominator], counts[rest.numerator]
        left = np.where(whole.absent | part.absent, 0, whole.values - part.values)
        if (left < 0).any():
            raise PolicyError(f"{rest.numerator} is more than {rest.denominator}, of which it should be a part.")
        values.append(left)
        people.append(left)
        hidden.append((left < policy.threshold) & ((left > 0) | policy.hide_zero) & ~(whole.absent | part.absent))
    absent = np.concatenate([counts[name].absent for name in names] or [np.zeros(0, dtype=bool)])
    table = Exact(
        np.concatenate(values).astype(float) if values else np.zeros(0),
        np.concatenate(people).astype(float) if people else np.zeros(0),
        _sums(names, rests, cells, sums, size, absent),
        _twins(names, cells, size),
    )
    if not names:
        return {}
    found = hidden_cells(table, np.concatenate(hidden), policy.threshold)
    return {name: found[place * size : (place + 1) * size] for place, name in enumerate(names)}


def _twins(names: Sequence[str], cells: Cells, size: int) -> dict[int, list[int]]:
    """Cells of one row whose columns have the same people behind them."""
    found: dict[int, list[int]] = {}
    for place, name in enumerate(names):
        others = [at for at, other in enumerate(names) if at != place and cells.counts[other] == cells.counts[name]]
        if others:
            found |= {place * size + row: [at * size + row for at in others] for row in range(size)}
    return found


def _sums(
    names: Sequence[str],
    rests: Sequence[Percentage],
    cells: Cells,
    row_sums: Sequence[RowSum],
    size: int,
    absent: Flags,
) -> list[Sum]:
    """Which cells are sums of others: cell ``place of the column * size + row``; sums with absent cells are left out."""
    start = {name: place * size for place, name in enumerate(names)}
    found = [
        Sum(first + one.total, tuple(first + part for part in one.parts))
        for first in start.values()
        for one in row_sums
    ]
    for total, columns in cells.totals.columns.items():
        found += [Sum(start[total] + row, tuple(start[column] + row for column in columns)) for row in range(size)]
    for place, rest in enumerate(rests, start=len(names)):
        pair = (start[rest.denominator], start[rest.numerator])
        found += [Sum(pair[0] + row, (pair[1] + row, place * size + row)) for row in range(size)]
    counted_cells = len(absent)
    return [one for one in found if not any(cell < counted_cells and absent[cell] for cell in one.members)]


# ---------------------------------------------------------------------------------------------------------- results


def _assemble(table: pa.Table, cells: Cells, made: Mapping[str, pa.Array]) -> pa.Table:
    """The columns in their order, percentages last; columns that only say how many people are behind others left out."""
    behind = {*cells.counts.values(), *cells.amounts.values(), *cells.properties.values()} - made.keys()
    columns = {name: made.get(name, table[name]) for name in table.column_names if name not in behind}
    return pa.table(columns | {name: column for name, column in made.items() if name not in columns})


def _record(policy: DisclosurePolicy, shown: Mapping[str, Shown], cells: Cells, secondary: int) -> GateRecord:
    ends = {percentage.column: (0.0, float(percentage.per)) for percentage in cells.percentages if percentage.part}
    seen = [shown[name].values[shown[name].visible & (shown[name].values > 0)] for name in cells.counts]
    smallest = [int(values.min()) for values in seen if len(values)]
    return GateRecord(
        policy=policy.name,
        cells=sum(len(column.values) for column in shown.values()),
        suppressed=sum(int(column.hidden.sum()) for column in shown.values()),
        rounded=sum(int(column.rounded.sum()) for column in shown.values()),
        zero_or_full=sum(
            int((shown[name].visible & np.isin(shown[name].values, values)).sum()) for name, values in ends.items()
        ),
        secondary=secondary,
        smallest=min(smallest, default=None),
    )
