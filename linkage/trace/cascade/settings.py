"""Parameters of the national cascade, read from ``configs/trace/mps.yaml``, each with its label."""

from collections.abc import Mapping
from functools import cache
from typing import Generic, Literal, TypeVar

from pydantic import Field

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

T = TypeVar("T")
Label = Literal["certain", "implied", "inferred", "design"]


class Parameter(ConfigModel, Generic[T]):
    """One value, how sure it is, and what it is for."""

    value: T
    label: Label
    says: str


class Parameters(ConfigModel):
    """Every number and list of the rules. Gaps are in points of a score from 0 to 100."""

    removed_characters: Parameter[str]
    first_date: Parameter[str]
    last_date: Parameter[str]
    given_characters: Parameter[int]
    family_characters: Parameter[int]
    max_candidates: Parameter[int]
    min_gap: Parameter[float]
    eligibility: Parameter[Literal["strict", "any_block"]]
    strict_swap: Parameter[bool]
    name_mapping: Parameter[Mapping[str, str]]
    reusable_prefix: Parameter[str]
    one_time_prefix: Parameter[str]


class StepName(ConfigModel):
    """What a step is called in the diagnostics, its indicator, and what a match in it means."""

    name: str
    indicator: int = Field(ge=0, le=4)
    sentence: str


class Choice(ConfigModel):
    """What is done where the published rules contradict each other or are silent."""

    topic: str
    choice: str | int
    label: Label


class CascadeSettings(ConfigModel):
    """The whole of ``mps.yaml``."""

    version: int = Field(ge=1)
    parameters: Parameters
    codes: Mapping[str, str]
    steps: Mapping[str, StepName]
    choices: tuple[Choice, ...]


@cache
def load_cascade_settings() -> CascadeSettings:
    """The packaged settings of the cascade."""
    return read_packaged("trace/mps.yaml", CascadeSettings)
