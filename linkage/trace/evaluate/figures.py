"""What an evaluation says: proportions with their intervals, differences between groups, the quality of one trace."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linkage.trace.evaluate.settings import NOT_KNOWN

Z95 = 1.959964
"""The normal deviate of a 95% interval."""


@dataclass(frozen=True)
class Proportion:
    """``part`` of ``whole`` with its 95% Wilson interval; ``value`` and interval are None when ``whole`` is 0."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The proportion, 0 to 1."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end of the 95% Wilson score interval."""
        if not self.whole:
            return None
        z, n, p = Z95, self.whole, self.part / self.whole
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return round(max(0.0, centre - half), 12), round(min(1.0, centre + half), 12)

    def as_dict(self) -> dict[str, Any]:
        """Part, whole, value and interval as plain values."""
        return {"part": self.part, "whole": self.whole, "value": self.value, "interval_95": self.interval}

    def __str__(self) -> str:
        """``0.9950 (199 of 200, 95% 0.9721 to 0.9991)``, or that nobody was concerned."""
        interval = self.interval
        if self.value is None or interval is None:
            return "  none concerned"
        return f"{self.value:8.4f}  ({self.part:,} of {self.whole:,}; 95% {interval[0]:.4f} to {interval[1]:.4f})"


@dataclass(frozen=True)
class Estimate:
    """A figure that is no plain share of people: its value and 95% interval, None when nobody was concerned."""

    value: float | None
    interval: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Value and interval as plain values."""
        return {"value": self.value, "interval_95": self.interval}

    def shown(self, decimals: int) -> str:
        """The value and its interval for reading."""
        if self.value is None or self.interval is None:
            return "  none concerned"
        low, high = self.interval
        return f"{self.value:8.{decimals}f}  (95% {low:.{decimals}f} to {high:.{decimals}f})"


def percent(value: float | None) -> float | None:
    """A share in per cent, to three decimals."""
    return None if value is None else round(100 * value, 3)


@dataclass(frozen=True)
class GroupQuality:
    """One group of people. ``linked``: accepted links among its people. ``right``: people in the register who were linked
    rightly. ``wrong``: wrong links among its links. The last two are of nobody when there is no truth.
    """

    dimension: str
    group: str
    people: int
    linked: Proportion
    right: Proportion
    wrong: Proportion

    def measure(self, name: str) -> Proportion:
        """``linked``, ``right`` or ``wrong``."""
        return {"linked": self.linked, "right": self.right, "wrong": self.wrong}[name]

    def as_dict(self) -> dict[str, Any]:
        """The group as plain values."""
        named = {name: self.measure(name).as_dict() for name in ("linked", "right", "wrong")}
        return {"dimension": self.dimension, "group": self.group, "people": self.people} | named


@dataclass(frozen=True)
class Gap:
    """The widest difference between two groups of a dimension, in the measure named: ``highest`` less ``lowest``.

    The interval is Newcombe's for two independent proportions (1998, method 10). It belongs to these two groups: that they
    were picked for being the extremes, it does not allow for.
    """

    dimension: str
    measure: str
    lowest: str
    highest: str
    value: float
    interval: tuple[float, float]

    def as_dict(self) -> dict[str, Any]:
        """The gap as plain values."""
        return dict(vars(self))


def difference(high: Proportion, low: Proportion) -> tuple[float, float, float] | None:
    """``high`` less ``low`` and its 95% interval (Newcombe 1998, method 10); None when either is of nobody."""
    ends = (high.value, low.value, high.interval, low.interval)
    if high.value is None or low.value is None or high.interval is None or low.interval is None or None in ends:
        return None
    gap = high.value - low.value
    below = math.hypot(high.value - high.interval[0], low.interval[1] - low.value)
    above = math.hypot(high.interval[1] - high.value, low.value - low.interval[0])
    return gap, gap - below, gap + above


def widest_gaps(groups: Sequence[GroupQuality], measure: str, small_group: int) -> list[Gap]:
    """For each dimension the gap between its extreme groups; groups not known, or of fewer than ``small_group``, left out.

    Ties go to the group named first. A dimension with fewer than two groups has no gap.
    """
    gaps = []
    for dimension in dict.fromkeys(group.dimension for group in groups):
        compared = [
            (group.group, group.measure(measure))
            for group in groups
            if group.dimension == dimension and group.group != NOT_KNOWN and group.measure(measure).whole >= small_group
        ]
        if len(compared) < 2:
            continue
        low = min(compared, key=lambda named: named[1].value or 0.0)
        high = max((named for named in compared if named != low), key=lambda named: named[1].value or 0.0)
        between = difference(high[1], low[1])
        if between is not None:
            gaps.append(Gap(dimension, measure, low[0], high[0], between[0], (between[1], between[2])))
    return gaps


