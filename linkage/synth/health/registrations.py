"""Registrations with a general practice: one per person on the register."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen
from linkage.synth.draws import NEVER, Draws, Texts
from linkage.synth.health.numbers import row_numbers
from linkage.synth.people.places import postcode_texts, practice_code
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = (
    "nhs_number", "practice_code", "registration_start_date", "registration_end_date", "date_of_birth", "gender",
    "ethnic_category", "postcode", "date_of_death",
)  # fmt: skip
_CHILDHOOD_DAYS = 6000


def registration_rows(setting: Setting, block: Block) -> Columns:
    """One registration per person on the register, in order of NHS number; a few leave within the period."""
    draws, rates = Draws(setting.profile.seed), setting.world.health
    rows = np.flatnonzero(on_register(block))
    people, lives = block.people, block.lives
    ids, birth = people.person_id[rows], people.birth[rows]
    end_of_year = np.datetime64(setting.profile.period_end, "D")
    moved = lives.moved[rows, 0]
    start = np.where(np.isnat(moved), birth + draws.between("registered", ids, 0, _CHILDHOOD_DAYS), moved)
    left = draws.chance("registration_ended", ids, rates.registration_ended)
    leaves = end_of_year - draws.between("registration_end", ids, 0, 300)
    end = np.where(~np.isnat(lives.death[rows]), lives.death[rows], np.where(left & (start < leaves), leaves, NEVER))
    start = np.where((start > end) | (start > end_of_year), birth, start)
    unstated = draws.chance("ethnicity_unstated", ids, rates.ethnicity_not_stated)
    table: Columns = {
        "row": rows,
        "nhs_number": row_numbers(setting, block, "registrations", rows, ids),
        "practice_code": _practices(setting, block)[rows],
        "registration_start_date": start,
        "registration_end_date": end,
        "date_of_birth": birth,
        "gender": np.array([str(sex) for sex in range(3)], dtype=object)[people.sex[rows]],
        "ethnic_category": np.where(unstated, "Z", people.ethnic_group[rows]).astype(object),
        "postcode": postcode_texts(lives.postcode[rows, 0]),
        "date_of_death": lives.death[rows],
    }
    numbers = np.where(table["nhs_number"] == "", 0, lives.numbers[rows, 0])
    return chosen(table, np.lexsort((ids, numbers)))


def _practices(setting: Setting, block: Block) -> Texts:
    """Code of each person's present practice."""
    codes = [authority.la_code for authority in setting.profile.authorities]
    number = block.lives.practice[:, 0]
    texts = [[practice_code(code, n) for n in range(int(number.max(initial=0)) + 1)] for code in codes]
    return np.array(texts, dtype=object)[block.people.authority, number]


SOURCE = Source("health/gp_registrations", COLUMNS, registration_rows)
