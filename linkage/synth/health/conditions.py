"""Long-term conditions of the people on the register, as their practice records them."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import age_years
from linkage.synth.care.morbidity import condition_counts
from linkage.synth.columns import Columns
from linkage.synth.draws import Draws, Ints
from linkage.synth.health.numbers import row_numbers
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = ("nhs_number", "condition", "first_recorded_date")
_PLACES = 32
_RECORDED_DAYS = 5000


def true_counts(setting: Setting, block: Block) -> Ints:
    """Number of conditions of each person: the number that decided about social care, where there is any."""
    counts = condition_counts(setting.profile, setting.world, block.people, block.lives)
    counts[block.users.row] = block.users.conditions
    return counts


def condition_rows(setting: Setting, block: Block) -> Columns:
    """One row per condition, in order of person and condition; people with none, or dead before the period, have no row."""
    draws = Draws(setting.profile.seed)
    people = block.people
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    rows = np.flatnonzero(on_register(block) & ~(block.lives.death < start) & (people.birth <= end))
    count = true_counts(setting, block)[rows]
    owner, kind = _kinds(setting, block, rows, count)
    ids = people.person_id[owner] * _PLACES + kind
    last = np.fmin(end, block.lives.death[owner])
    lived_days = (last - people.birth[owner]).astype(np.int64)
    return {
        "row": owner,
        "nhs_number": row_numbers(setting, block, "conditions", owner, ids),
        "condition": np.array(_names(setting), dtype=object)[kind],
        "first_recorded_date": last - draws.between("recorded", ids, 0, np.minimum(lived_days, _RECORDED_DAYS)),
    }


def _names(setting: Setting) -> list[str]:
    tables = setting.world.health.conditions.kinds.values()
    return sorted({name for table in tables for name in table})


def _kinds(setting: Setting, block: Block, rows: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Different conditions for each person, by the weights of the age: those with the shortest weighted waiting times."""
    rates, names = setting.world.health.conditions, _names(setting)
    draws = Draws(setting.profile.seed)
    with_any = count > 0
    rows, count = rows[with_any], count[with_any]
    floors = sorted(int(age) for age in rates.kinds)
    age = age_years(block.people, np.datetime64(setting.profile.period_start, "D"))[rows]
    table = np.array([[rates.kinds[str(floor)].get(name, 0.0) for name in names] for floor in floors])
    weights = table[np.maximum(np.searchsorted(floors, age, side="right") - 1, 0)]
    ids = block.people.person_id[rows][:, None] * _PLACES + np.arange(len(names))
    with np.errstate(divide="ignore"):
        times = np.where(weights > 0, draws.waiting("condition", ids) / weights, np.inf)
    order = np.argsort(times, axis=1)
    taken = np.zeros(times.shape, dtype=bool)
    np.put_along_axis(taken, order, np.arange(len(names)) < count[:, None], axis=1)
    person, kind = np.nonzero(taken & np.isfinite(times))
    return rows[person], kind


SOURCE = Source("health/long_term_conditions", COLUMNS, condition_rows)
