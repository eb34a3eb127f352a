"""Settings of an evaluation, read from ``configs/trace/evaluation.yaml``, and the bands that follow from them."""

import csv
import itertools
from collections.abc import Sequence
from functools import cache

from pydantic import Field

from linkage.configs import packaged, read_packaged
from pseudo.config_file import ConfigModel

NOT_KNOWN = "not known"


class SampleSettings(ConfigModel):
    """How a clerical sample is drawn; counts of queries, and of candidates for each."""

    size: int = Field(ge=1)
    least_per_stratum: int = Field(ge=1)
    candidates: int = Field(ge=1)


class JudgementWords(ConfigModel):
    """What a reviewer may write for each verdict, in lower case."""

    match: tuple[str, ...]
    no_match: tuple[str, ...]
    unsure: tuple[str, ...]


class EvaluationSettings(ConfigModel):
    """Bands and limits of an evaluation; ages in years, weights in bits."""

    small_group: int = Field(ge=1)
    age_bands: tuple[int, ...]
    weight_bands: tuple[float, ...]
    highest_threshold: int
    sample: SampleSettings
    label_score: float = Field(gt=0, lt=1)
    judgements: JudgementWords


@cache
def evaluation_settings() -> EvaluationSettings:
    """The packaged settings."""
    return read_packaged("trace/evaluation.yaml", EvaluationSettings)


def band_names(starts: Sequence[float], lowest: str, highest: str) -> list[str]:
    """Names of the bands that begin at ``starts``; ``lowest`` names what lies below the first, ``highest`` ends the last.

    >>> band_names([0, 5, 10], "below 0", "and over")
    ['below 0', '0 to 5', '5 to 10', '10 and over']
    """
    inner = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(starts)]
    return [lowest, *inner, f"{starts[-1]:g} {highest}"]


def band_sql(expression: str, starts: Sequence[float], names: Sequence[str]) -> str:
    """SQL of the band a number lies in (lower end included); null for null."""
    whens = " ".join(
        f"when {expression} >= {start:g} then '{name}'"
        for start, name in reversed(list(zip(starts, names[1:], strict=True)))
    )
    return f"case {whens} when {expression} is not null then '{names[0]}' end"


def weight_band_sql(expression: str) -> str:
    """SQL of the band of a match weight in bits."""
    starts = evaluation_settings().weight_bands
    return band_sql(expression, starts, weight_band_names())


def weight_band_names() -> list[str]:
    """The bands of match weight, lowest first."""
    starts = evaluation_settings().weight_bands
    return band_names(starts, f"below {starts[0]:g}", "and over")


def age_band_sql(expression: str) -> str:
    """SQL of the age band of an age in whole years, such as ``18 to 29``; null for null and for less than nought."""
    starts = evaluation_settings().age_bands
    return f"case when {expression} >= 0 then {band_sql(expression, starts, ['', *age_band_names()])} end"


def age_band_names() -> list[str]:
    """The age bands, youngest first; both ends are ages that belong to the band."""
    starts = evaluation_settings().age_bands
    inner = [f"{low} to {high - 1}" for low, high in itertools.pairwise(starts)]
    return [*inner, f"{starts[-1]} and over"]


@cache
def ethnic_groups() -> dict[str, str]:
    """The five ethnic groups and not stated, by every code and wording of the code list in lower case."""
    groups = {}
    with packaged("codelists/ethnic_category.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            group = NOT_KNOWN if row["group5"] == "Not stated" else row["group5"]
            for text in (row["code"], row["description"], row["group5"], *row["cld_wording"].split("|")):
                groups[text.casefold()] = group
    return groups
