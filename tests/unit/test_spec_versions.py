"""The specifications as data: v4.2 complete, v6 as v4.2 with the newsletter's changes, Release 1 as v6 with its own."""

import pytest

from linkage.configs import packaged, read_packaged
from linkage.errors import UsageError
from linkage.spec import canonical_ids, load_specification, versions
from linkage.spec.files import SpecificationFile
from linkage.spec.headings import heading_key
from linkage.spec.show import show_lines

V42 = load_specification("v4.2")
V6 = load_specification("v6")
R1 = load_specification("release1")


def test_the_versions_are_there_oldest_first() -> None:
    assert versions() == ("v4.2", "v6", "release1", "release2")


def test_v42_has_the_submission_information_and_forty_items_in_order() -> None:
    assert V42.headings[:5] == (
        "LA Code",
        "LA Name",
        "Reporting Year",
        "Reporting Period Start Date",
        "Reporting Period End Date",
    )
    assert len(V42.fields) == 45
    assert V42.headings[5] == "Person Unique Identifier"
    assert V42.headings[-1] == "Full cost client"


def test_v42_has_23_mandatory_and_17_voluntary_items() -> None:
    items = [field.requirement for field in V42.fields if field.section != "submission"]
    assert (items.count("mandatory"), items.count("voluntary")) == (23, 17)


def test_v42_lists_hold_170_values_of_which_24_are_worded_otherwise_by_the_guidance() -> None:
    values = [value for field in V42.list_fields if field.id != "event_type" for value in field.value_list.values]
    assert len(values) + 4 == 170
    assert sum(bool(value.aliases) or value.guidance_only for value in values) == 24


@pytest.mark.parametrize(
    ("field", "alias", "value"),
    [
        ("gender", "Unknown", "Not known"),
        ("service_component", "Other Long Term Community Support", "Other Long Term Support"),
        ("route_of_access", "Transfer from Other LA **NEW** voluntary", "Transfer from Other LA"),
        ("event_outcome", "NFA - Service ended as planned", "Service ended as planned"),
    ],
)
def test_the_wording_of_the_guidance_is_an_alias(field: str, alias: str, value: str) -> None:
    aliases = {alias: entry.value for entry in V42.field(field).value_list.values for alias in entry.aliases}
    assert aliases[alias] == value


def test_yes_and_no_stay_text() -> None:
    assert V42.values("has_informal_carer") == ("Yes", "No", "Not known")
    assert V42.values("full_cost_client") == ("Yes", "No")


def test_v6_is_v42_with_six_new_and_five_amended_items() -> None:
    kinds = [change.kind for change in V6.changes]
    assert (kinds.count("added"), kinds.count("amended")) == (6, 5)
    assert set(V6.ids) - set(V42.ids) == {change.field for change in V6.changes if change.kind == "added"} | {
        "method_of_assessment_or_review"
    }


def test_v6_has_49_columns_without_la_name_and_reporting_year() -> None:
    assert len(V6.fields) == 49
    assert not V6.has("la_name")
    assert V6.headings[13] == "Client Type"
    assert V6.headings[32:38] == (
        "Method of Assessment or Review",
        "Total Hrs Caring per week",
        "No. of adults being cared for",
        "Adult 1 Linked Person_ID",
        "Adult 2 Linked Person_ID",
        "Adult 3 Linked Person_ID",
    )


def test_v6_adds_values_to_lists_and_replaces_others() -> None:
    assert V6.values("primary_support_reason")[-1] == "Social Support: Support to Carer"
    assert V6.values("service_type")[-2:] == (
        "Carer Support: Direct to Carer",
        "Carer Support: Involving the cared-for person",
    )
    assert len(V6.values("delivery_mechanism")) == 3
    assert V6.field("method_of_assessment_or_review").event_types == ("Assessment", "Review")


def test_v6_keeps_some_fields_to_service_users_or_carers() -> None:
    assert V6.field("dementia").client_types == ("Service User",)
    assert V6.field("adult_2_linked_person_id").client_types == ("Carer", "Carer known by association")
    assert V6.field("unit_cost").client_types == ()


