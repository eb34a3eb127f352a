"""Columns of short codes (``configs/codelists``), drawn for groups of rows with weights of their own."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Draws, Floats, Ints, Texts
from linkage.synth.people.population import FEMALE, MALE


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


def draw_by_age(
    draws: Draws, name: str, ids: npt.ArrayLike, ages: Floats, tables: Mapping[str, Mapping[str, float]]
) -> Texts:
    """A code for each row, by the weights that hold from an age up to the next."""
    place, weights = _by_age(ages, tables)
    return draw_codes(draws, name, ids, place, weights)


def draw_by_age_and_sex(
    draws: Draws,
    name: str,
    ids: npt.ArrayLike,
    ages: Floats,
    sexes: Ints,
    tables: Mapping[str, Mapping[str, float]],
    one_sex: Mapping[str, Sequence[str]],
) -> Texts:
    """The same, without the codes of the other sex: ``one_sex`` lists those of ``women`` and of ``men``."""
    place, weights = _by_age(ages, tables)
    others = {FEMALE: one_sex["men"], MALE: one_sex["women"]}
    by_sex = [
        {code: weight for code, weight in table.items() if code not in others[sex]}
        for table in weights
        for sex in (MALE, FEMALE)
    ]
    return draw_codes(draws, name, ids, 2 * place + (sexes == FEMALE), by_sex)


def _by_age(ages: Floats, tables: Mapping[str, Mapping[str, float]]) -> tuple[Ints, list[Mapping[str, float]]]:
    floors = sorted(int(age) for age in tables)
    place = np.maximum(np.searchsorted(floors, ages, side="right") - 1, 0)
    return place, [tables[str(floor)] for floor in floors]
