"""Registered deaths of the people on the register, with the underlying cause."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns
from linkage.synth.draws import Draws
from linkage.synth.health.coded import draw_by_age_and_sex
from linkage.synth.health.numbers import row_numbers
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = ("nhs_number", "date_of_death", "underlying_cause")
_YEAR = 365.25


def death_rows(setting: Setting, block: Block) -> Columns:
    """One row per death by the end of the period, in order of person; causes by age at death."""
    causes = setting.world.health.causes_of_death
    rows = np.flatnonzero(on_register(block) & ~np.isnat(block.lives.death))
    day, ids = block.lives.death[rows], block.people.person_id[rows]
    age = (day - block.people.birth[rows]).astype(np.int64) / _YEAR
    cause = draw_by_age_and_sex(
        Draws(setting.profile.seed),
        "cause_of_death",
        ids,
        age,
        block.people.sex[rows],
        causes,
        setting.world.health.one_sex,
    )
    return {
        "row": rows,
        "nhs_number": row_numbers(setting, block, "deaths", rows, ids),
        "date_of_death": day,
        "underlying_cause": cause,
    }


SOURCE = Source("health/deaths", COLUMNS, death_rows)
