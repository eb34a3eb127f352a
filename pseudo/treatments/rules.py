"""The treatments as functions. All but three work on one value and know no other row: ``value -> released value``.

Null where the value does not have the form that the treatment needs. The release counts such values and never shows them.
"""

import math
import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa

from pseudo.treatments.kinds import (
    AgeAt,
    AgeBand,
    Area,
    BirthMonth,
    BirthYear,
    DaysSince,
    Group,
    Keep,
    Month,
    Round,
    Shift,
    TopCode,
    Treatment,
    When,
    needs_directory,
)
from pseudo.treatments.lookups import NO_LOOKUPS, Lookups

Rule = Callable[[Any], Any]

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00(?:\.0+)?)?")
_MONTH_YEAR = re.compile(r"([0-9]{2})([0-9]{4})")
_POSTCODE = re.compile(r"(([A-Z]{1,2})[0-9][0-9A-Z]?) ?([0-9])[A-Z]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")

_ARROW = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64(), "number": pa.float64()}


def released_type(treatment: Treatment | None) -> str:
    """What a released column holds: text, date, integer or number."""
    if isinstance(treatment, Keep):
        return treatment.type
    if isinstance(treatment, Shift):
        return "date"
    if isinstance(treatment, TopCode | Round):
        return "number"
    whole = isinstance(treatment, BirthYear | AgeAt | DaysSince)
    return "integer" if whole or (isinstance(treatment, Area) and treatment.level.startswith("imd_")) else "text"


def dictionary_note(treatment: Treatment) -> str:
    """What the reader of a data dictionary must know of a treatment beside its description; empty for most."""
    notes = []
    if isinstance(treatment, Shift):
        notes.append(
            f"Moved by up to {treatment.max_days} days, the same for all dates of one person: days between them are true, "
            "calendar dates, weekdays and seasons are not."
        )
    if treatment.withheld_when:
        columns = dict.fromkeys(when.column for when in treatment.withheld_when)
        notes.append(f"Withheld from some rows, by {', '.join(columns)}.")
    return " ".join(notes)


def arrow_type(treatment: Treatment) -> pa.DataType:
    """The released type of a column."""
    return _ARROW[released_type(treatment)]


def allowed_values(treatment: Treatment, listed: Collection[str] = ()) -> list[str]:
    """The values that a column of listed values may hold, in the order of the list; empty for any other column."""
    if isinstance(treatment, Group):
        others = listed if treatment.values == "listed" else treatment.values
        grouped = {_folded(value) for values in treatment.groups.values() for value in values}
        return list(dict.fromkeys([*treatment.groups, *(value for value in others if _folded(value) not in grouped)]))
    if isinstance(treatment, Keep) and treatment.values is not None:
        return list(dict.fromkeys(listed if treatment.values == "listed" else treatment.values))
    return []


def needs_list(treatment: Treatment) -> bool:
    """Whether a treatment needs the listed values of its column."""
    return getattr(treatment, "values", None) == "listed"


def value_rule(treatment: Treatment, listed: Collection[str] = (), lookups: Lookups = NO_LOOKUPS) -> Rule:
    """The treatment as a function of one value. ``listed`` are the values of a column of listed values.

    A shift, days since another date and an age on another date read their own column as a date here; what follows is in
    ``pseudo.treatments.dates``.
    """
    if isinstance(treatment, BirthMonth):
        return _birth_month
    if isinstance(treatment, BirthYear):
        return _birth_year
    if isinstance(treatment, Month):
        return _month
    if isinstance(treatment, Shift | DaysSince) or (isinstance(treatment, AgeAt | AgeBand) and treatment.at):
        return as_date
    if isinstance(treatment, AgeAt | AgeBand):
        return _age_rule(treatment, lookups)
    if isinstance(treatment, Area):
        return _area_rule(treatment, lookups)
    if isinstance(treatment, Group):
        return _group_rule(treatment, listed)
    if isinstance(treatment, TopCode | Round):
        return _coarse_number_rule(treatment)
    if isinstance(treatment, Keep):
        return _keep_rule(treatment, listed)
    raise ValueError(f"no rule for the treatment {treatment.treatment}")


def condition_rule(when: When) -> Callable[[Any], bool]:
    """Whether one value of the condition's column meets it. Null and unreadable dates do not."""
    if when.before is not None:
        limit = when.before
        return lambda value: (day := _day_of_birth(value)) is not None and day < limit
    values = {_folded(value) for value in when.values}
    return lambda value: value is not None and _folded(str(value)) in values


