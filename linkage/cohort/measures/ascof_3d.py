"""ASCOF 3D: people and carers with self-directed support and with direct payments (``configs/measures/ascof_3d_*.yaml``)."""

from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.packed import packed_sql, place_sql, row_sql
from linkage.cohort.measures.supported import IS_DIRECT, MECHANISMS, PLACES, mechanism_place_sql, supported_person
from linkage.engine import Step, literal

MECHANISM = f"""case when {IS_DIRECT} then 'direct_payment'
      when mechanism_group in ('managed', 'commissioned') then mechanism_group::varchar else 'not_known' end"""
_CARERS = (*MECHANISMS, "information", "no_direct")
"""Where a carer stands, from the highest place, which is 1."""
_BAND = "case when age is null then 'not known' when age >= 65 then '65+' when age >= 18 then '18-64' end"


def clients(asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support open on the last day), in the highest place of that day.

    Services ending on the last day are open on it. Of services that tie, the first event.
    """
    sql = f"""
with placed as (
  select la_code, person_key, {row_sql("ascof_last")} as event_id, [{listed_sql(PLACES)}][{place_sql("ascof_last")}] as kind,
    age, date_of_death
  from supported_person where ascof_last is not null
)
select la_code, person_key, event_id, {_BAND} as age_band, case when reason is null then kind end as column_id, reason
from (
  select *, case when date_of_death < $last then 'died' when age < 18 then 'under_18'
      when kind in ('nursing', 'residential') then 'care_home' when kind = 'prison' then 'prison' end as reason
  from placed
)"""
    return [supported_person(asked), Step("ascof_3d_clients_people", sql, {"last": asked.period.end})]


def carers(asked: Asked) -> list[Step]:
    """One row per (authority, carer with support in the year), in the highest kind of support of the year.

    That carers are no service users is said as well, because the scan of events can look for that, and not for two values.
    """
    direct = literal(measure_definition("ascof_3d_carers").text("direct_service"))
    sql = f"""
with kind as (
  select la_code, person_key, event_id,
    case when event_type = 'service' and service_type = {direct} then {mechanism_place_sql(IS_DIRECT, 1)}
      when service_group = 'carer_support' then 6
      when event_type in ('assessment', 'review') and outcome_group is distinct from 'nfa_information' then 6
      when event_type <> 'service' and outcome_group = 'nfa_information' then 5 end as place
  from event
  where client_type_group <> 'service_user' and client_type_group in ('carer', 'carer_by_association')
    and start_date <= $last and (end_date is null or end_date >= $first)
),
first as (
  select la_code, person_key, min({packed_sql("place", "event_id")}) as stands
  from kind where place is not null group by la_code, person_key
),
highest as (
  select la_code, person_key, {row_sql("stands")} as event_id, [{listed_sql(_CARERS)}][{place_sql("stands")}] as kind from first
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
