"""What the derivation goes by: groups of values, hierarchies, accommodation and costs, read from ``configs/measures``."""

from functools import cache
from typing import Literal

from pydantic import Field

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Hierarchy = Literal["release1", "release2"]
PersonRule = Literal["dhsc", "nhs_england"]
Selection = Literal["current", "single", "joined"]


class FieldGroups(ConfigModel):
    """A list field: the columns it may stand in (the first that is filled counts) and the groups of its wordings."""

    columns: tuple[str, ...] = Field(min_length=1)
    certainty: Literal["certain", "implied", "inferred", "design"]
    groups: dict[str, tuple[str, ...]]
    ambiguous: tuple[str, ...] = ()


class GroupedValues(ConfigModel):
    """Every grouped field, and the group of wordings that are ambiguous or not known."""

    not_mapped: str
    fields: dict[str, FieldGroups]


class ReportingPeriod(ConfigModel):
    """When a month counts as covered by a file (step 1)."""

    min_share: float = Field(ge=0, le=1)
    types_missing: int = Field(ge=0)
    few_events: int = Field(ge=0)
    of_few_events: Literal["stated", "every_month"]


class InferredAccommodation(ConfigModel):
    """Accommodation that a service tells: all conditions that are given must hold."""

    accommodation: str
    service_group: str | None = None
    component_group: str | None = None
    no_component: bool = False


class DerivationSettings(ConfigModel):
    """The parameters of the derivation."""

    reporting_period: ReportingPeriod
    outcome_hierarchies: dict[Hierarchy, tuple[tuple[str, ...], ...]]
    inferred_accommodation: tuple[InferredAccommodation, ...]
    settled_accommodation: tuple[str, ...]
    settled_when_inferred: tuple[str, ...]
    unsettled_when_inferred: tuple[str, ...]
    spell_gap_days: int = Field(ge=0)


class CostFrequency(ConfigModel):
    """How often a unit recurs: ``times`` in so many weeks; neither for units that are planned by the week or come once."""

    name: str
    times: int | None = None
    in_weeks: int | None = None
    more_often_than_weekly: bool = False


class CostFrequencies(ConfigModel):
    """The frequencies of ``configs/mapping/costs.yaml``."""

    frequencies: tuple[CostFrequency, ...]


@cache
def grouped_values() -> GroupedValues:
    """The packaged groups."""
    return read_packaged("measures/grouped_values.yaml", GroupedValues)


@cache
def derivation_settings() -> DerivationSettings:
    """The packaged parameters."""
    return read_packaged("measures/derivation.yaml", DerivationSettings)


@cache
def cost_frequencies() -> tuple[CostFrequency, ...]:
    """How often the unit of each cost frequency recurs."""
    return read_packaged("mapping/costs.yaml", CostFrequencies).frequencies
