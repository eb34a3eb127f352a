"""Waiting times v1.1: days from request to first response and first service (``configs/measures/waiting_times.yaml``)."""

from datetime import date

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.period import months_later
from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, Value, literal

_ID = "waiting_times"
_PERSON = "partition by la_code, person_key order by place"
_LATER = f"({_PERSON} rows between 1 following and unbounded following)"
_EARLIER = f"({_PERSON} rows between unbounded preceding and 1 preceding)"


def waiting(asked: Asked) -> list[Step]:
    """One row per (request, part of the measure whose response starts in the year), or per request of the year without, with why.

    ``days``: from the start of the request to that of the response. The event is the response.
    """
    definition = measure_definition(_ID)
    return [
        _requests(definition, asked),
        _ordered(definition),
        _linked(definition),
        _waited(),
        _people(asked),
    ]


def _requests(definition: MeasureDefinition, asked: Asked) -> Step:
    """One row per request of a service user from so many months before the year on, with why it starts no wait."""
    names = ("no_progress", "long_term", "short_term")
    no_progress, long_term, short_term = (_listed(definition, name) for name in names)
    sql = f"""
with request as (
  select event.la_code, event.person_key, event_id, start_date, end_date, outcome_group, conversation,
    {dhsc_age_sql("person.birth_month", "start_date")} as age_then,
    cast(start_date - to_months($long_term_months) as date) as long_term_from,
    cast(start_date - to_months($short_term_months) as date) as short_term_from
  from event join person using (la_code, person_key)
  where event_type = 'request' and client_type_group = 'service_user' and start_date between $earliest and $last
),
service as (
  select la_code, person_key, start_date, coalesce(end_date, {OPEN_END}) as end_date,
    service_group in ({long_term}) as is_long_term
  from event where event_type = 'service' and service_group in ({long_term}, {short_term})
),
existing as (
  select distinct request.event_id from request join service using (la_code, person_key)
  where service.start_date < request.start_date
    and service.end_date >= case when is_long_term then long_term_from else short_term_from end
)
select request.* exclude (long_term_from, short_term_from), case when age_then is null or age_then < $youngest then 'under_25'
    when existing.event_id is not null then 'existing_client' when outcome_group is null then 'no_outcome'
    when outcome_group in ({no_progress}) then 'no_progress' end as reason
from request left join existing using (event_id)"""
    values: dict[str, Value] = {
        "earliest": months_later(asked.period.start, -definition.number("request_months")),
        "last": asked.period.end,
        "long_term_months": definition.number("long_term_months"),
        "short_term_months": definition.number("short_term_months"),
        "youngest": definition.number("youngest"),
    }
    return Step(f"{_ID}_requests", sql, values)


def _ordered(definition: MeasureDefinition) -> Step:
    """Requests that start a wait, with the assessments and services of their people, in order; consecutive assessments share
    whether one of them led to a service (``block_leads_on``). On one day requests go first, then assessments.
    """
    services, leads_on = _listed(definition, "services"), _listed(definition, "assessment_leads_on")
    sql = f"""
with waiting as (
  select la_code, person_key, event_id, 'request' as kind, start_date, end_date, outcome_group, conversation
  from {_ID}_requests where reason is null
),
followed as (
  select event.la_code, event.person_key, event_id, event_type::varchar as kind, start_date, end_date, outcome_group, false
  from event join person using (la_code, person_key) semi join waiting using (la_code, person_key)
  where ((event_type = 'assessment' and assessment_group in ('short_term', 'long_term'))
      or (event_type = 'service' and service_group in ({services})))
    and {dhsc_age_sql("person.birth_month", "start_date")} >= $youngest
),
placed as (
  select *, row_number() over (partition by la_code, person_key
      order by start_date, list_position(['request', 'assessment', 'service'], kind), event_id desc) as place
  from (select * from waiting union all select * from followed)
),
blocked as (select *, count(*) filter (kind <> 'assessment') over ({_PERSON} rows unbounded preceding) as block from placed)
select * exclude (block),
  case when kind = 'assessment' then coalesce(bool_or(kind = 'assessment' and outcome_group in ({leads_on}))
    over (partition by la_code, person_key, block), false) end as block_leads_on
from blocked"""
    return Step(f"{_ID}_ordered", sql, {"youngest": definition.number("youngest")})