def as_date(value: Any) -> date | None:
    """A value as a day: dates, ``YYYY-MM-DD``; null for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parts = _ISO_DATE.fullmatch(str(value))
    try:
        return date(*map(int, parts.groups())) if parts else None
    except ValueError:
        return None


def completed_years(born: date, on: date) -> int | None:
    """Age in completed years; null before birth. A birthday on 29 February falls on 1 March in other years."""
    return None if born > on else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def age_value(treatment: AgeAt | AgeBand, age_years: int | None) -> int | str | None:
    """What leaves for an age: the years up to the limit, or the name of the band."""
    if age_years is None:
        return None
    if isinstance(treatment, AgeAt):
        return min(age_years, treatment.limit)
    bands = treatment.bands
    labels = [f"{low}-{high - 1}" if high - 1 > low else f"{low}" for low, high in pairwise(bands)]
    labels.append(f"{bands[-1]}+")
    reached = [label for low, label in zip(bands, labels, strict=True) if age_years >= low]
    return reached[-1] if reached else f"under {bands[0]}"


def _age_rule(treatment: AgeAt | AgeBand, lookups: Lookups) -> Rule:
    on = treatment.on or lookups.reference_date
    if on is None:
        raise ValueError("an age needs the reference date of the release")

    def rule(value: Any) -> int | str | None:
        born = as_date(value)
        return age_value(treatment, completed_years(born, on)) if born else None

    return rule


def _keep_rule(keep: Keep, listed: Collection[str]) -> Rule:
    if keep.type == "date":
        return as_date
    if keep.type in ("integer", "number"):
        return _number_rule(keep)
    if keep.pattern is not None:
        pattern = re.compile(keep.pattern, re.ASCII)
        return lambda value: text if pattern.fullmatch(text := str(value)) else None
    allowed = {_folded(value): value for value in sorted(allowed_values(keep, listed))}
    return lambda value: allowed.get(_folded(str(value)))


def _group_rule(group: Group, listed: Collection[str]) -> Rule:
    leaves = {_folded(value): value for value in sorted(allowed_values(group, listed)) if value not in group.groups}
    leaves |= {_folded(value): name for name, values in group.groups.items() for value in values}
    return lambda value: leaves.get(_folded(str(value)))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _as_number(value: Any) -> float | None:
    """A number; null for anything else. NaN and infinity compare with nothing, so no range holds them."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    return float(value)


def _number_rule(keep: Keep) -> Rule:
    lowest, highest = keep.minimum or 0.0, keep.maximum or 0.0
    whole = keep.type == "integer"

    def rule(value: Any) -> Any:
        number = _as_number(value)
        if number is None or not lowest <= number <= highest or (whole and number != int(number)):
            return None
        return int(number) if whole else number

    return rule


def _coarse_number_rule(treatment: TopCode | Round) -> Rule:
    lowest, base = treatment.minimum, treatment.base
    limit = treatment.limit if isinstance(treatment, TopCode) else math.inf
    highest = math.inf if isinstance(treatment, TopCode) else treatment.maximum

    def rule(value: Any) -> float | None:
        number = _as_number(value)
        if number is None or not lowest <= number <= highest or math.isinf(number):
            return None
        number = min(number, limit)
        return number if base is None else math.floor(number / base + 0.5) * base

    return rule


def _year_and_month(value: Any) -> tuple[int, int] | None:
    day = as_date(value)
    if day:
        return day.year, day.month
    parts = _MONTH_YEAR.fullmatch(str(value))
    if parts and 1 <= int(parts[1]) <= 12 and int(parts[2]) >= 1800:
        return int(parts[2]), int(parts[1])
    return None


def _day_of_birth(value: Any) -> date | None:
    """A day, or the first of a month given as MMYYYY."""
    found = None if value is None else _year_and_month(value)
    return as_date(value) or (date(*found, 1) if found else None)


def _birth_month(value: Any) -> str | None:
    found = _year_and_month(value)
    return f"{found[0]:04d}-{found[1]:02d}" if found else None


def _birth_year(value: Any) -> int | None:
    found = _year_and_month(value)
    return found[0] if found else None


def _month(value: Any) -> str | None:
    day = as_date(value)
    return f"{day.year:04d}-{day.month:02d}" if day else None


def _area_rule(area: Area, lookups: Lookups) -> Rule:
    directory = lookups.directory
    if not needs_directory(area):
        return lambda value: _written_area(area.level, str(value))
    if directory is None or not lookups.has(area.level):
        raise ValueError("an area of this level needs a postcode directory that has it")
    return lambda value: directory.area(area.level, str(value))


def _written_area(level: str, postcode: str) -> str | None:
    found = _POSTCODE.fullmatch(postcode.strip().upper())
    if not found:
        return None
    return {"postcode_area": found[2], "postcode_district": found[1], "sector": f"{found[1]} {found[3]}"}[level]
