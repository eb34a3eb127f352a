"""What a release policy may do with a column. Every treatment works on one value at a time and knows no other row.

``value -> released value``; null where the value does not have the form that the treatment needs. The release counts
such values and never shows them.
"""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from pseudo.config_file import ConfigModel

Rule = Callable[[Any], Any]

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00(?:\.0+)?)?")
_MONTH_YEAR = re.compile(r"([0-9]{2})([0-9]{4})")
_POSTCODE = re.compile(r"(([A-Z]{1,2})[0-9][0-9A-Z]?) ?[0-9][A-Z]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")

_ARROW = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64(), "number": pa.float64()}


class _Treatment(ConfigModel):
    """What every treatment may carry: ``optional`` allows the table to lack the column."""

    description: str = ""
    optional: bool = False


class Drop(_Treatment):
    """The column does not leave."""

    treatment: Literal["drop"]


class Keep(_Treatment):
    """The column leaves, but only values of the stated form: a date, a number in a range, a listed value or a pattern.

    A text column must give ``values`` (a list, or ``listed``: the list comes from the specification of the data) or a
    ``pattern`` that the whole value must match. Case and white space are ignored against a list, and the list's wording
    is what leaves. ``minimum`` and ``maximum`` are inclusive.
    """

    treatment: Literal["keep"]
    type: Literal["text", "date", "integer", "number"] = "text"
    values: list[str] | Literal["listed"] | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _says_what_may_stand_in_it(self) -> "Keep":
        if self.type == "text" and (self.values is None) == (self.pattern is None):
            raise ValueError("a kept text column needs either 'values' or 'pattern'; free text cannot be kept")
        if self.type in ("integer", "number") and (self.minimum is None or self.maximum is None):
            raise ValueError("a kept number needs 'minimum' and 'maximum'")
        if self.type != "text" and (self.values is not None or self.pattern is not None):
            raise ValueError("'values' and 'pattern' are for text columns")
        return self


class Pseudonymise(_Treatment):
    """The column leaves as the pseudonym of its identifier, under the key of ``field``."""

    treatment: Literal["pseudonymise"]
    field: Literal["nhs_number", "la_person_id", "event_reference"]
    output: str | None = None


class BirthMonth(_Treatment):
    """A date of birth leaves as year and month, ``YYYY-MM``. Reads dates, YYYY-MM-DD and MMYYYY."""

    treatment: Literal["birth_month"]
    output: str = "birth_month"


class BirthYear(_Treatment):
    """A date of birth leaves as its year. Reads dates, YYYY-MM-DD and MMYYYY."""

    treatment: Literal["birth_year"]
    output: str = "birth_year"


class AgeBand(_Treatment):
    """A date of birth leaves as the band of the completed years on the day ``on``.

    ``bands`` are the youngest ages of the bands, rising; younger people are "under" the first. Someone born after
    ``on`` has no band. A birthday on 29 February falls on 1 March in other years.
    """

    treatment: Literal["age_band"]
    on: date
    bands: list[int] = Field(min_length=1)
    output: str = "age_band"

    @model_validator(mode="after")
    def _bands_rise(self) -> "AgeBand":
        if self.bands != sorted(set(self.bands)) or self.bands[0] < 1:
            raise ValueError("'bands' are whole ages from 1 upwards, each higher than the one before")
        return self


class Area(_Treatment):
    """A postcode leaves as its area (the letters, about 120 in the country) or its district (the outward part)."""

    treatment: Literal["area"]
    level: Literal["postcode_area", "postcode_district"]
    output: str | None = None


def _from_word(value: Any) -> Any:
    return {"treatment": value} if isinstance(value, str) else value


Treatment = Annotated[
    Annotated[
        Drop | Keep | Pseudonymise | BirthMonth | BirthYear | AgeBand | Area,
        Field(discriminator="treatment"),
    ],
    BeforeValidator(_from_word),
]


def output_name(column: str, treatment: Treatment) -> str:
    """The released name of a column."""
    if isinstance(treatment, Area):
        return treatment.output or treatment.level
    return getattr(treatment, "output", None) or column


def arrow_type(treatment: Treatment) -> pa.DataType:
    """The released type of a column."""
    if isinstance(treatment, Keep):
        return _ARROW[treatment.type]
    return pa.int64() if isinstance(treatment, BirthYear) else pa.string()


def allowed_values(treatment: Treatment, listed: Collection[str] = ()) -> list[str]:
    """The values that a column kept by list may hold, in the order of the list; empty for any other column."""
    if not isinstance(treatment, Keep) or treatment.values is None:
        return []
    return list(dict.fromkeys(listed if treatment.values == "listed" else treatment.values))


def value_rule(treatment: Treatment, listed: Collection[str] = ()) -> Rule:
    """The treatment as a function of one value. ``listed`` are the values of a column kept by list."""
    if isinstance(treatment, BirthMonth):
        return _birth_month
    if isinstance(treatment, BirthYear):
        return _birth_year
    if isinstance(treatment, AgeBand):
        return _age_band_rule(treatment.on, treatment.bands)
    if isinstance(treatment, Area):
        return _area_rule(2 if treatment.level == "postcode_area" else 1)
    if isinstance(treatment, Keep):
        return _keep_rule(treatment, listed)
    raise ValueError(f"no rule for the treatment {treatment.treatment}")


def _keep_rule(keep: Keep, listed: Collection[str]) -> Rule:
    if keep.type == "date":
        return _as_date
    if keep.type in ("integer", "number"):
        return _number_rule(keep)
    if keep.pattern is not None:
        pattern = re.compile(keep.pattern, re.ASCII)
        return lambda value: text if pattern.fullmatch(text := str(value)) else None
    allowed = {_folded(value): value for value in sorted(allowed_values(keep, listed))}
    return lambda value: allowed.get(_folded(str(value)))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _number_rule(keep: Keep) -> Rule:
    lowest, highest = keep.minimum or 0.0, keep.maximum or 0.0
    whole = keep.type == "integer"

    def rule(value: Any) -> Any:
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            return None
        number = float(value)
        if not lowest <= number <= highest or (whole and number != int(number)):
            return None
        return int(number) if whole else number

    return rule


def _as_date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parts = _ISO_DATE.fullmatch(str(value))
    try:
        return date(*map(int, parts.groups())) if parts else None
    except ValueError:
        return None


def _year_and_month(value: Any) -> tuple[int, int] | None:
    day = _as_date(value)
    if day:
        return day.year, day.month
    parts = _MONTH_YEAR.fullmatch(str(value))
    if parts and 1 <= int(parts[1]) <= 12 and int(parts[2]) >= 1800:
        return int(parts[2]), int(parts[1])
    return None


def _birth_month(value: Any) -> str | None:
    found = _year_and_month(value)
    return f"{found[0]:04d}-{found[1]:02d}" if found else None


def _birth_year(value: Any) -> int | None:
    found = _year_and_month(value)
    return found[0] if found else None


def _age_band_rule(on: date, bands: list[int]) -> Rule:
    labels = [f"{low}-{high - 1}" if high - 1 > low else f"{low}" for low, high in pairwise(bands)]
    labels.append(f"{bands[-1]}+")

    def rule(value: Any) -> str | None:
        born = _as_date(value)
        if born is None or born > on:
            return None
        age_years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        reached = [label for low, label in zip(bands, labels, strict=True) if age_years >= low]
        return reached[-1] if reached else f"under {bands[0]}"

    return rule


def _area_rule(group: int) -> Rule:
    def rule(value: Any) -> str | None:
        found = _POSTCODE.fullmatch(str(value).strip().upper())
        return found[group] if found else None

    return rule
