"""Small faults of numbers and dates, and the familiar forms of given names."""

import csv
from collections.abc import Mapping
from functools import cache

import numpy as np

from linkage.configs import packaged
from linkage.synth.draws import Days, Draws, Ints


def familiar_forms(draws: Draws, ids: Ints, given: list[str]) -> list[str]:
    """A familiar form of each given name, always the same for the same id; an empty text when the list has none."""
    choice = draws.uniform("which_nickname", ids).tolist()
    known = [_nicknames().get(name.lower(), ()) for name in given]
    return [forms[int(u * len(forms))].capitalize() if forms else "" for forms, u in zip(known, choice, strict=True)]


def swapped_day_and_month(dates: Days) -> Days:
    """Dates with day and month exchanged where that makes another date; NaT where it does not."""
    years, months, days = parts(dates)
    possible = (days <= 12) & (days != months)
    return np.where(possible, from_parts(years, np.where(possible, days, 1), months), np.datetime64("NaT", "D"))


def digit_wrong(draws: Draws, ids: Ints, dates: Days, kinds: Mapping[str, float]) -> Days:
    """Dates with one digit wrong, or two exchanged; always a date, and not in a later decade.

    Kinds: ``year`` and ``decade`` (one too early), ``month`` and ``day`` (another digit), ``year_exchanged`` (1945 for
    1954) and ``day_exchanged`` (21 for 12). Where a kind makes no other date, a digit of the day is wrong.
    """
    kind = draws.choose("wrong_digit", ids, kinds)
    year, month, day = parts(dates)
    mirrored = year // 100 * 100 + year % 10 * 10 + year // 10 % 10
    wanted = [kind == "year", kind == "decade", kind == "year_exchanged"]
    years = np.select(
        wanted,
        [np.where(year % 10 > 0, year - 1, year), np.where(year // 10 % 10 > 0, year - 10, year), mirrored],
        year,
    )
    digit = np.select([month > 10, month == 10, month > 2], [month - 10, month, month - 1], month + 10)
    months = np.where(kind == "month", digit, month)
    days = np.where(kind == "day_exchanged", day % 10 * 10 + day // 10, day)
    made = from_parts(years, months, np.maximum(days, 1))
    exact = np.all([a == b for a, b in zip(parts(made), (years, months, days), strict=True)], axis=0)
    usable = exact & (made != dates) & (years // 10 <= year // 10)
    return np.where(usable, made, from_parts(year, month, np.where(day > 14, day - 10, day + 10)))


def invalid_numbers(draws: Draws, ids: Ints, numbers: list[str], kinds: Mapping[str, float]) -> list[str]:
    """Numbers of ten digits made into ones that are no valid NHS numbers; the first digit is kept.

    Kinds: ``check_digit`` (the last digit off by one), ``lost_digit`` and ``exchanged`` (two neighbours that differ, which
    Modulus 11 always notices; the check digit where there are none).
    """
    kind = draws.choose("invalid_number", ids, kinds).tolist()
    place = draws.between("invalid_place", ids, 1, 8).tolist()
    return [_invalid(number, how, at) for number, how, at in zip(numbers, kind, place, strict=True)]


def _invalid(number: str, how: str, at: int) -> str:
    if how == "lost_digit":
        return number[:at] + number[at + 1 :]
    if how == "exchanged" and number[at] != number[at + 1]:
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    return number[:9] + str((int(number[9]) + 1) % 10)


def parts(dates: Days) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of dates."""
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    return years, months.astype(np.int64) % 12 + 1, (dates - months).astype(np.int64) + 1


def from_parts(years: Ints, months: Ints, days: Ints) -> Days:
    """Dates from year, month and day; a day past the end of the month runs into the next."""
    first = ((years - 1970) * 12 + months - 1).astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(first + (days - 1))


@cache
def _nicknames() -> dict[str, tuple[str, ...]]:
    known: dict[str, list[str]] = {}
    with packaged("codelists/nicknames.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["nickname"].isalpha():
                known.setdefault(row["name"], []).append(row["nickname"])
    return {name: tuple(forms) for name, forms in known.items()}
