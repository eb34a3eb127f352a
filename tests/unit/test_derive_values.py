"""Values, groups and reporting periods: every wording of every version has its place, the rest is counted."""

from datetime import date
from typing import Any

import pytest

from linkage.cohort.derive.grouped import meanings, values
from linkage.cohort.derive.settings import derivation_settings, grouped_values
from linkage.cohort.derive.wording import wording_key
from linkage.intake.keeping.settings import keeping_settings
from linkage.spec import load_specification, versions
from tests.unit.derived_events import Row, derived, request, service, table


@pytest.mark.parametrize("field", list(grouped_values().fields))
def test_every_wording_of_every_version_has_a_group(field: str) -> None:
    understood: set[str] = set()
    for version in versions():
        for column in grouped_values().fields[field].columns:
            specification = load_specification(version)
            if specification.has(column) and (value_list := specification.field(column).value_list):
                understood |= value_list.understood
    assert understood
    assert {wording for wording in understood if meanings(field)[wording_key(wording)].group is None} == set()


@pytest.mark.parametrize("field", list(grouped_values().fields))
def test_every_listed_wording_is_one_of_a_version(field: str) -> None:
    known = {
        wording
        for version in versions()
        for column in grouped_values().fields[field].columns
        if load_specification(version).has(column)
        for wording in load_specification(version).values(column)
    }
    listed = [wording for wordings in grouped_values().fields[field].groups.values() for wording in wordings]
    assert [wording for wording in listed if wording not in known] == []
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("wording", "group", "release1", "release2"),
    [
        ("Progress to Reablement / ST-Max", "progress_reablement", 1, 1),
        ("Progress to Assessment / Unplanned Review", "progress_assessment", 2, 2),
        ("Progress to Re-assessment", "progress_assessment", 3, 2),
        ("Progress to Re-assessment / Unplanned Review", "progress_assessment", 3, 2),
        ("Progress to assessment, review or reassessment", "progress_assessment", 2, 2),
        ("Progress to financial assessment", "progress_financial_assessment", 4, 3),
        ("Provision of service", "continuation", 7, 5),
        ("Continuation of support or services", "continuation", 6, 5),
        ("Progress to End of Life Care", "progress_end_of_life", 8, 3),
        ("NFA: Referral to other service within the local authority", "nfa_referral_within_la", None, 11),
        ("Service ended as planned", "ended_as_planned", 16, 14),
        ("NFA- Other", "nfa_other", 19, 17),
    ],
)
def test_outcomes_have_their_place_in_both_hierarchies(
    wording: str, group: str, release1: int | None, release2: int
) -> None:
    meaning = meanings("event_outcome")[wording_key(wording)]
    assert (meaning.group, meaning.ranks["release1"], meaning.ranks["release2"]) == (group, release1, release2)


def test_ambiguous_and_unknown_wordings_are_not_mapped_and_counted() -> None:
    rows = [
        request("ann", event_outcome="NFA"),
        request("bob", event_outcome="Sorted", route_of_access=None),
        request("cat", event_outcome="Sorted"),
        request("dan", event_outcome=None),
    ]
    with derived(rows) as engine:
        assert table(engine, "select outcome_group, event_outcome, route_group from event order by event_id") == [
            ("not_mapped", "not_mapped", "community_other"),
            ("not_mapped", "not_mapped", None),
            ("not_mapped", "not_mapped", "community_other"),
            (None, None, "community_other"),
        ]
        assert table(engine, "select * from unmapped_value") == [
            ("event_outcome", "Sorted", 2),
            ("event_outcome", "NFA", 1),
        ]


def test_a_community_service_with_a_prison_mechanism_is_support_in_prison() -> None:
    community = {"service_type": "Long Term Support: Community"}
    rows = [
        service("ann", **community, delivery_mechanism="Prison: CASSR Managed Personal Budget"),
        service("bob", **community, delivery_mechanism="Community: Direct Payment"),
        service("cat", service_type="Long Term Support: Prison"),
    ]
    with derived(rows) as engine:
        assert table(engine, "select service_group, setting, mechanism_group from event order by event_id") == [
            ("long_term_prison", "prison", "managed"),
            ("long_term_community", "community", "direct_payment"),
            ("long_term_prison", "prison", None),
        ]


def test_where_no_row_of_a_submission_has_a_client_type_all_are_service_users() -> None:
    rows = [
        service("ann", client_type=None),
        service("bob", client_type=None, la_code="992"),
        service("cat", client_type="Unpaid carer", la_code="992"),
    ]
    with derived(rows) as engine:
        asked = "select client_type_group from event order by event_id"
        assert table(engine, asked) == [("service_user",), (None,), ("carer",)]


def covered(rows: list[Row], **choices: Any) -> tuple[date | None, date | None]:
    with derived(rows, leave_out=(), **choices) as engine:
        [period] = table(engine, "select covers_from, covers_to from reporting_period")
    return period


def months(**events: int) -> list[Row]:
    """So many requests and services that end in each month of 2022."""
    rows: list[Row] = []
    for month, (_, number) in enumerate(events.items(), start=4):
        for place in range(number):
            ends = {"event_start_date": date(2022, month, 1), "event_end_date": date(2022, month, 1 + place % 28)}
            rows += [request(f"{month} {place}", **ends), service(f"{month} {place}", **ends)]
    return rows


def test_the_reporting_period_is_that_of_the_months_in_which_events_end() -> None:
    many = months(april=1, may=50, june=0, july=30)
    assert covered(many) == (date(2022, 5, 1), date(2022, 7, 31))  # one pair of 162 events is under 2%
    received = [row | {"received_date": date(2022, 7, 15)} for row in many]
    assert covered(received) == (date(2022, 5, 1), date(2022, 5, 31))


def test_a_month_in_which_two_event_types_are_missing_does_not_count() -> None:
    more = [row | {"event_type": kind} for kind in ("Assessment", "Review") for row in months(april=0, may=40)]
    assert covered([*months(april=10, may=40), *more]) == (date(2022, 5, 1), date(2022, 5, 31))


def test_a_file_with_few_events_covers_what_it_states() -> None:
    assert covered(months(april=0, may=3)) == (date(2022, 4, 1), date(2023, 3, 31))


def test_the_rule_for_reporting_periods_is_that_of_keeping_submissions() -> None:
    ours, theirs = derivation_settings().reporting_period, keeping_settings().derived_period
    assert (ours.min_share, ours.few_events, ours.of_few_events) == (
        theirs.min_share,
        theirs.few_events,
        theirs.of_few_events,
    )
    assert ours.types_missing == 1  # "of at most one event type nothing ends", in code there


def test_configured_values_are_values_of_their_fields() -> None:
    settings = derivation_settings()
    assert {*settings.settled_accommodation} <= {*values("accommodation_status")}
    groups = {
        "service_group": {*grouped_values().fields["service_type"].groups},
        "component_group": {*grouped_values().fields["service_component"].groups},
    }
    for rule in settings.inferred_accommodation:
        assert rule.service_group is None or rule.service_group in groups["service_group"]
        assert rule.component_group is None or rule.component_group in groups["component_group"]
