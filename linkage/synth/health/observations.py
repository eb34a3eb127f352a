"""What practices recorded of people within the period: body mass index, smoking, electronic frailty index, falls."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import age_years
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.counts import running
from linkage.synth.draws import Draws, Floats, Ints, Texts, by_age
from linkage.synth.health.numbers import row_numbers
from linkage.synth.health.support import NONE, RESIDENTIAL, support_at_start
from linkage.synth.people.population import FEMALE
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = ("nhs_number", "observation_date", "observation", "value")
BODY_MASS_INDEX, SMOKING, FRAILTY_INDEX, FALL = "BMI", "SMK", "EFI", "FALL"
FIT, MILD, MODERATE, SEVERE = range(4)
_ADULT_AGE, _FRAILTY_AGE = 18, 60
_PLACES = 64


def frailty_categories(setting: Setting, block: Block) -> Ints:
    """Fit, mild, moderate or severe (positions 0 to 3) of each person aged 60 or over on the first day; -1 for others.

    The chance of moderate or severe frailty depends on long-term support on that day (none, in the community, in a care
    home) and age; among people with support, women's odds are the planted multiple of men's.
    """
    draws, rates = Draws(setting.profile.seed), setting.world.health.frailty
    people = block.people
    age = age_years(people, np.datetime64(setting.profile.period_start, "D"))
    support = support_at_start(setting, block)
    chance = np.select(
        [support == NONE, support < RESIDENTIAL],
        [by_age(rates.moderate_or_severe["none"], age), by_age(rates.moderate_or_severe["community"], age)],
        by_age(rates.moderate_or_severe["care_home"], age),
    )
    ratio = setting.profile.planted.frailty_odds_ratio_women_with_support
    odds = chance / (1 - chance) * np.where((support != NONE) & (people.sex == FEMALE), ratio, 1.0)
    frail = draws.chance("frail", people.person_id, odds / (1 + odds))
    among = draws.uniform("frailty_degree", people.person_id)
    degree = np.where(frail, MODERATE + (among < rates.severe_among_frail), among < rates.mild_among_others)
    return np.asarray(np.where(age >= _FRAILTY_AGE, degree, -1), dtype=np.int64)


def observation_rows(setting: Setting, block: Block) -> Columns:
    """One row per recorded value, in order of person, date and observation."""
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    people = block.people
    age = age_years(people, start)
    there = on_register(block) & ~(block.lives.death < start)
    adult, older = np.flatnonzero(there & (age >= _ADULT_AGE)), np.flatnonzero(there & (age >= _FRAILTY_AGE))
    frailty = frailty_categories(setting, block)
    table = joined([
        _body_mass(setting, block, adult),
        _smoking(setting, block, adult),
        _frailty(setting, block, older, frailty),
        _falls(setting, block, older, frailty),
    ])  # fmt: skip
    days = int((end - start).astype(np.int64)) + 1
    date = start + Draws(setting.profile.seed).between("observed", table["id"], 0, days - 1)
    table = chosen(table | {"observation_date": date}, ~(block.lives.death[table["row"]] < date))
    table = chosen(table, np.lexsort((table["id"], table["observation_date"], table["row"])))
    return table | {"nhs_number": row_numbers(setting, block, "observations", table["row"], table["id"])}


def _rows(block: Block, rows: Ints, place: Ints | int, observation: str, value: Texts) -> Columns:
    return {
        "row": rows,
        "id": block.people.person_id[rows] * _PLACES + place,
        "observation": np.full(len(rows), observation, dtype=object),
        "value": value,
    }


def _body_mass(setting: Setting, block: Block, rows: Ints) -> Columns:
    draws, rates = Draws(setting.profile.seed), setting.world.health.body_mass_index
    rows = rows[draws.chance("bmi_recorded", block.people.person_id[rows], rates.recorded)]
    value = rates.mean + rates.deviation * draws.bell("bmi", block.people.person_id[rows])
    return _rows(block, rows, 0, BODY_MASS_INDEX, _decimals(value, 1))


def _smoking(setting: Setting, block: Block, rows: Ints) -> Columns:
    draws, rates = Draws(setting.profile.seed), setting.world.health.smoking
    rows = rows[draws.chance("smoking_recorded", block.people.person_id[rows], rates.recorded)]
    return _rows(block, rows, 1, SMOKING, draws.choose("smoking", block.people.person_id[rows], rates.statuses))


def _frailty(setting: Setting, block: Block, rows: Ints, frailty: Ints) -> Columns:
    """The score of the index, in hundredths, even within the person's category."""
    draws, rates = Draws(setting.profile.seed), setting.world.health.frailty
    rows = rows[draws.chance("efi_recorded", block.people.person_id[rows], rates.recorded)]
    edges = np.rint(100 * np.array([-0.01, *rates.above, rates.highest])).astype(np.int64)
    low, high = edges[:-1][frailty[rows]] + 1, edges[1:][frailty[rows]]
    return _rows(
        block, rows, 2, FRAILTY_INDEX, _decimals(draws.between("efi", block.people.person_id[rows], low, high) / 100, 2)
    )


def _falls(setting: Setting, block: Block, rows: Ints, frailty: Ints) -> Columns:
    """Recorded falls, more with frailty; the value is the 1 of each fall."""
    rates = np.array(setting.world.health.frailty.falls_a_year)
    ids = block.people.person_id[rows]
    count = Draws(setting.profile.seed).count("falls", ids, rates[frailty[rows]])
    owner = np.repeat(rows, count)
    return _rows(block, owner, 3 + running(count), FALL, np.full(len(owner), "1", dtype=object))


def _decimals(values: Floats, places: int) -> Texts:
    """Numbers as text with so many decimals."""
    whole, at = np.unique(np.rint(values * 10**places).astype(np.int64), return_inverse=True)
    return np.array([f"{number / 10**places:.{places}f}" for number in whole.tolist()], dtype=object)[at]


SOURCE = Source("health/gp_observations", COLUMNS, observation_rows)
