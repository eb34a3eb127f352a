"""Medicines prescribed in primary care: items and distinct medicines by quarter."""

import numpy as np
import numpy.typing as npt

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import Draws, Ints
from linkage.synth.health.conditions import true_counts
from linkage.synth.health.numbers import row_numbers
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = ("nhs_number", "quarter_start_date", "items", "distinct_medicines")
_QUARTERS = 4


def prescribing_rows(setting: Setting, block: Block) -> Columns:
    """One row per person and quarter with any item, in order of person and quarter; none for quarters after death."""
    draws, rates = Draws(setting.profile.seed), setting.world.health.prescribing
    rows = np.flatnonzero(on_register(block))
    ids = block.people.person_id[rows]
    regular = draws.count("regular_medicines", ids, rates.regular_per_condition * true_counts(setting, block)[rows])
    table = joined([_quarter(setting, block, rows, regular, quarter) for quarter in range(_QUARTERS)])
    table = chosen(table, np.argsort(table["row"], kind="stable"))
    return table | {"nhs_number": row_numbers(setting, block, "prescribing", table["row"], table["id"])}


def _quarter(setting: Setting, block: Block, rows: Ints, regular: Ints, quarter: int) -> Columns:
    """Regular medicines are issued several times a quarter; a few others once."""
    draws, rates = Draws(setting.profile.seed), setting.world.health.prescribing
    month = np.datetime64(setting.profile.period_start, "M") + 3 * quarter
    first, last = month.astype("datetime64[D]"), (month + 3).astype("datetime64[D]") - 1
    ids = block.people.person_id[rows] * _QUARTERS + quarter
    once = draws.count("medicines_once", ids, rates.once_a_quarter)
    times = draws.between("issues", ids, rates.issues_a_quarter.low, rates.issues_a_quarter.high)
    alive = ~(block.lives.death[rows] < first) & (block.people.birth[rows] <= last)
    taken = np.flatnonzero(alive & (regular + once > 0))
    return {
        "row": rows[taken],
        "id": ids[taken],
        "quarter_start_date": np.full(len(taken), first),
        "items": _numbers((regular * times + once)[taken]),
        "distinct_medicines": _numbers((regular + once)[taken]),
    }


def _numbers(values: Ints) -> npt.NDArray[np.object_]:
    return np.array([str(number) for number in range(int(values.max(initial=0)) + 1)], dtype=object)[values]


SOURCE = Source("health/prescribing", COLUMNS, prescribing_rows)
