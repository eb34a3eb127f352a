"""What a measure is, as data: ``configs/measures/<id>.yaml``. The steps of a measure read their parameters from it."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from pydantic import Field, model_validator

from linkage.cohort.derive.definitions import AgeBand
from linkage.configs import read_packaged
from linkage.errors import InternalError
from pseudo.config_file import ConfigModel

ALL = "All"
"""The label of a row that is the total over that label."""
POPULATION = "population"
"""The count column that the reader's population table fills."""

NOT_DERIVED = "cannot be derived"
"""What stands in a column of the published table that the data cannot fill."""

Certainty = Literal["certain", "implied", "inferred", "design"]
Parameter = int | float | str | tuple[str, ...]


class Label(ConfigModel):
    """A row label. ``values``: what people tables hold → what is shown, in order, the value for "not known" last.

    ``month_ends``, ``quarter_ends``: its values are the month ends within the period instead, or the ends of the quarters
    of the calendar that it touches. ``total``: rows for all values together are made.
    """

    name: str
    title: str
    values: dict[str, str] = Field(default_factory=dict)
    month_ends: bool = False
    quarter_ends: bool = False
    total: bool = True


class Column(ConfigModel):
    """A column of counts: people (or events) whom the people step put there. ``about``: who they are."""

    id: str
    about: str


class Rate(ConfigModel):
    """A column made from two shown counts; ``part``: the numerator counts some of those in the denominator."""

    column: str
    numerator: str
    denominator: str
    per: int = Field(default=100, ge=1)
    decimals: int = Field(default=1, ge=0)
    part: bool = True


class Difference(ConfigModel):
    """A column made from two rates as shown: ``of`` less ``less``."""

    column: str
    of: str
    less: str


class Amount(ConfigModel):
    """A statistic of a number that the people step gives (``of``), over those who stand in one of the columns ``among``."""

    column: str
    of: str
    statistic: Literal["sum", "avg", "median"]
    among: tuple[str, ...]


class Ages(ConfigModel):
    """Completed years of a population, both ends inclusive."""

    first: int = Field(alias="from", ge=0)
    last: int | None = Field(alias="to", default=None)


class MeasureDefinition(ConfigModel):
    """A measure: whom it counts, by what, and where the rule is from.

    ``narrowed``: condition → value, where the population is part of another measure's of the same ``population``.
    ``fields``: columns of the social care table without which the figures would be wrong; ``health_fields``: those of linked
    health tables, by table.
    ``breakdowns``: name → the labels of one table (``main`` is the measure's own file). ``sums``: column → the columns that
    it is the sum of. ``reasons``: why somebody who was looked at does not count. ``look_back_months`` and
    ``look_ahead_months``: how long before and after the period events are needed. ``population_ages``: whom the population
    table counts where no age band is a label. ``not_derived``: column of the published table that the data cannot fill → why.
    ``empty_where``: column or sum that stays empty where anybody of the row is left out for this reason, which says that it
    cannot be derived. ``not_collected``: why all cells of an authority stay empty whose submissions have no client type.
    """

    id: str
    title: str
    population: str
    narrowed: dict[str, str] = Field(default_factory=dict)
    one_row_per: Literal["person", "event"]
    source: str
    certainty: Certainty
    notes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    health_fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    look_back_months: int = Field(default=0, ge=0)
    look_ahead_months: int = Field(default=0, ge=0)
    labels: tuple[Label, ...] = ()
    breakdowns: dict[str, tuple[str, ...]] = Field(default={"main": ()})
    columns: tuple[Column, ...] = Field(min_length=1)
    sums: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    differences: tuple[Difference, ...] = ()
    amounts: tuple[Amount, ...] = ()
    not_derived: dict[str, str] = Field(default_factory=dict)
    empty_where: dict[str, str] = Field(default_factory=dict)
    not_collected: str = ""
    population_ages: Ages | None = None
    age_bands: tuple[AgeBand, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, Parameter] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> "MeasureDefinition":
        columns = {column.id for column in self.columns}
        labels = {label.name for label in self.labels}
        counts = columns | set(self.sums) | {POPULATION}
        used = {
            "a breakdown names no label": {name for names in self.breakdowns.values() for name in names} - labels,
            "a sum names no column": {name for names in self.sums.values() for name in names} - columns,
            "an amount names no column": {name for one in self.amounts for name in one.among} - columns,
            "a rate names no column": {one for rate in self.rates for one in (rate.numerator, rate.denominator)}
            - counts,
            "an empty column is no column, or its reason no reason": set(self.empty_where) - counts
            | set(self.empty_where.values()) - set(self.reasons),
            "a difference names no rate": {name for one in self.differences for name in (one.of, one.less)}
            - {rate.column for rate in self.rates},
        }
        for what, unknown in used.items():
            if unknown:
                raise ValueError(f"{what}: {', '.join(sorted(unknown))}")
        return self

    def label(self, name: str) -> Label:
        """The label of that name."""
        return next(label for label in self.labels if label.name == name)

    def number(self, name: str) -> int:
        """A whole-number parameter."""
        value = self.parameters.get(name)
        if not isinstance(value, int):
            raise InternalError(f"configs/measures/{self.id}.yaml: the parameter {name} must be a whole number.")
        return value

    def text(self, name: str) -> str:
        """A parameter that is a value of a field."""
        value = self.parameters.get(name)
        if not isinstance(value, str):
            raise InternalError(f"configs/measures/{self.id}.yaml: the parameter {name} must be text.")
        return value

    def names(self, name: str) -> Sequence[str]:
        """A parameter that is a list of names."""
        value = self.parameters.get(name)
        if not isinstance(value, tuple):
            raise InternalError(f"configs/measures/{self.id}.yaml: the parameter {name} must be a list.")
        return value


@cache
def measure_definition(measure_id: str) -> MeasureDefinition:
    """The packaged definition of a measure."""
    definition = read_packaged(f"measures/{measure_id}.yaml", MeasureDefinition)
    if definition.id != measure_id:
        raise InternalError(f"configs/measures/{measure_id}.yaml: its id is {definition.id}.")
    return definition