def test_release_1_covers_twelve_months_and_replaces_two_columns_by_three() -> None:
    assert (V6.period, R1.period, R1.effective_from) == ("year_to_date", "rolling_12_months", "2023-04-01")
    assert set(V6.ids) - set(R1.ids) == {"method_of_assessment_or_review", "full_cost_client"}
    assert set(R1.ids) - set(V6.ids) == {"client_funding_status", "method_of_assessment", "method_of_review"}
    assert R1.headings[3] == "LA Person Unique Identifier"
    assert R1.field("has_informal_carer").heading == "Has Unpaid Carer"


def test_release_1_has_21_ethnicities_and_19_outcomes() -> None:
    assert (len(R1.values("ethnicity")), len(R1.values("event_outcome"))) == (21, 19)
    assert "White - Roma" in R1.values("ethnicity")
    assert {"Provision of service", "NFA- Other"} <= set(R1.values("event_outcome"))
    assert "Long Term Support: Prison" in R1.values("service_type")
    assert "Financial Assessment" in R1.values("assessment_type")
    assert R1.values("delivery_mechanism")[-1] == "Self-Funder Metering Only"
    assert R1.values("employment_status")[-1] == "Paid: Hours per week unknown"


@pytest.mark.parametrize("field", ["ethnicity", "event_outcome", "service_type"])
def test_every_value_of_v6_has_one_wording_in_release_1(field: str) -> None:
    before, now = V6.field(field).value_list, R1.field(field).value_list
    reworded = {value: now.from_base.get(value, value) for value in before.wordings}
    assert set(reworded.values()) <= set(now.names)
    assert len(set(reworded.values())) == len(reworded)


def test_only_lists_that_a_source_shows_whole_are_closed_in_release_1() -> None:
    closed = {field.id for field in R1.list_fields} - set(R1.open_fields)
    assert closed == {"ethnicity", "client_type", "event_type", "event_outcome"}
    assert V42.open_fields == V6.open_fields == ()


@pytest.mark.parametrize(
    ("section", "events"),
    [("request", "Request"), ("assessment", "Assessment"), ("service", "Service"), ("cost", "Service")],
)
def test_sections_apply_to_their_own_event_type(section: str, events: str) -> None:
    assert {field.event_types for field in V42.section(section)} == {(events,)}


@pytest.mark.parametrize("version", versions())
def test_no_two_fields_share_a_heading_and_no_two_values_a_wording(version: str) -> None:
    owners: dict[str, str] = {}
    for field in load_specification(version).fields:
        for wording in (field.heading, *field.heading_aliases):
            assert owners.setdefault(heading_key(wording), field.id) == field.id
        wordings = [w for v in (field.value_list.values if field.value_list else ()) for w in (v.value, *v.aliases)]
        assert len(wordings) == len(set(wordings))


def test_every_specification_file_names_its_own_version() -> None:
    for path in packaged("specs").glob("*.yaml"):
        assert read_packaged(f"specs/{path.name}", SpecificationFile).version == path.stem


def test_an_unknown_version_or_field_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"Known versions: v4\.2, v6, release1"):
        load_specification("v9")
    with pytest.raises(UsageError, match="no field"):
        V42.field("client_type")


def test_the_canonical_columns_are_those_of_every_version_each_in_its_place() -> None:
    ids = canonical_ids()
    assert set(ids) == set(V42.ids) | set(V6.ids) | set(R1.ids) | set(load_specification("release2").ids)
    assert ids[:4] == ("la_code", "la_name", "reporting_year", "reporting_period_start_date")
    for version in (V6, R1):
        assert [name for name in ids if version.has(name)] == list(version.ids)


def test_what_is_shown_is_in_words() -> None:
    lines = [line for version in versions() for line in show_lines(load_specification(version))]
    assert any(line.endswith("not stated") for line in lines) and not [line for line in lines if "not_stated" in line]
