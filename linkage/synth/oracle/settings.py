"""The settings of the oracle (``configs/synth/lts001/oracle.yaml``) and of its dirty file (``dirty.yaml``).

Shares are probabilities from 0 to 1; weights are relative to their own list; days count from a first to a last, both included.
"""

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from linkage.configs import read_packaged
from linkage.synth.profile import Share
from linkage.synth.world import AgeBand, Range, Weights, World
from pseudo.config_file import ConfigModel

MOST_STAGES = 3
OracleSeed = Annotated[int, Field(ge=0)]


class Support(ConfigModel):
    """One kind of long-term support: the wordings on its rows, and the column of people who have nothing else.

    Without ``component`` the row has one of the world's for community support.
    """

    type: str
    column: str
    component: str = ""
    mechanism: str = ""


class OracleSettings(ConfigModel):
    """Everything that decides how the people of the tables become rows of a submission."""

    name: str
    seed: OracleSeed
    la_code: str
    spec: str
    period_start: date
    period_end: date
    twelve_months_before: date
    postcode_areas: tuple[str, ...]
    identifier: str
    world_file: str = Field(alias="world")
    ages: dict[str, tuple[AgeBand, ...]]
    youngest_with_history: int
    earliest_start: date
    age_groups: dict[str, str]
    supports: dict[str, Support]
    journeys: Weights
    follows: Weights
    overlap_days: Range
    broken: Share
    shortest_break: Share
    break_days: Range
    break_bridged_by_short_stay: Share
    begins_on_deciding_day: Share
    ends_on_last_day: Share
    dies_on_last_day: Share
    ended_with_history: Share
    died: dict[str, Share]
    open_after_death: Share
    second_service: Share
    nested_service: Share
    nested_days: Range
    short_stay: Share
    request_to_assessment_days: Range
    assessment_days: Range
    reablement_first: Share
    others: int = Field(ge=0)
    others_older: Share
    others_have: Weights

    @model_validator(mode="after")
    def _journeys_known(self) -> "OracleSettings":
        for journey in self.journeys:
            stages = journey.split(">")
            if len(stages) > MOST_STAGES or not all(stage and set(stage) <= set(self.supports) for stage in stages):
                raise ValueError(f"a journey is one to {MOST_STAGES} stages of known supports: {journey}")
        return self

    @cached_property
    def world(self) -> World:
        """The invented country that the people live in."""
        return read_packaged(self.world_file, World)


def oracle_settings() -> OracleSettings:
    """The packaged settings."""
    return read_packaged("synth/lts001/oracle.yaml", OracleSettings)
