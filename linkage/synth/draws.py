"""Random draws that depend on nothing but the seed, the name of the draw and the thing drawn for.

Each draw hashes (seed, name, id) to a number, so a person's life is the same whatever the order, the chunk or the
number of threads, and a new kind of draw changes none of the others. Hash: the finaliser of SplitMix64 (public domain).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]
# The day of what did not happen.
NEVER = np.datetime64("NaT", "D")

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class Draws:
    """The draws of one world. ``ids`` are whole numbers that name what is drawn for: people, households, events."""

    seed: int

    def uniform(self, name: str, ids: npt.ArrayLike) -> Floats:
        """Evenly from 0 (included) to 1 (excluded)."""
        return np.asarray((self._hash(name, ids) >> np.uint64(11)).astype(np.float64) / float(1 << 53))

    def chance(self, name: str, ids: npt.ArrayLike, share: npt.ArrayLike) -> Bools:
        """True with the given probability, one for all or one for each."""
        return np.asarray(self.uniform(name, ids) < np.asarray(share))

    def between(self, name: str, ids: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Ints:
        """A whole number, evenly from ``low`` to ``high``, both included."""
        low = np.asarray(low, dtype=np.int64)
        width = np.asarray(high, dtype=np.int64) - low + 1
        return np.asarray(low + np.floor(self.uniform(name, ids) * width), dtype=np.int64)

    def pick(self, name: str, ids: npt.ArrayLike, weights: Sequence[float]) -> Ints:
        """A position in ``weights``, with probability proportional to the weight there."""
        return self.pick_edges(name, ids, np.cumsum(np.asarray(weights, dtype=np.float64)))

    def pick_edges(self, name: str, ids: npt.ArrayLike, edges: Floats) -> Ints:
        """A position, given the running totals of the weights (for long lists that are drawn from often)."""
        return np.asarray(np.searchsorted(edges, self.uniform(name, ids) * edges[-1], side="right"), dtype=np.int64)

    def choose(self, name: str, ids: npt.ArrayLike, weights: Mapping[str, float]) -> npt.NDArray[np.object_]:
        """A key of ``weights``, with probability proportional to its weight."""
        return np.array(list(weights), dtype=object)[self.pick(name, ids, list(weights.values()))]

    def bell(self, name: str, ids: npt.ArrayLike) -> Floats:
        """About normal with mean 0 and standard deviation 1, within ±3.47 (the sum of four even draws)."""
        parts = [self.uniform(f"{name}/{turn}", ids) for turn in range(4)]
        return np.asarray((np.sum(parts, axis=0) - 2.0) * np.sqrt(3.0))

    def waiting(self, name: str, ids: npt.ArrayLike) -> Floats:
        """Exponential with mean 1."""
        return -np.log1p(-self.uniform(name, ids))

    def count(self, name: str, ids: npt.ArrayLike, mean: npt.ArrayLike) -> Ints:
        """Poisson with the given mean, one for all or one for each."""
        threshold = self.uniform(name, ids)
        mean = np.broadcast_to(np.asarray(mean, dtype=np.float64), threshold.shape)
        total = np.zeros(threshold.shape, dtype=np.int64)
        probability = np.exp(-mean)
        reached = probability.copy()
        for step in range(1, 200):
            below = threshold >= reached
            if not below.any():
                break
            total[below] += 1
            probability = probability * mean / step
            reached = reached + probability
        return total

    def _hash(self, name: str, ids: npt.ArrayLike) -> npt.NDArray[np.uint64]:
        key = np.uint64(((zlib.crc32(name.encode()) << 32) ^ (self.seed * 0x5851F42D4C957F2D)) & 0xFFFFFFFFFFFFFFFF)
        with np.errstate(over="ignore"):
            return mix(mix(np.asarray(ids, dtype=np.int64).astype(np.uint64) + _GOLDEN) ^ mix(np.asarray([key])))


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser: a one-to-one scrambling of 64-bit numbers."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))


def by_age(table: Mapping[str, float], ages: npt.ArrayLike) -> Floats:
    """The value of an age table at each age: that of the highest age in the table that is not above it, else the first."""
    floors = sorted((int(age), value) for age, value in table.items())
    places = np.searchsorted([age for age, _ in floors], np.asarray(ages), side="right") - 1
    return np.array([value for _, value in floors], dtype=np.float64)[np.maximum(places, 0)]
