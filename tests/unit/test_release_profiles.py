"""The shipped release profiles: every column of every specification and health table, and what each lets stand together."""

from datetime import date
from pathlib import Path

import pytest

from linkage.configs import packaged
from linkage.spec import load_specification, versions
from linkage.synth.health import SOURCES
from pseudo.policy import LoadedPolicy, load_policy, require_all_treated
from pseudo.together import kinds_of, rules
from pseudo.treatments import Group, Keep, Lookups, needs_list

PROFILES = ("cld_view", "open", "own_bi", "secure")
# What consolidation, tracing and a release put beside the fields of a submission.
BESIDE = ["submission", "row_number", "record_id", "traced_nhs_number", "link_quality"]
LOOKUPS = Lookups(reference_date=date(2026, 3, 31))


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> LoadedPolicy:
    return load_policy(packaged(f"release/{request.param}.yaml"))


def listed_of(policy: LoadedPolicy) -> dict[str, dict[str, list[str]]]:
    return {
        name: {column: ["x"] for column, treatment in table.columns.items() if needs_list(treatment)}
        for name, table in policy.policy.tables.items()
    }


def test_the_shipped_profiles_are_these() -> None:
    assert tuple(sorted(path.stem for path in packaged("release").glob("*.yaml"))) == PROFILES


@pytest.mark.parametrize("version", versions())
def test_every_field_of_every_specification_has_a_treatment(profile: LoadedPolicy, version: str) -> None:
    fields = [field.id for field in load_specification(version).fields]
    require_all_treated(profile.policy, {"social_care": [*fields, *BESIDE]}, listed_of(profile), LOOKUPS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_column_of_every_health_table_has_a_treatment(profile: LoadedPolicy, source: object) -> None:
    table, columns = Path(source.name).name, list(source.columns)  # type: ignore[attr-defined]
    require_all_treated(profile.policy, {table: columns}, listed_of(profile), LOOKUPS)


def test_every_released_column_has_a_description(profile: LoadedPolicy) -> None:
    bare = [
        f"{name}.{released}"
        for name, table in profile.policy.tables.items()
        for released, _, treatment in table.treated()
        if treatment and treatment.treatment != "pseudonymise" and not treatment.description
    ]
    assert bare == []


def test_every_table_with_facts_about_people_is_tried_out(profile: LoadedPolicy) -> None:
    """A table that tells when somebody was born or their sex is in the insider test, and in the anonymity condition."""
    told = {
        name
        for name, table in profile.policy.tables.items()
        for released, source, treatment in table.treated()
        if {*kinds_of(source, treatment)} & {"birth_month", "birth_year", "age_band", "sex"}
    }
    assert profile.policy.anonymity
    assert told == {*profile.policy.insider} == {*profile.policy.anonymity.tables}


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("name", ["open", "own_bi"])
def test_every_ethnicity_is_in_a_group(name: str, version: str) -> None:
    ethnicity = load_policy(packaged(f"release/{name}.yaml")).policy.tables["social_care"].columns["ethnicity"]
    field = next(field for field in load_specification(version).list_fields if field.id == "ethnicity")
    assert isinstance(ethnicity, Group) and field.value_list
    grouped = {value for values in ethnicity.groups.values() for value in values}
    assert {value.value for value in field.value_list.values} <= grouped


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("name", ["own_bi", "secure"])
def test_accommodation_that_tells_is_grouped_beside_small_areas(name: str, version: str) -> None:
    told = ("refuge", "prison", "approved premises", "hospital", "rough sleeper", "night shelter")
    accommodation = (
        load_policy(packaged(f"release/{name}.yaml")).policy.tables["social_care"].columns["accommodation_status"]
    )
    field = next(field for field in load_specification(version).list_fields if field.id == "accommodation_status")
    assert isinstance(accommodation, Group) and field.value_list
    grouped = {value for values in accommodation.groups.values() for value in values}
    assert {value for value in field.value_list.wordings if any(word in value.casefold() for word in told)} <= grouped


def test_small_areas_leave_coarser_for_the_old_rare_groups_and_the_smallest_authorities() -> None:
    lsoa = load_policy(packaged("release/own_bi.yaml")).policy.tables["social_care"].columns["postcode"]
    assert {when.column for when in lsoa.withheld_when} == {"la_code", "date_of_birth", "ethnicity"}


def test_the_rare_ethnic_groups_of_the_rules_are_wordings_of_the_specifications() -> None:
    known = {
        wording
        for version in versions()
        for field in load_specification(version).list_fields
        if field.id == "ethnicity" and field.value_list
        for wording in field.value_list.wordings
    }
    asked = next(rule for rule in rules().coarser if rule.column == "ethnicity")
    assert {*asked.values} <= known


def test_outside_a_secure_environment_nothing_leaves_to_the_day() -> None:
    exact = [
        f"{name}.{released}"
        for name, table in load_policy(packaged("release/open.yaml")).policy.tables.items()
        for released, source, treatment in table.treated()
        if isinstance(treatment, Keep) and treatment.type == "date" and source not in rules().not_events
    ]
    assert exact == []
