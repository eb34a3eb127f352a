"""Locking a reporting year of a store, and opening it again: both with a reason, both in the log."""

import re
from pathlib import Path

from linkage.errors import UsageError
from linkage.intake.keeping.said import refuse_numbers
from linkage.intake.keeping.store import LOCKED, UNLOCKED, open_store

_YEAR = re.compile(r"(\d{4})/(\d{2})")


def lock_year(store_folder: Path, year: str, reason: str) -> None:
    """No submission is taken any more whose period ends in the year. Raises UsageError when it is locked already."""
    _record(store_folder, LOCKED, year, reason)


def unlock_year(store_folder: Path, year: str, reason: str) -> None:
    """Take submissions of the year again. Raises UsageError when it is not locked."""
    _record(store_folder, UNLOCKED, year, reason)


def _record(store_folder: Path, action: str, year: str, reason: str) -> None:
    match = _YEAR.fullmatch(year)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise UsageError("--year is a reporting year, such as 2022/23.")
    if not reason.strip():
        raise UsageError("--reason is for the log: say why, without naming anyone.")
    refuse_numbers(reason, "--reason")
    store = open_store(store_folder)
    with store.writing():
        if (year in store.locked_years()) == (action == LOCKED):
            raise UsageError(f"The reporting year {year} is {'locked already' if action == LOCKED else 'not locked'}.")
        store.record(action, {"year": year, "reason": reason.strip()})
