"""Hospital stays as they would happen: candidates drawn at the rate of the exposed, each with a mark.

Long-term support multiplies emergency admissions by a planted ratio. A candidate whose mark is below one over the ratio
happens to anybody, the others only to people with long-term support. So the stays that happen to anybody are known
before anything about care is decided (reablement may follow from them), and the ratio holds exactly.
"""

import csv
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from linkage.configs import packaged
from linkage.synth.counts import running
from linkage.synth.draws import Bools, Days, Draws, Floats, Ints, by_age
from linkage.synth.people.lives import Lives
from linkage.synth.people.population import MALE, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

FOLLOWED_DAYS = 30
_BEFORE_DAYS = 365
_LONGEST_STAY, _GENERATIONS = 90, 3
# Places for the stays of one person in the numbers that name them: elective or not, generation, running number.
_PLACES, _STEP = 1024, 8
_YEAR = 365.25


@dataclass(frozen=True)
class Stays:
    """One row per candidate stay, in order of person and admission. ``row`` is the position among the people.

    ``first`` is true for emergencies that are not themselves readmissions; ``mark`` is 0 for elective stays.
    """

    row: Ints
    stay: Ints
    emergency: Bools
    first: Bools
    mark: Floats
    day_case: Bools
    admitted: Days
    discharged: Days

    def __len__(self) -> int:
        return len(self.row)

    def only(self, rows: Bools | Ints) -> "Stays":
        """Some of the stays."""
        return Stays(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@cache
def group_of_code() -> dict[str, str]:
    """Broad ethnic group of each NHS ethnic category code."""
    with packaged("codelists/ethnic_category.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row["group5"] for row in csv.DictReader(handle)}


def emergency_rates(profile: SynthProfile, world: World, people: Households) -> Floats:
    """First emergency admissions (not readmissions) a year of each person without long-term support."""
    rates = world.health
    age = (np.datetime64(profile.period_start, "D") - people.birth).astype(np.int64) / _YEAR
    factor = {code: rates.emergency_group_factor[group] for code, group in group_of_code().items()}
    rate = by_age(rates.emergency_a_year, age) * np.where(people.sex == MALE, rates.emergency_male_factor, 1.0)
    return rate * np.array([factor[code] for code in people.ethnic_group.tolist()], dtype=np.float64)


def happens_to_anybody(profile: SynthProfile, stays: Stays) -> Bools:
    """Whether each candidate happens without long-term support, too."""
    return np.asarray(stays.mark * profile.planted.emergency_rate_ratio < 1)


def candidate_stays(profile: SynthProfile, world: World, people: Households, lives: Lives, rows: Ints) -> Stays:
    """Candidates of some people from a year before the period to 30 days after it (so that readmissions are known).

    Nobody is admitted before birth or after death. A stay ends at death, and at the latest on the day of the person's
    next admission.
    """
    draws = Draws(profile.seed)
    stays = _first_emergencies(draws, profile, world, people, rows)
    generations = [stays, _electives(draws, profile, world, people, rows)]
    for _ in range(_GENERATIONS):
        stays = _readmissions(draws, profile, world, stays)
        generations.append(stays)
    table = Stays(
        **{field.name: np.concatenate([getattr(part, field.name) for part in generations]) for field in fields(Stays)}
    )
    table = table.only(~(lives.death[table.row] < table.admitted) & (table.admitted >= people.birth[table.row]))
    discharged = np.fmin(table.discharged, lives.death[table.row])
    order = np.lexsort((table.stay, table.admitted, table.row))
    return _without_overlap(Stays(**{**vars(table), "discharged": discharged}).only(order))


def _first_emergencies(draws: Draws, profile: SynthProfile, world: World, people: Households, rows: Ints) -> Stays:
    first, days = _window(profile)
    rate = emergency_rates(profile, world, people)[rows] * profile.planted.emergency_rate_ratio
    count = draws.count("emergencies", people.person_id[rows], rate * days / _YEAR)
    owner = np.repeat(rows, count)
    stay = people.person_id[owner] * _PLACES + running(count) * _STEP
    mark = draws.uniform("emergency_mark", stay)
    return _emergencies(
        draws, world, owner, stay, mark, first + draws.between("emergency_day", stay, 0, days - 1), True
    )


def _readmissions(draws: Draws, profile: SynthProfile, world: World, parents: Stays) -> Stays:
    """Emergency readmissions 1 to 30 days after a discharge; they happen to whom the stay before happened."""
    again = parents.only(draws.chance("readmitted", parents.stay, world.health.readmission_30_days))
    admitted = again.discharged + draws.between("readmitted_after", again.stay, 1, FOLLOWED_DAYS)
    first, days = _window(profile)
    seen = admitted < first + days
    again, admitted = again.only(seen), admitted[seen]
    return _emergencies(draws, world, again.row, again.stay + 2, again.mark, admitted, False)


def _emergencies(draws: Draws, world: World, row: Ints, stay: Ints, mark: Floats, admitted: Days, first: bool) -> Stays:
    rates = world.health
    nights = 1 + np.floor(draws.waiting("nights", stay) * rates.emergency_nights).astype(np.int64)
    nights = np.where(draws.chance("same_day", stay, rates.emergency_same_day), 0, np.minimum(nights, _LONGEST_STAY))
    return Stays(
        row=row,
        stay=stay,
        emergency=np.ones(len(row), dtype=bool),
        first=np.full(len(row), first),
        mark=mark,
        day_case=np.zeros(len(row), dtype=bool),
        admitted=admitted,
        discharged=admitted + nights,
    )


def _electives(draws: Draws, profile: SynthProfile, world: World, people: Households, rows: Ints) -> Stays:
    first, days = _window(profile)
    age = (np.datetime64(profile.period_start, "D") - people.birth[rows]).astype(np.int64) / _YEAR
    rates = world.health
    count = draws.count("electives", people.person_id[rows], by_age(rates.elective_a_year, age) * days / _YEAR)
    row = np.repeat(rows, count)
    stay = people.person_id[row] * _PLACES + running(count) * _STEP + 1
    admitted = first + draws.between("elective_day", stay, 0, days - 1)
    day_case = draws.chance("day_case", stay, rates.day_case)
    nights = np.floor(draws.waiting("elective_nights", stay) * rates.elective_nights).astype(np.int64)
    return Stays(
        row=row,
        stay=stay,
        emergency=np.zeros(len(row), dtype=bool),
        first=np.zeros(len(row), dtype=bool),
        mark=np.zeros(len(row)),
        day_case=day_case,
        admitted=admitted,
        discharged=admitted + np.where(day_case, 0, np.minimum(nights, _LONGEST_STAY)),
    )


def _without_overlap(stays: Stays) -> Stays:
    """Each stay ends by the day of the same person's next candidate, whether or not that one happens."""
    next_day = np.full(len(stays), np.datetime64("NaT", "D"))
    same = stays.row[1:] == stays.row[:-1]
    next_day[:-1] = np.where(same, stays.admitted[1:], np.datetime64("NaT", "D"))
    return Stays(**{**vars(stays), "discharged": np.fmin(stays.discharged, next_day)})


def _window(profile: SynthProfile) -> tuple[np.datetime64, int]:
    """The first day of the candidates and their number of days."""
    first = np.datetime64(profile.period_start, "D") - np.timedelta64(_BEFORE_DAYS, "D")
    days = int((np.datetime64(profile.period_end, "D") - first).astype(np.int64)) + 1
    return first, days + FOLLOWED_DAYS
