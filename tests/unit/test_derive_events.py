"""Which record of an event is kept, where services are cropped, what they cost, and the spells they make."""

from datetime import date
from typing import Any

import pytest

from linkage.cohort.derive.period import Period
from linkage.errors import UsageError
from tests.unit.derived_events import YEAR, Row, assessment, derived, request, review, service, table

HALF = Period(date(2022, 4, 1), date(2022, 9, 30))
Q1: Row = {"reporting_period_start_date": date(2022, 4, 1), "reporting_period_end_date": date(2022, 6, 30)}
Q2: Row = {"reporting_period_start_date": date(2022, 7, 1), "reporting_period_end_date": date(2022, 9, 30)}
COMMUNITY: Row = {"service_type": "Long Term Support: Community", "delivery_mechanism": "Direct Payment"}


def kept(rows: list[Row], **choices: Any) -> list[int]:
    """The numbers of the rows that are kept."""
    with derived(rows, **choices) as engine:
        return [row for (row,) in table(engine, "select event_id from event order by 1")]


def test_two_records_are_one_service_when_all_that_tells_services_apart_agrees() -> None:
    cases: list[tuple[str, Row, int]] = [
        ("the same row twice", {}, 1),
        ("another end", {"event_end_date": date(2022, 9, 30)}, 1),
        ("another spelling", {"service_type": "LONG TERM SUPPORT:  Community"}, 1),
        ("another outcome", {"event_outcome": "No change in package"}, 1),
        ("another reason", {"primary_support_reason": "Learning Disability Support"}, 1),
        ("another start", {"event_start_date": date(2021, 1, 2)}, 2),
        ("another type", {"service_type": "Long Term Support: Residential Care"}, 2),
        ("another component", {"service_component": "Meals"}, 2),
        ("another mechanism", {"delivery_mechanism": "CASSR Managed Personal Budget"}, 2),
        ("another cost", {"unit_cost": 10.5}, 2),
        ("another frequency", {"cost_frequency": "Weekly"}, 2),
        ("another client type", {"client_type": "Carer"}, 2),
        ("another authority", {"la_code": "992"}, 2),
        ("the wording of another release", {"delivery_mechanism": "Community: Direct Payment"}, 2),
    ]
    rows: list[Row] = []
    for name, changes, _ in cases:
        rows += [service(name, **COMMUNITY), service(name, **(COMMUNITY | changes))]
    asked = "select person_pseudonym, count(*) from event join person using (la_code, person_key) group by all"
    with derived(rows) as engine:
        counts = dict(table(engine, asked))
    assert counts == {name: events for name, _, events in cases}


def test_with_cleaned_values_one_event_in_two_wordings_is_one() -> None:
    rows = [
        service("ann", **COMMUNITY),
        service("ann", **COMMUNITY | {"delivery_mechanism": "Community: Direct Payment"}),
    ]
    assert kept(rows, cleaned=True) == [1]


def test_other_events_are_told_apart_by_their_end_and_their_own_field() -> None:
    another_end = {"event_end_date": date(2022, 6, 2)}
    pairs = [
        (request, {"route_of_access": "Prison"}, 2),
        (request, another_end, 2),
        (request, {"assessment_type": "Long Term Assessment"}, 1),
        (assessment, {"assessment_type": "Short Term Assessment"}, 2),
        (assessment, another_end, 2),
        (review, {"review_reason": "Unplanned - Carer related"}, 1),
        (review, another_end, 2),
    ]
    rows: list[Row] = []
    for place, (made, changes, _) in enumerate(pairs):
        rows += [made(f"person {place}"), made(f"person {place}", **changes)]
    asked = "select count(event_id) from event join person using (la_code, person_key) group by person_pseudonym"
    with derived(rows) as engine:
        counts = [count for (count,) in table(engine, f"{asked} order by person_pseudonym")]
    assert counts == [events for _, _, events in pairs]


