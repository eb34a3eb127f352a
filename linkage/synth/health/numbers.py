"""The true current NHS numbers of health rows; a few are missing in each source."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.draws import Draws, Ints, Texts
from linkage.synth.people.nhs_numbers import text


def row_numbers(setting: Setting, block: Block, source: str, rows: Ints, ids: Ints) -> Texts:
    """NHS numbers as text for rows of people (``rows`` ascending); ``ids`` name what a missing number is drawn for."""
    missing = Draws(setting.profile.seed).chance(f"{source}_number", ids, setting.world.health.number_missing)
    distinct, place = np.unique(rows, return_inverse=True)
    texts = np.append(text(block.lives.numbers[distinct, 0]), "")
    return np.asarray(texts[np.where(missing, len(distinct), place)], dtype=object)
