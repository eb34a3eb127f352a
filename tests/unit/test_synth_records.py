"""The records of case systems: faults of identity at their rates, going together, and unequal between groups."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from linkage.normalise.postcode import lists as postcode_lists
from linkage.spec import authorities
from linkage.synth import SynthProfile, load_profile
from linkage.synth.block import Block, load_setting, make_block
from linkage.synth.people.places import postcode_texts
from linkage.synth.records.odds import age_at_end
from linkage.synth.register import register_rows
from linkage.synth.truth.submitted import truth_rows
from linkage.synth.world import synthetic_postcode_areas

BLOCKS = 8


def dense(profile: SynthProfile) -> SynthProfile:
    """The profile with two adults in five among the service users."""
    return profile.model_copy(update={"coverage": profile.coverage.model_copy(update={"by_age": {"18": 0.4}})})


@cache
def world(name: str) -> tuple[Block, ...]:
    setting = load_setting(dense(load_profile(name)))
    blocks = [make_block(setting, number, 10**9) for number in range(BLOCKS)]
    return tuple(block for block in blocks if block is not None)


def pooled(blocks: Sequence[Block], name: str) -> np.ndarray:
    return np.concatenate([block.records.has(name) for block in blocks])


def column(blocks: Sequence[Block], name: str) -> np.ndarray:
    return np.concatenate([getattr(block.records, name) for block in blocks])


def test_a_clean_record_says_what_the_register_says_of_the_person_today() -> None:
    for block in world("clean"):
        records, lives, names = block.records, block.lives, block.setting.names
        row = records.row
        single = lives.single[row]
        family = names.family_texts(lives.family[row, 0], lives.second_family[row, 0], block.people.pattern_code[row])
        given = names.given[lives.given[row]]
        assert not records.shows
        assert [text.upper() for text in records.first_name] == [t.upper() for t in np.where(single, "", given)]
        assert [text.upper() for text in records.last_name] == [t.upper() for t in np.where(single, given, family)]
        assert (records.birth == block.people.birth[row]).all()
        assert (records.postcode == postcode_texts(lives.postcode[row, 0])).all()
        assert records.nhs_number.tolist() == [str(number) for number in lives.numbers[row, 0]]
        assert not records.absent.any()


def test_every_fault_occurs_in_the_nasty_world() -> None:
    shown = {name for block in world("nasty") for name in block.records.shows}
    assert shown >= {
        "number_missing", "number_invalid", "number_anothers", "number_superseded", "number_spaced", "number_not_on_register",
        "anothers_birth_date", "bare_record", "given_name_typo", "family_name_typo", "nickname", "other_given_name",
        "initial_only", "given_name_placeholder", "family_name_placeholder", "twin_placeholder", "names_swapped",
        "names_inverted", "previous_family_name", "double_name_reduced", "accents_lost", "punctuation_lost",
        "name_cut", "title_in_name", "suffix_in_name", "deceased_in_name", "birth_date_missing", "birth_system_default",
        "birth_year_only", "day_month_swapped", "birth_digit", "stale_postcode", "care_home_postcode", "no_fixed_abode",
        "postcode_placeholder", "postcode_typo", "postcode_partial", "postcode_missing", "postcode_unspaced", "gender_wrong",
        "gender_unknown",
    }  # fmt: skip


def test_a_record_without_faults_is_right_and_one_with_a_fault_of_a_field_differs_there() -> None:
    for block in world("nasty"):
        records, row = block.records, block.records.row
        faulty = records.has(
            "birth_date_missing", "birth_system_default", "birth_year_only", "day_month_swapped", "birth_digit",
            "anothers_birth_date", "bare_record",
        )  # fmt: skip
        assert ((records.birth != block.people.birth[row]) == faulty).all()
        number = np.array([text.replace(" ", "") for text in records.nhs_number], dtype=object)
        right = number == block.lives.numbers[row, 0].astype(str)
        assert (right == np.asarray(records.given_number == "ok")).all()


@pytest.mark.parametrize(
    ("fault", "rate"),
    [
        ("given_name_typo", lambda f: f.name.given_typo),
        ("family_name_typo", lambda f: f.name.family_typo),
        ("birth_digit", lambda f: f.birth.digit_wrong),
        ("postcode_unspaced", lambda f: f.postcode.unspaced),
        ("postcode_typo", lambda f: f.postcode.typo),
        ("number_missing", lambda f: f.number.missing),
    ],
)
def test_people_of_factor_1_suffer_a_fault_at_its_rate(fault: str, rate) -> None:  # type: ignore[no-untyped-def]
    profile = dense(load_profile("realistic"))
    flat = profile.faults.model_dump()
    flat["factor"], flat["number"]["missing_factor"] = {}, {}
    faults = type(profile.faults).model_validate(flat)
    setting = load_setting(profile.with_absent(0).model_copy(update={"faults": faults}))
    blocks = [block for number in range(BLOCKS) if (block := make_block(setting, number, 10**9)) is not None]
    struck, expected = pooled(blocks, fault), rate(faults)
    error = np.sqrt(expected * (1 - expected) / len(struck))
    assert struck.mean() == pytest.approx(expected, abs=3.5 * error + 0.06 * expected)


def test_faults_of_one_record_go_together() -> None:
    blocks = world("realistic")
    name = pooled(blocks, "given_name_typo") | pooled(blocks, "family_name_typo")
    birth = pooled(blocks, "birth_digit") | pooled(blocks, "day_month_swapped") | pooled(blocks, "birth_date_missing")
    assert birth[name].mean() > 1.4 * birth[~name].mean()


def test_rates_differ_between_authorities_ages_and_naming_patterns() -> None:
    blocks = world("realistic")
    missing, authority = pooled(blocks, "number_missing"), column(blocks, "authority")
    age = np.concatenate([age_at_end(b.setting.profile, b.people, b.records.row) for b in blocks])
    pattern = np.concatenate([b.people.pattern[b.records.row] for b in blocks])
    assert missing[authority == 1].mean() > 1.15 * missing[authority == 0].mean()
    assert missing[age < 30].mean() > 1.2 * missing[age >= 65].mean()
    assert missing[pattern == "muslim"].mean() > 1.15 * missing[pattern == "british"].mean()


def test_names_are_inverted_by_the_naming_patterns_that_do_so() -> None:
    blocks = world("nasty")
    inverted = pooled(blocks, "names_inverted")
    pattern = np.concatenate([block.people.pattern[block.records.row] for block in blocks])
    assert 0.25 < inverted[pattern == "chinese"].mean() < 0.7
    assert not inverted[pattern == "british"].any()


def test_people_with_one_name_have_it_in_one_field_and_something_or_nothing_in_the_other() -> None:
    setting = load_setting(dense(load_profile("nasty")))
    everybody = setting.world.naming.model_copy(update={"single_name": {"british": 1.0}})
    block = make_block(replace(setting, world=setting.world.model_copy(update={"naming": everybody})), 0, 10**9)
    assert block is not None
    single = block.lives.single[block.records.row] & ~block.records.has(
        "family_name_typo",
        "punctuation_lost",
        "family_name_placeholder",
        "name_cut",
        "suffix_in_name",
        "deceased_in_name",
        "accents_lost",
    )
    for position in np.flatnonzero(single):
        name = block.setting.names.given[block.lives.given[block.records.row[position]]].upper()
        written = [block.records.first_name[position].upper(), block.records.last_name[position].upper()]
        assert name in written
        assert set(written) - {name} <= {"", ".", "UNKNOWN"}
    assert block.records.has("single_name").sum() > 50


def test_a_nickname_belongs_to_the_person() -> None:
    for block in world("nasty"):
        records = block.records
        twice = np.flatnonzero(records.duplicate & records.has("nickname"))
        for position in twice:
            other = np.flatnonzero((records.row == records.row[position]) & ~records.duplicate)[0]
            if (
                records.has("nickname")[other]
                and not records.has("given_name_typo", "title_in_name")[[position, other]].any()
            ):
                first = {records.first_name[place].upper() for place in (position, other)}
                last = {records.last_name[place].upper() for place in (position, other)}
                assert len(first) == 1 or first & last


def test_another_persons_number_is_mostly_the_spouses() -> None:
    spouses = others = 0
    for block in world("nasty"):
        records, numbers = block.records, block.lives.numbers[:, 0].astype(str)
        holder = {number: person for person, number in enumerate(numbers)}
        married = records.has("number_anothers") & (block.people.spouse[records.row] >= 0)
        for position in np.flatnonzero(married):
            whose = holder[records.nhs_number[position].replace(" ", "")]
            spouses += whose == block.people.spouse[records.row[position]]
            others += whose != block.people.spouse[records.row[position]]
    assert spouses > max(5, 3 * others)


def test_no_postcode_can_be_real() -> None:
    pseudo = set(postcode_lists().pseudo_postcodes)
    towns = {authority.name.removesuffix(" (synthetic)") for authority in authorities() if authority.synthetic}
    for block in world("nasty"):
        odd = block.records.has("postcode_placeholder", "no_fixed_abode")
        codes = block.records.postcode[~odd & np.asarray(block.records.postcode != "")].tolist()
        assert {code[:2] for code in codes} <= set(synthetic_postcode_areas())
        assert set(block.records.postcode[odd].tolist()) <= pseudo | towns


@pytest.mark.parametrize("share", [0.05, 0.30, 0.60])
def test_the_absent_share_is_met_and_absent_people_are_not_on_the_register(share: float) -> None:
    setting = load_setting(dense(load_profile("realistic")).with_absent(share))
    absent = submitted = 0
    for number in range(3):
        block = make_block(setting, number, 10**9)
        assert block is not None
        truth, register = truth_rows(setting, block), register_rows(setting, block)
        away = truth["in_register"] == "N"
        numbers = block.lives.numbers[block.records.row[truth["record"][away]]]
        assert not {f"{n:010d}" for n in numbers.ravel() if n >= 0} & set(register["nhs_number"].tolist())
        assert (truth["true_nhs_number"][away] == "").all()
        assert set(truth["true_nhs_number"][~away].tolist()) <= set(register["nhs_number"].tolist())
        absent, submitted = absent + int(away.sum()), submitted + len(away)
    assert absent / submitted == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / submitted))
