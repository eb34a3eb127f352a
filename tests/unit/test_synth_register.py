"""The register of a synthetic world: versions in time, succession of numbers, new identities, the absent."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from linkage.synth import load_profile
from linkage.synth.block import Block, Setting, load_setting, make_block
from linkage.synth.draws import NEVER
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.people.population import RESIDENT
from linkage.synth.register import COLUMNS, on_register, register_rows

Row = dict[str, Any]


@pytest.fixture(scope="module")
def setting() -> Setting:
    return load_setting(load_profile("sample"))


@pytest.fixture(scope="module")
def block(setting: Setting) -> Block:
    made = make_block(setting, 1, 1 << 40)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def rows(setting: Setting, block: Block) -> list[Row]:
    table = register_rows(setting, block)
    return [dict(zip(COLUMNS, values, strict=True)) for values in zip(*(table[name] for name in COLUMNS), strict=True)]


@pytest.fixture(scope="module")
def by_number(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["nhs_number"]].append(row)
    return found


def number(block: Block, person: int) -> Any:
    return number_text(block.lives.numbers[[person], 0])[0]


def test_every_person_who_is_not_absent_has_a_current_version(block: Block, by_number: dict[str, list[Row]]) -> None:
    there = on_register(block)
    assert 0.9 < there.mean() < 1
    for person in range(len(block.people)):
        versions = by_number.get(number(block, person), [])
        assert bool(versions) == there[person]
        if versions:
            assert [row["valid_to"] for row in versions if np.isnat(row["valid_to"])] != []


def test_versions_follow_one_another_without_gap_or_overlap(by_number: dict[str, list[Row]]) -> None:
    for versions in by_number.values():
        for earlier, later in pairwise(versions):
            assert earlier["valid_to"] + np.timedelta64(1, "D") == later["valid_from"]
            assert earlier["valid_from"] <= earlier["valid_to"]


def test_a_version_differs_from_the_one_before_in_name_address_or_practice(by_number: dict[str, list[Row]]) -> None:
    same = total = 0
    for versions in by_number.values():
        for earlier, later in pairwise(versions):
            total += 1
            same += all(earlier[key] == later[key] for key in ("family_name", "postcode", "gp_practice_code"))
    assert total > 1_000
    assert same < 0.02 * total


def test_the_first_version_begins_at_birth(block: Block, by_number: dict[str, list[Row]]) -> None:
    for person in np.flatnonzero(on_register(block)):
        assert by_number[number(block, person)][0]["valid_from"] == block.people.birth[person]


def test_a_maiden_name_is_on_record_until_the_wedding(
    setting: Setting, block: Block, by_number: dict[str, list[Row]]
) -> None:
    wives = np.flatnonzero(on_register(block) & ~np.isnat(block.lives.renamed[:, 0]) & (block.lives.family[:, 2] < 0))
    assert len(wives) > 50
    for person in wives:
        versions = by_number[number(block, person)]
        maiden = setting.names.family[block.lives.family[person, 1]]
        before = [row for row in versions if row["valid_from"] < block.lives.renamed[person, 0]]
        assert all(str(row["family_name"]).startswith(maiden) for row in before)


def test_superseded_numbers_lead_to_the_next_one(block: Block, by_number: dict[str, list[Row]]) -> None:
    twice = np.flatnonzero(on_register(block) & (block.lives.numbers[:, 2] >= 0))
    assert len(twice) > 2
    for person in twice:
        current, last, first = number_text(block.lives.numbers[person]).tolist()
        assert by_number[first][0]["superseded_by"] == last
        assert by_number[last][0]["superseded_by"] == current
        assert {row["superseded_by"] for row in by_number[current]} == {""}


def test_a_new_identity_leaves_an_invalidated_record_without_a_link(
    block: Block, by_number: dict[str, list[Row]]
) -> None:
    changed = np.flatnonzero(on_register(block) & (block.lives.former_number >= 0))
    assert len(changed) > 0
    for person in changed:
        old = by_number[number_text(block.lives.former_number[[person]])[0]]
        assert [row["confidentiality"] for row in old] == ["I"]
        assert [row["superseded_by"] for row in old] == [""]
        assert old[0]["valid_to"] == block.lives.reissued[person]


def test_a_single_name_stands_as_the_family_name(setting: Setting) -> None:
    found = 0
    for place in range(6):
        made = make_block(setting, place, 1 << 40)
        assert made is not None
        table = register_rows(setting, made)
        names = {
            n: (g, f) for n, g, f in zip(table["nhs_number"], table["given_name"], table["family_name"], strict=True)
        }
        for person in np.flatnonzero(on_register(made) & made.lives.single):
            assert names[number(made, person)] == ("", setting.names.given[made.lives.given[person]])
            found += 1
    assert found > 3


def test_a_move_into_a_care_home_during_the_year_is_a_version(setting: Setting) -> None:
    moved = 0
    for place in range(6):
        block = make_block(setting, place, 1 << 40)
        assert block is not None
        into = np.flatnonzero(~np.isnat(block.users.moves_into_home))
        people = block.users.row[into]
        homes = block.lives.postcode[block.people.role == RESIDENT, 0]
        assert (block.lives.moved[people, 0] == block.users.moves_into_home[into]).all()
        assert (block.lives.admitted[people] == block.users.moves_into_home[into]).all()
        if len(homes):
            assert np.isin(block.lives.postcode[people, 0], homes).all()
        moved += len(people)
    assert moved > 3


def test_the_dead_keep_their_record_with_the_day(block: Block, by_number: dict[str, list[Row]]) -> None:
    dead = np.flatnonzero(on_register(block) & (block.lives.death != NEVER) & ~np.isnat(block.lives.death))
    assert len(dead) > 10
    for person in dead:
        assert {row["date_of_death"] for row in by_number[number(block, person)]} == {block.lives.death[person]}
