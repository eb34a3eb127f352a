"""Name pools: weighted given names by sex and time of birth, family names, and a rare tail built from parts.

People carry positions in these pools; texts are made when a file is written.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from linkage.configs import packaged
from linkage.synth.draws import Draws, Ints

Texts = npt.NDArray[np.object_]

_GENERATIONS = ("weight_before_1950", "weight_1950_1979", "weight_1980_on")
_TAIL_PATTERN = "british"
_TAIL_CAP = 0.9


@dataclass(frozen=True)
class Names:
    """Given and family names by position; positions of a pool and their weights by the keys that choose the pool."""

    given: Texts
    family: Texts
    given_pools: dict[tuple[str, int, int], tuple[Ints, Sequence[float]]]
    family_pools: dict[tuple[str, int], tuple[Ints, Sequence[float]]]

    def draw_given(self, draws: Draws, name: str, ids: Ints, patterns: Texts, sexes: Ints, birth_years: Ints) -> Ints:
        """A given name for each id, by naming pattern, sex and year of birth."""
        generation = np.searchsorted([1950, 1980], birth_years, side="right")
        chosen = np.full(ids.shape, -1, dtype=np.int64)
        for (pattern, sex, when), (positions, weights) in self.given_pools.items():
            rows = (patterns == pattern) & (sexes == sex) & (generation == when)
            if rows.any():
                chosen[rows] = positions[draws.pick(name, ids[rows], weights)]
        return chosen

    def draw_family(self, draws: Draws, name: str, ids: Ints, patterns: Texts, sexes: Ints | None = None) -> Ints:
        """A family name for each id; with ``sexes``, one of those that go with the sex of the person (else -1)."""
        chosen = np.full(ids.shape, -1, dtype=np.int64)
        for (pattern, sex), (positions, weights) in self.family_pools.items():
            rows = (patterns == pattern) & ((sexes == sex) if sexes is not None else (sex == 0))
            if rows.any():
                chosen[rows] = positions[draws.pick(name, ids[rows], weights)]
        return chosen

    def same_initial(self, position: int, pattern: str, sex: int) -> Ints:
        """Other given names of the pattern and sex that start with the same letter."""
        first = self.given[position][0]
        pools = [self.given_pools[key][0] for key in self.given_pools if key[:2] == (pattern, sex)]
        return np.array(sorted({p for pool in pools for p in pool if self.given[p][0] == first and p != position}))


@cache
def load_names(rare_surname_decay: int) -> Names:
    """The packaged pools. The rare tail decays as 1 / (rank + decay) from just below the rarest listed family name."""
    given_rows = _rows("given_names")
    given = list(dict.fromkeys(row["name"] for row in given_rows))
    family_rows = _rows("surnames") + _tail(rare_surname_decay)
    family = list(dict.fromkeys(row["name"] for row in family_rows))
    return Names(
        given=np.array(given, dtype=object),
        family=np.array(family, dtype=object),
        given_pools=_given_pools(given_rows, {name: position for position, name in enumerate(given)}),
        family_pools=_family_pools(family_rows, {name: position for position, name in enumerate(family)}),
    )


def _given_pools(
    rows: list[dict[str, str]], position: dict[str, int]
) -> dict[tuple[str, int, int], tuple[Ints, Sequence[float]]]:
    pools: dict[tuple[str, int, int], tuple[Ints, Sequence[float]]] = {}
    for pattern, sex in sorted({(row["pattern"], int(row["gender"])) for row in rows}):
        chosen = [row for row in rows if (row["pattern"], int(row["gender"])) == (pattern, sex)]
        positions = np.array([position[row["name"]] for row in chosen], dtype=np.int64)
        for when, column in enumerate(_GENERATIONS):
            pools[pattern, sex, when] = (positions, [float(row[column]) for row in chosen])
    return pools


def _family_pools(
    rows: list[dict[str, str]], position: dict[str, int]
) -> dict[tuple[str, int], tuple[Ints, Sequence[float]]]:
    pools: dict[tuple[str, int], tuple[Ints, Sequence[float]]] = {}
    for pattern, sex in sorted({(row["pattern"], int(row["gender"] or 0)) for row in rows}):
        chosen = [row for row in rows if (row["pattern"], int(row["gender"] or 0)) == (pattern, sex)]
        positions = np.array([position[row["name"]] for row in chosen], dtype=np.int64)
        pools[pattern, sex] = (positions, [float(row["weight"]) for row in chosen])
    return pools


def _tail(decay: int) -> list[dict[str, str]]:
    """Rare family names, every first part with every last part; common pairs are spread over the ranks by a stride."""
    parts = _rows("surname_parts")
    first = [row["part"] for row in parts if row["position"] == "first"]
    last = [row["part"] for row in parts if row["position"] == "last"]
    listed = {row["name"] for row in _rows("surnames")}
    rarest = min(float(row["weight"]) for row in _rows("surnames") if row["pattern"] == _TAIL_PATTERN)
    built = [a + b for turn in range(len(last)) for a, b in zip(first, last[turn:] * 2 + last[:turn], strict=False)]
    names = [name for name in dict.fromkeys(built) if name not in listed]
    return [
        {
            "name": name,
            "pattern": _TAIL_PATTERN,
            "gender": "",
            "weight": f"{_TAIL_CAP * rarest * decay / (rank + decay):.4f}",
        }
        for rank, name in enumerate(names)
    ]


def _rows(name: str) -> list[dict[str, str]]:
    with packaged(f"synth/names/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
