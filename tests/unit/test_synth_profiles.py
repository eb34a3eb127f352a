"""Profiles of the synthetic world: complete, strict, and based on one another."""

from pathlib import Path

import pytest

from linkage.configs import packaged
from linkage.errors import UsageError
from linkage.synth import load_profile, profile_names
from linkage.synth.people.names import pattern_names
from linkage.synth.profile import AuthorityProfile, SynthProfile
from pseudo.errors import ConfigError

BASED = """
name: mine
based_on: realistic
faults:
  gender: {wrong: 0.5}
  birth: {missing_as: {"1900-01-01": 7}}
"""


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_profile_changes_what_it_says_and_keeps_the_rest_of_its_base(tmp_path: Path) -> None:
    mine, base = load_profile(written(tmp_path, BASED)), load_profile("realistic")
    assert mine.name == "mine"
    assert mine.faults.gender.wrong == 0.5
    assert mine.faults.gender.unknown == base.faults.gender.unknown
    assert mine.faults.birth.missing_as == base.faults.birth.missing_as | {"1900-01-01": 7}
    assert mine.authorities == base.authorities


def test_a_profile_may_be_based_on_one_that_is_based_on_another(tmp_path: Path) -> None:
    mine = load_profile(written(tmp_path, "name: mine\nbased_on: clean\npeople: 5\n"))
    assert mine.model_copy(
        update={"name": "clean", "people": load_profile("clean").people, "based_on": "realistic"}
    ) == (load_profile("clean"))


def test_unknown_keys_are_refused_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"mine\.yaml:5:12: faults\.gender\.wrang: unknown key\. Did you mean 'wrong'"
    ):
        load_profile(written(tmp_path, BASED.replace("wrong", "wrang")))


def test_a_base_that_does_not_exist_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'paradise', which is none of clean, nasty, realistic, sample"):
        load_profile(written(tmp_path, BASED.replace("realistic", "paradise")))


@pytest.mark.parametrize("name", profile_names())
def test_factors_and_habits_name_things_that_exist(name: str) -> None:
    profile = load_profile(name)
    faults = profile.faults
    codes = {authority.la_code for authority in profile.authorities}
    for factor in (faults.factor, faults.number.missing_factor):
        assert set(factor.pattern) <= set(pattern_names())
        assert set(factor.authority) <= codes
        assert set(factor.deprivation) <= set("12345")
    assert set(faults.name.inverted) <= set(pattern_names())


@pytest.mark.parametrize("share", [0, 0.05, 0.3, 0.6, 1])
def test_the_absent_share_can_be_replaced(share: float) -> None:
    changed = load_profile("realistic").with_absent(share)
    assert changed.register_rates.absent == share
    assert changed.with_absent(load_profile("realistic").register_rates.absent) == load_profile("realistic")


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_an_absent_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        load_profile("realistic").with_absent(share)


def test_no_rate_of_the_clean_profile_is_above_nothing() -> None:
    dumped = load_profile("clean").faults.model_dump()
    rates = {
        key: value for part in ("number", "name", "birth", "postcode", "gender") for key, value in dumped[part].items()
    }
    habits = {"anothers_is_spouses", "anothers_with_their_birth_date", "missing_when_absent", "double_reduced_to_second",
              "goes_by_nickname", "goes_by_other_given_name"}  # fmt: skip
    assert [key for key, value in rates.items() if isinstance(value, float) and value > 0 and key not in habits] == []
    assert not any(rates["inverted"].values())


def test_no_two_profiles_say_the_same_at_length() -> None:
    for name in set(profile_names()) - {"realistic"}:
        assert "based_on: realistic" in packaged(f"synth/{name}.yaml").read_text(encoding="utf-8")


AUTHORITY = {
    "la_code": "991", "spec": "v6", "share": 1.0, "postcode_areas": ["ZX"], "identifier": "A{:06d}", "upper_case_names": 0.0,
    "midnight_event_types": [], "windows_1252_quarters": [], "byte_order_mark_quarters": [], "carers": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("la_code", "101", "invented authority"),
        ("postcode_areas", ["SW"], "areas that do not exist"),
        ("postcode_areas", [], "areas that do not exist"),
        ("identifier", "SY", "one place for a number"),
        ("identifier", "{} {x}", "one place for a number"),
        ("windows_1252_quarters", [7], "quarters are 1 to 4"),
        ("spec", "v7", "spec is one of"),
    ],
)
def test_an_authority_that_makes_no_sense_is_refused_in_words(key: str, value: object, said: str) -> None:
    assert AuthorityProfile.model_validate(AUTHORITY).la_code == "991"
    with pytest.raises(ValueError, match=said):
        AuthorityProfile.model_validate({**AUTHORITY, key: value})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"authorities": []}, "at least one"),
        ({"authorities": [AUTHORITY, AUTHORITY]}, "each once"),
        ({"authorities": [{**AUTHORITY, "share": 0.0}]}, "not all 0"),
        ({"period_end": "2020-03-31"}, "one year"),
        ({"period_end": "2023-06-30"}, "one year"),
    ],
)
def test_a_profile_that_cannot_be_made_is_refused_in_words(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SynthProfile.model_validate({"name": "mine", "based_on": "realistic", **changes})
