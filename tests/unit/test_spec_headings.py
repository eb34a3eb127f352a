"""Which column is which field, and which version a file follows."""

import pytest

from linkage.errors import InputError
from linkage.spec import detect_version, load_specification, match_headings, versions

V42 = load_specification("v4.2")


@pytest.mark.parametrize("version", [version for version in versions() if version != "release2"])
def test_the_version_is_told_by_its_own_headings(version: str) -> None:
    assert detect_version(load_specification(version).headings) == version


@pytest.mark.parametrize("version", [version for version in versions() if version != "release2"])
def test_case_spacing_order_and_a_missing_column_do_not_matter(version: str) -> None:
    headings = [f" {heading.upper()} " for heading in reversed(load_specification(version).headings)]
    assert detect_version(headings[1:]) == version


@pytest.mark.parametrize(
    "damaged", ["Unit Cost (Â£)", "Unit Cost (?)", "Unit Cost (\ufffd)", "Unit Cost (#)", "unit cost"]
)
def test_a_damaged_pound_sign_is_tolerated_and_reported(damaged: str) -> None:
    [heading] = match_headings(V42, [damaged]).headings
    assert (heading.kind, heading.field_id) == ("tolerated", "unit_cost")


def test_the_guidance_wording_of_a_heading_is_known() -> None:
    headings = ["Route of Access", "Provider CQC_ID (Voluntary)", "Cost Frequency / Unit Type"]
    matched = match_headings(V42, headings).headings
    assert [heading.field_id for heading in matched] == [
        "route_of_access",
        "provider_cqc_location_id",
        "cost_frequency",
    ]


def test_surplus_blank_and_repeated_columns_are_told_apart() -> None:
    match = match_headings(V42, ["LA Code", "Shoe Size", "", "la code"])
    assert [heading.kind for heading in match.headings] == ["exact", "surplus", "blank", "repeated"]
    assert match.known == 1
    assert "la_code" not in match.missing


def test_a_line_of_data_is_not_taken_for_headings_and_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        detect_version(["991", "ZZCANARY", "01/01/1950"] * 15)
    assert "ZZCANARY" not in str(caught.value)


def test_of_versions_with_the_same_columns_the_older_is_told() -> None:
    assert detect_version(load_specification("release2").headings) == "release1"
