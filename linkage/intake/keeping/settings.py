"""``configs/keeping.yaml``: deadlines, when a smaller file is worth a warning, and how long things are kept."""

import calendar
from datetime import date, timedelta
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Certainty = Literal["certain", "implied", "inferred", "design"]


class Deadline(ConfigModel):
    """Files for periods that end on or after ``period_ends_from`` are due so many weeks after, or at the end of that month."""

    period_ends_from: date
    weeks_after: int | None = None
    months_after: int | None = None
    certainty: Certainty

    def due(self, period_end: date) -> date:
        """The last day on which the file of a period is in time."""
        if self.weeks_after is not None:
            return period_end + timedelta(weeks=self.weeks_after)
        months = period_end.month - 1 + (self.months_after or 0)
        return month_end(period_end.year + months // 12, months % 12 + 1)


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

    def period_ends(self, first: date, last: date) -> list[date]:
        """The ends of the quarters from ``first`` to ``last``, both included."""
        years = range(first.year, last.year + 1)
        ends = [month_end(year, month) for year in years for month in sorted(self.quarter_end_months)]
        return [end for end in ends if first <= end <= last]


@cache
def keeping_settings() -> KeepingSettings:
    """The packaged settings."""
    return read_packaged("keeping.yaml", KeepingSettings)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])
