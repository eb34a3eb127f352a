"""The health extracts of the synthetic world: codes, dates, people, and what belongs together."""

import csv
import io

import numpy as np
import pytest

from linkage.configs import packaged
from linkage.synth import load_profile
from linkage.synth.block import Block, Setting, load_setting, make_block
from linkage.synth.care.clients import age_years
from linkage.synth.care.morbidity import condition_counts
from linkage.synth.health import SOURCES, condition_rows
from linkage.synth.health.gp import working_days
from linkage.synth.health.observations import frailty_categories
from linkage.synth.register import on_register
from tests.unit.synth_worlds import Table, source_rows

CODED = {
    ("health/gp_appointments", "mode"): "gp_appointment_mode",
    ("health/gp_appointments", "service_setting"): "gp_appointment_setting",
    ("health/gp_appointments", "staff_type"): "gp_appointment_staff_type",
    ("health/gp_appointments", "status"): "gp_appointment_status",
    ("health/gp_observations", "observation"): "gp_observation",
    ("health/community_contacts", "team_type"): "community_team",
    ("health/community_contacts", "contact_mode"): "contact_mode",
    ("health/mental_health_contacts", "team_type"): "mental_health_team",
    ("health/mental_health_contacts", "contact_mode"): "contact_mode",
    ("health/deaths", "underlying_cause"): "cause_of_death",
}
DATES = {
    "health/gp_appointments": "appointment_date",
    "health/gp_observations": "observation_date",
    "health/community_contacts": "contact_date",
    "health/mental_health_contacts": "contact_date",
}
NUMBERS = {"health/admissions": "NEWNHSNO"}


@pytest.fixture(scope="module")
def setting() -> Setting:
    return load_setting(load_profile("sample"))


@pytest.fixture(scope="module")
def block(setting: Setting) -> Block:
    made = make_block(setting, 0, 10_000)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def tables(setting: Setting, block: Block) -> dict[str, Table]:
    return source_rows(setting, block)


def codelist(name: str) -> set[str]:
    with packaged(f"codelists/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"] for row in csv.DictReader(handle)}


@pytest.mark.parametrize(("source", "column"), list(CODED))
def test_codes_are_those_of_the_codelist_and_all_are_used(tables: dict[str, Table], source: str, column: str) -> None:
    known = codelist(CODED[source, column])
    used = set(tables[source][column])
    assert used <= known
    assert column == "underlying_cause" or len(used) >= len(known) - 2


def test_every_source_has_the_columns_it_names(tables: dict[str, Table]) -> None:
    assert len(SOURCES) == 9
    for source in SOURCES:
        table = tables[source.name]
        assert {len(table[column]) for column in source.columns} == {len(table["row"])} != {0}


def test_only_people_on_the_register_have_rows_and_under_their_current_number(
    tables: dict[str, Table], block: Block
) -> None:
    there = on_register(block)
    assert not there.all()
    for source in SOURCES:
        table = tables[source.name]
        assert there[table["row"].astype(int)].all()
        given = table[NUMBERS.get(source.name, "nhs_number")]
        own = block.lives.numbers[table["row"].astype(int), 0].astype(str)
        assert ((given == own) | (given == "")).all()


def test_about_one_number_in_a_hundred_is_missing(tables: dict[str, Table]) -> None:
    given = np.concatenate([tables[s.name][NUMBERS.get(s.name, "nhs_number")] for s in SOURCES])
    assert 0.007 < np.mean(given == "") < 0.013


@pytest.mark.parametrize("source", list(DATES))
def test_nothing_happens_after_death_before_birth_or_outside_the_period(
    tables: dict[str, Table], setting: Setting, block: Block, source: str
) -> None:
    row, day = tables[source]["row"].astype(int), tables[source][DATES[source]]
    assert not (day > block.lives.death[row]).any()
    assert (day >= block.people.birth[row]).all()
    assert day.min() >= np.datetime64(setting.profile.period_start)
    assert day.max() <= np.datetime64(setting.profile.period_end)


def test_stays_end_by_death_and_by_the_next_admission(tables: dict[str, Table], block: Block) -> None:
    table = tables["health/admissions"]
    first = table["EPIORDER"] == "1"
    row, admitted, left = table["row"][first], table["ADMIDATE"][first], table["DISDATE"][first]
    assert not (left > block.lives.death[row]).any()
    assert not (admitted > left).any()
    same = row[1:] == row[:-1]
    assert (left[:-1][same] <= admitted[1:][same]).all()


def test_who_is_in_hospital_after_the_period_has_no_day_of_discharge(
    tables: dict[str, Table], setting: Setting
) -> None:
    table, last = tables["health/admissions"], np.datetime64(setting.profile.period_end)
    for name in ("ADMIDATE", "EPISTART", "EPIEND", "DISDATE"):
        assert np.nanmax(table[name]) <= last
    inside = np.isnat(table["DISDATE"])
    assert 0 < inside.mean() < 0.03
    assert (table["ADMIDATE"][inside] > last - 100).all()
    # An episode without an end is the last one of a stay without an end.
    following = np.append(table["stay"][1:] == table["stay"][:-1], False)
    assert (np.isnat(table["EPIEND"]) == inside & ~following).all()


def test_every_episode_has_its_own_key(tables: dict[str, Table]) -> None:
    keys = tables["health/admissions"]["EPIKEY"]
    assert len(set(keys)) == len(keys)


def test_diagnoses_fit_the_sex(tables: dict[str, Table], setting: Setting, block: Block) -> None:
    table = tables["health/admissions"]
    one_sex = setting.world.health.one_sex
    women = block.people.sex[table["row"].astype(int)] == 2
    assert not np.isin(table["DIAG_4_01"][women], one_sex["men"]).any()
    assert not np.isin(table["DIAG_4_01"][~women], one_sex["women"]).any()
    assert np.isin(table["DIAG_4_01"], one_sex["men"]).any()


