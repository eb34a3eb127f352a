"""Health extracts of the people on the register: registrations, hospital admissions, long-term conditions.

Emergency admissions of a person are Poisson with a rate by age, sex and ethnic group, times the planted rate ratio where
the person had long-term support on the first day of the year. Health extracts carry the true current NHS number.
"""

import csv
from functools import cache

import numpy as np
import numpy.typing as npt

from linkage.configs import packaged
from linkage.synth.block import Block, Setting
from linkage.synth.care import Columns, chosen, joined
from linkage.synth.clients import age_years
from linkage.synth.draws import Bools, Draws, Floats, Ints, by_age
from linkage.synth.lives import NEVER
from linkage.synth.nhs_numbers import text as number_text
from linkage.synth.places import postcode_texts, practice_code
from linkage.synth.population import MALE
from linkage.synth.register import on_register

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

ADMISSION_COLUMNS = (
    "EPIKEY", "NEWNHSNO", "SEX", "MYDOB", "CLASSPAT", "ADMIMETH", "ADMIDATE", "DISDATE", "EPISTART", "EPIEND", "EPIORDER",
    "DIAG_4_01", "DIAG_4_02",
)  # fmt: skip
REGISTRATION_COLUMNS = (
    "nhs_number", "practice_code", "registration_start_date", "registration_end_date", "date_of_birth", "gender",
    "ethnic_category", "postcode", "date_of_death",
)  # fmt: skip
CONDITION_COLUMNS = ("nhs_number", "condition", "first_recorded_date")
_PEOPLE_PLACES = 64
_YEAR = 365.25


