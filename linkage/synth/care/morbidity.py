"""How many long-term conditions each person has: the cause that stands before social care, appointments and medicines."""

import numpy as np

from linkage.synth.counts import negative_binomial
from linkage.synth.draws import Draws, Ints, by_age
from linkage.synth.people.lives import Lives
from linkage.synth.people.places import deprivation_quintile
from linkage.synth.people.population import Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

_YEAR = 365.25


def condition_counts(profile: SynthProfile, world: World, people: Households, lives: Lives) -> Ints:
    """Number of long-term conditions of each person on the first day of the period.

    Negative binomial (Poisson with a gamma factor between people); the mean by age, times a factor by the deprivation
    of the present postcode. No more than there are conditions to have.
    """
    rates = world.health.conditions
    age = (np.datetime64(profile.period_start, "D") - people.birth).astype(np.int64) / _YEAR
    by_quintile = np.array([rates.deprivation_factor.get(str(quintile), 1.0) for quintile in range(6)])
    mean = by_age(rates.mean, age) * by_quintile[deprivation_quintile(lives.postcode[:, 0])]
    return negative_binomial(
        Draws(profile.seed), "conditions", people.person_id, mean, shape=rates.shape, limit=rates.most
    )
