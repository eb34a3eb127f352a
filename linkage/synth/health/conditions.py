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
_YEAR = 365.25


def true_counts(setting: Setting, block: Block) -> Ints:
    """Number of conditions of each person on the first day of the period: the number that decided about social care.

    None for people who are born on that day or later.
    """
    counts = condition_counts(setting.profile, setting.world, block.people, block.lives)
    counts[block.users.row] = block.users.conditions
    counts[_lived_days(setting, block) < 1] = 0
    return counts


def condition_rows(setting: Setting, block: Block) -> Columns:
    """One row per condition, in order of person and condition; people with none, or dead before the period, have no row.

    All were first recorded before the period, at an age at which the condition begins.
    """
    people = block.people
    start = np.datetime64(setting.profile.period_start, "D")
    rows = np.flatnonzero(on_register(block) & ~(block.lives.death < start))
    owner, kind = _kinds(setting, block, rows, true_counts(setting, block)[rows])
    ids = people.person_id[owner] * _PLACES + kind
    return {
        "row": owner,
        "nhs_number": row_numbers(setting, block, "conditions", owner, ids),
        "condition": np.array(_names(setting), dtype=object)[kind],
        "first_recorded_date": people.birth[owner] + _days_of_age(setting, block, owner, kind, ids),
    }


def _lived_days(setting: Setting, block: Block) -> Ints:
    """Days from each person's birth to the first day of the period."""
    return np.asarray((np.datetime64(setting.profile.period_start, "D") - block.people.birth).astype(np.int64))


def _onset_days(setting: Setting) -> Ints:
    """Ages in days, one row per condition: the earliest onset, the first and the last usual one."""
    onset = setting.world.health.conditions.onset
    years = np.array([(onset[name].earliest, onset[name].since, onset[name].to) for name in _names(setting)])
    return np.asarray(np.ceil(years * _YEAR), dtype=np.int64)


def _days_of_age(setting: Setting, block: Block, owner: Ints, kind: Ints, ids: Ints) -> Ints:
    """Age in days at the first record: even over the usual years, rarer before them, always before the period."""
    earliest, since, to = _onset_days(setting)[kind].T
    rare = setting.world.health.conditions.before_usual_onset
    last = np.minimum(to, _lived_days(setting, block)[owner])
    early = rare * (np.minimum(since, last) - earliest)
    at = Draws(setting.profile.seed).uniform("recorded", ids) * (early + np.maximum(last - since, 0))
    return np.asarray(np.floor(np.where(at < early, earliest + at / rare, since + at - early)), dtype=np.int64)


def _names(setting: Setting) -> list[str]:
    tables = setting.world.health.conditions.kinds.values()
    return sorted({name for table in tables for name in table})


def _kinds(setting: Setting, block: Block, rows: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Different conditions for each person, by the weights of the age: those with the shortest weighted waiting times.

    Only conditions that can have begun by the first day of the period; those that usually begin later are rare.
    """
    rates, names = setting.world.health.conditions, _names(setting)
    draws = Draws(setting.profile.seed)
    with_any = count > 0
    rows, count = rows[with_any], count[with_any]
    floors = sorted(int(age) for age in rates.kinds)
    age = age_years(block.people, np.datetime64(setting.profile.period_start, "D"))[rows]
    table = np.array([[rates.kinds[str(floor)].get(name, 0.0) for name in names] for floor in floors])
    weights = table[np.maximum(np.searchsorted(floors, age, side="right") - 1, 0)]
    lived = _lived_days(setting, block)[rows][:, None]
    earliest, since, _ = _onset_days(setting).T
    weights = weights * np.where(lived > since, 1.0, np.where(lived > earliest, rates.before_usual_onset, 0.0))
    ids = block.people.person_id[rows][:, None] * _PLACES + np.arange(len(names))
    with np.errstate(divide="ignore"):
        times = np.where(weights > 0, draws.waiting("condition", ids) / weights, np.inf)
    order = np.argsort(times, axis=1)
    taken = np.zeros(times.shape, dtype=bool)
    np.put_along_axis(taken, order, np.arange(len(names)) < count[:, None], axis=1)
    person, kind = np.nonzero(taken & np.isfinite(times))
    return rows[person], kind


SOURCE = Source("health/long_term_conditions", COLUMNS, condition_rows)
