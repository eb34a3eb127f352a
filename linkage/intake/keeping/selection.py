"""Choosing submissions as DHSC does for its tables, in place of the current record: ``single`` and ``joined``.

Single: for each authority the latest file whose period covers the wanted one. Joined: for each quarter the latest file that
covers it, and of that file the events of the quarter (services that overlap it, others that end in it); an event in several
quarters stands as the latest quarter has it. A file counts if it was received after the period's end and by the day of the
answer. The period is not that stated but that in which events end. Closing a service that is open at the end of a quarter and
absent from the next is left to the tables.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linkage.engine import Engine, Step, ident
from linkage.errors import InputError, UsageError
from linkage.intake.keeping.current import Part
from linkage.intake.keeping.kept import KeptFile
from linkage.intake.keeping.settings import DerivedPeriod, keeping_settings
from linkage.intake.keeping.store import Entry, Store

Selection = Literal["latest", "single", "joined"]
Period = tuple[date, date]


@dataclass(frozen=True)
class Wanted:
    """Which selection, and for ``single`` and ``joined`` the first and last day of the period wanted."""

    selection: Selection = "latest"
    first: date | None = None
    last: date | None = None

    @property
    def period(self) -> Period:
        """The period wanted. Raises UsageError when it is not given or no period."""
        if not self.first or not self.last or self.first > self.last:
            raise UsageError(
                "--selection single and joined need a period: give --from and --to, such as 2022-04-01 and 2023-03-31."
            )
        return self.first, self.last


def selected_parts(engine: Engine, store: Store, entries: Sequence[Entry], wanted: Wanted) -> list[Part]:
    """The parts of the submissions chosen, by authority and period. Raises InputError when none covers the period."""
    periods = [wanted.period] if wanted.selection == "single" else _quarters(*wanted.period)
    covered = {entry.id: derived_period(engine, store.kept_file(entry), entry.received) for entry in entries}
    parts: list[Part] = []
    for code in sorted({entry.la_code for entry in entries}):
        for period in periods:
            fit = [entry for entry in entries if entry.la_code == code and _fits(entry, covered[entry.id], period)]
            if fit:
                latest = max(fit, key=lambda entry: (entry.received, entry.period_end, entry.version))
                within = None if wanted.selection == "single" else period
                parts.append(Part(len(parts), store.kept_file(latest), within=within))
    if not parts:
        raise InputError("No submission covers the period wanted, received after its end and by the day of the answer.")
    return parts


def derived_period(engine: Engine, file: KeptFile, received: date) -> Period | None:
    """The period in which a file's events end, in whole months before the month of receipt; None when there is none.

    A month counts with 2% of the events that end before that month, and all but one of their event types, or more; of a
    file with fewer than 100 such events the stated period holds, or every month counts (``configs/keeping.yaml``).
    """
    source = ident(file.place) if file.in_engine else "read_parquet($place)"
    step = Step(
        "months_of_ends",
        f"""select cast(date_trunc('month', event_end_date) as date) as month, event_type, count(*)
from {source} where event_end_date < $before group by all order by all""",
        {"before": received.replace(day=1)} | ({} if file.in_engine else {"place": file.place}),
    )
    counts: dict[date, dict[str | None, int]] = {}
    for month, event_type, rows in engine.rows(step):
        counts.setdefault(month, {})[event_type] = rows
    settings = keeping_settings().derived_period
    if (
        sum(sum(types.values()) for types in counts.values()) < settings.few_events
        and settings.of_few_events == "stated"
    ):
        return file.covers_from, file.period_end
    months = kept_months(counts, settings)
    return (months[0], _month_end(months[-1])) if months else None


def kept_months(counts: Mapping[date, Mapping[str | None, int]], settings: DerivedPeriod) -> list[date]:
    """The months, by their first day, that count: ``counts`` are events by month of their end and event type."""
    events = sum(sum(types.values()) for types in counts.values())
    if events < settings.few_events:
        return sorted(counts)
    types = len({event_type for month in counts.values() for event_type in month})
    return sorted(
        month
        for month, found in counts.items()
        if sum(found.values()) >= settings.min_share * events and len(found) >= types - 1
    )


def _fits(entry: Entry, covered: Period | None, period: Period) -> bool:
    first, last = period
    return covered is not None and covered[0] <= first and covered[1] >= last and entry.received > last


def _quarters(first: date, last: date) -> list[Period]:
    """The quarters of a period. Raises UsageError when it is not made of whole quarters."""
    quarters: list[Period] = []
    start = first
    for end in keeping_settings().period_ends(first, last):
        quarters.append((start, end))
        start = date(end.year + end.month // 12, end.month % 12 + 1, 1)
    whole = quarters and quarters[-1][1] == last and first.day == 1 and _months(*quarters[0]) == 3
    if not whole:
        raise UsageError(
            "A joined selection needs whole quarters: --from the first day of one, --to the last day of one."
        )
    return quarters


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
