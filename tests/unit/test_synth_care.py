"""Social care in the synthetic world: who becomes a user, reablement after hospital, moves, carers, rolling years."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from linkage.synth import SynthProfile, load_profile
from linkage.synth.block import Block, Setting, load_setting, make_block
from linkage.synth.care.pathways import first_day, use_chance
from linkage.synth.columns import chosen
from linkage.synth.health import admission_rows
from linkage.synth.truth.planted import planted_text

ROLLING = "release1"


def with_rolling_second(profile: SynthProfile) -> SynthProfile:
    """The profile with rolling files for its second authority."""
    first, second = profile.authorities[:2]
    return profile.model_copy(update={"authorities": (first, second.model_copy(update={"spec": ROLLING}))})


@pytest.fixture(scope="module")
def setting() -> Setting:
    profile = load_profile("sample")
    return load_setting(profile.model_copy(update={"authorities": profile.authorities[:2]}))


@pytest.fixture(scope="module")
def blocks(setting: Setting) -> list[Block]:
    return [block for number in range(6) if (block := make_block(setting, number, 10_000))]


@pytest.fixture(scope="module")
def rolling(setting: Setting) -> Setting:
    return load_setting(with_rolling_second(setting.profile))


@pytest.fixture(scope="module")
def rolling_block(rolling: Setting) -> Block:
    block = make_block(rolling, 0, 10_000)
    assert block is not None
    return block


# Who becomes a user


def test_each_further_condition_multiplies_the_odds_of_use(setting: Setting) -> None:
    chance = use_chance(setting.profile, np.full(5, 70.0), np.arange(5))
    odds = chance / (1 - chance)
    assert odds[1:] / odds[0] == pytest.approx([10, 29, 91, 91])


def test_users_without_conditions_are_as_rare_as_the_profile_says(setting: Setting) -> None:
    assert use_chance(setting.profile, np.array([70.0]), np.array([0])) == pytest.approx(
        [setting.profile.coverage.by_age["65"]]
    )


def test_pathways_of_older_users_at_home_have_their_shares(setting: Setting, blocks: list[Block]) -> None:
    planned = setting.world.care.pathways["older"]
    pathway = np.concatenate([b.users.pathway[(b.users.group == "older") & np.isnat(b.users.admitted)] for b in blocks])
    for name, share in planned.items():
        error = (share * (1 - share) / len(pathway)) ** 0.5
        assert abs(np.mean(pathway == name) - share) < 3.5 * error, name


# Reablement


def test_reablement_after_hospital_starts_within_six_days_and_says_so(blocks: list[Block]) -> None:
    for block in blocks:
        users = block.users
        from_hospital = ~np.isnat(users.discharged)
        wait = (users.reablement_from - users.discharged)[from_hospital].astype(int)
        assert set(users.pathway[from_hospital]) == {"reablement"}
        assert wait.min() >= 0
        assert wait.max() <= 6
        reablement = users.row[users.pathway == "reablement"]
        asked = chosen(
            block.events, (block.events["event_type"] == "Request") & np.isin(block.events["row"], reablement)
        )
        hospital = np.isin(asked["row"], users.row[from_hospital])
        assert set(asked["route_of_access"][hospital]) == {"Discharge from Hospital"}
        assert set(asked["route_of_access"][~hospital]) == {"Community / Other route"}


def test_the_discharge_that_led_to_reablement_is_in_the_admissions(setting: Setting, blocks: list[Block]) -> None:
    for block in blocks:
        stays = admission_rows(setting, block)
        emergency = np.char.startswith(stays["ADMIMETH"].astype(str), "2")
        known = set(zip(stays["row"][emergency].tolist(), stays["DISDATE"][emergency].astype(str), strict=True))
        there = np.isin(block.users.row, stays["row"]) & ~np.isnat(block.users.discharged)
        led = zip(block.users.row[there].tolist(), block.users.discharged[there].astype(str), strict=True)
        assert set(led) <= known


# Moves into a care home


def test_a_move_into_a_care_home_ends_community_support_the_day_before(blocks: list[Block]) -> None:
    moved = 0
    for block in blocks:
        users, events = block.users, block.events
        for row, day in zip(users.row, users.moves_into_home, strict=True):
            own = chosen(events, (events["row"] == row) & (events["event_type"] == "Service"))
            home = np.isin(own["service_component"], ["Long Term Nursing Care", "Long Term Residential Care"])
            if np.isnat(day):
                continue
            moved += 1
            assert own["event_start_date"][home].tolist() == [day.astype(object)]
            assert (own["event_end_date"][~home] == day - 1).any()
    assert moved > 0


# Reviews


def test_a_review_begins_while_the_person_has_long_term_support(blocks: list[Block], rolling_block: Block) -> None:
    reviews = 0
    for block in [*blocks, rolling_block]:
        events = block.events
        long_term = np.char.startswith(events["service_type"].astype(str), "Long Term Support")
        held = chosen(events, long_term & (events["event_type"] == "Service"))
        asked = chosen(events, events["event_type"] == "Review")
        reviews += len(asked["row"])
        for row, day in zip(asked["row"], asked["event_start_date"], strict=True):
            own = chosen(held, held["row"] == row)
            after_end = own["event_end_date"] < day
            assert ((own["event_start_date"] <= day) & ~after_end).any()
    assert reviews > 50


# Rolling twelve months


def test_contacts_begin_nine_months_earlier_where_files_roll(rolling: Setting) -> None:
    assert first_day(rolling.profile).astype(str).tolist() == ["2022-04-01", "2021-07-01"]


def test_an_authority_with_a_year_to_date_is_the_same_beside_a_rolling_one(
    blocks: list[Block], rolling_block: Block
) -> None:
    ours, theirs = blocks[0], rolling_block
    for one, other in ((ours.events, theirs.events), (ours.carer_events, theirs.carer_events)):
        mine = ours.people.authority[one["row"].astype(int)] == 0
        same = theirs.people.authority[other["row"].astype(int)] == 0
        for name in one:
            assert np.array_equal(one[name][mine].astype(str), other[name][same].astype(str))


def test_contacts_and_reviews_of_rolling_files_reach_back_before_the_period(rolling_block: Block) -> None:
    events = rolling_block.events
    second = rolling_block.people.authority[events["row"].astype(int)] == 1
    for kind in ("Request", "Review"):
        start = events["event_start_date"][second & (events["event_type"] == kind)]
        before = np.mean(start < np.datetime64("2022-04-01"))
        assert 0.2 < before < 0.65
    ended = events["event_end_date"][second & (events["event_type"] == "Service")]
    assert (ended < np.datetime64("2022-04-01")).any()


# Carers


def test_carers_care_for_other_users_of_their_household_first(blocks: list[Block]) -> None:
    several = 0
    for block in blocks:
        carers, people = block.carers, block.people
        linked = np.column_stack([carers.cares_for, carers.also_cares_for])
        for row, others in zip(carers.row.tolist(), linked.tolist(), strict=True):
            known = [other for other in others if other >= 0]
            assert others[: len(known)] == known
            assert len(set(known)) == len(known) >= 1
            assert row not in known
            assert people.kin[known[0]] == people.kin[row]
            assert {people.authority[other] for other in known} == {people.authority[row]}
            assert set(known) <= set(block.users.row.tolist())
            several += len(known) > 1
    assert several > 0


def test_most_carers_of_a_second_person_care_for_a_user_of_the_authority_who_lives_elsewhere(setting: Setting) -> None:
    rates = setting.world.carers
    assert rates.second_person_known == 0.8
    two = setting.world.model_copy(update={"carers": rates.model_copy(update={"cares_for_two": 1.0})})
    made = [make_block(replace(setting, world=two), number, 10_000) for number in range(6)]
    second = [(b.people, b.carers.row, b.carers.also_cares_for[:, 0]) for b in made if b is not None]
    elsewhere = [people.kin[row[other >= 0]] != people.kin[other[other >= 0]] for people, row, other in second]
    assert np.concatenate(elsewhere).sum() > 20
    assert np.mean(np.concatenate([other for _, _, other in second]) >= 0) == pytest.approx(0.8, abs=0.12)


# The file of planted effects


def test_the_planted_file_names_every_effect_of_the_profile(setting: Setting) -> None:
    document = yaml.safe_load(planted_text(setting))
    planted = setting.profile.planted
    assert document["emergency_admission"]["rate_ratio"] == planted.emergency_rate_ratio
    assert list(document["use_of_care"]["odds_ratio_by_conditions"].values()) == [1, 10, 29, 91]
    assert document["gp_appointments"]["rate_ratio_by_support"] == planted.gp_rate_ratio
    assert document["gp_appointments"]["after_reablement"]["rate_ratio"] == planted.gp_rate_ratio_after_reablement
    assert document["frailty"]["odds_ratio_of_women_with_support"] == planted.frailty_odds_ratio_women_with_support
    assert document["readmission"]["share_after_discharge_to_reablement"] == 0.25
    assert document["urinary_tract_infection"]["factor_from_90_in_care_homes"] < 0.4
