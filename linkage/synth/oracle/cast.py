"""The people of the oracle: those who stand in the tables, one by one, and others who must not be counted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Days, Draws, Ints, Texts
from linkage.synth.oracle.newsletter import Group, people
from linkage.synth.oracle.settings import OracleSettings

ADULT_YEARS = 18


@dataclass(frozen=True)
class Cast:
    """One row per person. ``number`` counts from 1; columns are empty for a table that the person is not in."""

    number: Ints
    age_band: Texts
    reason: Texts
    in_year: Texts
    at_end: Texts
    over_12_months: Bools

    def __len__(self) -> int:
        return len(self.number)

    @property
    def counted(self) -> Bools:
        """Whether the person stands in LTS001a."""
        return np.asarray(self.in_year != "")


def cast_of(settings: OracleSettings, groups: tuple[Group, ...] | None = None) -> Cast:
    """Everybody: the people of the tables in their order, then the others, whose reasons are those of the tables."""
    groups = people() if groups is None else groups
    size = [group.people for group in groups]
    number = np.arange(1, sum(size) + settings.others + 1)
    counted, rest = number[: sum(size)], number[sum(size) :]
    of = np.repeat(np.arange(len(groups)), size)
    draws = Draws(settings.seed)
    like = of[draws.between("reason_like", rest, 0, len(counted) - 1)] if len(counted) else rest * 0
    younger, older = list(settings.age_groups)
    bands = np.where(draws.chance("older", rest, settings.others_older), older, younger)

    def column(name: str, others: npt.NDArray[np.generic] | str) -> Texts:
        values = np.array([getattr(group, name) for group in groups], dtype=object)
        return np.concatenate(
            [values[of], np.full(len(rest), others, dtype=object) if isinstance(others, str) else others]
        )

    reasons = np.array([group.reason for group in groups], dtype=object)
    over = np.array([group.over_12_months for group in groups], dtype=bool)[of]
    return Cast(
        number=number,
        age_band=column("age_band", bands.astype(object)),
        reason=np.concatenate([reasons[of], reasons[like]]),
        in_year=column("in_year", ""),
        at_end=column("at_end", ""),
        over_12_months=np.concatenate([over, np.zeros(len(rest), dtype=bool)]),
    )


def births(settings: OracleSettings, cast: Cast, has_history: Bools) -> Days:
    """Dates of birth: an age in completed years within the band on the last day, then a day within that year of age.

    People with a history of support have been adults for some time.
    """
    draws = Draws(settings.seed)
    ages = np.zeros(len(cast), dtype=np.int64)
    for band, table in settings.ages.items():
        for history in (False, True):
            rows = np.flatnonzero((cast.age_band == band) & (has_history == history))
            bands = [part for part in table if not history or part.low >= settings.youngest_with_history]
            part = draws.pick("age_band", cast.number[rows], [part.weight for part in bands])
            low, high = np.array([part.low for part in bands])[part], np.array([part.high for part in bands])[part]
            ages[rows] = draws.between("age", cast.number[rows], low, high)
    birthday = years_later(np.array(settings.period_end, dtype="datetime64[D]"), -ages)
    return np.asarray(birthday - draws.between("birth_day", cast.number, 0, 364))


def years_later(days: Days, years: npt.ArrayLike) -> Days:
    """The same day so many years later (earlier when negative); 1 March for 29 February where there is none."""
    month = days.astype("datetime64[M]")
    shifted = (month + 12 * np.asarray(years)).astype("datetime64[D]")
    return np.asarray(shifted + (days - month.astype("datetime64[D]")))
