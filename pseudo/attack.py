"""How many people of a release somebody could single out who knows a few things about each of them.

The insider of the test knows when a person was born, their sex, where they live and the date of one event, as exactly as
the release tells them. A person is singled out when nobody else in the table fits what is known; with the date of an
event, when that holds for at least one of their events. People of whom the release does not tell a known thing at all are
not found by it; where it tells a part (the authority and no small area), those alike in that are compared. The figures say
how far the columns go, not who would try.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations as subsets
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pseudo.classes import Combinations, combinations, distinct, how_many
from pseudo.conditions import Insider
from pseudo.policy_model import ReleasePolicy

_DECIMALS = 4


def measure(paths: Mapping[str, Path], policy: ReleasePolicy) -> dict[str, Any]:
    """For each table that the policy names under ``insider``: the share of its people singled out by each set of facts.

    ``by_number_of_facts`` gives, for 1 to 4 facts known, the set that singles out most people.
    """
    return {name: _table(paths[name], known) for name, known in policy.insider.items() if name in paths}


def _table(path: Path, known: Insider) -> dict[str, Any]:
    there = set(pq.read_schema(path).names)
    facts = {
        fact: held for fact, columns in known.facts().items() if (held := [name for name in columns if name in there])
    }
    found = combinations(path, [column for columns in facts.values() for column in columns])
    tried = [_outcome(found, facts, chosen) for number in range(1, len(facts) + 1) for chosen in subsets(facts, number)]
    worst: dict[str, Any] = {}
    for outcome in tried:
        number = str(len(outcome["facts"]))
        if number not in worst or outcome["share"] > worst[number]["share"]:
            worst[number] = outcome
    return {"people": found.people, "columns": facts, "by_number_of_facts": worst, "by_facts": tried}


def _outcome(found: Combinations, facts: Mapping[str, Sequence[str]], chosen: Sequence[str]) -> dict[str, Any]:
    columns = [column for fact in chosen for column in facts[fact]]
    told = [(found.only(facts[fact]).digits > 0).any(axis=1) for fact in chosen]
    people = _singled_out(found.only(columns), np.logical_and.reduce(told))
    share = people / found.people if found.people else 0.0
    return {"facts": list(chosen), "people": people, "share": round(share, _DECIMALS)}


def _singled_out(found: Combinations, told: npt.NDArray[np.bool_]) -> int:
    """People with at least one line that is theirs alone, among the lines that tell every fact."""
    codes, person = distinct(found.codes()[told], found.person[told])
    differs = codes[1:] != codes[:-1]
    alone = (
        np.concatenate([[True], differs]) & np.concatenate([differs, [True]])
        if len(codes)
        else np.zeros(0, dtype=np.bool_)
    )
    return how_many(person[alone], found.people)
