"""Records by difficulty, expected outcome and group: what a tracer can reach at most, group by group."""

import csv
from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np

from linkage.configs import packaged
from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns
from linkage.synth.people.population import FEMALE
from linkage.synth.records.odds import age_at_end
from linkage.synth.truth.submitted import truth_rows

KEYS = ("la_code", "ethnic_group", "age_band", "sex", "difficulty", "expected_outcome")
Cells = Counter[tuple[str, ...]]

COLUMNS = (*KEYS, "records")
_AGES = (18, 25, 45, 65, 75, 85)
_BANDS = np.array(["under 18", "18-24", "25-44", "45-64", "65-74", "75-84", "85 and over"], dtype=object)


def group_counts(setting: Setting, block: Block, truth: Columns | None = None) -> Cells:
    """Records of a block that stand in a submission, by the groups of ``KEYS``; ``truth`` are its ``truth_rows``."""
    table = truth_rows(setting, block) if truth is None else truth
    row = block.records.row[table["record"]]
    ages = _BANDS[np.searchsorted(_AGES, age_at_end(setting.profile, block.people, row), side="right")]
    groups = [ethnic_groups()[code] for code in block.people.ethnic_group[row].tolist()]
    sex = np.where(block.people.sex[row] == FEMALE, "female", "male").tolist()
    codes, difficulty, outcome = (table[name].tolist() for name in ("la_code", "difficulty", "expected_outcome"))
    return Counter(zip(codes, groups, ages.tolist(), sex, difficulty, outcome, strict=True))


def merged_counts(parts: Iterable[Cells]) -> Columns:
    """The table of all blocks: one row per group that has records, in order of the groups."""
    total: Cells = Counter()
    for part in parts:
        total.update(part)
    rows = sorted((*key, count) for key, count in total.items())
    table: Columns = {name: np.array([row[place] for row in rows], dtype=object) for place, name in enumerate(KEYS)}
    return table | {COLUMNS[-1]: np.array([row[-1] for row in rows], dtype=np.int64)}


@cache
def ethnic_groups() -> dict[str, str]:
    """The five groups of the Census by NHS ethnic category code."""
    with packaged("codelists/ethnic_category.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row["group5"] for row in csv.DictReader(handle)}