@dataclass(frozen=True)
class Evaluation:
    """The quality of one trace, people counted once. ``by_difficulty``: recall of each class that the truth names.

    ``absent_linked``: people not in the register who were linked. ``wrong_numbers_…``: people who carried another's valid
    number; detected when the outcome says so, confirmed when the trace let it stand. ``truth_not_traced`` and
    ``traced_without_truth`` are people left out, because one of the two files does not have them.
    """

    people: int
    precision: Proportion
    recall: Proportion
    absent_linked: Proportion
    right_numbers_changed: Proportion
    wrong_numbers_confirmed: Proportion
    by_difficulty: dict[str, Proportion]
    wrong_numbers_detected: Proportion = Proportion(0, 0)
    truth_not_traced: int = 0
    traced_without_truth: int = 0
    groups: Sequence[GroupQuality] = field(default=())
    gaps: Sequence[Gap] = field(default=())

    @property
    def f1(self) -> Estimate:
        """Harmonic mean of precision and recall; its interval is that of right links among all links and people to be
        linked (Wilson), carried over, for F1 rises with it.
        """
        right = self.precision.part
        overlap = Proportion(right, self.precision.whole + self.recall.whole - right)
        if overlap.value is None or overlap.interval is None:
            return Estimate(None, None)
        low, high = (2 * end / (1 + end) for end in overlap.interval)
        return Estimate(2 * overlap.value / (1 + overlap.value), (low, high))

    @property
    def false_links_per_10000_absent(self) -> Estimate:
        """People linked though they are not in the register, for each 10,000 such people."""
        share = self.absent_linked
        if share.value is None or share.interval is None:
            return Estimate(None, None)
        low, high = (10_000 * end for end in share.interval)
        return Estimate(10_000 * share.value, (low, high))

    def named(self) -> dict[str, Proportion]:
        """The overall shares by name."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "absent_linked": self.absent_linked,
            "right_numbers_changed": self.right_numbers_changed,
            "wrong_numbers_detected": self.wrong_numbers_detected,
            "wrong_numbers_confirmed": self.wrong_numbers_confirmed,
        }

    def as_dict(self) -> dict[str, object]:
        """Every figure as plain values: part, whole, value and interval."""
        shares = self.named() | {f"recall_{name}": value for name, value in self.by_difficulty.items()}
        return {
            "people": self.people,
            "truth_not_traced": self.truth_not_traced,
            "traced_without_truth": self.traced_without_truth,
            "f1": self.f1.as_dict(),
            "false_links_per_10000_absent": self.false_links_per_10000_absent.as_dict(),
            **{name: share.as_dict() for name, share in shares.items()},
            **({"groups": [group.as_dict() for group in self.groups]} if self.groups else {}),
            **({"gaps": [gap.as_dict() for gap in self.gaps]} if self.gaps else {}),
        }

    def lines(self) -> list[str]:
        """The figures for reading, one per line."""
        shares: Mapping[str, Proportion] = self.named()
        return [
            f"{'people':<26} {self.people:>8,}",
            *(f"{name.replace('_', ' '):<26} {shares[name]}" for name in ("precision", "recall")),
            f"{'F1':<26} {self.f1.shown(4)}",
            f"{'absent linked':<26} {self.absent_linked}",
            f"{'… per 10,000 absent':<26} {self.false_links_per_10000_absent.shown(1)}",
            *(f"{name.replace('_', ' '):<26} {share}" for name, share in shares.items() if "numbers" in name),
            *(f"{f'recall, {name}':<26} {share}" for name, share in self.by_difficulty.items()),
            *(
                self._left_out_line(name)
                for name in ("truth_not_traced", "traced_without_truth")
                if getattr(self, name)
            ),
            *(_gap_line(gap) for gap in self.gaps if gap.measure != "wrong"),
        ]

    def _left_out_line(self, name: str) -> str:
        return f"{name.replace('_', ' '):<26} {getattr(self, name):>8,}"


def _gap_line(gap: Gap) -> str:
    what = {"right": "recall", "wrong": "wrong links", "linked": "linked"}[gap.measure]
    name = f"gap in {what}, {gap.dimension}"
    low, high = gap.interval
    return f"{name:<26} {gap.value:8.4f}  ({gap.lowest} lowest, {gap.highest} highest; 95% {low:.4f} to {high:.4f})"
