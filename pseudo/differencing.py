"""What two tables of counts tell together: differences of cells, changed bands, cells hidden in one and shown in the other.

Compared are tables of the same data whose populations are the same, also in another delivery, or of which one is part of the
other in the same delivery. A shown number stands for all counts that its rule would show so: an exact one for itself, 20
rounded to 5 for 18 to 22. Refused is

- a difference of two numbers for the same cell that is certain to be 1 to threshold - 1;
- in bands that were cut otherwise (18 to 64 beside 18 to 65), a difference of cumulated numbers that is certain to be so;
- for policies that show exact numbers, a hidden cell that another table of the same people shows to within the threshold;
- for amounts (sums, averages, medians), the same cell where the people behind are certain to differ by 1 to threshold - 1 and
  the roundings together leave less open than the amounts of that many average people.

So numbers rounded to 5 with a threshold of 8 are not refused for a difference of two of them, which always leaves nine
counts possible, while exact numbers are. The larger threshold of the two policies counts; where neither has one, nothing is
refused.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Key = tuple[str, frozenset[tuple[str, str]]]
"""A cell by what it counts: the column that it is counted in, and variable → label without totals."""

_COLUMN = "column"
_FROM_TO = re.compile(r"(\d{1,3})\s*(?:-|–|to)\s*(\d{1,3})")
_AND_OVER = re.compile(r"(\d{1,3})\s*(?:\+|(?:and|or) (?:over|above|older))")
_UNDER = re.compile(r"(?:under|below|up to) (\d{1,3})")
_END = 1000


@dataclass(frozen=True)
class Counted:
    """A table of counts as shown. ``columns``: numbers, None where hidden, empty text where there is none.

    ``where`` and the totals as in ``Population`` and ``Totals``; ``labels`` one list for each row, in the order of
    ``variables``; ``policy`` the name, threshold, round_to, totals, secondary and amount_threshold of the rule. ``amounts``:
    for each row the average as shown, the step that it is rounded to and the people as shown; None where it is hidden.
    """

    name: str
    data: str
    delivery: str
    where: dict[str, list[str]]
    policy: dict[str, Any]
    variables: list[str]
    labels: list[list[str]]
    columns: dict[str, list[int | str | None]]
    total_rows: dict[str, str]
    total_columns: dict[str, list[str]]
    amounts: dict[str, list[list[float] | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflict:
    """A cell that tells too much: in which table, at which place, and why; never a number of people."""

    table: str
    place: str
    why: str


@dataclass(frozen=True)
class _Cell:
    """A cell on its own: the counts it may stand for (None: hidden), and where it stands."""

    least: int
    most: int
    hidden: bool
    place: str


def conflicts(new: Counted, known: Iterable[tuple[Counted, str]]) -> list[Conflict]:
    """Cells of ``new`` that tell too much beside tables already shown, each of which comes with when it was."""
    found: list[Conflict] = []
    cells: dict[Key, _Cell] = {}
    for earlier, when in known:
        if earlier.data != new.data or earlier == new:
            continue
        same = earlier.where == new.where
        here = earlier.delivery == new.delivery
        nested = here and (_within(new.where, earlier.where) or _within(earlier.where, new.where))
        limit = max(int(new.policy["threshold"]), int(earlier.policy["threshold"]))
        beside = f"beside {earlier.name} {when}"
        if same or nested:
            found += _amount_differences(new, earlier, beside)
        if not (same or nested) or limit == 1:
            continue
        cells, others = cells or _cells(new), _cells(earlier)
        found += _differences(new, cells, others, limit, beside)
        if same and here:
            found += _unhidden(new, earlier, cells, others, beside)
            found += _cut_otherwise(new, cells, others, limit, beside)
    return found


def _within(part: Mapping[str, Sequence[str]], whole: Mapping[str, Sequence[str]]) -> bool:
    return all(condition in part and set(part[condition]) <= set(values) for condition, values in whole.items())


def _cells(table: Counted) -> dict[Key, _Cell]:
    """The cells of a table by what they count; those without a number and totals made from rounded parts left out."""
    part_of = {part: total for total, parts in table.total_columns.items() for part in parts}
    summed = table.policy["totals"] == "sum_of_shown"
    found: dict[Key, _Cell] = {}
    for row, labels in enumerate(table.labels):
        named = dict(zip(table.variables, labels, strict=True))
        plain = frozenset((name, label) for name, label in named.items() if table.total_rows.get(name) != label)
        for column, numbers in table.columns.items():
            number = numbers[row]
            is_total = len(plain) < len(named) or column in table.total_columns
            if isinstance(number, str) or (summed and is_total):
                continue
            measure = part_of.get(column, column)
            key = (measure, plain | {(_COLUMN, column)} if column in part_of else plain)
            least, most = (0, _END**4) if number is None else _counts(number, table.policy)
            found[key] = _Cell(least, most, number is None, f"row {row + 1}, column {column}")
    return found


def _counts(number: int, policy: Mapping[str, Any]) -> tuple[int, int]:
    """The least and the most that a rule shows as this number."""
    below, above = int(policy["round_to"]) // 2, (int(policy["round_to"]) - 1) // 2
    if number > 0:
        return number - below, number + above
    return 0, above if int(policy["threshold"]) <= above else 0


def _small(least: int, most: int, limit: int) -> bool:
    return 1 <= least <= most < limit or 1 <= -most <= -least < limit


def _differences(
    new: Counted, cells: Mapping[Key, _Cell], others: Mapping[Key, _Cell], limit: int, beside: str
) -> Iterator[Conflict]:
    for key, cell in cells.items():
        other = others.get(key)
        if other is None or cell.hidden or other.hidden:
            continue
        if _small(cell.least - other.most, cell.most - other.least, limit):
            yield Conflict(new.name, cell.place, f"{beside}: differs by fewer than {limit}")


def _amount_differences(new: Counted, earlier: Counted, beside: str) -> Iterator[Conflict]:
    """Amounts of the same cell whose difference is that of few people, and told closely."""
    limit = max(int(one.policy.get("amount_threshold", 1)) for one in (new, earlier))
    if not new.amounts.keys() & earlier.amounts.keys():
        return
    known = _amounts(earlier)
    for key, (average, step, people, place) in _amounts(new).items():
        other = known.get(key)
        if other is None or (average, people) == (other[0], other[2]):
            continue
        (least, most), (of_least, of_most) = _counts(people, new.policy), _counts(other[2], earlier.policy)
        open_people = float(most - least + of_most - of_least)
        open_people += sum(n * s / abs(a) for a, s, n in ((average, step, people), other[:3]) if a)
        if _small(least - of_most, most - of_least, limit) and open_people < limit:
            yield Conflict(new.name, place, f"{beside}: an amount differs by that of fewer than {limit}")


def _amounts(table: Counted) -> dict[Key, tuple[float, float, int, str]]:
    """Average, step, people and place of every amount that is shown, by what it is of."""
    found: dict[Key, tuple[float, float, int, str]] = {}
    for row, labels in enumerate(table.labels):
        named = zip(table.variables, labels, strict=True)
        plain = frozenset((name, label) for name, label in named if table.total_rows.get(name) != label)
        for column, cells in table.amounts.items():
            if told := cells[row]:
                average, step, people = told
                found[column, plain] = (average, step, int(people), f"row {row + 1}, column {column}")
    return found


def _unhidden(
    new: Counted, earlier: Counted, cells: Mapping[Key, _Cell], others: Mapping[Key, _Cell], beside: str
) -> Iterator[Conflict]:
    """Cells that a policy of exact numbers hides and the other table of the same people shows."""
    for key, cell in cells.items():
        other = others.get(key)
        if other is None or cell.hidden == other.hidden:
            continue
        hiding, shown = (new, other) if cell.hidden else (earlier, cell)
        limit = int(hiding.policy["threshold"])
        if hiding.policy["secondary"] == "complementary" and shown.most - shown.least < limit:
            yield Conflict(new.name, cell.place, f"{beside}: hidden in one and shown in the other")


# ------------------------------------------------------------------------------------------------------------- bands


def _cut_otherwise(
    new: Counted, cells: Mapping[Key, _Cell], others: Mapping[Key, _Cell], limit: int, beside: str
) -> Iterator[Conflict]:
    """Differences of cumulated numbers where a variable has bands in both tables and they are not the same."""
    for variable in new.variables:
        labels = {label for _, named in cells for name, label in named if name == variable}
        before = {label for _, named in others for name, label in named if name == variable}
        if labels == before or not labels or not before or any(_band(label) is None for label in labels | before):
            continue
        groups: dict[Key, list[tuple[int, int, _Cell]]] = defaultdict(list)
        for (measure, named), cell in [*cells.items(), *others.items()]:
            if cell.hidden:
                continue
            band = next((_band(label) for name, label in named if name == variable), None)
            if band:
                rest = frozenset((name, label) for name, label in named if name != variable)
                groups[measure, rest].append((*band, cell))
        for (measure, rest), bands in groups.items():
            for start, end in _told(bands, limit):
                rows = ", ".join(sorted(label for name, label in rest if name != _COLUMN)) or "all rows"
                columns = ", ".join(label for name, label in rest if name == _COLUMN) or measure
                place = f"{variable} from {start} to under {end} ({rows}), column {columns}"
                yield Conflict(new.name, place, f"{beside}: the bands together tell fewer than {limit}")


def _told(bands: Sequence[tuple[int, int, _Cell]], limit: int) -> Iterator[tuple[int, int]]:
    """Neighbouring cuts between which the bands together tell a small number, that no band says itself."""
    ends: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for start, end, cell in bands:
        ends[start].append((end, cell.least, cell.most))
        ends[end].append((start, -cell.most, -cell.least))
    seen: set[int] = set()
    for first in sorted(ends):
        if first in seen:
            continue
        reached = _cumulated(first, ends)
        seen |= reached.keys()
        cuts = sorted(reached)
        for start, end in pairwise(cuts):
            (low_least, low_most), (high_least, high_most) = reached[start], reached[end]
            if _small(high_least - low_most, high_most - low_least, limit):
                yield start, end


def _cumulated(first: int, ends: Mapping[int, Sequence[tuple[int, int, int]]]) -> dict[int, tuple[int, int]]:
    """From the cut ``first``: the number up to every other cut that bands lead to, over the fewest bands."""
    reached, waiting = {first: (0, 0)}, deque([first])
    while waiting:
        cut = waiting.popleft()
        for end, least, most in ends[cut]:
            if end not in reached:
                reached[end] = (reached[cut][0] + least, reached[cut][1] + most)
                waiting.append(end)
    return reached


def _band(label: str) -> tuple[int, int] | None:
    """The first year of a band and the first after it: ``18 to 64``, ``65+``, ``65 and over``, ``under 18``."""
    if found := _FROM_TO.fullmatch(label):
        return int(found[1]), int(found[2]) + 1
    if found := _AND_OVER.fullmatch(label):
        return int(found[1]), _END
    if found := _UNDER.fullmatch(label):
        return 0, int(found[1]) + label.startswith("up to")
    return None
