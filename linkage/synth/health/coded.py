"""Short codes of the health extracts (``configs/codelists``), and columns of codes drawn for groups of rows."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from linkage.configs import packaged
from linkage.synth.draws import Draws, Ints

Texts = npt.NDArray[np.object_]


@cache
def codes(name: str) -> tuple[str, ...]:
    """Codes of one of the codelists, in its order."""
    with packaged(f"codelists/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(row["code"] for row in csv.DictReader(handle))


def draw_codes(
    draws: Draws, name: str, ids: npt.ArrayLike, group: Ints, weights: Sequence[Mapping[str, float]]
) -> Texts:
    """A code for each row, by the weights of its group (a position in ``weights``)."""
    known = list(dict.fromkeys(code for table in weights for code in table))
    table = np.array([[entry.get(code, 0.0) for code in known] for entry in weights], dtype=np.float64)
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    # One search for all groups: the edges of group g lie between g and g + 1.
    edges[:, -1] = 1.0
    flat = (edges + np.arange(len(weights))[:, None]).ravel()
    place = np.searchsorted(flat, draws.uniform(name, ids) + group, side="right") - group * len(known)
    return np.asarray(np.array(known, dtype=object)[np.minimum(place, len(known) - 1)], dtype=object)