def test_of_two_records_the_one_first_in_the_hierarchy_is_kept() -> None:
    cases: list[tuple[str, Row, Row, int]] = [
        ("open before ended", {}, {"event_end_date": date(2022, 9, 30)}, 0),
        ("the latest end", {"event_end_date": date(2022, 9, 30)}, {"event_end_date": date(2022, 9, 29)}, 0),
        (
            "the first outcome",
            {"event_outcome": "Progress to Reablement/ST-Max"},
            {"event_outcome": "NFA - Deceased"},
            0,
        ),
        ("an outcome before none", {"event_outcome": "NFA- Other"}, {}, 0),
        ("a conversation", {"conversation": "Yes"}, {"conversation": "No"}, 0),
        ("the highest row", {}, {}, 1),
    ]
    rows = [service(name, **changes) for name, first, second, _ in cases for changes in (first, second)]
    expected = [2 * place + chosen for place, (_, _, _, chosen) in enumerate(cases)]
    assert kept(rows) == expected


def test_the_hierarchies_of_the_two_releases_differ() -> None:
    rows = [
        review("ann", event_outcome="Progress to Support Planning / Services"),
        review("ann", event_outcome="Progress to End of Life Care"),
    ]
    assert kept(rows, outcome_hierarchy="release1") == [0]
    assert kept(rows, outcome_hierarchy="release2") == [1]


def test_a_later_submission_speaks_for_an_event_before_an_earlier_one() -> None:
    rows = [service("ann", **Q2, event_end_date=date(2022, 8, 1)), service("ann", **Q1)]
    assert kept(rows, period=HALF) == [0]
    assert kept(rows, period=HALF, selection="joined", stated_period=True) == [0]


def test_a_service_open_at_a_quarters_end_and_absent_from_the_next_is_closed_there() -> None:
    rows = [
        service("gone", **Q1),
        service("there", **Q1),
        service("there", **Q2),
        service("ended", **Q1, event_end_date=date(2022, 5, 1)),
        service("last", **Q2),
        service("elsewhere", **Q1, la_code="992"),
    ]
    asked = (
        "select person_pseudonym, end_date, is_cropped from event join person using (la_code, person_key) order by 1"
    )
    expected = [
        ("elsewhere", None, False),  # this authority sent nothing for the next quarter
        ("ended", date(2022, 5, 1), False),
        ("gone", date(2022, 6, 30), True),
        ("last", None, False),
        ("there", None, False),
    ]
    with derived(rows, period=HALF, selection="joined", stated_period=True) as engine:
        assert table(engine, asked) == expected
        assert table(engine, "select sum(rows) from event_flow") == [(6,)]
    with derived(rows, period=HALF) as engine:
        assert table(engine, asked) == expected


def test_single_takes_the_latest_submission_that_covers_the_period() -> None:
    year = {"reporting_period_start_date": YEAR.start, "reporting_period_end_date": YEAR.end}
    longer = {"reporting_period_start_date": date(2021, 4, 1), "reporting_period_end_date": date(2023, 6, 30)}
    rows = [service("ann", **year), service("bob", **longer), service("cat", **Q1)]
    assert kept(rows, selection="single", stated_period=True) == [1]


def test_submissions_received_too_early_or_too_late_do_not_count() -> None:
    rows = [
        service("early", received_date=date(2023, 3, 31), submission="a"),
        service("in time", received_date=date(2023, 4, 20), submission="b"),
        service("late", received_date=date(2023, 6, 1), submission="c"),
    ]
    choices: dict[str, Any] = {"selection": "single", "stated_period": True, "leave_out": ()}
    assert kept(rows, as_of=date(2023, 5, 31), **choices) == [1]
    assert kept(rows, **choices) == [2]


def test_joined_tables_need_whole_quarters() -> None:
    with pytest.raises(UsageError, match="whole quarters"):
        derived([service("ann")], selection="joined", period=Period(date(2022, 4, 1), date(2022, 8, 31)))


def costs(changes: list[Row], **choices: Any) -> list[tuple[float | None, float | None]]:
    """Weekly and period cost in the last quarter (90 days) of stays with these changes."""
    with derived([service(f"person {place}", **one) for place, one in enumerate(changes)], **choices) as engine:
        return table(engine, "select round(weekly_cost, 4), round(period_cost, 2) from event order by event_id")


