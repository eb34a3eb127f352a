"""Odds of faults: whose are raised, and how one record's carelessness spreads a rate over records without changing it."""

from functools import cache

import numpy as np

from linkage.synth.draws import Bools, Floats, Ints, by_age
from linkage.synth.people.lives import Lives
from linkage.synth.people.places import deprivation_quintile
from linkage.synth.people.population import FEMALE, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.records.fault_rates import OddsFactors

_YEAR = 365.25
_CENTRES = np.linspace(-40.0, 20.0, 1201)
_STEPS = 240


def factors(
    rates: OddsFactors, profile: SynthProfile, people: Households, lives: Lives, row: Ints, roofless: Bools
) -> Floats:
    """What multiplies the odds of each record: one factor for each trait of its person and its authority."""
    codes = np.array([authority.la_code for authority in profile.authorities], dtype=object)
    quintile = deprivation_quintile(lives.postcode[row, 0]).astype(str).astype(object)
    sex = np.where(people.sex[row] == FEMALE, "female", "male").astype(object)
    named = (
        (dict(rates.authority), codes[people.authority[row]]),
        (dict(rates.pattern), people.pattern[row]),
        ({str(key): value for key, value in rates.sex.items()}, sex),
        (dict(rates.deprivation), quintile),
    )
    factor = np.where(roofless, rates.no_fixed_abode, 1.0)
    for table, values in named:
        if table:
            factor = factor * np.array([table.get(value, 1.0) for value in values.tolist()])
    if rates.age:
        factor = factor * by_age(rates.age, age_at_end(profile, people, row))
    return factor


def age_at_end(profile: SynthProfile, people: Households, row: Ints) -> Floats:
    """Age in years and parts of a year on the last day of the period."""
    return np.asarray((np.datetime64(profile.period_end, "D") - people.birth[row]).astype(np.int64) / _YEAR)


def raised(rate: float, factor: Floats) -> Floats:
    """The rate with its odds multiplied by the factor."""
    odds = rate * factor
    return np.asarray(odds / (1.0 - rate + odds))


def spread_out(shares: Floats, careless: Floats, spread: float) -> Floats:
    """The chance of each record, given its carelessness (a draw of ``Draws.bell``).

    In log-odds the chance is a centre plus ``spread`` times the carelessness; the centre is such that the mean over all
    carelessness is the given share. Shares of 0 and 1 stay what they are.
    """
    if spread == 0:
        return shares
    inner = np.clip(shares, 1e-12, 1 - 1e-12)
    centre = np.interp(_log_odds(inner), _log_odds(_means(spread)), _CENTRES)
    return np.asarray(np.where((shares <= 0) | (shares >= 1), shares, _share(centre + spread * careless)))


@cache
def _means(spread: float) -> Floats:
    """The mean chance at each centre, over the distribution of ``Draws.bell`` (four even draws, scaled)."""
    at = (np.arange(_STEPS) + 0.5) * 4.0 / _STEPS
    density = sum(sign * np.clip(at - shift, 0, None) ** 3 for shift, sign in enumerate((1, -4, 6, -4, 1)))
    weights = np.asarray(density) / np.sum(density)
    bell = (at - 2.0) * np.sqrt(3.0)
    return np.asarray(_share(_CENTRES[:, None] + spread * bell[None, :]) @ weights)


def _share(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _log_odds(share: Floats) -> Floats:
    return np.asarray(np.log(share) - np.log1p(-share))
