"""The people of a synthetic world: households, twins, names, ages, dated lives."""

from collections import Counter

import numpy as np
import pytest

from linkage.configs import packaged
from linkage.synth import load_profile
from linkage.synth.block import Block, Setting, load_setting, make_block
from linkage.synth.population import FEMALE, PARTNER, cut, households
from linkage.synth.world import synthetic_postcode_areas


@pytest.fixture(scope="module")
def setting() -> Setting:
    return load_setting(load_profile("sample"))


@pytest.fixture(scope="module")
def blocks(setting: Setting) -> list[Block]:
    made = [make_block(setting, number, 1_000_000) for number in range(6)]
    return [block for block in made if block is not None]


def ages(block: Block, setting: Setting) -> np.ndarray:
    return (np.datetime64(setting.profile.period_end, "D") - block.people.birth).astype(int) / 365.25


def test_everybody_is_an_adult_at_the_end_of_the_year(setting: Setting, blocks: list[Block]) -> None:
    end = setting.profile.period_end
    latest = np.datetime64(end.replace(year=end.year - 18), "D")
    assert all((block.people.birth <= latest).all() for block in blocks)
    assert max(ages(block, setting).max() for block in blocks) < 106


def test_no_date_of_birth_collects_people(blocks: list[Block]) -> None:
    births = np.concatenate([block.people.birth for block in blocks])
    days, held = np.unique(births, return_counts=True)
    years = np.unique(births.astype("datetime64[Y]"), return_counts=True)[1]
    assert held.max() <= 10
    assert held.max() <= 12 * max(1.0, len(births) / len(days))
    assert years.max() < 3 * len(births) / len(years)


def test_a_block_does_not_depend_on_what_else_is_made(setting: Setting, blocks: list[Block]) -> None:
    again = make_block(setting, 3, 1_000_000)
    assert again is not None
    assert (again.people.birth == blocks[3].people.birth).all()
    assert (again.lives.numbers == blocks[3].lives.numbers).all()
    assert again.records.faults == blocks[3].records.faults


def test_a_smaller_world_holds_the_first_households_of_a_larger_one(setting: Setting) -> None:
    whole = households(setting.profile, setting.world, 0)
    part = make_block(setting, 0, 300)
    assert part is not None
    assert 260 < len(part.people) <= 300
    assert (part.people.birth == cut(whole, len(part.people)).birth).all()


def test_twins_share_birth_and_family_but_not_the_given_name(blocks: list[Block]) -> None:
    found = 0
    for block in blocks:
        younger = np.flatnonzero(block.people.twin_of >= 0)
        older = block.people.twin_of[younger]
        assert (block.people.birth[younger] == block.people.birth[older]).all()
        assert (block.people.household[younger] == block.people.household[older]).all()
        assert (block.lives.given[younger] != block.lives.given[older]).mean() > 0.98
        found += len(younger)
    assert found > 20


def test_some_children_bear_a_parents_name(blocks: list[Block]) -> None:
    pairs = [(block, row) for block in blocks for row in np.flatnonzero(block.people.child_of >= 0)]
    same = [b.lives.given[row] == b.lives.given[b.people.child_of[row]] for b, row in pairs]
    assert 0.01 < np.mean(same) < 0.10


def test_couples_are_mutual_and_a_few_were_born_the_same_day(blocks: list[Block]) -> None:
    same_day = 0
    for block in blocks:
        partners = np.flatnonzero(block.people.role == PARTNER)
        assert (block.people.spouse[block.people.spouse[partners]] == partners).all()
        same_day += int((block.people.birth[partners] == block.people.birth[block.people.spouse[partners]]).sum())
    assert 5 <= same_day <= 60


def test_only_women_change_their_name_and_the_old_one_is_kept(blocks: list[Block]) -> None:
    for block in blocks:
        renamed = ~np.isnat(block.lives.renamed)
        assert (block.people.sex[renamed] == FEMALE).all()
        assert (block.lives.earlier_family[renamed] >= 0).all()
        assert renamed.sum() > 50


def test_moves_run_backwards_and_precede_death(blocks: list[Block]) -> None:
    for block in blocks:
        first, second = block.lives.moved[:, 0], block.lives.moved[:, 1]
        assert not (second > first).any()
        assert not (first > block.lives.death).any()
        assert ((block.lives.postcode[:, 1] >= 0) == ~np.isnat(first)).all()


def test_care_home_residents_came_from_somewhere(blocks: list[Block]) -> None:
    residents = [(block, row) for block in blocks for row in np.flatnonzero(block.people.in_care_home)]
    assert len(residents) > 100
    assert all(block.lives.postcode[row, 1] >= 0 for block, row in residents)


def test_nhs_numbers_are_unique_over_blocks_and_successions(blocks: list[Block]) -> None:
    numbers = np.concatenate([block.lives.numbers.ravel() for block in blocks])
    numbers = numbers[numbers >= 0]
    assert len(np.unique(numbers)) == len(numbers)
    assert any((block.lives.numbers[:, 2] >= 0).any() for block in blocks)


def test_the_most_frequent_family_names_are_listed_ones(setting: Setting, blocks: list[Block]) -> None:
    names = setting.names.family[np.concatenate([block.lives.family for block in blocks])]
    listed = packaged("synth/names/surnames.csv").read_text(encoding="utf-8")
    assert all(f"\n{name}," in listed for name, _ in Counter(names.tolist()).most_common(25))


def test_people_with_double_family_names_exist(blocks: list[Block]) -> None:
    patterns = np.concatenate([block.people.pattern[block.lives.second_family >= 0] for block in blocks])
    assert {"iberian", "british"} <= set(patterns.tolist())


def test_synthetic_postcode_areas_are_not_zz() -> None:
    assert "ZZ" not in synthetic_postcode_areas()
    assert all(len(area) == 2 and area.isupper() for area in synthetic_postcode_areas())
