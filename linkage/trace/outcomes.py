"""What each outcome means: read from ``configs/trace/outcomes.yaml``."""

from collections.abc import Mapping
from functools import cache

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel


class Outcome(ConfigModel):
    """One outcome: whether it is an accepted link, its sentence, what the authority should do, its status indicator."""

    accepted: bool
    sentence: str
    action: str
    status_indicator: str


class _Outcomes(ConfigModel):
    outcomes: Mapping[str, Outcome]


@cache
def outcomes() -> Mapping[str, Outcome]:
    """Every outcome by name, in the order of the file."""
    return read_packaged("trace/outcomes.yaml", _Outcomes).outcomes


@cache
def accepted_outcomes() -> tuple[str, ...]:
    """The outcomes that are accepted links: only these give an NHS number."""
    return tuple(name for name, outcome in outcomes().items() if outcome.accepted)
