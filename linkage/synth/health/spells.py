"""Admitted patient care: episodes with HES column names, for the period and the year before."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import age_years
from linkage.synth.care.hospital import Stays, candidate_stays, happens_to_anybody
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.counts import running_within
from linkage.synth.draws import NEVER, Bools, Draws, Floats
from linkage.synth.health.coded import draw_by_age, draw_by_age_and_sex
from linkage.synth.health.numbers import row_numbers
from linkage.synth.health.support import NONE, RESIDENTIAL, support_at_start
from linkage.synth.people.population import FEMALE
from linkage.synth.register import on_register
from linkage.synth.source import Source

COLUMNS = (
    "EPIKEY", "NEWNHSNO", "SEX", "MYDOB", "CLASSPAT", "ADMIMETH", "ADMIDATE", "DISDATE", "EPISTART", "EPIEND", "EPIORDER",
    "DIAG_4_01", "DIAG_4_02",
)  # fmt: skip
# Urinary tract infection, site not specified (ICD-10).
URINARY_INFECTION = "N390"
_FIRST_KEY, _KEYS_PER_PERSON = 500_000_000_000, 256
_VERY_OLD_YEARS = 90


def admission_rows(setting: Setting, block: Block) -> Columns:
    """Episodes in order of person, admission and episode. ``row`` and ``stay`` name the person and the stay.

    The extract was made on the last day of the period: who is in hospital after it has no day of discharge.
    """
    support = support_at_start(setting, block)
    stays = candidate_stays(
        setting.profile, setting.world, block.people, block.lives, np.flatnonzero(on_register(block))
    )
    happens = happens_to_anybody(setting.profile, stays) | (support[stays.row] != NONE)
    happens |= ~stays.emergency
    stays = stays.only(happens & (stays.admitted <= np.datetime64(setting.profile.period_end, "D")))
    care_home = support[stays.row] >= RESIDENTIAL
    spells = _spells(setting, block, stays, care_home)
    return _with_person(setting, block, _as_known(setting, _episodes(setting, spells)))


def _spells(setting: Setting, block: Block, stays: Stays, care_home: Bools) -> Columns:
    draws, rates = Draws(setting.profile.seed), setting.world.health
    age = _ages(setting, block, stays)
    method, diagnosis = np.full((2, len(stays)), "", dtype=object)
    kinds = (
        ("elective", ~stays.emergency, rates.elective_methods, rates.elective_diagnoses),
        ("emergency", stays.emergency, rates.emergency_methods, rates.emergency_diagnoses),
    )
    for name, rows, methods, diagnoses in kinds:
        ids, sex = stays.stay[rows], block.people.sex[stays.row[rows]]
        method[rows] = draws.choose(f"{name}_method", ids, methods)
        diagnosis[rows] = draw_by_age_and_sex(draws, f"{name}_diagnosis", ids, age[rows], sex, diagnoses, rates.one_sex)
    infection = draws.uniform("urinary_infection", stays.stay) < urinary_infection_chance(
        setting, block, stays, care_home
    )
    diagnosis[infection] = URINARY_INFECTION
    return {
        "row": stays.row,
        "stay": stays.stay,
        "CLASSPAT": np.array(["1", "2"], dtype=object)[stays.day_case.astype(np.int64)],
        "ADMIMETH": method,
        "ADMIDATE": stays.admitted,
        "DISDATE": stays.discharged,
        "EPISTART": stays.admitted,
        "EPIEND": stays.discharged,
        "EPIORDER": np.full(len(stays), "1", dtype=object),
        "DIAG_4_01": diagnosis,
        "DIAG_4_02": draw_by_age(draws, "second_diagnosis", stays.stay, age, rates.second_diagnoses),
    }


def urinary_infection_chance(setting: Setting, block: Block, stays: Stays, care_home: Bools) -> Floats:
    """Share of urinary tract infection among emergencies, by sex; lower from 90 with support in a care home. Others 0."""
    share = setting.world.health.urinary_infection
    age = _ages(setting, block, stays)
    chance = np.where(block.people.sex[stays.row] == FEMALE, share["women"], share["men"])
    factor = setting.profile.planted.urinary_infection_in_care_homes_from_90
    chance = np.where(care_home & (age >= _VERY_OLD_YEARS), chance * factor, chance)
    return np.asarray(np.where(stays.emergency, chance, 0.0))


def _ages(setting: Setting, block: Block, stays: Stays) -> Floats:
    """Age of each stay's person on the first day of the period."""
    return age_years(block.people, np.datetime64(setting.profile.period_start, "D"))[stays.row]


def _episodes(setting: Setting, spells: Columns) -> Columns:
    """Some longer stays have a second episode; the first one ends where it begins."""
    length = (spells["DISDATE"] - spells["ADMIDATE"]).astype(np.int64)
    has = (length >= 2) & Draws(setting.profile.seed).chance(
        "second_episode", spells["stay"], setting.world.health.second_episode
    )
    change = spells["ADMIDATE"] + length // 2
    second = chosen(spells | {"EPISTART": change, "EPIORDER": np.full(len(length), "2", dtype=object)}, has)
    episodes = joined([spells | {"EPIEND": np.where(has, change, spells["EPIEND"])}, second])
    return chosen(episodes, np.argsort(np.concatenate([np.arange(len(has)), np.flatnonzero(has)]), kind="stable"))


def _as_known(setting: Setting, episodes: Columns) -> Columns:
    """Episodes as they stood on the last day of the period: later ones are not there, later ends are not known (NaT)."""
    last = np.datetime64(setting.profile.period_end, "D")
    known = chosen(episodes, episodes["EPISTART"] <= last)
    return known | {name: np.where(known[name] > last, NEVER, known[name]) for name in ("DISDATE", "EPIEND")}


def _with_person(setting: Setting, block: Block, episodes: Columns) -> Columns:
    rows, people = episodes["row"], block.people
    numbers = row_numbers(setting, block, "admissions", rows, episodes["stay"])
    keys = _FIRST_KEY + people.person_id[rows] * _KEYS_PER_PERSON + running_within(rows)
    months, place = np.unique(people.birth[rows].astype("datetime64[M]"), return_inverse=True)
    births = np.array([text[5:] + text[:4] for text in months.astype(str).tolist()], dtype=object)
    return episodes | {
        "EPIKEY": np.array(list(map(str, keys.tolist())), dtype=object),
        "NEWNHSNO": numbers,
        "SEX": np.array(["0", "1", "2"], dtype=object)[people.sex[rows]],
        "MYDOB": births[place] if len(rows) else np.zeros(0, dtype=object),
    }


SOURCE = Source("health/admissions", COLUMNS, admission_rows)
