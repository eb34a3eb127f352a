"""What changed between two versions: that of v4.2 and v6 is the newsletter's six new and five amended items."""

import json

import pytest
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.errors import UsageError
from linkage.spec import load_specification
from linkage.spec.diff import FieldChange, SpecificationDiff, compare_specifications, diff_lines, diff_results

V6_DIFF = compare_specifications("v4.2", "v6")
R1_DIFF = compare_specifications("v6", "release1")
R2_DIFF = compare_specifications("release1", "release2")


def ids(changes: tuple[FieldChange, ...]) -> list[str]:
    return [change.id for change in changes]


def amended(diff: SpecificationDiff, field: str) -> FieldChange:
    return next(change for change in diff.amended if change.id == field)


def test_v6_has_the_six_new_items_of_the_newsletter() -> None:
    assert [change.heading for change in V6_DIFF.added] == [
        "Client Type",
        "Total Hrs Caring per week",
        "No. of adults being cared for",
        "Adult 1 Linked Person_ID",
        "Adult 2 Linked Person_ID",
        "Adult 3 Linked Person_ID",
    ]


def test_v6_has_the_five_amended_items_of_the_newsletter() -> None:
    assert [change.heading for change in V6_DIFF.amended] == [
        "Primary Support Reason",
        "Method of Assessment or Review",
        "Service Type",
        "Service Component",
        "Delivery Mechanism",
    ]
    assert amended(V6_DIFF, "primary_support_reason").values.added == ("Social Support: Support to Carer",)
    assert len(amended(V6_DIFF, "service_component").values.added) == 4
    assert len(amended(V6_DIFF, "delivery_mechanism").values.reworded) == 5


def test_what_else_differs_in_v6_is_told_apart() -> None:
    assert ids(V6_DIFF.removed) == ["la_name", "reporting_year"]
    assert ids(V6_DIFF.headed) == ["provider_cqc_location_name", "provider_cqc_location_id"]
    assert set(ids(V6_DIFF.client_types)) == {
        "autism_spectrum_disorder",
        "visual_impairment",
        "hearing_impairment",
        "dementia",
        "full_cost_client",
    }


def test_a_renamed_field_is_one_field() -> None:
    method = amended(V6_DIFF, "method_of_assessment_or_review")
    assert method.before.id == "informal_carer_involved_in_assessment"
    assert method.values.without_successor == ("Yes", "No", "Don't know")


def test_release_1_puts_three_columns_in_the_place_of_two() -> None:
    assert {change.id: change.before.id for change in R1_DIFF.added} == {
        "client_funding_status": "full_cost_client",
        "method_of_assessment": "method_of_assessment_or_review",
        "method_of_review": "method_of_assessment_or_review",
    }
    assert ids(R1_DIFF.removed) == ["method_of_assessment_or_review", "full_cost_client"]
    assert ids(R1_DIFF.headed) == ["person_unique_identifier", "has_informal_carer"]


def test_release_2_merges_outcomes_and_drops_two() -> None:
    outcomes = amended(R2_DIFF, "event_outcome").values
    assert len(outcomes.reworded) == 16
    assert len({new for _, new in outcomes.reworded}) == 14
    assert outcomes.without_successor == ("Progress to financial assessment", "Progress to End of Life Care")
    assert not outcomes.open
    assert amended(R2_DIFF, "client_funding_status").values.open


def test_a_list_that_only_became_open_is_not_amended() -> None:
    assert "gender" not in ids(R1_DIFF.amended)


def test_the_changes_that_a_file_states_are_those_worked_out() -> None:
    for diff in (V6_DIFF, R2_DIFF):
        stated = {change.field for change in load_specification(diff.newer).changes if change.kind == "amended"}
        assert stated == set(ids(diff.amended))


def test_versions_further_apart_are_compared_through_those_between() -> None:
    far = compare_specifications("v4.2", "release2")
    assert {"client_type", "client_funding_status", "method_of_review"} <= set(ids(far.added))
    assert ("Community: Direct Payment", "Direct payment") in amended(far, "delivery_mechanism").values.reworded


def test_a_version_does_not_differ_from_itself_and_the_older_comes_first() -> None:
    assert diff_lines(compare_specifications("v6", "v6")) == ["v6 to v6: 0 new, 0 amended, 0 no longer in the file"]
    with pytest.raises(UsageError, match="give the older version first"):
        compare_specifications("v6", "v4.2")


def test_people_read_lines_and_machines_plain_values() -> None:
    assert "    Carer -> Unpaid carer" in diff_lines(R2_DIFF)
    assert "    - Professional Support (successor not known)" in diff_lines(R2_DIFF)
    assert "  Method of Review (was Method of Assessment or Review)" in diff_lines(R1_DIFF)
    results = diff_results(V6_DIFF)
    assert (len(results["added"]), len(results["amended"])) == (6, 5)
    assert results["amended"][4]["reworded"][0] == {"old": "Community: Direct Payment", "new": "Direct Payment"}


def test_the_command_prints_both() -> None:
    text = CliRunner().invoke(app, ["spec", "diff", "v4.2", "v6"])
    assert text.stdout.startswith("v4.2 to v6: 6 new, 5 amended, 2 no longer in the file")
    done = CliRunner().invoke(app, ["spec", "diff", "release1", "release2", "--json"])
    assert len(json.loads(done.stdout)["results"]["amended"]) == 15
