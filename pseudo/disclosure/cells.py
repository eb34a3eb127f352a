"""What the columns of a table of figures are, and which of its cells add up to which."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

import pyarrow as pa

from pseudo.disclosure.policies import DisclosurePolicy
from pseudo.errors import PolicyError

# ST-Max, short-term support to maximise independence, is a kind of service and no extreme.
_EXTREME = re.compile(r"(?:^|_)(?:min|(?<!short_term_)max|minimum|maximum|smallest|largest|lowest|highest)(?:_|$)")


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
    """A column that the gate adds: ``numerator`` per ``per`` of ``denominator``, from the counts as shown.

    ``part``: the numerator counts some of those whom the denominator counts, so that the two tell the rest; not so for
    events per person-year.
    """

    column: str
    numerator: str
    denominator: str
    per: int = 100
    decimals: int = 1
    part: bool = True


@dataclass(frozen=True)
class Difference:
    """A column that the gate adds: the percentage ``of`` less the percentage ``less``, both as shown."""

    column: str
    of: str
    less: str
    decimals: int = 1


@dataclass(frozen=True)
class Cells:
    """What the columns of a table are. Columns of text and dates need no mention; any other must be declared.

    ``counts``: count column → the column with the number of people behind it (often the same column).
    ``amounts``: mean, median, sum or length-of-time column → the column with the number of people behind it.
    ``amount_sums``: those amounts that are sums over people.
    ``properties``: rate or ratio of a linkage or model, which is nobody's amount → the number of people behind it.
    ``model_results``: results of a model (a rate ratio, its interval), which pass as they are.
    ``labels``: columns of numbers that are names of things, such as years.
    Columns that only give people behind others do not leave.
    """

    counts: Mapping[str, str]
    amounts: Mapping[str, str] = field(default_factory=dict)
    amount_sums: Sequence[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    percentages: Sequence[Percentage] = ()
    differences: Sequence[Difference] = ()
    model_results: Sequence[str] = ()
    labels: Sequence[str] = ()
    totals: Totals = field(default_factory=Totals)
    decimals: int = 1

    def dimensions(self, table: pa.Table) -> list[str]:
        """The columns that say what a row is about."""
        return [name for name in table.column_names if name in self.labels or _is_label(table[name].type)]


@dataclass(frozen=True)
class RowSum:
    """A total row and rows that it is the sum of, by position. ``innermost``: none of the parts is a total over the same."""

    total: int
    parts: tuple[int, ...]
    innermost: bool


def require_declared(policy: DisclosurePolicy, table: pa.Table, cells: Cells) -> None:
    """Raise PolicyError when a column of numbers is not declared, a declared one is missing, or one is an extreme value."""
    declared = {*cells.counts, *cells.counts.values(), *cells.amounts, *cells.amounts.values()}
    declared |= {*cells.properties, *cells.properties.values(), *cells.model_results, *cells.labels}
    needed = declared | set(cells.totals.rows)
    counted = {name for percentage in cells.percentages for name in (percentage.numerator, percentage.denominator)}
    made = {percentage.column for percentage in cells.percentages}
    compared = {name for difference in cells.differences for name in (difference.of, difference.less)}
    counted |= {name for total, parts in cells.totals.columns.items() for name in (total, *parts)}
    missing = sorted(needed - set(table.column_names)) + sorted(counted - set(cells.counts))
    if missing:
        raise PolicyError(f"The disclosure gate was told of columns that are not counts here: {', '.join(missing)}.")
    if compared - made:
        raise PolicyError(f"A difference is of percentages that the gate makes: {', '.join(sorted(compared - made))}.")
    undeclared = [name for name in table.column_names if name not in declared and not _is_label(table[name].type)]
    if undeclared:
        raise PolicyError(
            f"Columns of numbers that the disclosure gate was not told of: {', '.join(undeclared)}. "
            "Say how many people are behind each."
        )
    named = (*cells.counts, *cells.amounts, *cells.properties, *cells.model_results)
    extremes = [name for name in named if _EXTREME.search(name)]
    if extremes and policy.extremes == "refused":
        raise PolicyError(
            f"A minimum or maximum is the value of one person and may not be shown: {', '.join(extremes)}. "
            "Leave it out, or give a percentile that enough people lie beyond."
        )


def row_sums(table: pa.Table, cells: Cells) -> list[RowSum]:
    """Which rows add up to which: every total row with its innermost parts and, where the table has them, its subtotals.

    Raises PolicyError when a row is marked as a total and none of its parts is in the table.
    """
    marks = cells.totals.rows
    if not marks:
        return []
    dimensions = cells.dimensions(table)
    labels = list(zip(*(table[name].to_pylist() for name in dimensions), strict=True))
    places = {name: dimensions.index(name) for name in marks}
    over = [frozenset(name for name, place in places.items() if row[place] == marks[name]) for row in labels]
    found: list[RowSum] = []
    for total in {names for names in over if names}:
        same = [place for place, name in enumerate(dimensions) if name not in total]
        parts: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for row, (names, values) in enumerate(zip(over, labels, strict=True)):
            parts[(names, *(values[place] for place in same))].append(row)
        for row in (row for row, names in enumerate(over) if names == total):
            found += _sums_of(row, total, parts, [labels[row][place] for place in same])
    return sorted(found, key=lambda one: (one.total, not one.innermost, one.parts))


def _sums_of(
    row: int, total: frozenset[str], parts: Mapping[tuple[object, ...], list[int]], same: Sequence[object]
) -> Iterator[RowSum]:
    for detailed in _subsets(total):
        rows = parts.get((total - detailed, *same))
        if rows:
            yield RowSum(row, tuple(rows), detailed == total)
        elif detailed == total:
            raise PolicyError("A row is marked as a total and none of its parts is in the table.")


def _subsets(names: frozenset[str]) -> Iterator[frozenset[str]]:
    ordered = sorted(names)
    sizes = range(1, len(ordered) + 1)
    return map(frozenset, chain.from_iterable(combinations(ordered, size) for size in sizes))


def _is_label(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_date, pa.types.is_boolean, pa.types.is_null)
    return any(check(plain) for check in checks)
