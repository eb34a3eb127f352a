"""Every planted effect that a plain statistic on truth-linked data finds again, with the standard error of the statistic.

Ratios are estimated as logarithms. The models are those that ``truth/planted.yaml`` names: whoever has linked the data
rightly can repeat them. Ages, factors and shapes come from the profile and its world.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm

from linkage.synth.block import Setting
from linkage.synth.care.hospital import FOLLOWED_DAYS
from linkage.synth.health.gp import working_days
from linkage.synth.health.support import NONE, RESIDENTIAL, SUPPORT
from tests.unit.synth_worlds import SynthWorld, Table

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_ADULT_AGE = 18
# The deprivation that the others are compared with.
_MIDDLE = 3
# Worlds whose fitted models are kept: several effects come from one model.
_WORLDS = 4


@dataclass(frozen=True)
class Estimate:
    """A value, and the standard deviation it has by chance."""

    value: float
    error: float

    def distance(self, planted: float) -> float:
        """How many errors the value lies above what was planted."""
        return (self.value - planted) / self.error


@dataclass(frozen=True)
class Effect:
    """``planted`` reads the effect as it was planted; ``estimate`` finds it again, as a logarithm if it is a ratio."""

    name: str
    planted: Callable[[Setting], float]
    scale: Literal["ratio", "share"]
    estimate: Callable[[SynthWorld], Estimate]

    def sought(self, setting: Setting) -> float:
        """What was planted, on the scale of the estimate."""
        planted = self.planted(setting)
        return float(np.log(planted)) if self.scale == "ratio" else planted

    def shown(self, value: float) -> float:
        """A value on the scale of the estimate as a ratio or share."""
        return float(np.exp(value)) if self.scale == "ratio" else value


def pooled(estimates: list[Estimate]) -> Estimate:
    """Estimates of several seeds as one, each weighted by its precision."""
    weights = np.array([found.error**-2 for found in estimates])
    value = float(np.sum(weights * [found.value for found in estimates]) / weights.sum())
    return Estimate(value, float(weights.sum()) ** -0.5)


# Models


def _ages(table: Iterable[str]) -> list[int]:
    """The ages at which a table by age changes."""
    return sorted(int(age) for age in table)


def _bands(age: Floats, floors: Iterable[int]) -> list[Bools]:
    """One column for each band of age but the lowest that occurs."""
    band = np.digitize(age, sorted(floors))
    return [band == level for level in np.unique(band)[1:]]


def _coefficients(outcome, columns, family, offset=None, *, robust: bool = False) -> list[Estimate]:  # type: ignore[no-untyped-def]
    """A generalised linear model; one estimate for each column."""
    design = sm.add_constant(np.column_stack(columns).astype(float))
    fit = sm.GLM(outcome, design, family=family, offset=offset).fit(cov_type="HC0" if robust else "nonrobust")
    return [Estimate(float(v), float(e)) for v, e in zip(fit.params[1:], fit.bse[1:], strict=True)]


def _negative_binomial(shape: float):  # type: ignore[no-untyped-def]
    """The family with variance = mean + mean squared / shape."""
    return sm.families.NegativeBinomial(alpha=1 / shape)


def _share(hits: Bools, planted: float) -> Estimate:
    """A share, with the error it has if what was planted holds."""
    return Estimate(float(hits.mean()), float(np.sqrt(planted * (1 - planted) / len(hits))))


def _of(people: Table, rows: Bools) -> Table:
    return {name: values[rows] for name, values in people.items()}


# Emergency admissions


@lru_cache(maxsize=_WORLDS)
def _emergencies(world: SynthWorld) -> list[Estimate]:
    """Log rate ratios of long-term support and of men. Robust errors, for readmissions come in groups."""
    stays = world.stays
    counted = stays["emergency"] & (stays["admitted"] >= world.start)
    events = np.bincount(stays["person"][counted], minlength=len(world.people["age"]))
    rows = world.people["there"] & (world.people["age"] >= _ADULT_AGE)
    people = _of(world.people, rows)
    bands = _bands(people["age"], _ages(world.setting.world.health.emergency_a_year))
    columns = [people["support"] != NONE, ~people["woman"], people["white"], *bands]
    return _coefficients(events[rows], columns, sm.families.Poisson(), np.log(people["years"]), robust=True)


# Conditions and the use of care


@lru_cache(maxsize=_WORLDS)
def _use_of_care(world: SynthWorld) -> list[Estimate]:
    """Log odds ratios by number of conditions, from one up; the last for that many or more."""
    profile = world.setting.profile
    most = len(profile.planted.use_odds_ratio_by_conditions) - 1
    rows = world.people["there"] & world.people["private"] & (world.people["age"] >= _ADULT_AGE)
    people = _of(world.people, rows)
    held = np.minimum(people["conditions"], most)
    columns = [held == number for number in range(1, most + 1)]
    columns += _bands(people["age"], _ages(profile.coverage.by_age))
    return _coefficients(people["user"], columns, sm.families.Binomial())


@lru_cache(maxsize=_WORLDS)
def _conditions(world: SynthWorld) -> dict[str, Estimate]:
    """Log ratios of the mean number of conditions by deprivation, against the middle quintile."""
    rates = world.setting.world.health.conditions
    people = _of(world.people, world.people["there"])
    others = [quintile for quintile in rates.deprivation_factor if int(quintile) != _MIDDLE]
    columns = [people["quintile"] == int(quintile) for quintile in others]
    columns += _bands(people["age"], _ages(rates.mean))
    found = _coefficients(people["conditions"], columns, _negative_binomial(rates.shape))
    return dict(zip(others, found, strict=False))


# Appointments


@lru_cache(maxsize=_WORLDS)
def _appointments(world: SynthWorld) -> dict[str, Estimate]:
    """Log rate ratios by long-term support, among people without reablement; each sex has its own rates by age."""
    rates = world.setting.world.health.gp_appointments
    events = np.bincount(world.appointments["person"], minlength=len(world.people["age"]))
    rows = world.people["there"] & (world.people["age"] >= _ADULT_AGE) & np.isnat(world.people["reablement_start"])
    people = _of(world.people, rows)
    women = _bands(people["age"], _ages(rates.a_year["women"]))
    men = _bands(people["age"], _ages(rates.a_year["men"]))
    columns = [people["support"] == place for place in range(1, len(SUPPORT))]
    columns += [
        people["woman"],
        *(people["woman"] & band for band in women),
        *(~people["woman"] & band for band in men),
    ]
    found = _coefficients(events[rows], columns, _negative_binomial(rates.shape), np.log(people["years"]))
    return dict(zip(SUPPORT[1:], found, strict=False))


def _after_reablement(world: SynthWorld) -> Estimate:
    """Log rate ratio after the end against before the start, each person compared with themselves.

    Time is counted in working days: a period from Friday to Friday has more of them for its days at its end than at its start.
    """
    people = world.people
    person, day = world.appointments["person"], world.appointments["appointment_date"]
    begins, ends = people["reablement_start"], people["reablement_end"]
    rows = np.flatnonzero(people["there"] & ~np.isnat(ends))
    last = np.fmin(people["death"], world.end)[rows] + 1
    open_days = working_days(world.setting.world.health.gp_appointments.closed, world.start, world.end)
    before_days = np.searchsorted(open_days, begins[rows])
    after_days = np.searchsorted(open_days, last) - np.searchsorted(open_days, ends[rows], side="right")
    compared = (before_days > 0) & (after_days > 0)
    rows, odds = rows[compared], after_days[compared] / before_days[compared]
    size = len(people["age"])
    before = np.bincount(person[day < begins[person]], minlength=size)[rows]
    after = np.bincount(person[day > ends[person]], minlength=size)[rows]
    total, log_ratio = before + after, 0.0
    for _ in range(20):
        expected = np.exp(log_ratio) * odds / (1 + np.exp(log_ratio) * odds)
        information = float(np.sum(total * expected * (1 - expected)))
        log_ratio += float(np.sum(after - total * expected)) / information
    return Estimate(log_ratio, information**-0.5)


# Frailty


def frail_people(world: SynthWorld) -> tuple[Bools, Table]:
    """The people with a score: whether it is moderate or severe, and their rows."""
    person = world.scores["person"]
    return world.scores["score"] > world.setting.world.health.frailty.above[1], _of(world.people, person)


def _frailty_of_women(world: SynthWorld) -> Estimate:
    """Log odds ratio of women among people with long-term support; care homes have their own odds by age."""
    found, people = frail_people(world)
    rows = people["support"] != NONE
    people = _of(people, rows)
    in_home = people["support"] >= RESIDENTIAL
    rates = world.setting.world.health.frailty.moderate_or_severe
    at_home = _bands(people["age"], _ages(rates["community"]))
    columns = [people["woman"], in_home, *(~in_home & band for band in at_home)]
    columns += [in_home & band for band in _bands(people["age"], _ages(rates["care_home"]))]
    return _coefficients(found[rows], columns, sm.families.Binomial())[0]


# Urinary tract infection, reablement, readmission


def _infections_in_care_homes(world: SynthWorld) -> Estimate:
    """Infections among emergency stays from 90 in care homes, as a share of those there would be without the effect."""
    rates, factor = world.setting.world.health.urinary_infection, _infection_factor(world.setting)
    people = _of(world.people, world.stays["person"])
    rows = world.stays["emergency"] & (people["support"] >= RESIDENTIAL) & (people["age"] >= 90)
    chance = np.where(people["woman"][rows], rates["women"], rates["men"])
    found, without = int(world.stays["infection"][rows].sum()), float(chance.sum())
    return Estimate(found / without, float(np.sum(factor * chance * (1 - factor * chance))) ** 0.5 / without)


def _infection_factor(setting: Setting) -> float:
    return setting.profile.planted.urinary_infection_in_care_homes_from_90


def _from_hospital(world: SynthWorld) -> Estimate:
    """The share of reablement starts after an emergency stay within the days that the world allows."""
    people, stays, care = world.people, world.stays, world.setting.world.care
    started = people["reablement_start"][stays["person"]]
    gap = (started - stays["discharged"]).astype(np.int64)
    near = stays["emergency"] & ~np.isnat(started) & (gap >= 0) & (gap <= care.reablement_wait_days)
    begun = np.flatnonzero(people["there"] & ~np.isnat(people["reablement_start"]))
    return _share(np.isin(begun, stays["person"][near]), care.reablement_from_hospital)


def _readmitted(world: SynthWorld) -> Estimate:
    """The share with an emergency stay again after the discharge to reablement, among those followed long enough."""
    people, stays = world.people, world.stays
    discharged = people["discharged"][stays["person"]]
    gap = (stays["admitted"] - discharged).astype(np.int64)
    again = stays["emergency"] & ~np.isnat(discharged) & (gap >= 1) & (gap <= FOLLOWED_DAYS)
    followed = people["there"] & (people["discharged"] <= world.end - FOLLOWED_DAYS)
    hits = np.isin(np.flatnonzero(followed), stays["person"][again])
    return _share(hits, world.setting.profile.planted.readmission_30_days_after_reablement)


# The list


def _use_effect(conditions: int) -> Effect:
    return Effect(
        f"use of care, {conditions} condition{'s' if conditions > 1 else ''}",
        lambda setting: setting.profile.planted.use_odds_ratio_by_conditions[conditions],
        "ratio",
        lambda world: _use_of_care(world)[conditions - 1],
    )


def _appointment_effect(support: str) -> Effect:
    return Effect(
        f"appointments, {support.replace('_', ' ')}",
        lambda setting: setting.profile.planted.gp_rate_ratio[support],
        "ratio",
        lambda world: _appointments(world)[support],
    )


def _deprivation_effect(quintile: str, name: str) -> Effect:
    def planted(setting: Setting) -> float:
        factor = setting.world.health.conditions.deprivation_factor
        return factor[quintile] / factor[str(_MIDDLE)]

    return Effect(f"conditions, {name}", planted, "ratio", lambda world: _conditions(world)[quintile])


EFFECTS: tuple[Effect, ...] = (
    Effect(
        "emergency admissions, long-term support",
        lambda setting: setting.profile.planted.emergency_rate_ratio,
        "ratio",
        lambda world: _emergencies(world)[0],
    ),
    Effect(
        "emergency admissions, men",
        lambda setting: setting.world.health.emergency_male_factor,
        "ratio",
        lambda world: _emergencies(world)[1],
    ),
    _deprivation_effect("1", "most deprived fifth"),
    _deprivation_effect("5", "least deprived fifth"),
    *(_use_effect(conditions) for conditions in (1, 2, 3)),
    *(_appointment_effect(support) for support in SUPPORT[1:]),
    Effect(
        "appointments after reablement",
        lambda setting: setting.profile.planted.gp_rate_ratio_after_reablement,
        "ratio",
        _after_reablement,
    ),
    Effect(
        "frailty of women with support",
        lambda setting: setting.profile.planted.frailty_odds_ratio_women_with_support,
        "ratio",
        _frailty_of_women,
    ),
    Effect("urinary infection, care homes from 90", _infection_factor, "share", _infections_in_care_homes),
    Effect(
        "reablement from hospital",
        lambda setting: setting.world.care.reablement_from_hospital,
        "share",
        _from_hospital,
    ),
    Effect(
        "readmission after discharge to reablement",
        lambda setting: setting.profile.planted.readmission_30_days_after_reablement,
        "share",
        _readmitted,
    ),
)
