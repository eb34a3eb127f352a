"""What is due, late and missing, by authority and end of quarter."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from linkage.intake.keeping.settings import keeping_settings
from linkage.intake.keeping.store import Entry, open_store
from linkage.spec import authorities

IN_TIME, LATE, DUE, MISSING = "in_time", "late", "due", "missing"
_DAYS_BACK = 365


@dataclass(frozen=True)
class Expected:
    """The submission of one authority for one quarter: ``in_time`` or ``late`` (by the day the first accepted version was
    received), ``due`` (nothing yet, and still time) or ``missing`` (nothing, and the last day has passed).
    """

    la_code: str
    la_name: str
    period_end: date
    due: date
    status: str
    received: date | None


def submission_calendar(
    store_folder: Path, *, as_at: date | None = None, synthetic: bool = False
) -> tuple[Expected, ...]:
    """The quarters that ended in the year up to ``as_at`` (None: today), by period and authority.

    Expected are the authorities that existed at the period's end; with ``synthetic`` the invented ones instead.
    """
    day, settings = as_at or date.today(), keeping_settings()
    first: dict[tuple[str, date], Entry] = {}
    for entry in reversed(open_store(store_folder).entries(day)):
        first[entry.la_code, entry.period_end] = entry
    expected = []
    for end in settings.period_ends(day - timedelta(days=_DAYS_BACK), day):
        due = settings.due(end)
        if due is None:
            continue
        for authority in authorities():
            if authority.synthetic == synthetic and authority.known_on(end):
                sent = first.get((authority.code, end))
                received = sent.received if sent else None
                status = _status(received, due, day)
                expected.append(Expected(authority.code, authority.name, end, due, status, received))
    return tuple(expected)


def by_period(expected: tuple[Expected, ...]) -> Mapping[date, Counter[str]]:
    """How many submissions of each period are in time, late, due and missing."""
    counts: dict[date, Counter[str]] = {}
    for one in expected:
        counts.setdefault(one.period_end, Counter())[one.status] += 1
    return counts


def _status(received: date | None, due: date, day: date) -> str:
    if received:
        return IN_TIME if received <= due else LATE
    return DUE if day <= due else MISSING
