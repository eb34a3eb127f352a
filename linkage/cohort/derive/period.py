"""Reporting periods and whole months between dates."""

import calendar
from dataclasses import dataclass
from datetime import date

from linkage.engine import Engine, Step
from linkage.errors import UsageError


@dataclass(frozen=True)
class Period:
    """First and last day, both inside the period."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise UsageError(f"The period ends ({self.end}) before it starts ({self.start}). Give the dates in order.")

    def __str__(self) -> str:
        return f"{self.start.isoformat()} to {self.end.isoformat()}"


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later (earlier when negative); the month's last day where it has fewer.

    >>> months_later(date(2023, 3, 31), -12)
    datetime.date(2022, 3, 31)
    >>> months_later(date(2024, 2, 29), -12)
    datetime.date(2023, 2, 28)
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def covered_period(engine: Engine, la_codes: list[str]) -> Period:
    """The period that the latest submissions of the chosen authorities (none named: all) say they cover.

    Raises UsageError when the authorities cover different periods or state none: the caller must then choose.
    """
    sql = """
with latest as (
  select la_code, max(reporting_period_end_date) as period_end from social_care
  where len($la_codes) = 0 or list_contains($la_codes, la_code) group by la_code
)
select la_code, min(reporting_period_start_date) filter (reporting_period_end_date = period_end), period_end
from social_care join latest using (la_code) group by la_code, period_end order by la_code"""
    periods = engine.rows(Step("covered_period", sql, {"la_codes": la_codes}))
    if not periods:
        raise UsageError("The linked tables hold no social care rows for these authorities. Check --la.")
    if len({tuple(row[1:]) for row in periods}) > 1 or None in periods[0][1:]:
        stated = "; ".join(f"{code}: {start or 'not stated'} to {end or 'not stated'}" for code, start, end in periods)
        raise UsageError(
            f"The authorities do not cover one and the same period ({stated}). Give --period-start and --period-end, or --la."
        )
    return Period(periods[0][1], periods[0][2])


def require_covered(engine: Engine, period: Period) -> None:
    """Raise UsageError naming the authorities of ``covering_submissions`` that have no submission for the whole period."""
    sql = "select la_code from covering_submissions where chosen_end is null order by la_code"
    lacking = [row[0] for row in engine.rows(Step("not_covered", sql))]
    if lacking:
        raise UsageError(
            f"No submission of authority {', '.join(lacking)} covers {period}. Give another period or other authorities."
        )
