"""Sums, averages and medians inside the gate: rounded so that neither a difference nor a division tells of one person.

An average (or median) over n people is shown to a step of at least ``amount_people`` / n of itself, so that the amounts
of so many average people could be added to the group or taken from it and the same number be shown. A sum is not shown from
the exact one: it is the average as shown times the people as shown, so that dividing it by the average gives what is shown.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pseudo.disclosure.bounds import Flags, Sum
from pseudo.disclosure.cells import Cells, RowSum
from pseudo.disclosure.exact import Numbers
from pseudo.disclosure.figures import Shown, amounts, people_behind
from pseudo.disclosure.policies import DisclosurePolicy
from pseudo.disclosure.secondary import Exact, protected_cells
from pseudo.errors import PolicyError

_STEPS = (1.0, 2.0, 5.0, 10.0)
_TINY = 1e-9


@dataclass(frozen=True)
class AmountCell:
    """What a shown amount tells: the average as shown, the step that it is rounded to, and the people as shown."""

    average: float
    step: float
    people: int


def shown_properties(policy: DisclosurePolicy, table: pa.Table, cells: Cells) -> dict[str, Shown]:
    """Results that are no person's amount: as they are, hidden where too few people are behind."""
    found = {}
    for column, people in cells.properties.items():
        values, absent, behind = _read(table, column, people)
        nothing = (behind == 0) & (values == 0) & (not policy.hide_zero)
        hidden = ~absent & (behind < policy.amount_threshold) & ~nothing
        found[column] = Shown(values, hidden, absent, np.zeros(len(values), dtype=bool), cells.decimals)
    return found


def shown_amounts(
    policy: DisclosurePolicy, table: pa.Table, cells: Cells, people: Mapping[str, Shown], sums: Sequence[RowSum]
) -> tuple[dict[str, Shown], dict[str, list[AmountCell | None]]]:
    """Amounts as shown, and what each tells; None where it is hidden. ``people``: those behind, as the policy shows them.

    Nobody and too few look the same. Where one group of a total is hidden, more are, until those hidden stand together for
    enough people.
    """
    found: dict[str, Shown] = {}
    told: dict[str, list[AmountCell | None]] = {}
    for column, behind_column in cells.amounts.items():
        values, absent, behind = _read(table, column, behind_column)
        if policy.inside:
            found[column] = Shown(
                values, np.zeros(len(values), dtype=bool), absent, np.zeros(len(values), dtype=bool), cells.decimals
            )
            continue
        few = (behind > 0) & (behind < policy.amount_threshold)
        is_sum = column in cells.amount_sums
        if is_sum:
            few |= (behind > 0) & people[behind_column].hidden
        hidden = (behind == 0) | _protected(few, behind, sums, policy.amount_threshold)
        visible = ~(hidden | absent)
        counted = np.maximum(people[behind_column].values, policy.round_to)
        averages = np.where(visible, values / np.maximum(behind, 1) if is_sum else values, 0.0)
        steps = _steps(policy, averages, counted, cells.decimals)
        rounded = _rounded(averages, steps, cells.decimals)
        made = _rounded(rounded * _summed(policy, counted), steps, cells.decimals) if is_sum else rounded
        told[column] = [
            AmountCell(average, step, int(count)) if shown else None
            for average, step, count, shown in zip(
                rounded.tolist(), steps.tolist(), counted.tolist(), visible.tolist(), strict=True
            )
        ]
        found[column] = Shown(made, hidden, absent & ~hidden, visible, cells.decimals)
    return found, told


def step_of(policy: DisclosurePolicy, average: float, people: float, decimals: int) -> float:
    """What an average over so many people is rounded to: 1, 2 or 5 times a power of ten."""
    least = 10.0**-decimals
    if not average:
        return least
    figures = 10.0 ** (math.floor(math.log10(abs(average))) + 1 - policy.amount_figures)
    worth = policy.amount_people * abs(average) / people
    power = 10.0 ** math.floor(math.log10(worth))
    return max(least, figures, power * next(step for step in _STEPS if worth <= power * step * (1 + _TINY)))


def _steps(policy: DisclosurePolicy, averages: Numbers, people: Numbers, decimals: int) -> Numbers:
    pairs = zip(averages.tolist(), people.tolist(), strict=True)
    return np.array([step_of(policy, average, count, decimals) for average, count in pairs], dtype=float)


def _summed(policy: DisclosurePolicy, people: Numbers) -> Numbers:
    """The people that a sum is of; where counts are exact, to the nearest ``amount_threshold``, for a count may be hidden."""
    base = policy.amount_threshold
    return people if policy.round_to > 1 else base * np.floor((people + base // 2) / base)


def _rounded(values: Numbers, steps: Numbers, decimals: int) -> Numbers:
    return np.round(np.round(values / steps) * steps, decimals)


def _protected(few: Flags, behind: Numbers, sums: Sequence[RowSum], threshold: int) -> Flags:
    """The hidden groups with those that protect them, judged by the people behind: groups of nobody protect nothing."""
    if not few.any() or not sums:
        return few
    numbers = behind.astype(float)
    return protected_cells(Exact(numbers, numbers, [Sum(one.total, one.parts) for one in sums]), few, threshold)


def _read(table: pa.Table, column: str, people: str) -> tuple[Numbers, Flags, Numbers]:
    """Amounts, where there are none, and the people behind. Raises PolicyError when an amount has no number of people."""
    values, absent = amounts(table, column)
    behind, unknown = people_behind(table, people)
    if (unknown & ~absent).any():
        raise PolicyError("An amount needs the number of people behind it.")
    return values, absent, behind.astype(float)