def _linked(definition: MeasureDefinition) -> Step:
    """One row per request that starts a wait, with the places of its first response and of its first service.

    A request before July 2025 that was a conversation and led on answers itself. A service after assessments none of which led
    to a service is not the request's.
    """
    sql = f"""
with following as (
  select *, min(place) filter (kind = 'assessment') over {_LATER} as assessment,
    min(place) filter (kind = 'service') over {_LATER} as service
  from {_ID}_ordered
),
answered as (
  select following.*, following.start_date < $conversations_until and following.conversation is true
      and following.outcome_group in ({_listed(definition, "request_leads_on")})
      and (next.start_date is null or following.start_date < next.start_date) as answers_itself
  from following left join {_ID}_ordered as next
    on next.la_code = following.la_code and next.person_key = following.person_key and next.place = following.assessment
  where following.kind = 'request'
),
first_response as (select *, least(case when coalesce(answers_itself, false) then place else assessment end, service) as response
  from answered)
select one.* exclude (service), case when response.block_leads_on is distinct from false then one.service end as service
from first_response as one left join {_ID}_ordered as response
  on response.la_code = one.la_code and response.person_key = one.person_key and response.place = one.response"""
    values: dict[str, Value] = {"conversations_until": date.fromisoformat(definition.text("conversations_until"))}
    return Step(f"{_ID}_linked", sql, values)


def _waited() -> Step:
    """The same requests, with whether one was made while an earlier one was being answered."""
    sql = f"""
select *, coalesce(lag(greatest(response, service)) over ({_PERSON}) > place, false)
    or coalesce(response <= max(response) over {_EARLIER}, false)
    or coalesce(service <= max(service) over {_EARLIER}, false) as overlapping
from {_ID}_linked"""
    return Step(f"{_ID}_waited", sql)


def _people(asked: Asked) -> Step:
    sql = f"""
with answered as (
  select waited.la_code, waited.person_key, waited.event_id as request_id, next.event_id, next.start_date, next.kind, part,
    next.start_date - waited.start_date as days,
    {dhsc_age_sql("birth_month", "coalesce(next.end_date, $last)")} as age_then
  from (
      select *, unnest(['first_response', 'first_service']) as part, unnest([response, service]) as answer
      from {_ID}_waited where not overlapping) as waited
    join {_ID}_ordered as next
      on next.la_code = waited.la_code and next.person_key = waited.person_key and next.place = waited.answer
    join person on person.la_code = waited.la_code and person.person_key = waited.person_key
),
counted as (select * from answered where start_date between $first and $last and age_then is not null),
others as (
  select la_code, person_key, event_id, reason from {_ID}_requests where reason is not null and start_date >= $first
  union all
  select la_code, person_key, event_id, case when overlapping then 'overlaps' else 'no_response' end
  from {_ID}_waited where start_date >= $first and event_id not in (select request_id from counted)
)
select la_code, person_key, event_id,
  strftime(last_day(make_date(year(start_date), quarter(start_date) * 3, 1)), '%Y-%m-%d') as quarter_end,
  case when age_then >= 65 then '65+' else '25-64' end as age_band, cast(days as double) as days,
  case when part = 'first_service' then part else 'response_' || kind end as column_id, null::varchar as reason
from counted
union all
select la_code, person_key, event_id, null, null, null, null, reason from others"""
    return Step(f"{_ID}_people", sql, {"first": asked.period.start, "last": asked.period.end})


def _listed(definition: MeasureDefinition, name: str) -> str:
    return ", ".join(literal(one) for one in definition.names(name))


MEASURE = Measure(_ID, waiting)
