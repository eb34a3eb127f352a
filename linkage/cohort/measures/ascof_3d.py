"""ASCOF 3D: people and carers with self-directed support and with direct payments (``configs/measures/ascof_3d_*.yaml``)."""

from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, literal

MECHANISM = """case when component_group = 'direct_payment' or mechanism_group = 'direct_payment' then 'direct_payment'
      when mechanism_group in ('managed', 'commissioned') then mechanism_group::varchar else 'not_known' end"""
_BAND = "case when age is null then 'not known' when age >= 65 then '65+' when age >= 18 then '18-64' end"


def clients(asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support open on the last day), in the highest place of that day.

    Services ending on the last day are open on it. Of services that tie, the first event.
    """
    sql = f"""
with placed as (
  select la_code, person_key, event_id, setting,
    case setting when 'nursing' then 1 when 'residential' then 2 when 'prison' then 7
      else 3 + list_position(['direct_payment', 'managed', 'commissioned', 'not_known'], {MECHANISM}) - 1 end as place,
    {MECHANISM} as mechanism
  from event
  where client_type_group = 'service_user' and setting is not null
    and start_date <= $last and (end_date is null or end_date >= $last)
),
highest as (
  select la_code, person_key, arg_min(event_id, (place, event_id)) as event_id,
    arg_min(setting, (place, event_id)) as setting, arg_min(mechanism, (place, event_id)) as mechanism
  from placed group by la_code, person_key
)
select la_code, person_key, event_id, {_BAND} as age_band,
  case when reason is null then mechanism end as column_id, reason
from (
  select highest.*, age, case when date_of_death < $last then 'died' when age < 18 then 'under_18'
      when setting in ('nursing', 'residential') then 'care_home' when setting = 'prison' then 'prison' end as reason
  from highest join person using (la_code, person_key)
)"""
    return [Step("ascof_3d_clients_people", sql, {"last": asked.period.end})]


def carers(asked: Asked) -> list[Step]:
    """One row per (authority, carer with support in the year), in the highest kind of support of the year."""
    direct = literal(measure_definition("ascof_3d_carers").text("direct_service"))
    sql = f"""
with kind as (
  select la_code, person_key, event_id,
    case when event_type = 'service' and service_type = {direct} then {MECHANISM}
      when service_group = 'carer_support' then 'no_direct'
      when event_type in ('assessment', 'review') and outcome_group is distinct from 'nfa_information' then 'no_direct'
      when event_type <> 'service' and outcome_group = 'nfa_information' then 'information' end as kind
  from event
  where client_type_group in ('carer', 'carer_by_association')
    and start_date <= $last and (end_date is null or end_date >= $first)
),
placed as (
  select *, list_position(['direct_payment', 'managed', 'commissioned', 'not_known', 'information', 'no_direct'], kind) as place
  from kind where kind is not null
),
highest as (
  select la_code, person_key, arg_min(event_id, (place, event_id)) as event_id, arg_min(kind, (place, event_id)) as kind
  from placed group by la_code, person_key
)
select la_code, person_key, event_id, {_BAND} as age_band, case when reason is null then kind end as column_id, reason
from (
  select highest.*, age,
    case when date_of_death < $first then 'died' when age < 18 then 'under_18' end as reason
  from highest join person using (la_code, person_key)
)"""
    return [Step("ascof_3d_carers_people", sql, {"first": asked.period.start, "last": asked.period.end})]


CLIENTS = Measure("ascof_3d_clients", clients)
CARERS = Measure("ascof_3d_carers", carers)
