"""Name pools: weighted given names by sex and time of birth, family names, and rare tails built from parts.

People carry positions in these pools; texts are made when a file is written.

The tail of a pool decays from just below its rarest listed name as a Zipf-Mandelbrot law, (decay / (rank + decay)) to the
power of an exponent; the decay is the one that gives the tail its share of the people. At 55 million people the last ranks
hold about one person each.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from typing import Any

import numpy as np

from linkage.configs import packaged
from linkage.synth.draws import Draws, Floats, Ints, Texts
from linkage.synth.world import Naming

_GENERATIONS = ("weight_before_1950", "weight_1950_1979", "weight_1980_on")
_GENERATION_STARTS = (1950, 1980)
_TAIL_CAP = 0.9
# Parts of the built names are taken in this stride, a golden section of the number of names, so that neighbours differ.
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Pool:
    """Positions of names and the running totals of their weights."""

    positions: Ints
    edges: Floats

    def draw(self, draws: Draws, name: str, ids: Ints) -> Ints:
        """The position of a name for each id."""
        return np.asarray(self.positions[draws.pick_edges(name, ids, self.edges)])


@dataclass(frozen=True)
class Names:
    """Given and family names by position, and the pools they are drawn from.

    ``patterns`` are the naming patterns in the order of their codes and ``joiners`` what stands between two family names of
    each. Pools are keyed by pattern code, sex (0 for family names of a household) and, for given names, generation.
    ``listed_given`` are the given names before the tail, by pattern and sex.
    """

    patterns: tuple[str, ...]
    joiners: Texts
    given: Texts
    family: Texts
    listed_given: Mapping[tuple[int, int], tuple[int, ...]]
    given_pools: Mapping[tuple[int, int, int], Pool]
    family_pools: Mapping[tuple[int, int], Pool]

    def draw_given(
        self, draws: Draws, name: str, ids: Ints, pattern_codes: Ints, sexes: Ints, birth_years: Ints
    ) -> Ints:
        """A given name for each id, by naming pattern, sex and year of birth."""
        generation = np.searchsorted(_GENERATION_STARTS, birth_years, side="right")
        return _drawn(draws, name, ids, (pattern_codes, sexes, generation), self.given_pools)

    def draw_family(self, draws: Draws, name: str, ids: Ints, pattern_codes: Ints, sexes: Ints | None = None) -> Ints:
        """A family name for each id; with ``sexes``, one of those that go with the sex of the person (else -1)."""
        sex = np.zeros(len(ids), dtype=np.int64) if sexes is None else sexes
        return _drawn(draws, name, ids, (pattern_codes, sex), self.family_pools)

    def family_texts(self, family: Ints, second: Ints, pattern_codes: Ints) -> Texts:
        """Family names as text: one name, or two with the joiner of the naming pattern."""
        texts = self.family[family]
        rows = np.flatnonzero(second >= 0)
        texts[rows] = texts[rows] + self.joiners[pattern_codes[rows]] + self.family[second[rows]]
        return np.asarray(texts)

    def same_initial(self, position: int, pattern_code: int, sex: int) -> Ints:
        """Other listed given names of the pattern and sex that start with the same letter."""
        first = self.given[position][0]
        known = self.listed_given.get((pattern_code, sex), ())
        return np.array([p for p in known if self.given[p][0] == first and p != position], dtype=np.int64)


def _drawn(draws: Draws, name: str, ids: Ints, keys: tuple[Ints, ...], pools: Mapping[Any, Pool]) -> Ints:
    chosen = np.full(len(ids), -1, dtype=np.int64)
    code = _code(keys)
    for parts, pool in pools.items():
        rows = np.flatnonzero(code == _code(parts))
        if len(rows):
            chosen[rows] = pool.draw(draws, name, ids[rows])
    return chosen


def _code(keys: Sequence[Any]) -> Any:
    """The keys of a pool as one number (each is below 16), for one person or for a column of them."""
    return reduce(lambda code, key: code * 16 + key, keys)


@cache
def pattern_names() -> tuple[str, ...]:
    """The naming patterns, in the order of their codes."""
    return tuple(sorted({row["pattern"] for row in _rows("given_names")}))


def load_names(naming: Naming) -> Names:
    """The packaged pools with the rare tails of the world's naming."""
    return _load_names(naming.model_dump_json())


