"""Who lives in a care home, service user or not: no extract says so of those who pay for themselves."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns
from linkage.synth.health.support import in_home_from
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = ("person_id", "true_nhs_number", "admitted_date")


def resident_rows(setting: Setting, block: Block) -> Columns:
    """One row per person who lives in a care home on any day of the period, in order of person.

    Those with ``admitted_date`` up to the first day of the period lived there on that day; others moved in later.
    ``true_nhs_number`` is blank for people who are not on the register.
    """
    first, last = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    admitted = in_home_from(block)
    rows = np.flatnonzero((admitted <= last) & ~(block.lives.death < first))
    there = on_register(block)[rows]
    return {
        "row": rows,
        "person_id": np.array([f"P{person}" for person in block.people.person_id[rows].tolist()], dtype=object),
        "true_nhs_number": np.where(there, number_text(block.lives.numbers[rows, 0]), "").astype(object),
        "admitted_date": admitted[rows],
    }


SOURCE = Source("truth/care_home_residents", COLUMNS, resident_rows)
