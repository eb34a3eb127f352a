"""Small faults of typing: one wrong key, a nickname, a date with one digit wrong.

Kinds and shares of typing errors follow the Damerau mix (single edits: most substitutions, then deletions and insertions,
few transpositions). Source: as cited for FEBRL dsgen; the code is our own.
"""

import csv
from functools import cache

import numpy as np
import numpy.typing as npt

from linkage.configs import packaged
from linkage.synth.draws import Draws, Ints

Days = npt.NDArray[np.datetime64]

_NEIGHBOURS = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
    "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
    "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_EDITS = {"substitute": 0.60, "delete": 0.18, "double": 0.14, "transpose": 0.08}


def typed_wrong(draws: Draws, name: str, identity: int, word: str) -> str:
    """The word with one typing error; the first letter is kept. Words of fewer than three letters stay as they are."""
    if len(word) < 3:
        return word
    ids = np.array([identity])
    edit = draws.choose(f"{name}/edit", ids, _EDITS)[0]
    place = int(draws.between(f"{name}/place", ids, 1, len(word) - 2)[0])
    letter = word[place]
    if edit == "delete":
        return word[:place] + word[place + 1 :]
    if edit == "double":
        return word[:place] + letter + word[place:]
    if edit == "transpose" and letter != word[place + 1]:
        return word[:place] + word[place + 1] + letter + word[place + 2 :]
    near = _NEIGHBOURS.get(letter.lower(), "e")
    key = near[int(draws.between(f"{name}/key", ids, 0, len(near) - 1)[0])]
    return word[:place] + (key.upper() if letter.isupper() else key) + word[place + 1 :]


def nickname(draws: Draws, identity: int, given: str) -> str:
    """A familiar form of a given name, or an empty text when the list has none."""
    choices = _nicknames().get(given.lower(), ())
    if not choices:
        return ""
    return choices[int(draws.between("which_nickname", np.array([identity]), 0, len(choices) - 1)[0])].capitalize()


def swapped_day_and_month(dates: Days) -> Days:
    """Dates with day and month exchanged where that makes another date; NaT where it does not."""
    years, months, days = parts(dates)
    possible = (days <= 12) & (days != months)
    return np.where(possible, from_parts(years, np.where(possible, days, 1), months), np.datetime64("NaT", "D"))


def one_digit_wrong(draws: Draws, ids: Ints, dates: Days) -> Days:
    """Dates with one digit of the year, the month or the day wrong; always a date, and never a later year."""
    years, months, days = parts(dates)
    kind = draws.pick("wrong_digit", ids, [0.3, 0.2, 0.15, 0.35])
    years = years - np.select([kind == 0, kind == 1], [1, 10], 0)
    months = np.where(kind == 2, months % 12 + 1, months)
    days = np.where(kind == 3, np.where(days > 14, days - 10, days + 10), np.minimum(days, 28))
    return from_parts(years, months, np.minimum(days, 28))


def invalid_number(draws: Draws, identity: int, number: int) -> str:
    """A number that is not a valid NHS number: last digit off by one, or a digit lost."""
    written = f"{number:010d}"
    if draws.chance("digit_lost", np.array([identity]), 0.3)[0]:
        return written[:4] + written[5:]
    return written[:9] + str((int(written[9]) + 1) % 10)


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
