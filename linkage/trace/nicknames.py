"""Nicknames as a compatibility relation: two names are related when one is a familiar form of the other, or both of one.

The list is ``configs/codelists/nicknames.csv`` (name, nickname; many to many). It is not a mapping to one canonical form.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Set
from functools import cache

import pyarrow as pa

from linkage.configs import packaged
from linkage.engine import Engine
from linkage.normalise import name


@cache
def related_names() -> Mapping[str, Set[str]]:
    """The names that each name is related to, in comparison form; symmetric, without a name's relation to itself."""
    related: dict[str, set[str]] = defaultdict(set)
    with packaged("codelists/nicknames.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            full, familiar = name.comparison(row["name"]), name.comparison(row["nickname"])
            if full and familiar and full != familiar:
                related[full].add(familiar)
                related[familiar].add(full)
    return dict(related)


def load_nicknames(engine: Engine) -> None:
    """Make table ``nickname`` (name, related) of ``related_names``."""
    pairs = [(one, other) for one, others in related_names().items() for other in sorted(others)]
    names, related = zip(*pairs, strict=True)
    engine.register("nickname", pa.table({"name": pa.array(names), "related": pa.array(related)}))
