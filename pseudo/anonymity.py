"""k-anonymity and l-diversity as conditions of a release: measured on its files, and held to what the policy says.

One line per person: rows of one person join, so what is known of a person is the set of values that all their rows tell.
Missing is a value of its own; what comes out when a missing value may be any is reported beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pseudo.classes import Ints, combinations, combined, distinct, one_line_each
from pseudo.conditions import Anonymity, TableAnonymity
from pseudo.errors import PolicyError
from pseudo.policy_model import ReleasePolicy
from pseudo.withholding import withhold

Flags = npt.NDArray[np.bool_]
_TRIED = 500


@dataclass(frozen=True)
class _Classes:
    """Classes of people who look alike.

    ``lines`` has a line of digits for each person, ``of`` the class of each person; ``digits`` has the line of each class
    and ``size`` its people. ``kinds`` counts the different sensitive values of each class (missing is one), ``told`` those
    that are not missing; ``sensitive`` is what they were counted from: people and digits.
    """

    lines: npt.NDArray[np.int32]
    of: Ints
    digits: npt.NDArray[np.int32]
    size: Ints
    kinds: Ints
    told: Ints
    sensitive: tuple[Ints, Ints] | None

    @property
    def people(self) -> int:
        """How many people there are."""
        return len(self.of)


@dataclass(frozen=True)
class _Condition:
    """The condition as it applies to one released table: only the columns that it has."""

    columns: list[str]
    sensitive: str | None
    k: int
    l: int  # noqa: E741 - its name in the literature


def measure(paths: Mapping[str, Path], policy: ReleasePolicy) -> dict[str, Any]:
    """How many people look alike in each table that the policy has a condition for. Empty without conditions."""
    if policy.anonymity is None:
        return {}
    settings = policy.anonymity
    return _block(settings, {
        name: _measured(paths[name], _condition(paths[name], settings, table))
        for name, table in settings.tables.items() if name in paths
    })  # fmt: skip


def _measured(path: Path, condition: _Condition) -> dict[str, Any]:
    return _figures(_classes(path, condition), condition)


def require(paths: Mapping[str, Path], policy: ReleasePolicy) -> dict[str, Any]:
    """Hold the release's Parquet files to the policy's condition, changing them where it says so; return what was done.

    Raises PolicyError, naming every table at once, when more people than allowed could be known and the policy does not
    say to generalise or drop, or that was not enough.
    """
    if policy.anonymity is None:
        return {}
    settings = policy.anonymity
    done: dict[str, Any] = {}
    faults: list[str] = []
    for name, table in settings.tables.items():
        if name in paths:
            condition = _condition(paths[name], settings, table)
            done[name], fault = _hold(name, paths[name], settings, condition)
            faults += [fault] if fault else []
    if faults:
        raise PolicyError(
            "The release is stopped: people could be known by what is released of them.\n" + "\n".join(faults)
        )
    return _block(settings, done)


def _block(settings: Anonymity, tables: Mapping[str, Any]) -> dict[str, Any]:
    stated = settings.model_dump(include={"k", "l", "share_below", "action", "generalise", "then"})
    return {**stated, "tables": dict(tables)}


def _condition(path: Path, settings: Anonymity, table: TableAnonymity) -> _Condition:
    """What of the condition applies to the columns of this file (an optional column may be lacking)."""
    there = set(pq.read_schema(path).names)
    sensitive = table.sensitive if table.sensitive in there else None
    columns = [column for column in table.quasi_identifiers if column in there]
    return _Condition(columns, sensitive, settings.k, settings.l if sensitive else 1)


def _hold(name: str, path: Path, settings: Anonymity, condition: _Condition) -> tuple[dict[str, Any], str | None]:
    """Do with one table what the policy says; its part of the manifest, and the fault when the condition is not met."""
    classes = _classes(path, condition)
    before = _figures(classes, condition)
    if _share(classes, _small(classes, condition)) <= settings.share_below:
        return before, None
    withheld, left = _generalised(classes, condition, settings)
    small = _small(left, condition)
    met = _share(left, small) <= settings.share_below
    if not met and "drop" not in (settings.action, settings.then):
        return before, _fault(name, left, small, condition)
    dropped = np.zeros(left.people, dtype=np.bool_) if met else small[left.of]
    counts = withhold(path, withheld, dropped)
    return {**_measured(path, condition), "before": before, **counts}, None


def _fault(name: str, classes: _Classes, small: Flags, condition: _Condition) -> str:
    alike = f" or are all alike in {condition.sensitive}" if condition.l > 1 else ""
    return (
        f"{name}: {_people_in(classes, small)} of {classes.people} people share {', '.join(condition.columns)} with fewer "
        f"than {condition.k - 1} others{alike}. Release coarser columns, or let the policy generalise or drop."
    )


def _classes(path: Path, condition: _Condition) -> _Classes:
    read = [*condition.columns, *([condition.sensitive] if condition.sensitive else [])]
    found = combinations(path, list(dict.fromkeys(read)))
    sensitive = None
    if condition.sensitive:
        told = found.only([condition.sensitive]).digits[:, 0].astype(np.int64)
        sensitive = distinct(found.person, told)
    return _grouped(one_line_each(found.only(condition.columns)), sensitive)


def _grouped(lines: npt.NDArray[np.int32], sensitive: tuple[Ints, Ints] | None) -> _Classes:
    """People with equal lines are one class."""
    sizes = [int(size) + 1 for size in lines.max(axis=0, initial=0)]
    _, first, of = np.unique(combined(lines, sizes), return_index=True, return_inverse=True)
    of, kinds, told = of.astype(np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if sensitive:
        alike, value = distinct(of[sensitive[0]], sensitive[1])
        kinds = np.bincount(alike, minlength=len(first))
        told = np.bincount(alike[value > 0], minlength=len(first))
    return _Classes(lines, of, lines[first], np.bincount(of, minlength=len(first)), kinds, told, sensitive)


def _small(classes: _Classes, condition: _Condition) -> Flags:
    """Classes of fewer than k people, or of fewer than l sensitive values. A class without any of them tells nothing."""
    small = classes.size < condition.k
    if condition.l > 1:
        small |= (classes.kinds < condition.l) & (classes.told > 0)
    return np.asarray(small, dtype=np.bool_)


def _people_in(classes: _Classes, chosen: Flags) -> int:
    return int(classes.size[chosen].sum())


def _share(classes: _Classes, small: Flags) -> float:
    return _people_in(classes, small) / classes.people if classes.people else 0.0


def _generalised(classes: _Classes, condition: _Condition, settings: Anonymity) -> tuple[dict[str, Flags], _Classes]:
    """Withhold the stated columns one after another from people in small classes, until few enough people are in such.

    Returns which people lose which column, and the classes that then remain.
    """
    withheld: dict[str, Flags] = {}
    current = classes
    for column in settings.generalise:
        small = _small(current, condition)
        if column not in condition.columns or _share(current, small) <= settings.share_below:
            continue
        withheld[column] = small[current.of]
        lines = current.lines.copy()
        lines[withheld[column], condition.columns.index(column)] = 0
        current = _grouped(lines, current.sensitive)
    return withheld, current


def _figures(classes: _Classes, condition: _Condition) -> dict[str, Any]:
    """The figures of one table: people, classes and the smallest; people in classes below k and in classes below l."""
    few, size = classes.size < condition.k, classes.size
    figures: dict[str, Any] = {
        "quasi_identifiers": condition.columns,
        "people": classes.people,
        "classes": len(size),
        "k_min": int(size.min(initial=classes.people)),
        "classes_below": int(few.sum()),
        "people_below": _people_in(classes, few),
        "missing_matches_anything": _when_missing_matches(classes, few, condition.k),
    }
    if condition.sensitive:
        alike = (classes.kinds < max(condition.l, 2)) & (classes.told > 0)
        figures |= {
            "sensitive": condition.sensitive,
            "l_min": int(classes.kinds[classes.told > 0].min(initial=np.iinfo(np.int32).max))
            if classes.told.any()
            else None,
            "people_homogeneous": _people_in(classes, alike),
        }
    return figures


def _when_missing_matches(classes: _Classes, few: Flags, k: int) -> dict[str, int | None]:
    """What becomes of classes below k when a missing value, theirs or others', may be any: then more people are like them.

    Up to ``_TRIED`` of them are tried, evenly spread.
    """
    small = np.flatnonzero(few)
    tried = small[np.linspace(0, len(small) - 1, min(len(small), _TRIED)).astype(np.int64)]
    columns = np.ascontiguousarray(classes.digits.T)
    sizes = [_matching(columns, columns[:, place], classes.size) for place in tried]
    return {
        "classes_tried": len(tried),
        "classes_below": sum(size < k for size in sizes),
        "k_min": min(sizes, default=None),
    }


def _matching(columns: npt.NDArray[np.int32], wanted: npt.NDArray[np.int32], size: Ints) -> int:
    """People in the classes that agree with ``wanted`` wherever neither is missing."""
    agree = np.ones(len(size), dtype=np.bool_)
    for column, digit in zip(columns, wanted.tolist(), strict=True):
        if digit:
            agree &= (column == digit) | (column == 0)
    return int(size[agree].sum())