@cache
def _group_of_code() -> dict[str, str]:
    with packaged("codelists/ethnic_category.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row["group5"] for row in csv.DictReader(handle)}


def long_term_at_start(setting: Setting, block: Block) -> Bools:
    """Whether each person had long-term support open on the first day of the year (truth, whatever the files say)."""
    start = np.datetime64(setting.profile.period_start, "D")
    events = block.events
    service = np.char.startswith(events["service_type"].astype(str), "Long Term Support")
    open_then = service & (events["event_start_date"] <= start) & ~(events["event_end_date"] < start)
    return np.isin(np.arange(len(block.people)), events["row"][open_then])


def emergency_rates(setting: Setting, block: Block) -> Floats:
    """Emergency admissions a year of each person."""
    rates, people = setting.world.health, block.people
    rate = by_age(rates.emergency_a_year, age_years(people, np.datetime64(setting.profile.period_start, "D")))
    rate = rate * np.where(people.sex == MALE, rates.emergency_male_factor, 1.0)
    rate = rate * np.array([rates.emergency_group_factor[_group_of_code()[c]] for c in people.ethnic_group.tolist()])
    ratio = setting.profile.planted.emergency_rate_ratio
    return np.asarray(np.where(long_term_at_start(setting, block), rate * ratio, rate), dtype=np.float64)


def admission_rows(setting: Setting, block: Block) -> Columns:
    """Episodes of the year and the year before, in order of person, admission and episode."""
    rates = setting.world.health
    elective = by_age(rates.elective_a_year, age_years(block.people, np.datetime64(setting.profile.period_start, "D")))
    spells = joined([
        _spells(setting, block, "emergency", emergency_rates(setting, block)),
        _spells(setting, block, "elective", elective),
    ])  # fmt: skip
    episodes = joined([spells, _second_episodes(setting, spells)])
    order = np.lexsort(
        (episodes["EPIORDER"].astype(np.int64), episodes["spell"], episodes["ADMIDATE"], episodes["row"])
    )
    episodes = chosen(episodes, order)
    numbers = _numbers(setting, block, "admissions", episodes["row"], episodes["spell"])
    keys = 500_000_000_000 + episodes["spell"].astype(np.int64) * 4 + episodes["EPIORDER"].astype(np.int64)
    sex, birth = (
        block.people.sex[episodes["row"]],
        block.people.birth[episodes["row"]].astype("datetime64[M]").astype(str),
    )
    return episodes | {
        "EPIKEY": keys.astype(str).astype(object),
        "NEWNHSNO": numbers,
        "SEX": sex.astype(str).astype(object),
        "MYDOB": np.array([month[5:] + month[:4] for month in birth.tolist()], dtype=object),
    }


def registration_rows(setting: Setting, block: Block) -> Columns:
    """One registration per person on the register who was alive at the start of the year before; moves end a few."""
    draws, rates = Draws(setting.profile.seed), setting.world.health
    rows = np.flatnonzero(on_register(block))
    people, lives = block.people, block.lives
    ids = people.person_id[rows]
    end_of_year = np.datetime64(setting.profile.period_end, "D")
    moved = lives.moved[rows, 0]
    start = np.where(np.isnat(moved), people.birth[rows] + draws.between("registered", ids, 0, 6000), moved)
    left = draws.chance("registration_ended", ids, rates.registration_ended)
    leaves = end_of_year - draws.between("registration_end", ids, 0, 300)
    end = np.where(~np.isnat(lives.death[rows]), lives.death[rows], np.where(left & (start < leaves), leaves, NEVER))
    start = np.where(start > end, people.birth[rows], start)
    unstated = draws.chance("ethnicity_unstated", ids, rates.ethnicity_not_stated)
    codes = [a.la_code for a in setting.profile.authorities]
    practices = zip(people.authority[rows].tolist(), lives.practice[rows, 0].tolist(), strict=True)
    table: Columns = {
        "nhs_number": _numbers(setting, block, "registrations", rows, ids),
        "practice_code": np.array([practice_code(codes[a], n) for a, n in practices], dtype=object),
        "registration_start_date": start,
        "registration_end_date": end,
        "date_of_birth": people.birth[rows],
        "gender": people.sex[rows].astype(str).astype(object),
        "ethnic_category": np.where(unstated, "Z", people.ethnic_group[rows]).astype(object),
        "postcode": postcode_texts(lives.postcode[rows, 0]),
        "date_of_death": lives.death[rows],
    }
    return chosen(table, np.lexsort((ids, table["nhs_number"])))


def condition_rows(setting: Setting, block: Block) -> Columns:
    """Long-term conditions, in order of person and condition. Users have as many as others some years older."""
    draws, rates = Draws(setting.profile.seed), setting.world.health
    rows = np.flatnonzero(on_register(block))
    user = np.isin(rows, block.users.row)
    age = age_years(block.people, np.datetime64(setting.profile.period_start, "D"))[rows]
    mean = by_age(rates.conditions_mean, age + np.where(user, rates.users_older_by_years, 0))
    count = draws.count("conditions", block.people.person_id[rows], mean)
    owner = np.repeat(rows, count)
    ids = block.people.person_id[owner] * 32 + _running(count)
    table: Columns = {
        "row": owner,
        "nhs_number": _numbers(setting, block, "conditions", owner, ids),
        "condition": draws.choose("condition", ids, rates.conditions),
        "first_recorded_date": np.datetime64(setting.profile.period_end, "D") - draws.between("recorded", ids, 0, 5000),
    }
    table = chosen(table, np.lexsort((table["condition"].astype(str), owner)))
    again = (table["row"][1:] == table["row"][:-1]) & (table["condition"][1:] == table["condition"][:-1])
    return chosen(table, np.concatenate([[True], ~again]) if len(owner) else np.zeros(0, dtype=bool))


def _spells(setting: Setting, block: Block, kind: str, a_year: Floats) -> Columns:
    draws, rates = Draws(setting.profile.seed), setting.world.health
    profile = setting.profile
    first = np.datetime64(profile.period_start, "D") - np.timedelta64(365, "D")
    days = int((np.datetime64(profile.period_end, "D") - first).astype(np.int64)) + 1
    rows = np.flatnonzero(on_register(block))
    count = draws.count(f"{kind}_spells", block.people.person_id[rows], a_year[rows] * days / _YEAR)
    owner = np.repeat(rows, count)
    spell = block.people.person_id[owner] * _PEOPLE_PLACES + _running(count) * 2 + (kind == "elective")
    admitted = first + draws.between(f"{kind}_day", spell, 0, days - 1)
    emergency = kind == "emergency"
    day_case = draws.chance("day_case", spell, 0.0 if emergency else rates.day_case)
    stay = np.floor(draws.waiting("stay", spell) * (rates.emergency_stay_days if emergency else 2)).astype(np.int64)
    left = np.minimum(
        admitted + np.where(day_case, 0, np.minimum(stay, 90)), block.lives.death[owner].astype("datetime64[D]")
    )
    left = np.where(np.isnat(left), admitted + np.where(day_case, 0, np.minimum(stay, 90)), left)
    table: Columns = {
        "row": owner,
        "spell": spell,
        "CLASSPAT": np.where(day_case, "2", "1").astype(object),
        "ADMIMETH": draws.choose("method", spell, rates.emergency_methods if emergency else rates.elective_methods),
        "ADMIDATE": admitted,
        "DISDATE": left,
        "EPISTART": admitted,
        "EPIEND": left,
        "EPIORDER": np.full(len(owner), "1", dtype=object),
        "DIAG_4_01": draws.choose(
            "diagnosis", spell, rates.emergency_diagnoses if emergency else rates.elective_diagnoses
        ),
        "DIAG_4_02": draws.choose("second_diagnosis", spell, rates.second_diagnoses),
    }
    return chosen(table, ~(block.lives.death[owner] < admitted))


def _second_episodes(setting: Setting, spells: Columns) -> Columns:
    """Second episodes of some longer stays; the first one ends where the second begins (changes ``spells``)."""
    draws = Draws(setting.profile.seed)
    length = (spells["DISDATE"] - spells["ADMIDATE"]).astype(np.int64)
    has = (length >= 2) & draws.chance("second_episode", spells["spell"], setting.world.health.second_episode)
    change = spells["ADMIDATE"] + length // 2
    second = chosen(spells | {"EPISTART": change, "EPIORDER": np.full(len(length), "2", dtype=object)}, has)
    spells["EPIEND"] = np.where(has, change, spells["EPIEND"])
    return second


def _numbers(setting: Setting, block: Block, source: str, rows: Ints, ids: Ints) -> Texts:
    """True current NHS numbers; a few are missing in each source."""
    missing = Draws(setting.profile.seed).chance(f"{source}_number", ids, setting.world.health.number_missing)
    return np.where(missing, "", number_text(block.lives.numbers[rows, 0])).astype(object)


def _running(count: Ints) -> Ints:
    """0, 1, 2, … within each group of the given sizes."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
