"""Short-term support on month ends, in the year, and its starts: worked people for every branch of the rules."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from linkage.engine import Engine
from tests.unit.derived_events import YEAR, Row, care_engine, service
from tests.unit.placed_people import figures, keep_figures, people

MONTHLY, YEARLY, STARTS = "short_term_monthly", "short_term_year", "short_term_starts"
MAX, LOW, OTHER = "ST-Max", "Ongoing Low Level", "Other Short Term"
APRIL, MAY, JUNE = "2022-04-30", "2022-05-31", "2022-06-30"


def support(person: str, kind: str, start: date, end: date | None, **changes: Any) -> Row:
    changes = {"birth_month": "1980-06", "event_start_date": start, "event_end_date": end, **changes}
    return service(person, service_type=f"Short Term Support: {kind}", **changes)


def day(month: int, number: int) -> date:
    return date(2022, month, number)


ROWS = [
    support("reablement", MAX, day(4, 10), day(5, 30)),
    support("ends on a month end", MAX, day(5, 2), day(5, 31)),
    support("starts on a month end", OTHER, day(5, 31), day(6, 1)),
    support("all types", OTHER, day(5, 1), day(6, 10)),
    support("all types", LOW, day(5, 20), day(7, 2)),
    support("all types", MAX, day(5, 31), day(6, 29)),
    support("goes on", LOW, date(2021, 1, 1), day(4, 9)),
    support("goes on", LOW, day(4, 10), day(6, 30)),
    support("a day between", LOW, day(4, 1), day(4, 9)),
    support("a day between", LOW, day(4, 11), day(4, 12)),
    support("short inside long", MAX, day(4, 1), day(6, 5)),
    support("short inside long", MAX, day(5, 2), day(5, 3)),
    support("short inside long", MAX, day(6, 6), day(6, 7)),
    support("from the last day before", MAX, date(2022, 3, 20), date(2022, 3, 31)),
    support("from the last day before", MAX, YEAR.start, day(4, 2)),
    support("other type follows", MAX, day(4, 1), day(4, 20)),
    support("other type follows", OTHER, day(4, 21), day(4, 29)),
    support("still open", OTHER, date(2020, 1, 1), None),
    support("on the last day", LOW, YEAR.end, date(2023, 4, 20)),
    support("died", MAX, day(4, 1), None, date_of_death=day(5, 20)),
    support("died, another row says", MAX, day(4, 1), None),
    service("died, another row says", birth_month="1980-06", date_of_death=day(6, 20)),
    support("before the year", MAX, date(2022, 3, 1), date(2022, 3, 31)),
    support("after the year", MAX, date(2023, 4, 1), None),
    support("a child", MAX, day(5, 1), day(5, 31), birth_month="2004-06"),
    support("of age in June", MAX, day(5, 15), day(7, 1), birth_month="2004-06"),
    support("age not known", LOW, day(5, 1), day(5, 31), birth_month=None),
    support("carer", MAX, day(4, 1), None, client_type="Carer"),
    service("long term", service_type="Long Term Support: Community"),
]


@pytest.fixture(scope="module")
def made() -> Iterator[Engine]:
    measures = [MEASURES[name] for name in (MONTHLY, YEARLY, STARTS)]
    with care_engine(ROWS, leave_out=("submission",)) as engine:
        asked = Asked(YEAR)
        derive_for(engine, measures, asked)
        for measure in measures:
            make_people(engine, measure, asked)
            keep_figures(engine, measure, asked)
        yield engine


def test_people_stand_on_the_month_ends_on_which_support_is_open(made: Engine) -> None:
    found = {
        person: [place for place in places if place[0] in (APRIL, MAY, JUNE)]
        for person, places in people(made, MONTHLY, "month_end").items()
    }
    once_max, once_low, once_other = "once_short_term_max", "once_ongoing_low_level", "once_short_term_other"
    assert found == {
        "reablement": [(APRIL, once_max)],
        "ends on a month end": [(MAY, once_max)],
        "starts on a month end": [(MAY, once_other)],
        "all types": [
            (MAY, "also_ongoing_low_level"),
            (MAY, "also_short_term_other"),
            (MAY, once_max),
            (JUNE, once_low),
        ],
        "goes on": [(APRIL, once_low), (MAY, once_low), (JUNE, once_low)],
        "short inside long": [(APRIL, once_max), (MAY, once_max)],
        "still open": [(APRIL, once_other), (MAY, once_other), (JUNE, once_other)],
        "on the last day": [],
        "died": [(APRIL, once_max)],
        "died, another row says": [(APRIL, once_max), (MAY, once_max), (JUNE, "died")],
        "a child": [(MAY, "under_18")],
        "of age in June": [(MAY, "under_18"), (JUNE, once_max)],
        "age not known": [(MAY, once_low)],
    }
    may = next(row for row in figures(made, MONTHLY) if row["month_end"] == MAY)
    kinds = ("short_term_max", "ongoing_low_level", "short_term_other", "people")
    assert [may[name] for name in kinds] == [4, 3, 3, 8]


def test_people_stand_in_the_year_once_and_in_each_type(made: Engine) -> None:
    found = people(made, YEARLY)
    assert {"long term", "carer", "before the year", "after the year"}.isdisjoint(found)
    assert found["other type follows"] == ["also_short_term_other", "once_short_term_max"]
    assert found["from the last day before"] == ["once_short_term_max"]
    assert found["on the last day"] == ["once_ongoing_low_level"]
    assert found["a child"] == ["once_short_term_max"]
    assert figures(made, YEARLY)[0]["people"] == 16


def test_starts_are_counted_by_month_and_year(made: Engine) -> None:
    assert people(made, STARTS, "month_end") == {
        "reablement": [(APRIL, "short_term_max")],
        "ends on a month end": [(MAY, "short_term_max")],
        "starts on a month end": [(MAY, "short_term_other")],
        "all types": [(MAY, "ongoing_low_level"), (MAY, "short_term_max"), (MAY, "short_term_other")],
        "a day between": [(APRIL, "ongoing_low_level")],
        "short inside long": [(APRIL, "short_term_max")],
        "other type follows": [(APRIL, "short_term_max"), (APRIL, "short_term_other")],
        "on the last day": [("2023-03-31", "ongoing_low_level")],
        "died": [(APRIL, "short_term_max")],
        "died, another row says": [(APRIL, "short_term_max")],
        "a child": [(MAY, "under_18")],
        "of age in June": [(MAY, "under_18")],
        "age not known": [(MAY, "ongoing_low_level")],
    }
    starts = {row["month_end"]: row["starts"] for row in figures(made, STARTS)}
    # "a day between" starts twice in April.
    assert (starts[APRIL], starts[MAY], starts["2023-03-31"], starts["All"]) == (8, 6, 1, 15)


def test_age_is_that_on_the_day_of_the_start(made: Engine) -> None:
    by_age = {row["age_band"]: row["starts"] for row in figures(made, STARTS, "age") if row["month_end"] == "All"}
    assert (by_age["25 to 44"], by_age["Age not known"], by_age["All"]) == (14, 1, 15)
