"""Counts that vary more between people than chance alone would make them: negative binomial, by inverse distribution."""

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Draws, Floats, Ints


def negative_binomial(draws: Draws, name: str, ids: npt.ArrayLike, mean: Floats, *, shape: float, limit: int) -> Ints:
    """Counts with the given means and variance mean + mean²/shape, one draw each; ``limit`` stands for all above it."""
    mean = np.asarray(mean, dtype=np.float64)
    left = draws.uniform(name, ids)
    total = np.zeros(left.shape, dtype=np.int64)
    probability = (shape / (shape + mean)) ** shape
    ratio = mean / (shape + mean)
    left, waiting = left - probability, np.arange(left.size)
    for step in range(1, limit + 1):
        still = left >= 0
        waiting, left, probability, ratio = waiting[still], left[still], probability[still], ratio[still]
        if not waiting.size:
            break
        total[waiting] = step
        probability = probability * ratio * ((shape + step - 1) / step)
        left = left - probability
    return total


def running(count: Ints) -> Ints:
    """0, 1, 2, … within each group of the given sizes."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)


def running_within(owner: Ints) -> Ints:
    """0, 1, 2, … within each run of equal values."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)
