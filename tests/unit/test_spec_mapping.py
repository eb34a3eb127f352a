"""Release 2, and what a wording of one version becomes in the next: the chain v4.2 → v6 → Release 1 → Release 2."""

from datetime import date

import pytest

from linkage.errors import UsageError
from linkage.spec import load_specification, mapping, version_of_period, versions, wordings_in

R1 = load_specification("release1")
R2 = load_specification("release2")


def test_release_2_has_the_columns_of_release_1() -> None:
    assert R2.headings == R1.headings
    assert (R2.effective_from, R2.submitted_from, R2.period) == ("2025-07-01", "2025-10-01", "rolling_12_months")


def test_only_lists_that_the_owners_code_shows_whole_are_closed_in_release_2() -> None:
    closed = {field.id for field in R2.list_fields} - set(R2.open_fields)
    assert closed == {"ethnicity", "client_type", "event_type", "event_outcome", "service_type"}
    sizes = [len(R2.values(field)) for field in ("ethnicity", "client_type", "event_outcome", "service_type")]
    assert sizes == [21, 3, 16, 9]


def test_a_value_says_how_certain_it_is() -> None:
    certainty = {value.value: value.certainty for value in R2.field("assessment_type").value_list.values}
    assert certainty == {
        "Short term assessment": "certain",
        "Long term assessment": "certain",
        "Financial Assessment": "carried",
    }
    assert {value.certainty for value in R2.field("route_of_access").value_list.values} == {"carried"}
    assert {value.certainty for value in R2.field("event_outcome").value_list.values} == {"certain"}


def test_fields_of_some_client_types_follow_their_new_wording() -> None:
    assert R2.field("dementia").client_types == ("Service user",)
    assert R2.field("adult_1_linked_person_id").client_types == ("Unpaid carer", "Unpaid carer known by association")


@pytest.mark.parametrize(
    ("older", "newer", "field", "before", "now"),
    [
        ("v4.2", "v6", "delivery_mechanism", "Prison: CASSR Commissioned Support", "CASSR Commissioned Support"),
        ("v6", "release1", "service_type", "Carer Support: Involving the cared-for person",
         "Carer Support: Support involving the person cared-for"),
        ("release1", "release2", "event_outcome", "Progress to Assessment", "Progress to assessment, review or reassessment"),
        ("release1", "release2", "event_outcome", "Progress to Re-assessment / Unplanned Review",
         "Progress to assessment, review or reassessment"),
        ("release1", "release2", "primary_support_reason", "PSR Not Known", "Unknown"),
        ("v4.2", "release2", "ethnicity", "White Irish", "White: Irish"),
        ("v4.2", "release2", "event_outcome", "Service ended as planned", "NFA: Support ended as planned"),
        ("v4.2", "release2", "event_outcome", "NFA - Service ended as planned", "NFA: Support ended as planned"),
        ("v4.2", "release2", "delivery_mechanism", "Community: Direct Payment", "Direct payment"),
    ],
)  # fmt: skip
def test_a_wording_becomes_another(older: str, newer: str, field: str, before: str, now: str) -> None:
    assert mapping(older, newer)[field][before] == now
    assert now in load_specification(newer).values(field)


def test_outcomes_without_successor_are_not_mapped() -> None:
    outcomes = mapping("release1", "release2")["event_outcome"]
    unmapped = set(R1.values("event_outcome")) - set(outcomes) - set(R2.values("event_outcome"))
    assert unmapped == {"Progress to financial assessment", "Progress to End of Life Care"}


def test_a_column_that_was_divided_keeps_its_wordings() -> None:
    words = R1.rewordings(load_specification("v6"))
    assert words["method_of_assessment"] == words["method_of_review"]
    assert words["method_of_review"]["Carer only"] == "Carer only"


@pytest.mark.parametrize("version", versions())
def test_a_version_lists_every_older_wording_it_knows_and_none_of_its_own(version: str) -> None:
    specification = load_specification(version)
    for field_id, words in specification.successor_wordings.items():
        value_list = specification.field(field_id).value_list
        assert not set(words) & value_list.understood
        assert set(words.values()) <= set(value_list.names)


def test_older_wordings_of_every_version_are_known_to_the_newest() -> None:
    words = R2.successor_wordings["delivery_mechanism"]
    assert words["Direct Payment"] == words["Community: Direct Payment"] == "Direct payment"
    assert R2.successor_wordings["client_type"]["Carer"] == "Unpaid carer"
    assert load_specification("v4.2").successor_wordings == {}


@pytest.mark.parametrize("version", [version for version in versions() if version != "v4.2"])
def test_every_from_base_wording_is_a_value_of_the_version_before(version: str) -> None:
    specification = load_specification(version)
    origins = dict(specification.origins)
    for field in specification.list_fields:
        before = set(field.value_list.from_base)
        assert not before or before <= set(specification.base.values(origins[field.id])), field.id


def test_values_can_be_named_in_any_versions_wording() -> None:
    assert wordings_in("release2", "client_type", ["Service User"]) == ("Service user",)
    assert wordings_in("v6", "client_type", ["Service user"]) == ("Service User",)
    assert wordings_in("v6", "service_type", ["Long Term Support: Community"]) == ("Long Term Support: Community",)
    assert wordings_in("release1", "event_outcome", ["Continuation of support or services"]) == (
        "No change in package",
        "Provision of service",
    )
    assert wordings_in("v4.2", "client_type", ["Service User"]) == ()


@pytest.mark.parametrize(
    ("period_end", "version"),
    [(None, "release1"), ("2025-06-30", "release1"), ("2025-08-31", "release1"), ("2025-09-30", "release2")],
)
def test_the_period_decides_between_versions_with_the_same_columns(period_end: str | None, version: str) -> None:
    assert version_of_period("release1", date.fromisoformat(period_end) if period_end else None) == version
    assert version_of_period("v4.2", date(2026, 3, 31)) == "v4.2"


def test_a_mapping_runs_from_older_to_newer() -> None:
    with pytest.raises(UsageError, match="give the older version first"):
        mapping("release2", "v6")
