"""The people of a synthetic world: households, families, twins, names, ages, dated lives."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from linkage.configs import packaged
from linkage.synth import load_profile
from linkage.synth.people.lives import Lives, admitted_to_homes, lives
from linkage.synth.people.names import Names, load_names
from linkage.synth.people.population import (
    CHILD,
    FEMALE,
    GRANDPARENT,
    MINOR,
    PARTNER,
    RESIDENT,
    Households,
    cut,
    households,
)
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World, synthetic_postcode_areas

PROFILE = load_profile("sample")
WORLD = PROFILE.load_world()
NAMES = load_names(WORLD.naming)
END = np.datetime64(PROFILE.period_end, "D")


@dataclass(frozen=True)
class Made:
    people: Households
    lives: Lives

    @property
    def age(self) -> np.ndarray:
        return np.asarray((END - self.people.birth).astype(int) / 365.25)


@pytest.fixture(scope="module")
def blocks() -> list[Made]:
    return [made(number) for number in range(8)]


def made(number: int, profile: SynthProfile = PROFILE, world: World = WORLD, names: Names = NAMES) -> Made:
    people = households(profile, world, number)
    return Made(people, lives(profile, world, names, people))


def pairs(blocks: list[Made], column: str) -> list[tuple[Made, int, int]]:
    """Block, row and the row that ``column`` names, for those who have one."""
    return [
        (b, row, getattr(b.people, column)[row])
        for b in blocks
        for row in np.flatnonzero(getattr(b.people, column) >= 0)
    ]


def test_households_have_the_sizes_of_the_design(blocks: list[Made]) -> None:
    sizes = np.concatenate(
        [np.unique(b.people.household[b.people.kind != "care_home"], return_counts=True)[1] for b in blocks]
    )
    shares = np.bincount(sizes, minlength=8)[1:7] / len(sizes)
    assert shares == pytest.approx([0.30, 0.34, 0.16, 0.13, 0.05, 0.02], abs=0.02)


def test_ages_run_from_birth_to_104_and_resemble_a_country(blocks: list[Made]) -> None:
    age = np.concatenate([b.age[b.people.kind != "care_home"] for b in blocks])
    assert age.min() >= 0
    assert age.max() < 106
    shares = np.histogram(age, [0, 18, 35, 50, 65, 75, 85, 110])[0] / len(age)
    assert shares == pytest.approx([0.22, 0.22, 0.21, 0.18, 0.09, 0.06, 0.025], abs=0.035)


def test_children_have_parents_of_an_age_to_have_them(blocks: list[Made]) -> None:
    for block, row, parent in pairs(blocks, "child_of"):
        assert block.age[parent] - block.age[row] > 16.5
        assert block.people.household[row] == block.people.household[parent]
        assert (block.age[row] < 18) == (block.people.role[row] == MINOR)
    for block in blocks:
        assert (block.age[~np.isin(block.people.role, [MINOR])] >= 18).all()


def test_grandparents_are_a_generation_older(blocks: list[Made]) -> None:
    rows = [(b, row) for b in blocks for row in np.flatnonzero(b.people.role == GRANDPARENT)]
    assert len(rows) > 50
    for block, row in rows:
        first = np.flatnonzero(block.people.household == block.people.household[row])[0]
        assert 21 < block.age[row] - block.age[first] < 38


def test_no_date_of_birth_collects_people(blocks: list[Made]) -> None:
    births = np.concatenate([b.people.birth for b in blocks])
    days, held = np.unique(births, return_counts=True)
    years = np.unique(births.astype("datetime64[Y]"), return_counts=True)[1]
    assert held.max() <= 9 * max(1.0, len(births) / len(days))
    assert years.max() < 3 * len(births) / len(years)


def test_a_block_does_not_depend_on_what_else_is_made(blocks: list[Made]) -> None:
    again = made(3)
    assert (again.people.birth == blocks[3].people.birth).all()
    assert (again.lives.numbers == blocks[3].lives.numbers).all()
    assert (again.lives.postcode == blocks[3].lives.postcode).all()


def test_a_smaller_world_holds_the_first_people_of_a_larger_one(blocks: list[Made]) -> None:
    whole = blocks[0].people
    for rows in range(300, 310):
        part = cut(whole, rows)
        assert len(part) == rows
        assert max(part.spouse.max(), part.twin_of.max(), part.child_of.max()) < rows
        smaller = lives(PROFILE, WORLD, NAMES, part)
        before = part.household < part.household[-1]
        assert (smaller.numbers == blocks[0].lives.numbers[:rows]).all()
        assert (smaller.family[before] == blocks[0].lives.family[:rows][before]).all()


def test_twins_share_birth_and_family_but_not_the_given_name(blocks: list[Made]) -> None:
    twins = pairs(blocks, "twin_of")
    assert len(twins) > 60
    for block, row, other in twins:
        assert block.people.birth[row] == block.people.birth[other]
        assert block.people.household[row] == block.people.household[other]
        assert block.lives.given[row] != block.lives.given[other]
    births = [(b.people.household[row], b.people.birth[row]) for b, row, _ in twins]
    assert len(set(births)) == len(births)


def test_some_twins_share_an_initial(blocks: list[Made]) -> None:
    initials = [
        NAMES.given[b.lives.given[row]][0] == NAMES.given[b.lives.given[o]][0] for b, row, o in pairs(blocks, "twin_of")
    ]
    assert 0.15 < np.mean(initials) < 0.45


def test_some_children_bear_a_parents_name(blocks: list[Made]) -> None:
    same = [b.lives.given[row] == b.lives.given[parent] for b, row, parent in pairs(blocks, "child_of")]
    assert 0.02 < np.mean(same) < 0.08


def test_couples_are_mutual_and_a_few_were_born_the_same_day(blocks: list[Made]) -> None:
    couples = [(b, row, b.people.spouse[row]) for b in blocks for row in np.flatnonzero(b.people.role == PARTNER)]
    assert all(b.people.spouse[other] == row for b, row, other in couples)
    assert 8 <= sum(b.people.birth[row] == b.people.birth[other] for b, row, other in couples) <= 50


def test_some_couples_are_of_two_ethnic_groups_and_their_children_of_a_mixed_one(blocks: list[Made]) -> None:
    couples = [(b, row, b.people.spouse[row]) for b in blocks for row in np.flatnonzero(b.people.role == PARTNER)]
    unlike = [(b, row, o) for b, row, o in couples if b.people.ethnic_group[row] != b.people.ethnic_group[o]]
    assert 0.02 < len(unlike) / len(couples) < 0.12
    black_caribbean_and_white = 0
    for block, row, other in unlike:
        if {block.people.ethnic_group[row], block.people.ethnic_group[other]} == {"A", "M"}:
            home = block.people.household == block.people.household[row]
            children = home & np.isin(block.people.role, [CHILD, MINOR])
            assert set(block.people.ethnic_group[children]) <= {"D"}
            black_caribbean_and_white += 1
    assert black_caribbean_and_white > 0


def test_children_bear_the_family_name_of_the_household(blocks: list[Made]) -> None:
    rows = [(b, row, b.people.child_of[row]) for b, row, _ in pairs(blocks, "child_of")]
    fathers = [(b, row, parent) for b, row, parent in rows if b.people.sex[parent] != FEMALE]
    same = [b.lives.family[row, 0] == b.lives.family[parent, 0] for b, row, parent in fathers]
    assert np.mean(same) > 0.9


def test_only_women_change_their_name_and_the_old_one_is_kept(blocks: list[Made]) -> None:
    for block in blocks:
        renamed = ~np.isnat(block.lives.renamed)
        assert (block.people.sex[renamed[:, 0]] == FEMALE).all()
        assert (renamed == (block.lives.family[:, 1:] >= 0)).all()
        assert renamed[:, 0].sum() > 100


def test_divorced_women_may_bear_their_own_name_again(blocks: list[Made]) -> None:
    back = [(b, row) for b in blocks for row in np.flatnonzero(b.lives.family[:, 2] >= 0)]
    assert len(back) > 10
    for block, row in back:
        now, married, born = block.lives.family[row]
        assert now == born
        assert married != born or block.lives.second_family[row, 1] >= 0
        assert block.lives.renamed[row, 0] > block.lives.renamed[row, 1]


def test_moves_run_backwards_from_the_present_and_lie_within_a_life(blocks: list[Made]) -> None:
    for block in blocks:
        moved = block.lives.moved
        assert not (moved[:, 1:] > moved[:, :-1]).any()
        assert not (np.isnat(moved[:, :-1]) & ~np.isnat(moved[:, 1:])).any()
        assert not (moved > block.lives.death[:, None]).any()
        assert not (moved <= block.people.birth[:, None]).any()
        assert ((block.lives.postcode[:, 1:] >= 0) == ~np.isnat(moved)).all()
    assert sum((~np.isnat(b.lives.moved[:, 2])).sum() for b in blocks) > 100


def test_young_adults_move_more_often_than_old_people(blocks: list[Made]) -> None:
    moves = np.concatenate([(~np.isnat(b.lives.moved)).sum(axis=1) for b in blocks])
    age = np.concatenate([b.age for b in blocks])
    home = np.concatenate([b.people.role == RESIDENT for b in blocks])
    assert moves[(age >= 18) & (age < 25) & ~home].mean() > 3 * moves[(age >= 65) & ~home].mean()


def test_care_home_residents_came_from_somewhere(blocks: list[Made]) -> None:
    residents = [(b, row) for b in blocks for row in np.flatnonzero(b.people.role == RESIDENT)]
    assert len(residents) > 200
    known = [b.lives.postcode[row, 1] >= 0 for b, row in residents]
    assert np.mean(known) > 0.95
    assert all(np.isnat(b.lives.admitted[row]) == (b.lives.postcode[row, 1] < 0) for b, row in residents)


def test_admission_to_a_care_home_is_a_move(blocks: list[Made]) -> None:
    block = blocks[0]
    movers = np.flatnonzero(~np.isnat(block.lives.moved[:, 0]) & (block.people.role != RESIDENT))[:2]
    settled = np.flatnonzero(np.isnat(block.lives.moved[:, 0]))[:1]
    rows = np.concatenate([movers, settled])
    days = np.array([END - 10, block.lives.moved[movers[1], 0] - 50, END - 20])
    after = admitted_to_homes(block.lives, block.people, rows, days, 1)
    homes = block.lives.postcode[block.people.role == RESIDENT, 0]
    assert np.isin(after.postcode[rows, 0], homes).all()
    assert (after.postcode[rows, 1] == block.lives.postcode[rows, 0]).all()
    assert (after.moved[rows, 0] == days).all()
    assert (after.admitted[rows] == days).all()
    assert not (after.moved[rows, 1] >= days).any()
    others = np.setdiff1d(np.arange(len(block.people)), rows)
    assert (after.postcode[others] == block.lives.postcode[others]).all()


def test_nhs_numbers_are_unique_over_blocks_successions_and_former_identities(blocks: list[Made]) -> None:
    numbers = np.concatenate([np.append(b.lives.numbers.ravel(), b.lives.former_number) for b in blocks])
    numbers = numbers[numbers >= 0]
    assert len(np.unique(numbers)) == len(numbers)
    assert any((b.lives.numbers[:, 2] >= 0).any() for b in blocks)


def test_a_new_identity_has_another_number_and_another_name_or_sex(blocks: list[Made]) -> None:
    found = [(b, row) for b in blocks for row in np.flatnonzero(b.lives.former_number >= 0)]
    assert len(found) > 5
    for block, row in found:
        lived = block.lives
        assert lived.former_sex[row] != block.people.sex[row] or lived.former_family[row] != lived.family[row, 0]
        assert block.people.birth[row] < lived.reissued[row] < END


def test_single_names_and_double_family_names_exist(blocks: list[Made]) -> None:
    single = np.concatenate([b.people.pattern[b.lives.single] for b in blocks])
    double = np.concatenate([b.people.pattern[b.lives.second_family[:, 0] >= 0] for b in blocks])
    assert len(single) > 5
    assert set(single) <= {"hindu", "muslim"}
    assert {"iberian", "british"} <= set(double.tolist())


def test_the_most_frequent_family_names_are_listed_ones(blocks: list[Made]) -> None:
    names = NAMES.family[np.concatenate([b.lives.family[:, 0] for b in blocks])]
    listed = packaged("synth/names/surnames.csv").read_text(encoding="utf-8")
    assert all(f"\n{name}," in listed for name, _ in Counter(names.tolist()).most_common(25))


def test_the_tail_of_names_reaches_single_bearers(blocks: list[Made]) -> None:
    names, held = np.unique(np.concatenate([b.lives.family[:, 0] for b in blocks]), return_counts=True)
    assert (held == 1).mean() > 0.2
    assert len(names) > 2_000
    pool = NAMES.family_pools[NAMES.patterns.index("british"), 0]
    weights = np.diff(pool.edges, prepend=0.0) / pool.edges[-1]
    people = 55_000_000 * 0.75
    assert weights[-1] * people < 2
    assert weights[300:].max() < weights[:250].min()


def test_changes_of_practice_happen_without_a_move(blocks: list[Made]) -> None:
    changed = np.concatenate([b.lives.changed_practice for b in blocks])
    assert 0.01 < (~np.isnat(changed)).mean() < 0.03
    assert all((b.lives.earlier_practice != b.lives.practice[:, 0]).all() for b in blocks)


def test_synthetic_postcode_areas_are_not_zz() -> None:
    assert "ZZ" not in synthetic_postcode_areas()
    assert all(len(area) == 2 and area.isupper() for area in synthetic_postcode_areas())
