"""A change of case system: from one quarter on, everybody in an authority has another local identifier."""

from dataclasses import dataclass

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.draws import Bools, Ints, Texts
from linkage.synth.submissions.quarters import QUARTERS, submitted

RENUMBERED = "renumbered"
# A prime below 1,000,000,000 and a multiplier: a one-to-one scrambling of the numbers of people below it.
_PRIME, _MULTIPLIER = 999_999_937, 7_919


@dataclass(frozen=True)
class Identifiers:
    """The local identifiers that stand in submissions: one row each, those before a renumbering first.

    ``record`` is the position among the block's records, ``renumbered`` marks identifiers of the new case system.
    """

    record: Ints
    local_id: Texts
    renumbered: Bools


def local_ids(setting: Setting, block: Block, quarter: int) -> Texts:
    """The identifier of every record of a block in the file of a quarter."""
    records = block.records
    changed = [_has_changed(setting, place, quarter) for place in range(len(setting.profile.authorities))]
    moved = np.flatnonzero(np.array(changed, dtype=bool)[records.authority])
    if not len(moved):
        return records.local_id
    numbers = 2 * block.people.number_index[records.row[moved]] + records.duplicate[moved] + 1
    forms = [setting.profile.authorities[place].new_identifier for place in records.authority[moved].tolist()]
    local = records.local_id.copy()
    scrambled = (numbers % _PRIME * _MULTIPLIER % _PRIME).tolist()
    local[moved] = [form.format(number) for form, number in zip(forms, scrambled, strict=True)]
    return local


def identifiers(setting: Setting, block: Block) -> Identifiers:
    """Every local identifier of a block that stands in at least one submission, before any damage to the file."""
    there = submitted(setting, block)
    changed = np.array(
        [
            [_has_changed(setting, place, quarter) for quarter in QUARTERS]
            for place in range(len(setting.profile.authorities))
        ]
    )[block.records.authority]
    before, after = np.flatnonzero((there & ~changed).any(axis=1)), np.flatnonzero((there & changed).any(axis=1))
    local = np.concatenate([block.records.local_id[before], local_ids(setting, block, QUARTERS[-1])[after]])
    new = np.concatenate([np.zeros(len(before), dtype=bool), np.ones(len(after), dtype=bool)])
    return Identifiers(np.concatenate([before, after]), local, new)


def _has_changed(setting: Setting, place: int, quarter: int) -> bool:
    since = setting.profile.authorities[place].renumbered_from_quarter
    return since is not None and quarter >= since
