"""The truth file: difficulty and expected outcome of every record, and the counts by group."""

from functools import cache

import numpy as np
import pytest

from linkage.synth import load_profile
from linkage.synth.block import Block, load_setting, make_block
from linkage.synth.truth.groups import COLUMNS, group_counts, merged_counts
from linkage.synth.truth.submitted import DIFFICULTIES, truth_rows

Row = dict[str, str]


@cache
def blocks(name: str) -> tuple[Block, ...]:
    profile = load_profile(name)
    coverage = profile.coverage.model_copy(update={"by_age": {"18": 0.4}})
    setting = load_setting(profile.model_copy(update={"coverage": coverage}))
    made = [make_block(setting, number, 10**9) for number in range(4)]
    return tuple(block for block in made if block is not None)


@cache
def rows(name: str) -> tuple[Row, ...]:
    made = []
    for block in blocks(name):
        table = truth_rows(block.setting, block)
        columns = [table[column].tolist() for column in table]
        made += [dict(zip(table, values, strict=True)) for values in zip(*columns, strict=True)]
    return tuple(made)


def with_fault(name: str, *faults: str) -> list[Row]:
    return [row for row in rows(name) if set(faults) <= set(row["faults"].split("|"))]


def test_everybody_of_the_clean_world_is_confirmed_exactly() -> None:
    assert {(row["difficulty"], row["expected_outcome"], row["faults"]) for row in rows("clean")} == {
        ("exact", "confirmed", "")
    }


def test_every_difficulty_and_every_outcome_occurs_in_the_nasty_world() -> None:
    assert {row["difficulty"] for row in rows("nasty")} == set(DIFFICULTIES)
    assert {row["expected_outcome"] for row in rows("nasty")} == {
        "confirmed", "superseded", "corrected", "found", "conflict", "multiple", "not_found", "not_enough_data",
        "invalidated",
    }  # fmt: skip


def test_absent_is_who_is_not_in_the_register() -> None:
    for row in rows("nasty"):
        assert (row["difficulty"] == "absent") == (row["in_register"] == "N") == (row["true_nhs_number"] == "")
        assert row["in_register"] == "Y" or row["expected_outcome"] in {"not_found", "not_enough_data"}


@pytest.mark.parametrize(
    ("kind", "outcomes"),
    [
        ("ok", {"confirmed", "invalidated"}),
        ("superseded", {"superseded"}),
        ("anothers", {"corrected", "conflict"}),
        ("missing", {"found", "multiple", "not_enough_data"}),
        ("invalid", {"found", "multiple", "not_enough_data"}),
    ],
)
def test_the_kind_of_number_decides_what_can_come_out(kind: str, outcomes: set[str]) -> None:
    there = {
        row["expected_outcome"] for row in rows("nasty") if row["given_number"] == kind and row["in_register"] == "Y"
    }
    assert there <= outcomes


def test_a_record_of_a_name_alone_is_not_enough() -> None:
    bare = with_fault("nasty", "bare_record")
    assert len(bare) > 5
    assert {row["expected_outcome"] for row in bare} == {"not_enough_data"}


def test_without_number_and_birth_date_a_lost_name_or_postcode_is_too_much() -> None:
    unborn = [row for row in with_fault("nasty", "number_missing", "birth_date_missing") if row["in_register"] == "Y"]
    lost = [row for row in unborn if {"postcode_missing", "given_name_placeholder"} & set(row["faults"].split("|"))]
    assert lost
    assert {row["expected_outcome"] for row in lost} == {"not_enough_data"}
    assert "found" in {row["expected_outcome"] for row in unborn}


def test_an_unnamed_twin_is_one_of_two() -> None:
    unnamed = [row for row in with_fault("nasty", "twin_placeholder") if row["in_register"] == "Y"]
    assert {row["expected_outcome"] for row in unnamed} <= {"multiple", "found", "not_enough_data"}
    assert "multiple" in {row["expected_outcome"] for row in unnamed}


def test_two_faults_are_hard_and_faults_of_form_are_none() -> None:
    for row in rows("nasty"):
        faults = set(row["faults"].split("|")) - {""}
        if row["difficulty"] == "exact":
            assert faults <= {
                "number_missing", "number_superseded", "number_spaced", "postcode_unspaced", "accents_lost", "punctuation_lost",
                "renumbered",
            }  # fmt: skip
        if {"family_name_typo", "birth_digit"} <= faults:
            assert row["difficulty"] in {"hard", "impossible", "absent"}


@pytest.mark.parametrize(
    ("name", "exact", "hard"),
    [("clean", (1, 1), (0, 0)), ("realistic", (0.5, 0.66), (0.07, 0.15)), ("nasty", (0.2, 0.36), (0.22, 0.38))],
)
def test_the_profiles_differ_in_difficulty_as_designed(
    name: str, exact: tuple[float, float], hard: tuple[float, float]
) -> None:
    difficulty = np.array([row["difficulty"] for row in rows(name)])
    assert exact[0] <= (difficulty == "exact").mean() <= exact[1]
    assert hard[0] <= (difficulty == "hard").mean() <= hard[1]


def test_counts_by_group_are_those_of_the_truth() -> None:
    counts = merged_counts(group_counts(block.setting, block) for block in blocks("realistic"))
    assert tuple(counts) == COLUMNS
    assert counts["records"].sum() == len(rows("realistic"))
    for column in ("difficulty", "expected_outcome", "la_code"):
        values = np.array([row[column] for row in rows("realistic")])
        for value in set(values.tolist()):
            assert counts["records"][counts[column] == value].sum() == (values == value).sum()
    assert set(counts["ethnic_group"]) == {"White", "Mixed", "Asian", "Black", "Other"}
    assert set(counts["sex"]) == {"female", "male"}


def test_counts_do_not_depend_on_how_blocks_are_merged() -> None:
    first, second = (group_counts(block.setting, block) for block in blocks("realistic")[:2])
    one, other = merged_counts([first, second]), merged_counts([second, first])
    assert all((one[name] == other[name]).all() for name in COLUMNS)
