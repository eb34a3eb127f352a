"""What a release policy may say about a column: the treatments and their settings, as they stand in a policy file."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pseudo.config_file import ConfigModel

AreaLevel = Literal["lsoa", "sector", "postcode_district", "postcode_area", "la", "imd_decile", "imd_quintile"]
DIRECTORY_LEVELS = ("lsoa", "la", "imd_decile", "imd_quintile")


class When(ConfigModel):
    """A condition on a column of the same row: it holds one of ``values``, or a date ``before`` a day.

    Case and white space are ignored in values. A blank meets no condition.
    """

    column: str
    values: list[str] = Field(default_factory=list)
    before: date | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "When":
        if bool(self.values) == (self.before is not None):
            raise ValueError("a condition has either 'values' or 'before'")
        return self


class _Treatment(ConfigModel):
    """What every treatment may carry.

    ``optional`` allows the table to lack the column, or the release to lack the postcode directory that it needs.
    ``withheld_when``: rows that meet any of these conditions leave with null. ``source`` is for derived columns only:
    the column that this one is made from.
    """

    description: str = ""
    optional: bool = False
    withheld_when: list[When] = Field(default_factory=list)
    source: str | None = None


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


class Month(_Treatment):
    """A date leaves as year and month, ``YYYY-MM``. Reads dates and YYYY-MM-DD."""

    treatment: Literal["month"]
    output: str | None = None


class Shift(_Treatment):
    """A date leaves moved by -max_days to +max_days whole days, the same number for every date of one person.

    The number comes from the person under the key of this release, so intervals within a person stay true and calendar
    dates, weekdays and seasons do not.
    """

    treatment: Literal["shift"]
    max_days: int = Field(default=30, ge=1, le=366)
    output: str | None = None


class DaysSince(_Treatment):
    """A date leaves as whole days after the date in column ``index`` of the same row; negative before it."""

    treatment: Literal["days_since"]
    index: str
    output: str


class _Age(_Treatment):
    """An age is taken on the day ``on``, or on the date in column ``at`` of the same row.

    Without both it is taken on the reference date of the release (the end of the period asked for). Completed years; a
    birthday on 29 February falls on 1 March in other years; nobody has an age before birth.
    """

    on: date | None = None
    at: str | None = None

    @model_validator(mode="after")
    def _one_day(self) -> "_Age":
        if self.on is not None and self.at is not None:
            raise ValueError("give the day 'on' or the column 'at', not both")
        return self


class AgeAt(_Age):
    """A date of birth leaves as completed years; ages above ``limit`` leave as the limit."""

    treatment: Literal["age_at"]
    limit: int = Field(default=90, ge=1, le=120)
    output: str = "age_years"


class AgeBand(_Age):
    """A date of birth leaves as the band of the completed years.

    ``bands`` are the youngest ages of the bands, rising; younger people are "under" the first.
    """

    treatment: Literal["age_band"]
    bands: list[int] = Field(min_length=1)
    output: str = "age_band"

    @model_validator(mode="after")
    def _bands_rise(self) -> "AgeBand":
        if self.bands != sorted(set(self.bands)) or self.bands[0] < 1:
            raise ValueError("'bands' are whole ages from 1 upwards, each higher than the one before")
        return self


class Area(_Treatment):
    """A postcode leaves as an area that holds it.

    From the postcode itself: ``postcode_area`` (the letters, about 120 in the country), ``postcode_district`` (the
    outward part, about 8,600 households) and ``sector`` (with the digit after the space, about 2,600). From the postcode
    directory that the release is given: ``lsoa``, ``la`` and ``imd_decile`` or ``imd_quintile`` (1 the most deprived).
    """

    treatment: Literal["area"]
    level: AreaLevel
    output: str | None = None


class Group(_Treatment):
    """A listed value leaves as the name of its group. ``values`` are those that leave as they are.

    ``values`` is a list, or ``listed``: those of the specification. A value in neither leaves as null.
    """

    treatment: Literal["group"]
    groups: dict[str, list[str]] = Field(min_length=1)
    values: list[str] | Literal["listed"] = Field(default_factory=list)
    output: str | None = None

    @model_validator(mode="after")
    def _one_group_each(self) -> "Group":
        members = [" ".join(value.split()).casefold() for values in self.groups.values() for value in values]
        if len(members) != len(set(members)):
            raise ValueError("a value stands in one group only")
        return self


class TopCode(_Treatment):
    """A number from ``minimum`` up leaves; one above ``limit`` leaves as the limit. ``base`` rounds to its multiples."""

    treatment: Literal["top_code"]
    minimum: float = 0
    limit: float
    base: float | None = Field(default=None, gt=0)


class Round(_Treatment):
    """A number from ``minimum`` to ``maximum`` leaves as the nearest multiple of ``base``; halves go up."""

    treatment: Literal["round"]
    base: float = Field(gt=0)
    minimum: float
    maximum: float


def _from_word(value: Any) -> Any:
    return {"treatment": value} if isinstance(value, str) else value


Treatment = Annotated[
    Annotated[
        Drop
        | Keep
        | Pseudonymise
        | BirthMonth
        | BirthYear
        | Month
        | Shift
        | DaysSince
        | AgeAt
        | AgeBand
        | Area
        | Group
        | TopCode
        | Round,
        Field(discriminator="treatment"),
    ],
    BeforeValidator(_from_word),
]


def output_name(column: str, treatment: Treatment) -> str:
    """The released name of a column."""
    if isinstance(treatment, Area):
        return treatment.output or treatment.level
    return getattr(treatment, "output", None) or column


def other_columns(treatment: Treatment) -> list[str]:
    """The columns of the same row that a treatment reads beside its own."""
    beside = [treatment.index] if isinstance(treatment, DaysSince) else []
    if isinstance(treatment, _Age) and treatment.at:
        beside.append(treatment.at)
    return [*beside, *(when.column for when in treatment.withheld_when)]


def needs_directory(treatment: Treatment) -> bool:
    """Whether a treatment looks postcodes up in a directory."""
    return isinstance(treatment, Area) and treatment.level in DIRECTORY_LEVELS


def needs_reference_date(treatment: Treatment) -> bool:
    """Whether a treatment takes ages on the reference date of the release."""
    return isinstance(treatment, _Age) and treatment.on is None and treatment.at is None