@cache
def _load_names(settings: str) -> Names:
    naming = Naming.model_validate_json(settings)
    codes = {pattern: code for code, pattern in enumerate(pattern_names())}
    given, family = _Register(), _Register()
    listed = _rows("given_names")
    listed_given: dict[tuple[int, int], tuple[int, ...]] = {}
    for row in listed:
        key = codes[row["pattern"]], int(row["gender"])
        listed_given[key] = (*listed_given.get(key, ()), given.position(row["name"]))
    given_pools = _given_pools(listed, codes, given, naming)
    family_pools = _family_pools(codes, family, naming)
    return Names(
        pattern_names(),
        np.array([naming.double_joiner.get(pattern, "-") for pattern in pattern_names()], dtype=object),
        np.array(given.names, dtype=object),
        np.array(family.names, dtype=object),
        listed_given,
        given_pools,
        family_pools,
    )


class _Register:
    """Names in order of first use, each with its position."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[str, int] = {}

    def position(self, name: str) -> int:
        place = self._known.setdefault(name, len(self.names))
        if place == len(self.names):
            self.names.append(name)
        return place

    def __contains__(self, name: str) -> bool:
        return name in self._known


def _given_pools(
    rows: list[dict[str, str]], codes: Mapping[str, int], given: _Register, naming: Naming
) -> dict[tuple[int, int, int], Pool]:
    pools: dict[tuple[int, int, int], Pool] = {}
    built = {
        sex: [name for name in _built("given_name_parts", "gender", str(sex)) if name not in given] for sex in (1, 2)
    }
    for pattern, sex in sorted({(row["pattern"], int(row["gender"])) for row in rows}):
        chosen = [row for row in rows if (row["pattern"], int(row["gender"])) == (pattern, sex)]
        positions = [given.position(row["name"]) for row in chosen]
        for when, column in enumerate(_GENERATIONS):
            weights = [float(row[column]) for row in chosen]
            share = naming.rare_given_names.get(pattern, (0.0,) * len(_GENERATIONS))[when]
            pools[codes[pattern], sex, when] = _pool(positions, weights, share, built[sex], naming, given)
    return pools


def _family_pools(codes: Mapping[str, int], family: _Register, naming: Naming) -> dict[tuple[int, int], Pool]:
    rows = _rows("surnames")
    listed = {row["name"] for row in rows}
    pools: dict[tuple[int, int], Pool] = {}
    for pattern, sex in sorted({(row["pattern"], int(row["gender"] or 0)) for row in rows}):
        chosen = [row for row in rows if (row["pattern"], int(row["gender"] or 0)) == (pattern, sex)]
        positions = [family.position(row["name"]) for row in chosen]
        weights = [float(row["weight"]) for row in chosen]
        share = naming.rare_surnames.get(pattern, 0.0) if sex == 0 else 0.0
        built = [n for n in _built("surname_parts", "pattern", pattern) if n not in listed] if share else []
        pools[codes[pattern], sex] = _pool(positions, weights, share, built, naming, family)
    return pools


def _pool(
    positions: Sequence[int],
    weights: Sequence[float],
    share: float,
    built: Sequence[str],
    naming: Naming,
    names: _Register,
) -> Pool:
    """Listed names with their weights and, where the tail has a share, the built names with theirs."""
    tail = _tail_weights(weights, share, len(built), naming.rare_name_exponent) if share and built else np.empty(0)
    places = [*positions, *(names.position(name) for name in built[: len(tail)])]
    return Pool(np.array(places, dtype=np.int64), np.cumsum(np.concatenate([np.asarray(weights), tail])))


def _tail_weights(weights: Sequence[float], share: float, size: int, exponent: float) -> Floats:
    """Weights of a tail that starts below the rarest listed name and sums to its share of all."""
    cap = _TAIL_CAP * min(weight for weight in weights if weight > 0)
    wanted = sum(weights) * share / (1.0 - share)
    ranks = np.arange(size, dtype=np.float64)
    low, high = 1e-3, 1e9
    for _ in range(80):
        decay = math.sqrt(low * high)
        low, high = (decay, high) if (cap * (decay / (ranks + decay)) ** exponent).sum() < wanted else (low, decay)
    return np.asarray(cap * (high / (ranks + high)) ** exponent)


@cache
def _built(table: str, column: str, value: str) -> tuple[str, ...]:
    """Every first part with every middle and last part, in an order in which neighbours share none of them."""
    parts = [row for row in _rows(table) if row[column] == value]
    by_place = [[row["part"] for row in parts if row["position"] == place] for place in ("first", "middle", "last")]
    names = ["".join(choice) for choice in product(*by_place)]
    stride = int(len(names) * _GOLDEN) | 1
    while math.gcd(stride, len(names)) != 1:
        stride += 2
    return tuple(dict.fromkeys(names[rank * stride % len(names)] for rank in range(len(names))))


def _rows(name: str) -> list[dict[str, str]]:
    with packaged(f"synth/names/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
