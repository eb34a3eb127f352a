"""Social care events → long-term support: which rows count, until when, and in which unbroken chains.

The person key is ``person_pseudonym`` within ``la_code``. Rows with a one-time pseudonym belong to nobody who could be
counted once and are left out (DHSC drops rows without a person id).
"""

from datetime import date

from linkage.cohort.derive.definitions import Lts001Definition
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.wording import grouped_sql, is_one_of_sql
from linkage.engine import Engine, Step, literal
from linkage.spec import in_every_version
from linkage.store import require_columns

NEEDED_COLUMNS = (
    "la_code",
    "reporting_period_start_date",
    "reporting_period_end_date",
    "person_pseudonym",
    "person_id_type",
    "birth_month",
    "date_of_death",
    "client_type",
    "primary_support_reason",
    "event_type",
    "event_start_date",
    "event_end_date",
    "service_type",
    "delivery_mechanism",
)
"""Columns of the released social care table that long-term support is derived from."""

OPEN_END = "date '9999-12-31'"


def prepare_social_care(engine: Engine) -> None:
    """Check that the needed columns are there. A release of v4.2 submissions only has no client type: it becomes null."""
    if "client_type" not in engine.columns("social_care"):
        engine.run(Step("social_care", "select *, cast(null as varchar) as client_type from social_care"))
    require_columns(engine, "social_care", NEEDED_COLUMNS)


def long_term_steps(
    definition: Lts001Definition, covering: Period, *, la_codes: list[str], numbered: bool = False
) -> list[Step]:
    """All steps from ``social_care`` to ``long_term_rows``, in order. No authority named: all.

    ``numbered``: ``long_term_checked`` has the number of each row of ``social_care`` (``row_id``, from 0).
    """
    return [
        covering_submissions(covering, la_codes),
        care_rows(definition, la_codes, numbered=numbered),
        care_people(),
        long_term_checked(numbered=numbered),
        long_term_rows(),
    ]


def covering_submissions(covering: Period, la_codes: list[str]) -> Step:
    """One row per authority: the end of its latest submission that covers the whole period (null: there is none).

    A service open over two years is in the submissions of both, so the rows of one submission only may be counted.
    """
    sql = """
with covers as (
  select la_code, client_type, reporting_period_end_date as period_end,
    coalesce(reporting_period_start_date <= $covering_start and reporting_period_end_date >= $covering_end, false) as covers
  from social_care where len($la_codes) = 0 or list_contains($la_codes, la_code)
),
latest as (
  select la_code, max(period_end) filter (covers) as chosen_end from covers group by la_code
)
select la_code, chosen_end, count(client_type) filter (period_end = chosen_end) = 0 as has_no_client_types
from covers join latest using (la_code) group by la_code, chosen_end"""
    period = {"covering_start": covering.start, "covering_end": covering.end}
    return Step("covering_submissions", sql, {**period, "la_codes": la_codes})


def care_rows(definition: Lts001Definition, la_codes: list[str], *, numbered: bool = False) -> Step:
    """One row per social care row: setting, mechanism group and listed support reason, null where not listed.

    Client types and reasons are understood in the wording of every version of the specification. A blank client type counts
    as a service user only where no row of the authority has one (v4.2).
    """
    setting = grouped_sql("service_type", definition.settings)
    prison = is_one_of_sql("delivery_mechanism", definition.prison_mechanisms)
    reasons = {
        reason: in_every_version("primary_support_reason", (reason,)) for reason in definition.primary_support_reasons
    }
    client_types = in_every_version("client_type", definition.client_types)
    sql = f"""
select {"social_care.rowid as row_id, " if numbered else ""}la_code, person_pseudonym, birth_month, date_of_death,
  coalesce(reporting_period_end_date = chosen_end, false) as is_covering,
  person_id_type <> 'one_time' as has_person_key,
  {is_one_of_sql("client_type", client_types)}
    or (client_type is null and has_no_client_types) as is_service_user,
  {is_one_of_sql("event_type", (definition.event_type,))} as is_service,
  event_start_date as start_date, event_end_date as stated_end_date,
  case when {setting} = 'community' and {prison} then 'prison' else {setting} end as setting,
  {grouped_sql("delivery_mechanism", definition.mechanisms)} as mechanism,
  {grouped_sql("primary_support_reason", reasons)} as support_reason
from social_care join covering_submissions using (la_code)
where len($la_codes) = 0 or list_contains($la_codes, la_code)"""
    return Step("care_rows", sql, {"la_codes": la_codes})


