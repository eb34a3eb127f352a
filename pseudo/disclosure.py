"""The one gate for figures: counts of people go in, and what may be shown comes out.

A table of figures arrives with the number of *people* behind every cell, for fifty visits may be one person. What
leaves is a ``GatedTable``, which only this gate can make: writers and charts take nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from pseudo.config_file import ConfigModel, read_config
from pseudo.errors import PolicyError

DEFAULT_POLICY = "hes_subnational"


class DisclosurePolicy(ConfigModel):
    """A named rule for figures; the keys are explained in ``configs/disclosure/policies.yaml``."""

    name: str = ""
    description: str
    source: str
    threshold: int = Field(ge=1)
    hidden: str
    hide_zero: bool
    zero_text: str
    round_to: int = Field(ge=1)
    totals: Literal["own_rule", "sum_of_shown", "hidden_with_any_part"]
    amount_threshold: int = Field(ge=1)


class _Policies(ConfigModel):
    policies: dict[str, DisclosurePolicy]


def load_policies(path: Path) -> Mapping[str, DisclosurePolicy]:
    """The disclosure policies of a file, by name. Raises ConfigError."""
    read = read_config(path, _Policies).policies
    return {name: policy.model_copy(update={"name": name}) for name, policy in read.items()}


def choose_policy(policies: Mapping[str, DisclosurePolicy], name: str = DEFAULT_POLICY) -> DisclosurePolicy:
    """One policy by name. Raises PolicyError, listing the names there are."""
    if name not in policies:
        raise PolicyError(f"There is no disclosure policy of that name. There are: {', '.join(sorted(policies))}.")
    return policies[name]


@dataclass(frozen=True)
class Totals:
    """Which cells are sums of others.

    ``rows``: column → the label that marks a row as the total over that column (``{"age_band": "Total"}``).
    ``columns``: count column → the count columns that it is the sum of.
    """

    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Percentage:
    """A column that the gate adds: ``numerator`` per ``per`` of ``denominator``, from the counts as shown."""

    column: str
    numerator: str
    denominator: str
    per: int = 100
    decimals: int = 1


@dataclass(frozen=True)
class Cells:
    """What the columns of a table are. Columns of text and dates need no mention; any other must be declared.

    ``counts``: count column → the column with the number of people behind it (often the same column).
    ``amounts``: mean, median, sum or length-of-time column → the column with the number of people behind it.
    ``model_results``: results of a model (a rate ratio, its interval), which pass as they are.
    ``labels``: columns of numbers that are names of things, such as years.
    Columns that only give people behind others do not leave.
    """

    counts: Mapping[str, str]
    amounts: Mapping[str, str] = field(default_factory=dict)
    percentages: Sequence[Percentage] = ()
    model_results: Sequence[str] = ()
    labels: Sequence[str] = ()
    totals: Totals = field(default_factory=Totals)
    decimals: int = 1


@dataclass(frozen=True)
class GateRecord:
    """What the gate did to one table, for a manifest: numbers of cells, never their content.

    ``zero_or_full`` are percentages of exactly 0 or 100, which say something about everyone in a group.
    """

    policy: str
    cells: int
    suppressed: int
    rounded: int
    zero_or_full: int

    def as_dict(self) -> dict[str, str | int]:
        """The record as it stands in a manifest."""
        return dict(vars(self))


_MADE_BY_THE_GATE = object()


@dataclass(frozen=True)
class GatedTable:
    """A table that may be shown. Made by ``apply`` only.

    ``values`` holds numbers (null where hidden), for charts; ``display`` the same rows as text, for people.
    """

    values: pa.Table
    display: pa.Table
    record: GateRecord
    made_by: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.made_by is not _MADE_BY_THE_GATE:
            raise PolicyError("A table of figures is made by the disclosure gate only.")


@dataclass(frozen=True)
class _Cell:
    """One figure on its way out: the value shown (None when hidden or absent) and what happened to it."""

    shown: int | float | None
    hidden: bool = False
    rounded: bool = False


_Grid = dict[str, list[_Cell]]


def apply(policy: DisclosurePolicy, table: pa.Table, cells: Cells) -> GatedTable:
    """Pass a table of figures through a policy. One row in, one row out, in the same order.

    Null counts stay empty. Raises PolicyError when a column of numbers is not declared, a declared column is missing, a
    count is not a whole number from 0 up, a count above 0 has no people behind it, or a total has no parts.
    """
    rows = table.to_pylist()
    _require_declared(table, cells)
    grid: _Grid = {
        column: [_count_cell(policy, row[column], row[people], column) for row in rows]
        for column, people in cells.counts.items()
    }
    if policy.totals != "own_rule":
        dimensions = [name for name in table.column_names if _is_label(table[name].type) or name in cells.labels]
        _replace_totals(policy, grid, rows, cells.totals, dimensions)
    for column, people in cells.amounts.items():
        grid[column] = [_amount_cell(policy, row[column], row[people]) for row in rows]
    for percentage in cells.percentages:
        pairs = zip(grid[percentage.numerator], grid[percentage.denominator], strict=True)
        grid[percentage.column] = [_percentage_cell(percentage, above, below) for above, below in pairs]
    return GatedTable(
        _assemble(table, cells, {name: _values(column, name, cells) for name, column in grid.items()}),
        _assemble(table, cells, {name: _display(policy, column, name, cells) for name, column in grid.items()}),
        _record(policy, grid, cells),
        _MADE_BY_THE_GATE,
    )


def _require_declared(table: pa.Table, cells: Cells) -> None:
    declared = {*cells.counts, *cells.counts.values(), *cells.amounts, *cells.amounts.values()}
    declared |= {*cells.model_results, *cells.labels}
    needed = declared | set(cells.totals.rows)
    counted = {name for percentage in cells.percentages for name in (percentage.numerator, percentage.denominator)}
    counted |= {name for total, parts in cells.totals.columns.items() for name in (total, *parts)}
    missing = sorted(needed - set(table.column_names)) + sorted(counted - set(cells.counts))
    if missing:
        raise PolicyError(f"The disclosure gate was told of columns that are not counts here: {', '.join(missing)}.")
    undeclared = [name for name in table.column_names if name not in declared and not _is_label(table[name].type)]
    if undeclared:
        raise PolicyError(
            f"Columns of numbers that the disclosure gate was not told of: {', '.join(undeclared)}. "
            "Say how many people are behind each."
        )


def _is_label(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_date, pa.types.is_boolean, pa.types.is_null)
    return any(check(plain) for check in checks)


def _count_cell(policy: DisclosurePolicy, count: Any, people: Any, column: str) -> _Cell:
    if count is None:
        return _Cell(None)
    if not _is_whole(count) or not _is_whole(people) or (count > 0 and people == 0):
        raise PolicyError(f"{column}: a count needs whole numbers from 0 up, and people behind every count above 0.")
    if count == 0:
        return _Cell(None, hidden=True) if policy.hide_zero else _Cell(0)
    if people < policy.threshold:
        return _Cell(None, hidden=True)
    shown = policy.round_to * ((count + policy.round_to // 2) // policy.round_to)
    return _Cell(shown, rounded=policy.round_to > 1)


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _amount_cell(policy: DisclosurePolicy, amount: Any, people: Any) -> _Cell:
    if amount is None:
        return _Cell(None)
    if not _is_whole(people):
        raise PolicyError("An amount needs the number of people behind it.")
    if people == 0 and amount == 0 and not policy.hide_zero:
        return _Cell(0)
    return _Cell(None, hidden=True) if people < policy.amount_threshold else _Cell(amount)


def _percentage_cell(percentage: Percentage, above: _Cell, below: _Cell) -> _Cell:
    if above.hidden or below.hidden:
        return _Cell(None, hidden=True)
    if above.shown is None or not below.shown:
        return _Cell(None)
    return _Cell(round(percentage.per * above.shown / below.shown, percentage.decimals))


# ------------------------------------------------------------------------------------------------------------ totals


def _replace_totals(
    policy: DisclosurePolicy,
    grid: _Grid,
    rows: Sequence[Mapping[str, Any]],
    totals: Totals,
    dimensions: Sequence[str],
) -> None:
    """Make every total from the cells that it is the sum of: first down the rows, then across the columns."""
    for place, row in enumerate(rows):
        over = [column for column, label in totals.rows.items() if row[column] == label]
        if not over:
            continue
        same = [name for name in dimensions if name not in over]
        parts = [other for other, part in enumerate(rows) if _is_part(part, row, over, same, totals.rows)]
        if not parts:
            raise PolicyError("A row is marked as a total and none of its parts is in the table.")
        for column in grid.values():
            column[place] = _total_cell(policy, column[place], [column[part] for part in parts])
    for total, columns in totals.columns.items():
        grid[total] = [
            _total_cell(policy, grid[total][place], [grid[column][place] for column in columns])
            for place in range(len(rows))
        ]


def _is_part(
    part: Mapping[str, Any],
    total: Mapping[str, Any],
    over: Iterable[str],
    same: Iterable[str],
    labels: Mapping[str, str],
) -> bool:
    """Whether a row is one of the innermost rows that a total row sums: detailed where it is not, equal elsewhere."""
    return all(part[name] != labels[name] for name in over) and all(part[name] == total[name] for name in same)


def _total_cell(policy: DisclosurePolicy, own: _Cell, parts: Sequence[_Cell]) -> _Cell:
    any_hidden = any(part.hidden for part in parts)
    if policy.totals == "hidden_with_any_part":
        return _Cell(None, hidden=True) if any_hidden else own
    shown = sum(part.shown or 0 for part in parts)
    if any_hidden and shown == 0:
        return _Cell(None, hidden=True)
    return _Cell(shown, rounded=policy.round_to > 1)


# ---------------------------------------------------------------------------------------------------------- results


def _values(column: Sequence[_Cell], name: str, cells: Cells) -> pa.Array:
    kind = pa.int64() if name in cells.counts else pa.float64()
    return pa.array([cell.shown for cell in column], kind)


def _display(policy: DisclosurePolicy, column: Sequence[_Cell], name: str, cells: Cells) -> pa.Array:
    own = {percentage.column: percentage.decimals for percentage in cells.percentages}
    decimals = 0 if name in cells.counts else own.get(name, cells.decimals)
    return pa.array([_cell_text(policy, cell, decimals) for cell in column], pa.string())


def _cell_text(policy: DisclosurePolicy, cell: _Cell, decimals: int) -> str:
    if cell.hidden:
        return policy.hidden
    if cell.shown is None:
        return ""
    return policy.zero_text if cell.shown == 0 and decimals == 0 else f"{cell.shown:.{decimals}f}"


def _assemble(table: pa.Table, cells: Cells, made: Mapping[str, pa.Array]) -> pa.Table:
    """The columns in their order, percentages last; columns that only say how many people are behind others left out."""
    behind = ({*cells.counts.values()} | {*cells.amounts.values()}) - made.keys()
    columns = {name: made.get(name, table[name]) for name in table.column_names if name not in behind}
    return pa.table(columns | {name: column for name, column in made.items() if name not in columns})


def _record(policy: DisclosurePolicy, grid: _Grid, cells: Cells) -> GateRecord:
    every = [cell for column in grid.values() for cell in column]
    full = {percentage.column: {0, percentage.per} for percentage in cells.percentages}
    return GateRecord(
        policy=policy.name,
        cells=len(every),
        suppressed=sum(cell.hidden for cell in every),
        rounded=sum(cell.rounded for cell in every),
        zero_or_full=sum(cell.shown in ends for name, ends in full.items() for cell in grid[name]),
    )
