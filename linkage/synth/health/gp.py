"""Appointments with the general practice within the period.

The number a year is negative binomial: a mean by age and sex, times the planted ratio of the long-term support on the
first day of the period. Appointments after the end of reablement are thinned to the planted ratio.
"""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import age_years
from linkage.synth.columns import Columns
from linkage.synth.counts import negative_binomial, running
from linkage.synth.draws import Bools, Days, Draws, Floats, Ints, Texts, by_age
from linkage.synth.health.coded import draw_codes
from linkage.synth.health.numbers import row_numbers
from linkage.synth.health.support import SUPPORT, in_home_from, reablement, support_at_start
from linkage.synth.people.population import FEMALE
from linkage.synth.register import on_register
from linkage.synth.source import Source
from linkage.synth.world import Weights

COLUMNS = ("nhs_number", "appointment_date", "mode", "service_setting", "staff_type", "status")
_MOST, _PLACES, _DAYS = 250, 256, 400
_YEAR = 365.25


def appointment_rates(setting: Setting, block: Block) -> Floats:
    """Appointments a year of each person, before the thinning after reablement."""
    rates = setting.world.health.gp_appointments
    age = age_years(block.people, np.datetime64(setting.profile.period_start, "D"))
    women = block.people.sex == FEMALE
    rate = np.where(women, by_age(rates.a_year["women"], age), by_age(rates.a_year["men"], age))
    ratio = np.array([1.0, *(setting.profile.planted.gp_rate_ratio[name] for name in SUPPORT[1:])])
    return np.asarray(rate * ratio[support_at_start(setting, block)])


def appointment_rows(setting: Setting, block: Block) -> Columns:
    """Appointments of the people on the register, in order of person and date.

    They fall on working days, none before birth or after death.
    """
    draws, rates = Draws(setting.profile.seed), setting.world.health.gp_appointments
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    rows = np.flatnonzero(on_register(block) & ~(block.lives.death < start) & (block.people.birth <= end))
    days = int((end - start).astype(np.int64)) + 1
    mean = appointment_rates(setting, block)[rows] * days / _YEAR
    ids = block.people.person_id[rows]
    count = negative_binomial(draws, "appointments", ids, mean, shape=rates.shape, limit=_MOST)
    owner = np.repeat(rows, count)
    appointment = block.people.person_id[owner] * _PLACES + running(count)
    open_days = working_days(rates.closed, start, end)
    day = draws.between("appointment_day", appointment, 0, len(open_days) - 1)
    order = np.argsort(owner * _DAYS + day, kind="stable")
    order = order[_happen(setting, block, owner[order], appointment[order], open_days[day[order]])]
    owner, appointment, date = owner[order], appointment[order], open_days[day[order]]
    in_home = (in_home_from(block)[owner] <= date).astype(np.int64)
    return {
        "row": owner,
        "nhs_number": row_numbers(setting, block, "appointments", owner, appointment),
        "appointment_date": date,
        "mode": _codes(draws, "mode", appointment, in_home, rates.modes),
        "service_setting": _codes(draws, "setting", appointment, in_home, rates.settings),
        "staff_type": _codes(draws, "staff", appointment, in_home, rates.staff_types),
        "status": _codes(draws, "status", appointment, in_home, rates.statuses),
    }


def working_days(closed: tuple[str, ...], start: np.datetime64, end: np.datetime64) -> Days:
    """Weekdays from ``start`` to ``end``, both included, without the ``closed`` days (MM-DD) of every year."""
    years = np.arange(start.astype("datetime64[Y]"), end.astype("datetime64[Y]") + 1).astype(str)
    holidays = np.array([f"{year}-{day}" for year in years.tolist() for day in closed], dtype="datetime64[D]")
    every = np.arange(start, end + 1)
    return np.asarray(every[np.is_busday(every, holidays=holidays)])


def _happen(setting: Setting, block: Block, owner: Ints, appointment: Ints, date: Days) -> Bools:
    ended = reablement(block)[1]
    ratio = setting.profile.planted.gp_rate_ratio_after_reablement
    after = np.flatnonzero(date > ended[owner])
    happens = ~(date > block.lives.death[owner]) & (date >= block.people.birth[owner])
    happens[after] &= Draws(setting.profile.seed).chance("after_reablement", appointment[after], ratio)
    return np.asarray(happens)


def _codes(draws: Draws, name: str, ids: Ints, in_home: Ints, tables: dict[str, Weights]) -> Texts:
    return draw_codes(draws, f"appointment_{name}", ids, in_home, (tables["at_home"], tables["in_care_home"]))


SOURCE = Source("health/gp_appointments", COLUMNS, appointment_rows)