def care_people() -> Step:
    """One row per (authority, person) who is a service user: month of birth and date of death.

    Month of birth: of the latest event that has one; ties to the earliest month (as DHSC). Date of death: the latest
    stated, so that support is not cut short on the less certain date.
    """
    sql = """
with stated as (
  select la_code, person_pseudonym, birth_month, max(start_date) as stated_on, max(date_of_death) as date_of_death
  from care_rows where is_covering and is_service_user and has_person_key
  group by la_code, person_pseudonym, birth_month
),
ranked as (
  select la_code, person_pseudonym, birth_month, row_number() over (
      partition by la_code, person_pseudonym order by stated_on desc nulls last, birth_month) as place
  from stated where birth_month is not null
)
select la_code, person_pseudonym, max(stated.date_of_death) as date_of_death, max(ranked.birth_month) as birth_month
from stated left join (select * from ranked where place = 1) as ranked using (la_code, person_pseudonym)
group by la_code, person_pseudonym"""
    return Step("care_people", sql)


def long_term_checked(*, numbered: bool = False) -> Step:
    """One row per social care row with its effective end date and, where it is left out, the first reason that applies.

    Effective end: the date of death when the service is open or ended later than that (as DHSC), else the stated end,
    else null (open). All dates are inclusive.
    """
    sql = f"""
select {"row_id, " if numbered else ""}care_rows.la_code, care_rows.person_pseudonym, setting, mechanism, start_date,
  case when care_people.date_of_death < coalesce(stated_end_date, date '9999-12-31')
    then care_people.date_of_death else stated_end_date end as end_date,
  case
    when not is_covering then 'not of the submission that covers the period'
    when not has_person_key then 'no person key'
    when not is_service_user then 'client type other than service user'
    when not is_service then 'not a service'
    when setting is null then 'not long-term support'
    when start_date is null then 'no start date'
    when stated_end_date < start_date then 'ends before it starts'
    when care_people.date_of_death < start_date then 'starts after the date of death'
  end as left_out
from care_rows left join care_people using (la_code, person_pseudonym)"""
    return Step("long_term_checked", sql)


def long_term_rows() -> Step:
    """One row per long-term service of a service user: setting, mechanism group (null: not known), start, end (null: open)."""
    sql = """
select la_code, person_pseudonym, setting, mechanism, start_date, end_date
from long_term_checked where left_out is null"""
    return Step("long_term_rows", sql)


def long_term_chains(gap_days: int) -> Step:
    """One row per (authority, person, unbroken chain of long-term services of any setting).

    A service joins the chain when it starts at most ``gap_days`` days after the latest end so far (1: on the next day).
    The running maximum is used, so a short service nested in a long one breaks nothing. Open: 9999-12-31.
    """
    sql = f"""
with dated as (
  select la_code, person_pseudonym, start_date, coalesce(end_date, {OPEN_END}) as end_date from long_term_rows
),
reached as (
  select *, max(end_date) over (partition by la_code, person_pseudonym order by start_date, end_date
      rows between unbounded preceding and 1 preceding) as reached_date
  from dated
),
numbered as (
  select *, sum(case when reached_date >= start_date - $gap_days then 0 else 1 end) over (
      partition by la_code, person_pseudonym order by start_date, end_date rows unbounded preceding) as chain
  from reached
)
select la_code, person_pseudonym, min(start_date) as chain_start, max(end_date) as chain_end
from numbered group by la_code, person_pseudonym, chain"""
    return Step("long_term_chains", sql, {"gap_days": gap_days})


def support_reasons(not_known: str, period_end: date) -> Step:
    """One row per (authority, person): the primary support reason on the person's latest event up to ``period_end``.

    Service-user rows of every event type count. A listed reason goes before none; two different listed reasons on
    events that start on the same day make it not known. Events without a start date go last.
    """
    sql = f"""
with said as (
  select la_code, person_pseudonym, support_reason, max(coalesce(start_date, date '0001-01-01')) as said_on
  from care_rows
  where is_covering and is_service_user and has_person_key and support_reason is not null
    and coalesce(start_date, date '0001-01-01') <= $period_end
  group by la_code, person_pseudonym, support_reason
),
latest as (
  select la_code, person_pseudonym, max(said_on) as said_on from said group by la_code, person_pseudonym
)
select la_code, person_pseudonym,
  case when count(*) = 1 then min(support_reason) else {literal(not_known)} end as support_reason
from said join latest using (la_code, person_pseudonym, said_on)
group by la_code, person_pseudonym"""
    return Step("support_reasons", sql, {"period_end": period_end})
