"""Steps 1 and 2: the period that each submission covers, and which submissions count."""

from dataclasses import dataclass
from datetime import date, timedelta

from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.derive.settings import ReportingPeriod, Selection
from linkage.engine import Step
from linkage.errors import UsageError


@dataclass(frozen=True)
class Chosen:
    """Which submissions count for a period.

    ``current``: all, as of a consolidated record in which no event stands twice for no reason; each file is its own
    reference period. ``single``: for each authority the latest file that covers the whole period. ``joined``: for each
    quarter the latest file that covers it. Only files received after the reference period's end and by ``as_of`` count,
    where the source has the day of receipt.
    """

    period: Period
    selection: Selection = "current"
    as_of: date | None = None


def reporting_period(settings: ReportingPeriod) -> Step:
    """Step 1, one row per submission: the first and last day that it covers by its events (``covers_from``, ``covers_to``).

    Events are counted by the month of their stated end, months before that of receipt only. A month counts with the share
    and event types of ``configs/measures/derivation.yaml``; the period runs from the first to the last that does (null: no
    month does). Of a file with few events the stated dates hold. Source: DHSC step 1.
    """
    sql = """
with ended as (
  select submission_no, date_trunc('month', stated_end_date) as month, event_type
  from submitted join submission using (submission_no)
  where received_date is null or stated_end_date < date_trunc('month', received_date)
),
monthly as (
  select submission_no, month, count(*) as events, count(distinct event_type) as types
  from ended where month is not null group by submission_no, month
),
totals as (
  select submission_no, count(month) as events, count(distinct event_type) filter (month is not null) as types
  from ended group by submission_no
),
kept as (
  select submission_no, cast(min(month) as date) as first_month, last_day(cast(max(month) as date)) as last_day
  from monthly join totals using (submission_no)
  where totals.events < $few_events
    or (monthly.events >= $min_share * totals.events and monthly.types >= totals.types - $types_missing)
  group by submission_no
)
select submission.*, coalesce(events, 0) as ended_events,
  case when $few_are_stated and coalesce(events, 0) < $few_events then stated_start else first_month end as covers_from,
  case when $few_are_stated and coalesce(events, 0) < $few_events then stated_end else last_day end as covers_to
from submission left join totals using (submission_no) left join kept using (submission_no)
order by submission_no"""
    values = {
        "few_events": settings.few_events,
        "min_share": settings.min_share,
        "types_missing": settings.types_missing,
        "few_are_stated": settings.of_few_events == "stated",
    }
    return Step("reporting_period", sql, values)


def chosen_submission(chosen: Chosen, *, stated: bool) -> Step:
    """Step 2, one row per (authority, reference period): the submission that speaks for it.

    ``from_date`` and ``to_date`` bound the events that count, ``close_date`` ends the reference period; ``is_last``: no later
    one of that authority. ``stated``: the stated period is taken for the covered one. Source: DHSC step 2.
    """
    start, end = ("stated_start", "stated_end") if stated else ("covers_from", "covers_to")
    if chosen.selection == "current":
        sql = """
select la_code, submission_no,
  cast(row_number() over (partition by la_code order by stated_end, stated_start, submission_no) as integer)
    as reference_no,
  $from_date::date as from_date, $to_date::date as to_date, coalesce(stated_end, $to_date) as close_date,
  stated_end, row_number() over (partition by la_code order by stated_end desc, stated_start desc, submission_no desc) = 1
    as is_last
from reporting_period where received_date is null or received_date <= coalesce($as_of::date, received_date)
order by la_code, reference_no"""
        period = {"from_date": chosen.period.start, "to_date": chosen.period.end, "as_of": chosen.as_of}
        return Step("chosen_submission", sql, period)
    periods = [chosen.period] if chosen.selection == "single" else quarters(chosen.period)
    sql = f"""
with reference as (
  select cast(row_number() over () as integer) as reference_no, from_date::date as from_date, to_date::date as to_date
  from (select unnest($starts) as from_date, unnest($ends) as to_date)
),
fit as (
  select la_code, submission_no, reference_no, from_date, to_date, stated_end, row_number() over (
      partition by la_code, reference_no order by received_date desc nulls last, stated_end desc, submission_no desc) as place
  from reporting_period join reference on {start} <= from_date and {end} >= to_date
  where received_date is null or (received_date > to_date and received_date <= coalesce($as_of::date, received_date))
)
select la_code, submission_no, reference_no, from_date, to_date, to_date as close_date, stated_end,
  reference_no = max(reference_no) over (partition by la_code) as is_last
from fit where place = 1 order by la_code, reference_no"""
    starts = [period.start.isoformat() for period in periods]
    ends = [period.end.isoformat() for period in periods]
    return Step("chosen_submission", sql, {"starts": starts, "ends": ends, "as_of": chosen.as_of})


def quarters(period: Period) -> list[Period]:
    """The quarters of a period, from its start. Raises UsageError when it is not made of whole ones.

    >>> [str(quarter) for quarter in quarters(Period(date(2023, 4, 1), date(2023, 9, 30)))]
    ['2023-04-01 to 2023-06-30', '2023-07-01 to 2023-09-30']
    """
    found: list[Period] = []
    start = period.start
    while start <= period.end:
        following = months_later(start, 3)
        found.append(Period(start, following - timedelta(days=1)))
        start = following
    if period.start.day != 1 or found[-1].end != period.end:
        raise UsageError(
            f"Joined tables need whole quarters, from the first day of one to the last day of one, not {period}."
        )
    return found