def test_costs_are_by_the_week_and_for_the_days_in_the_quarter() -> None:
    weekly = {"unit_cost": 70.0, "cost_frequency": "Weekly"}
    cases: list[tuple[Row, tuple[float | None, float | None]]] = [
        (weekly, (70, 900)),
        (weekly | {"unit_cost": -70.0}, (70, 900)),
        (weekly | {"planned_units_per_week": 5.0}, (70, 900)),
        (weekly | {"event_start_date": date(2023, 3, 25)}, (70, 70)),
        (weekly | {"event_end_date": date(2023, 1, 1)}, (70, 10)),
        (weekly | {"event_end_date": date(2022, 12, 31)}, (70, None)),
        ({"unit_cost": 70.0, "cost_frequency": "Fortnightly"}, (35, 450)),
        ({"unit_cost": 70.0, "cost_frequency": "4-weekly"}, (17.5, 225)),
        ({"unit_cost": 70.0, "cost_frequency": "Monthly"}, (16.1538, 207.69)),
        ({"unit_cost": 70.0, "cost_frequency": "Quarterly"}, (5.3846, 69.23)),
        ({"unit_cost": 70.0, "cost_frequency": "Annually"}, (1.3462, 17.31)),
        ({"unit_cost": 7.0, "cost_frequency": "Hourly", "planned_units_per_week": 10.0}, (70, 900)),
        ({"unit_cost": 7.0, "cost_frequency": "Hourly"}, (None, None)),
        ({"unit_cost": 7.0, "cost_frequency": "nonsense", "planned_units_per_week": 10.0}, (70, 900)),
        ({"unit_cost": 70.0, "cost_frequency": "One-off"}, (None, 70)),
        ({"unit_cost": 0.0, "cost_frequency": "Weekly"}, (None, None)),
        ({"cost_frequency": "Weekly"}, (None, None)),
        ({"unit_cost": 70.0, "cost_frequency": "No charge to client"}, (None, None)),
    ]
    assert costs([changes for changes, _ in cases]) == [expected for _, expected in cases]


def test_joined_tables_have_costs_of_the_last_quarter_only() -> None:
    weekly: Row = {"unit_cost": 70.0, "cost_frequency": "Weekly"}
    rows = [weekly | Q1 | {"event_end_date": date(2022, 5, 1)}, weekly | Q2]
    joined = costs(rows, selection="joined", stated_period=True, period=HALF)
    assert joined == [(None, None), (70, 920)]


def test_a_spell_joins_services_that_follow_by_the_next_day() -> None:
    community = {"service_type": "Long Term Support: Community"}
    rows = [
        service("gap", event_start_date=date(2022, 4, 1), event_end_date=date(2022, 5, 1)),
        service("gap", event_start_date=date(2022, 5, 3)),
        service("next day", event_start_date=date(2022, 4, 1), event_end_date=date(2022, 5, 1)),
        service("next day", event_start_date=date(2022, 5, 2), **community),
        service("nested", event_start_date=date(2022, 4, 1), event_end_date=date(2022, 9, 1)),
        service("nested", event_start_date=date(2022, 5, 1), event_end_date=date(2022, 5, 9)),
        service("nested", event_start_date=date(2022, 9, 2), event_end_date=date(2022, 9, 9)),
        service("carer", client_type="Carer"),
        service("short", service_type="Short Term Support: ST-Max"),
    ]
    asked = """
select person_pseudonym, setting, start_date, end_date
from spell join person using (la_code, person_key) order by 1, setting::varchar, 3"""
    with derived(rows) as engine:
        assert table(engine, f"select * from ({asked}) where setting = 'any'") == [
            ("gap", "any", date(2022, 4, 1), date(2022, 5, 1)),
            ("gap", "any", date(2022, 5, 3), None),
            ("nested", "any", date(2022, 4, 1), date(2022, 9, 9)),
            ("next day", "any", date(2022, 4, 1), None),
        ]
        assert table(engine, f"select * from ({asked}) where person_pseudonym = 'next day'")[1:] == [
            ("next day", "community", date(2022, 5, 2), None),
            ("next day", "nursing", date(2022, 4, 1), date(2022, 5, 1)),
        ]