def test_long_term_conditions_of_a_person_differ(tables: dict[str, Table]) -> None:
    table = tables["health/long_term_conditions"]
    pairs = list(zip(table["row"].tolist(), table["condition"], strict=True))
    assert len(set(pairs)) == len(pairs)


def test_conditions_were_first_recorded_before_the_period_and_at_an_age_at_which_they_begin(
    tables: dict[str, Table], setting: Setting, block: Block
) -> None:
    table = tables["health/long_term_conditions"]
    recorded = table["first_recorded_date"].astype("datetime64[D]")
    assert recorded.max() < np.datetime64(setting.profile.period_start)
    ages = (recorded - block.people.birth[table["row"].astype(int)]).astype(int) / 365.25
    onset = setting.world.health.conditions.onset
    assert set(table["condition"]) == set(onset)
    for name, years in onset.items():
        own = ages[table["condition"] == name]
        assert own.min() >= years.earliest
        assert own.max() <= years.to + 0.01
        assert np.mean(own < years.since) < 0.35
        # Nobody too young was moved to one day.
        assert len(np.unique(own)) > 0.9 * len(own)


def test_whoever_is_too_young_for_a_condition_has_another_one(setting: Setting, block: Block) -> None:
    counts = condition_counts(setting.profile, setting.world, block.people, block.lives)
    start = np.datetime64(setting.profile.period_start)
    there = on_register(block) & ~(block.lives.death < start)
    found = np.bincount(condition_rows(setting, block)["row"], minlength=len(block.people))
    born = block.people.birth < start
    assert (found[there & born] == counts[there & born]).all()
    assert not found[~born].any()


def test_children_see_their_practice_but_have_no_social_care(
    tables: dict[str, Table], setting: Setting, block: Block
) -> None:
    child = age_years(block.people, np.datetime64(setting.profile.period_start, "D")) < 18
    assert child[tables["health/gp_appointments"]["row"].astype(int)].any()
    assert not child[block.users.row].any()
    assert not child[tables["health/gp_observations"]["row"].astype(int)].any()


def test_appointments_fall_on_working_days(tables: dict[str, Table]) -> None:
    days = tables["health/gp_appointments"]["appointment_date"].astype("datetime64[D]")
    assert np.is_busday(days).all()
    assert not set(days.astype(str)) & {"2022-12-26", "2022-12-25", "2023-01-01"}
    assert {"2022-12-27", "2023-01-02"} <= set(days.astype(str))


def test_working_days_leave_out_weekends_and_the_closed_days_of_every_year() -> None:
    found = working_days(("12-25", "01-01"), np.datetime64("2023-12-22"), np.datetime64("2024-01-02"))
    assert found.astype(str).tolist() == [
        "2023-12-22", "2023-12-26", "2023-12-27", "2023-12-28", "2023-12-29", "2024-01-02",
    ]  # fmt: skip


def test_care_home_visits_are_for_people_who_live_there(tables: dict[str, Table], block: Block) -> None:
    table = tables["health/gp_appointments"]
    visited = np.unique(table["row"][table["service_setting"] == "C"].astype(int))
    lives_there = block.people.in_care_home
    lives_there[block.users.row[~np.isnat(block.users.moves_into_home)]] = True
    assert lives_there[visited].all()


def test_frailty_scores_lie_within_their_category(tables: dict[str, Table], setting: Setting, block: Block) -> None:
    table = tables["health/gp_observations"]
    scores = table["observation"] == "EFI"
    category = frailty_categories(setting, block)[table["row"][scores].astype(int)]
    edges = [*setting.world.health.frailty.above]
    found = np.searchsorted(edges, table["value"][scores].astype(float), side="left")
    assert set(category) == {0, 1, 2, 3}
    assert (found == category).all()


def test_a_quarter_has_at_least_as_many_items_as_medicines(tables: dict[str, Table]) -> None:
    table = tables["health/prescribing"]
    items, medicines = table["items"].astype(int), table["distinct_medicines"].astype(int)
    assert (items >= medicines).all()
    assert medicines.min() == 1
    assert sorted({str(day) for day in table["quarter_start_date"]}) == [
        "2022-04-01", "2022-07-01", "2022-10-01", "2023-01-01",
    ]  # fmt: skip


def test_a_block_has_the_same_rows_whatever_was_made_before(setting: Setting) -> None:
    again = load_setting(load_profile("sample"))
    first, second = make_block(setting, 3, 10_000), make_block(again, 3, 10_000)
    assert first is not None
    assert second is not None
    for source in SOURCES:
        ours, theirs = source.rows(setting, first), source.rows(again, second)
        for column in source.columns:
            assert np.array_equal(ours[column].astype(str), theirs[column].astype(str))


def test_rows_come_in_order_of_person(tables: dict[str, Table]) -> None:
    for source in SOURCES:
        if source.name != "health/gp_registrations":
            assert (np.diff(tables[source.name]["row"].astype(int)) >= 0).all()


def test_the_new_files_are_small(tables: dict[str, Table], block: Block) -> None:
    """Less than 1.3 MB for the 6,000 people of the sample."""
    old = {"health/admissions", "health/gp_registrations", "health/long_term_conditions"}
    text = io.StringIO()
    for source in SOURCES:
        if source.name not in old:
            columns = [tables[source.name][column].astype(str) for column in source.columns]
            csv.writer(text, lineterminator="\n").writerows(zip(*columns, strict=True))
    assert len(text.getvalue()) / len(block.people) < 1_300_000 / 6_000
