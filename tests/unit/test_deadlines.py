"""The last day for a period's file is stated once: the rule about late files and the calendar of submissions agree."""

from datetime import date

import pytest

from linkage.engine import EngineOptions, Step, open_engine
from linkage.intake.keeping.settings import keeping_settings, month_end

QUARTERS = [month_end(year, month) for year in (2020, 2021, 2022, 2023, 2024) for month in (3, 6, 9, 12)]


@pytest.mark.parametrize(
    ("period_end", "due"),
    [
        (date(2020, 3, 31), None),
        (date(2022, 6, 30), date(2022, 8, 11)),
        (date(2022, 3, 31), date(2022, 6, 30)),
        (date(2023, 3, 31), date(2023, 6, 30)),
        (date(2023, 6, 30), date(2023, 7, 31)),
        (date(2024, 3, 31), date(2024, 4, 30)),
    ],
    ids=["before the collection", "a quarter", "year's end", "last year's end in June", "a month", "year's end later"],
)
def test_the_last_day_of_a_period(period_end: date, due: date | None) -> None:
    assert keeping_settings().due(period_end) == due


def test_the_rule_and_the_calendar_have_the_same_days() -> None:
    values = ", ".join(f"(date '{day}')" for day in QUARTERS)
    sql = f"select d, {keeping_settings().due_sql('d')} from (values {values}) as days(d)"
    with open_engine(EngineOptions(threads=1)) as engine:
        assert dict(engine.rows(Step("due_days", sql))) == {day: keeping_settings().due(day) for day in QUARTERS}
