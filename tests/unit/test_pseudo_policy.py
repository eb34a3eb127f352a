"""Release policies and treatments: what a policy may say, what it refuses, and what each treatment lets out."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pseudo.errors import ConfigError, PolicyError
from pseudo.policy import is_identifier_name, load_policy, require_all_treated
from pseudo.treatments import Treatment, output_name, value_rule

FOLDER = Path(__file__).parents[2] / "configs" / "release"
PROFILES = ("cld_view", "open", "own_bi", "secure")
HEAD = 'name: t\nversion: "1"\ndescription: d\ntables:\n  t:\n    description: d\n'


def policy_file(folder: Path, person: str, *columns: str) -> Path:
    path = folder / "policy.yaml"
    lines = "".join(f"      {column}\n" for column in columns)
    path.write_text(f"{HEAD}    person: {person}\n    columns:\n{lines}", encoding="utf-8")
    return path


def refused(folder: Path, person: str, *columns: str) -> str:
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_file(folder, person, *columns))
    return str(caught.value)


NHS = "{nhs_number: nhs_number}"
NHS_COLUMN = "nhs_number: {treatment: pseudonymise, field: nhs_number}"


def rule(**settings: Any) -> Any:
    treatment: Treatment = TypeAdapter(Treatment).validate_python(settings)
    return value_rule(treatment, settings.get("listed", ()))


def test_a_treatment_may_be_one_word(tmp_path: Path) -> None:
    policy = load_policy(
        policy_file(tmp_path, NHS, NHS_COLUMN, "first_name: drop", "date_of_birth: birth_month")
    ).policy
    assert [name for name, _ in policy.tables["t"].released()] == ["person_pseudonym", "person_id_type", "birth_month"]


@pytest.mark.parametrize(
    "column",
    ["nhs_number", "traced_nhs_number", "first_name", "last_name", "given_name", "date_of_birth", "postcode",
     "person_unique_identifier", "event_reference", "adult_1_linked_person_id", "epikey", "event_description"],
)  # fmt: skip
def test_an_identifier_is_never_kept(tmp_path: Path, column: str) -> None:
    text = refused(tmp_path, "{nhs_number: n}", "n: {treatment: pseudonymise, field: nhs_number}",
                   f"{column}: {{treatment: keep, pattern: '.*'}}")  # fmt: skip
    assert f"t.{column}: an identifier may not be kept" in text


def test_a_renamed_column_may_not_pose_as_an_identifier(tmp_path: Path) -> None:
    text = refused(tmp_path, NHS, NHS_COLUMN, "x: {treatment: birth_month, output: date_of_birth}")
    assert "under the name date_of_birth" in text


def test_the_person_columns_must_be_pseudonymised(tmp_path: Path) -> None:
    assert "holds the person's nhs_number" in refused(tmp_path, NHS, "nhs_number: drop")


def test_birth_month_and_postcode_district_may_not_stand_together(tmp_path: Path) -> None:
    text = refused(tmp_path, NHS, NHS_COLUMN, "b: birth_month", "p: {treatment: area, level: postcode_district}")
    assert "may not stand together" in text


def test_a_local_identifier_needs_its_authority(tmp_path: Path) -> None:
    text = refused(
        tmp_path, NHS, NHS_COLUMN, "r: {treatment: pseudonymise, field: event_reference, output: r_pseudonym}"
    )
    assert "needs the role 'la_code'" in text


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("note: keep", "free text cannot be kept"),
        ("note: {treatment: keep, pattern: a, values: [a]}", "either 'values' or 'pattern'"),
        ("cost: {treatment: keep, type: number}", "'minimum' and 'maximum'"),
        ("Note: drop", "lower case"),
        ("note: {treatment: hide}", "note"),
        ("x: {treatment: keep, type: date, output: y}", "output"),
        ("b: {treatment: age_band, on: 2023-03-31, bands: [65, 18]}", "each higher than the one before"),
    ],
)
def test_a_malformed_treatment_is_a_configuration_error(tmp_path: Path, column: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_policy(policy_file(tmp_path, NHS, NHS_COLUMN, column))


def test_every_difference_between_policy_and_tables_is_named_at_once(tmp_path: Path) -> None:
    policy = load_policy(
        policy_file(tmp_path, NHS, NHS_COLUMN, "a: drop", "b: {treatment: keep, values: listed}", "c: drop")
    ).policy
    with pytest.raises(PolicyError) as caught:
        require_all_treated(policy, {"t": ["NHS_Number", "b", "new_1", "new_2"], "other": ["z"]}, {})
    for part in ("t.new_1: no treatment", "t.new_2: no treatment", "t.a: the table has no such column", "t.c: ",
                 "t.b: kept by list", "other: the policy has no such table"):  # fmt: skip
        assert part in str(caught.value)


def test_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    policy = load_policy(policy_file(tmp_path, NHS, NHS_COLUMN, "a: {treatment: drop, optional: true}")).policy
    require_all_treated(policy, {"t": ["nhs_number"]}, {})


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_releases_pseudonyms_and_no_identifier(name: str) -> None:
    tables = load_policy(FOLDER / f"{name}.yaml").policy.tables
    released = {table: [column for column, _ in policy.released()] for table, policy in tables.items()}
    assert all(columns[:2] == ["person_pseudonym", "person_id_type"] for columns in released.values())
    assert not [column for columns in released.values() for column in columns if is_identifier_name(column)]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_drops_free_text_and_source_order(profile: str) -> None:
    columns = load_policy(FOLDER / f"{profile}.yaml").policy.tables["social_care"].columns
    for name in ("event_description", "first_name", "last_name", "nhs_number", "submission", "row_number", "record_id"):
        assert columns[name].treatment == "drop"


@pytest.mark.parametrize(
    ("value", "month"),
    [(date(1950, 2, 3), "1950-02"), (datetime(1950, 2, 3), "1950-02"), ("1950-02-03", "1950-02"), ("021950", "1950-02"),
     ("1950-02-03 00:00:00", "1950-02"), ("132050", None), ("03/02/1950", None), ("1950-02-30", None), ("", None)],
)  # fmt: skip
def test_birth_month(value: object, month: str | None) -> None:
    assert rule(treatment="birth_month")(value) == month


def test_birth_year() -> None:
    assert [rule(treatment="birth_year")(value) for value in ("1950-02-03", "x")] == [1950, None]


@pytest.mark.parametrize(
    ("born", "band"),
    [("2005-04-01", "under 18"), ("2005-03-31", "18-64"), ("1958-04-01", "18-64"), ("1958-03-31", "65+"),
     ("2023-03-31", "under 18"), ("2023-04-01", None), ("x", None)],
)  # fmt: skip
def test_age_band_by_completed_years(born: str, band: str | None) -> None:
    assert rule(treatment="age_band", on="2023-03-31", bands=[18, 65])(born) == band


@pytest.mark.parametrize(
    ("postcode", "area", "district"),
    [
        ("ZX1 1AA", "ZX", "ZX1"),
        ("zx11aa", "ZX", "ZX1"),
        (" W1A 1AA ", "W", "W1A"),
        ("ZX1", None, None),
        ("x", None, None),
    ],
)
def test_area(postcode: str, area: str | None, district: str | None) -> None:
    assert rule(treatment="area", level="postcode_area")(postcode) == area
    assert rule(treatment="area", level="postcode_district")(postcode) == district


@pytest.mark.parametrize(
    ("settings", "value", "kept"),
    [
        ({"values": ["Female", "Male"]}, "  female ", "Female"),
        ({"values": ["Female"]}, "JONES", None),
        ({"values": "listed", "listed": ("Carer",)}, "CARER", "Carer"),
        ({"pattern": "[0-9]{3}"}, "123", "123"),
        ({"pattern": "[0-9]{3}"}, "1234", None),
        ({"pattern": "[0-9]{3}"}, "١٢٣", None),
        ({"type": "date"}, "2022-04-01", date(2022, 4, 1)),
        ({"type": "date"}, "9990000018", None),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "7", 7),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "7.5", None),
        ({"type": "number", "minimum": 0, "maximum": 99}, "12.50", 12.5),
        ({"type": "number", "minimum": 0, "maximum": 99}, "9990000018", None),
        ({"type": "number", "minimum": 0, "maximum": 99}, float("nan"), None),
        ({"type": "number", "minimum": 0, "maximum": 99}, "1e1", None),
    ],
)
def test_a_kept_column_holds_only_what_it_says(settings: dict[str, Any], value: object, kept: object) -> None:
    listed = settings.get("listed", ())
    treatment = {"treatment": "keep", **{key: item for key, item in settings.items() if key != "listed"}}
    assert value_rule(TypeAdapter(Treatment).validate_python(treatment), listed)(value) == kept


def test_output_names() -> None:
    treatment = TypeAdapter(Treatment).validate_python({"treatment": "area", "level": "postcode_area"})
    assert output_name("postcode", treatment) == "postcode_area"
