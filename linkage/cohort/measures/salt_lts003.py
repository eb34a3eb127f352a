"""SALT LTS003: carers by the support they had in the year, each placed once (``configs/measures/salt_lts003.yaml``)."""

from linkage.cohort.derive.age import age_band_sql
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, literal

_ID = "salt_lts003"
_KINDS = "['direct_payment', 'managed', 'commissioned', 'not_known', 'information', 'no_direct']"


def carers(asked: Asked) -> list[Step]:
    """One row per (authority, carer with an event in the year), in the first kind of support of the year.

    The event is the first of that kind, or the first at all where none is support.
    """
    definition = measure_definition(_ID)
    direct, involving = (literal(definition.text(name)) for name in ("direct_service", "involving_service"))
    sql = f"""
with kind as (
  select la_code, person_key, event_id, case
      when service_type = {direct} and mechanism_group in ('direct_payment', 'managed', 'commissioned')
        then mechanism_group::varchar
      when service_type = {direct} then 'not_known'
      when service_type = {involving} then 'no_direct'
      when service_type is not null or event_type = 'service' then null
      when outcome_group = 'nfa_information' then 'information'
      when event_type in ('assessment', 'review') then 'no_direct' end as kind
  from event
  where client_type_group in ('carer', 'carer_by_association')
    and start_date <= $last and (end_date is null or end_date >= $first)
),
placed as (select *, coalesce(list_position({_KINDS}, kind), 7) as place from kind),
highest as (
  select la_code, person_key, arg_min(event_id, (place, event_id)) as event_id, {_KINDS}[min(place)] as kind
  from placed group by la_code, person_key
),
judged as (
  select highest.*, age, case when date_of_death < $first then 'died' when kind is null then 'no_support' end as reason
  from highest join person using (la_code, person_key)
)
select la_code, person_key, event_id,
  case when age is null then 'not known' else {age_band_sql("age", definition.age_bands)} end as age_band,
  case when reason is null then kind end as column_id, reason
from judged"""
    return [Step(f"{_ID}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


MEASURE = Measure(_ID, carers)
