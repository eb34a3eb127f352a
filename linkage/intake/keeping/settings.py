"""``configs/keeping.yaml``: deadlines, when a smaller file is worth a warning, and how long things are kept."""

import calendar
from datetime import date, timedelta
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Certainty = Literal["certain", "implied", "inferred", "design"]
_YEAR_END = 3


class Deadline(ConfigModel):
    """Files for periods that end on or after ``period_ends_from`` are due so many weeks after, or at the end of that month;
    those for periods that end in March at the end of the month ``year_end_months_after``, where it is given.
    """

    period_ends_from: date
    weeks_after: int | None = None
    months_after: int | None = None
    year_end_months_after: int | None = None
    certainty: Certainty

    def due(self, period_end: date) -> date:
        """The last day on which the file of a period is in time."""
        if self.year_end_months_after is not None and period_end.month == _YEAR_END:
            return _end_of_month_after(period_end, self.year_end_months_after)
        if self.weeks_after is not None:
            return period_end + timedelta(weeks=self.weeks_after)
        return _end_of_month_after(period_end, self.months_after or 0)

    def due_sql(self, period_end: str) -> str:
        """The same as SQL; ``period_end`` is a DATE expression."""
        usual = f"last_day({period_end} + interval {self.months_after or 0} month)"
        if self.weeks_after is not None:
            usual = f"cast({period_end} + interval {self.weeks_after} week as date)"
        if self.year_end_months_after is None:
            return usual
        year_end = f"last_day({period_end} + interval {self.year_end_months_after} month)"
        return f"case when month({period_end}) = {_YEAR_END} then {year_end} else {usual} end"


class Shrink(ConfigModel):
    """A kind of event is missed when there are ``share`` fewer than before, of at least ``min_events``."""

    share: float
    min_events: int
    certainty: Certainty


class DerivedPeriod(ConfigModel):
    """Which months a file is taken to cover; see ``selection``."""

    min_share: float
    few_events: int
    of_few_events: Literal["stated", "every_month"]
    certainty: Certainty


class RetentionDays(ConfigModel):
    """Ages in days after which things are purged."""

    submissions: int
    reports: int
    returned: int
    leftovers: int
    certainty: Certainty


class KeepingSettings(ConfigModel):
    """The whole file."""

    schedule: tuple[Deadline, ...]
    quarter_end_months: tuple[int, ...]
    shrink: Shrink
    derived_period: DerivedPeriod
    retention_days: RetentionDays

    def due(self, period_end: date) -> date | None:
        """The last day in time for a period's file; None before the collection began."""
        lines = [line for line in self.schedule if line.period_ends_from <= period_end]
        return max(lines, key=lambda line: line.period_ends_from).due(period_end) if lines else None

    def due_sql(self, period_end: str) -> str:
        """The same as SQL of a DATE expression; null before the collection began."""
        lines = sorted(self.schedule, key=lambda line: line.period_ends_from, reverse=True)
        whens = [
            f"when {period_end} >= date '{line.period_ends_from}' then {line.due_sql(period_end)}" for line in lines
        ]
        return f"case {' '.join(whens)} end"

    def period_ends(self, first: date, last: date) -> list[date]:
        """The ends of the quarters from ``first`` to ``last``, both included."""
        years = range(first.year, last.year + 1)
        ends = [month_end(year, month) for year in years for month in sorted(self.quarter_end_months)]
        return [end for end in ends if first <= end <= last]


@cache
def keeping_settings() -> KeepingSettings:
    """The packaged settings."""
    return read_packaged("keeping.yaml", KeepingSettings)


def _end_of_month_after(day: date, months: int) -> date:
    total = day.month - 1 + months
    return month_end(day.year + total // 12, total % 12 + 1)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])
