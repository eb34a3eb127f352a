"""The tables that measures read: one row per kept event, per person, per spell; every submitted row accounted for."""

from datetime import date

import pytest

from linkage.cohort.derive.run import last_quarter
from linkage.errors import InputError, UsageError
from tests.unit.derived_events import YEAR, Row, assessment, care_engine, derived, request, review, service, table


def test_an_event_of_each_type_is_kept_with_its_groups() -> None:
    rows = [service("ann"), request("ann"), assessment("ann"), review("ann")]
    asked = """select event_id, event_type, service_group, setting, route_group, assessment_group, review_group,
  outcome_group from event order by event_id"""
    with derived(rows) as engine:
        assert table(engine, asked) == [
            (0, "service", "long_term_nursing", "nursing", None, None, None, None),
            (1, "request", None, None, "community_other", None, None, "nfa_information"),
            (2, "assessment", None, None, None, "long_term", None, "progress_support_planning"),
            (3, "review", None, None, None, None, "planned", "continuation"),
        ]


def fate_of_each(rows: list[Row]) -> list[str | None]:
    """Why each row is no event, null where it is one, in the order of the rows."""
    with derived(rows) as engine:
        return [reason for (reason,) in table(engine, "select left_out from events_in_period order by row_id")]


def test_a_service_counts_when_it_overlaps_the_period() -> None:
    cases: list[tuple[Row, str | None]] = [
        ({}, None),
        ({"event_start_date": date(2023, 3, 31)}, None),
        ({"event_start_date": date(2023, 4, 1)}, "not in the period"),
        ({"event_end_date": date(2022, 4, 1)}, None),
        ({"event_end_date": date(2022, 3, 31)}, "not in the period"),
        ({"event_end_date": date(2020, 12, 31)}, "ends before it starts"),
        ({"event_start_date": None}, "no start date"),
        ({"event_type": None}, "no event type"),
        ({"event_type": "Visit"}, "no event type"),
        ({"person_id_type": "one_time"}, "no person key"),
        ({"date_of_death": date(2020, 12, 31)}, "starts after the date of death"),
        ({"date_of_death": date(2022, 3, 31)}, "death before the period"),
        ({"date_of_death": date(2022, 4, 1)}, None),
    ]
    found = fate_of_each([service(f"person {place}", **changes) for place, (changes, _) in enumerate(cases)])
    assert found == [reason for _, reason in cases]


def test_a_request_counts_when_it_ends_in_the_period() -> None:
    cases: list[tuple[Row, str | None]] = [
        ({}, None),
        ({"event_start_date": date(2022, 3, 1), "event_end_date": date(2022, 4, 1)}, None),
        ({"event_start_date": date(2022, 3, 1), "event_end_date": date(2022, 3, 31)}, "not in the period"),
        ({"event_start_date": date(2023, 3, 31), "event_end_date": date(2023, 4, 1)}, "not in the period"),
        ({"event_end_date": None}, "not in the period"),
    ]
    found = fate_of_each([request(f"person {place}", **changes) for place, (changes, _) in enumerate(cases)])
    assert found == [reason for _, reason in cases]


def test_an_event_ends_at_death_or_as_stated() -> None:
    september, october = date(2022, 9, 1), date(2022, 10, 1)
    cases = [  # stated end, death, effective end
        (None, None, None),
        (date(2022, 9, 30), None, date(2022, 9, 30)),
        (None, september, september),
        (date(2022, 9, 30), september, september),
        (date(2022, 9, 30), october, date(2022, 9, 30)),
    ]
    rows = [
        service(f"person {place}", event_end_date=end, date_of_death=death)
        for place, (end, death, _) in enumerate(cases)
    ]
    with derived(rows) as engine:
        found = table(engine, "select end_date, stated_end_date from event order by event_id")
    assert found == [(effective, end) for end, _, effective in cases]


def test_rows_in_are_rows_accounted_for() -> None:
    rows = [service("ann"), service("ann"), service("bob", event_start_date=None), request("cat", event_end_date=None)]
    with derived(rows) as engine:
        found = dict(table(engine, "select left_out, rows from event_flow"))
    assert found == {
        None: 1,
        "another record of the same event is kept": 1,
        "no start date": 1,
        "not in the period": 1,
    }


def test_a_source_without_a_needed_column_is_refused() -> None:
    with pytest.raises(InputError, match="birth_month"):
        derived([], leave_out=("birth_month",))


def test_a_period_that_no_submission_covers_is_refused() -> None:
    later = YEAR.__class__(date(2024, 4, 1), date(2025, 3, 31))
    with pytest.raises(UsageError, match="No submission covers"):
        derived([service("ann")], selection="single", period=later, stated_period=True)


def test_costs_are_of_the_last_quarter_or_of_a_shorter_period() -> None:
    assert str(last_quarter(YEAR)) == "2023-01-01 to 2023-03-31"
    assert str(last_quarter(YEAR.__class__(date(2023, 3, 1), YEAR.end))) == "2023-03-01 to 2023-03-31"


def test_a_helper_names_columns_that_do_not_exist() -> None:
    with pytest.raises(AssertionError, match="colour"):
        care_engine([service("ann", colour="red")])
