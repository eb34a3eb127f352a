"""Which days the submissions of each authority cover, as they state it, and what is asked for beyond them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from linkage.cohort.derive.period import Period
from linkage.cohort.derive.source import CareSource
from linkage.engine import Engine, Step
from linkage.errors import UsageError

_MOST_NAMED = 10
Covered = Mapping[str, Sequence[Period]]
"""Authority → the periods that its submissions cover together, in order, no two of them touching."""


def covered_days(engine: Engine, source: CareSource, la_codes: Sequence[str] = ()) -> Covered:
    """What the submissions of the chosen authorities (none named: all) say they cover; nothing where none says."""
    sql = f"""
select distinct la_code, reporting_period_start_date, reporting_period_end_date from {source.rows}
where len($la_codes) = 0 or list_contains($la_codes, la_code) order by all nulls last"""
    found: dict[str, list[Period]] = {}
    for la_code, start, end in engine.rows(Step("covered_days", sql, {**source.values, "la_codes": list(la_codes)})):
        periods = found.setdefault(la_code, [])
        if start is None or end is None or start > end:
            continue
        touches = bool(periods) and start <= periods[-1].end + timedelta(days=1)
        before = periods.pop() if touches else Period(start, end)
        periods.append(Period(before.start, max(before.end, end)))
    return found


def require_all_covered(covered: Covered, period: Period) -> None:
    """Raise UsageError naming the authorities whose submissions do not cover the whole period, with what they cover."""
    lacking = [la_code for la_code, periods in covered.items() if not_covered(periods, period)]
    if lacking:
        there = "; ".join(
            f"{la_code}: {', '.join(str(one) for one in covered[la_code]) or 'not stated'}" for la_code in lacking
        )
        raise UsageError(
            f"No submission of authority {', '.join(lacking)} covers {period} (covered: {there}). Give another period or "
            "other authorities."
        )


def not_covered(periods: Sequence[Period], wanted: Period) -> list[Period]:
    """The parts of a period that none of these covers.

    >>> [str(one) for one in not_covered([Period(date(2022, 4, 1), date(2023, 3, 31))],
    ...                                  Period(date(2022, 1, 1), date(2023, 6, 30)))]
    ['2022-01-01 to 2022-03-31', '2023-04-01 to 2023-06-30']
    """
    found: list[Period] = []
    first: date = wanted.start
    for one in periods:
        if one.start > wanted.end:
            break
        if one.start > first:
            found.append(Period(first, one.start - timedelta(days=1)))
        first = max(first, one.end + timedelta(days=1))
    return [*found, Period(first, wanted.end)] if first <= wanted.end else found


def beyond(covered: Covered, wanted: Period) -> str:
    """Which days of a period no submission covers, in words, authorities that lack the same together (empty: none)."""
    lacking: dict[str, list[str]] = {}
    for la_code, periods in covered.items():
        parts = ", ".join(str(one) for one in not_covered(periods, wanted))
        if parts:
            lacking.setdefault(parts, []).append(la_code)
    return "; ".join(f"{parts} ({_authorities(codes)})" for parts, codes in lacking.items())


def _authorities(codes: Sequence[str]) -> str:
    return f"{len(codes)} authorities" if len(codes) > _MOST_NAMED else f"authority {', '.join(codes)}"
