"""Dates of a submission: written dd/mm/yyyy, read also as ISO dates, with a time, and in the forms that a spreadsheet
leaves behind where these are certain. Never guessed.

A column of dates is read as a whole, for only the whole tells whether the month stands first. All forms give a DATE once;
how a date was written is told apart for the findings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from linkage.engine import literal

_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
_SLASHED = re.compile(rf"([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_ISO = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}}){_TIME}")
_NAMED = re.compile(rf"([0-9]{{1,2}})[- /]([A-Za-z]{{3,9}})[- /,]+([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_SERIAL = re.compile(r"([0-9]{4,5})(?:[.]0+)?")
_WRITTEN = "[0-9]{2}/[0-9]{2}/[0-9]{4}"
_MIDNIGHT = f"{_WRITTEN} 00:00(?::00(?:[.]0+)?)?"
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_DAY_ZERO = date(1899, 12, 30)
_LAST_MONTH = 12
_MOST_ODD_SERIALS = 0.5
DISPLAY = "%d/%m/%Y"

PARSED = "_parsed"
"""What follows a field's id in the name of its DATE column in the submission table."""

SERIAL, SHORT_YEAR, MONTH_FIRST, MONTH_NAME = "serial", "short_year", "month_first", "month_name"
MIXED_ORDER, UNPROVED_ORDER = "mixed_order", "unproved_order"
REPAIRED_FORMS = (SERIAL, SHORT_YEAR, MONTH_FIRST, MONTH_NAME)


@dataclass(frozen=True)
class DateLimits:
    """What makes a form of a date certain (parameters of rule R03).

    ``latest_year``: a year of two digits is the last one with these digits that is not later. ``serials``: first and last
    day number read as a date. ``odd_serials``: first day number read where at least half of the column's cells are day
    numbers. ``month_first_cells`` and ``month_first_share``: how many cells of a column, and what share of those with
    slashes, must have a second number above 12 before the month is held to stand first.
    """

    latest_year: int
    serials: tuple[int, int]
    odd_serials: int
    month_first_cells: int
    month_first_share: float


@dataclass(frozen=True)
class DateReading:
    """The day of each text (NaT: no date), the cells read by repair of each form, and ``MIXED_ORDER`` or ``UNPROVED_ORDER``
    with the cells whose order of day and month is not known (read as day first).
    """

    days: npt.NDArray[np.datetime64]
    repaired: dict[str, int]
    unsure: dict[str, int]


def read_dates(texts: Sequence[str], cells: Sequence[int], limits: DateLimits) -> DateReading:
    """Read the distinct texts of one date column, without blanks at their ends; ``cells`` is how often each one stands."""
    order = _Order.of(texts, cells, limits)
    first_serial = limits.odd_serials if _mostly_serials(texts, cells) else limits.serials[0]
    days: list[date | None] = []
    repaired: dict[str, int] = {}
    for text, count in zip(texts, cells, strict=True):
        day, forms = _day(text, order, limits, first_serial)
        days.append(day)
        for form in forms if day else ():
            repaired[form] = repaired.get(form, 0) + int(count)
    return DateReading(np.array(days, dtype="datetime64[D]"), repaired, order.unsure)


@dataclass(frozen=True)
class _Order:
    """Whether the month stands first in the dates with slashes of a column."""

    month_first: bool
    unsure: dict[str, int]

    @classmethod
    def of(cls, texts: Sequence[str], cells: Sequence[int], limits: DateLimits) -> "_Order":
        first_above, second_above, neither, unpadded = 0, 0, 0, 0
        for text, count in zip(texts, cells, strict=True):
            match = _SLASHED.fullmatch(text)
            if match is None:
                continue
            first, second = int(match[1]), int(match[2])
            first_above += count * (first > _LAST_MONTH)
            second_above += count * (second > _LAST_MONTH)
            ambiguous = count * (first <= _LAST_MONTH and second <= _LAST_MONTH and first != second)
            neither += ambiguous
            unpadded += ambiguous * (len(match[1]) == 1 or len(match[2]) == 1)
        slashed = first_above + second_above + neither
        enough = max(limits.month_first_cells, limits.month_first_share * slashed)
        if second_above and not first_above and second_above >= enough:
            return cls(True, {})
        if second_above and neither:
            return cls(False, {MIXED_ORDER: int(neither)})
        return cls(False, {UNPROVED_ORDER: int(unpadded)} if unpadded and not first_above else {})


def _mostly_serials(texts: Sequence[str], cells: Sequence[int]) -> bool:
    serials = sum(count for text, count in zip(texts, cells, strict=True) if _SERIAL.fullmatch(text))
    return serials > _MOST_ODD_SERIALS * sum(cells)


def _day(text: str, order: _Order, limits: DateLimits, first_serial: int) -> tuple[date | None, tuple[str, ...]]:
    """The day a text stands for, and the repairs that it took."""
    if match := _SLASHED.fullmatch(text):
        day, month = (match[2], match[1]) if order.month_first else (match[1], match[2])
        forms = (MONTH_FIRST,) if order.month_first else ()
        return _existing(match[3], int(month), int(day), limits), (*forms, *_short(match[3]))
    if match := _ISO.fullmatch(text):
        return _existing(match[1], int(match[2]), int(match[3]), limits), ()
    if match := _NAMED.fullmatch(text):
        named = [number for number, name in enumerate(_MONTHS, 1) if match[2].lower() in (name, name[:3])]
        day_of = _existing(match[3], named[0], int(match[1]), limits) if named else None
        return day_of, (MONTH_NAME, *_short(match[3]))
    if (match := _SERIAL.fullmatch(text)) and first_serial <= int(match[1]) <= limits.serials[1]:
        return _DAY_ZERO + timedelta(days=int(match[1])), (SERIAL,)
    return None, ()


def _short(year: str) -> tuple[str, ...]:
    return () if len(year) == len("2022") else (SHORT_YEAR,)


def _existing(year: str, month: int, day: int, limits: DateLimits) -> date | None:
    whole = int(year)
    if _short(year):
        whole += limits.latest_year - limits.latest_year % 100
        whole -= 100 * (whole > limits.latest_year)
    try:
        return date(whole, month, day)
    except ValueError:
        return None


def date_part_sql(text: str, parsed: str) -> str:
    """SQL for how a date breaks the rule of writing dd/mm/yyyy: ``not_a_date``, ``written_otherwise``,
    ``midnight_time``, or null for a blank or a rightly written date.
    """
    return f"""case
        when {text} is null then null
        when {parsed} is null then 'not_a_date'
        when strftime({parsed}, {literal(DISPLAY)}) <> left({text}, 10) then 'written_otherwise'
        when regexp_full_match({text}, {literal(_WRITTEN)}) then null
        when regexp_full_match({text}, {literal(_MIDNIGHT)}) then 'midnight_time'
        else 'written_otherwise' end"""


def written_date_sql(parsed: str) -> str:
    """SQL for a DATE as the specification writes it, dd/mm/yyyy."""
    return f"strftime({parsed}, {literal(DISPLAY)})"
