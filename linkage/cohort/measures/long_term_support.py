"""SALT LTS001a, b and c from the derived tables, so that they can be divided by anything (``configs/measures/salt_lts001.yaml``).

``salt_lts001`` makes the published tables from the rows of one submission; this measure reads the same rules off ``event``.
"""

from linkage.cohort.derive.period import months_later
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal

_ID = "salt_lts001"
_PLACES = (
    "nursing",
    "residential",
    "community_direct_payment",
    "community_managed",
    "community_commissioned",
    "community_not_known",
    "prison",
)


def long_term_support(asked: Asked) -> list[Step]:
    """One row per (part, authority, service user with long-term support in it), in the first column that applies.

    The event is the first of the services in that place; of part direct payment, the first direct payment.
    """
    definition = measure_definition(_ID)
    columns = ", ".join(literal(name) for name in _PLACES)
    sql = f"""
with part (part, from_date) as (values ('LTS001a', $first), ('LTS001b', $last), ('LTS001c', $last)),
longer as (
  select distinct la_code, person_key from spell
  where setting = 'any' and start_date < $year_before and (end_date is null or end_date >= $last)
),
scope as (
  select part, from_date, la_code, person_key, event_id,
    case setting when 'nursing' then 1 when 'residential' then 2 when 'prison' then 7
      else case mechanism_group when 'direct_payment' then 3 when 'managed' then 4 when 'commissioned' then 5 else 6 end
      end as place
  from event join part on start_date <= $last and (end_date is null or end_date >= from_date)
    left join longer using (la_code, person_key)
  where setting is not null and client_type_group = 'service_user' and (part <> 'LTS001c' or longer.person_key is not null)
),
placed as (
  select part, from_date, la_code, person_key, arg_min(event_id, (place, event_id)) as event_id,
    case when min(place) = 3 and bool_or(place in (4, 5)) then 'community_part_direct_payment'
      else [{columns}][min(place)] end as column_id
  from scope group by part, from_date, la_code, person_key
),
judged as (
  select placed.*, age, {label_sql(definition.label("support_reason"), "primary_support_reason")} as support_reason,
    case when date_of_death < from_date then 'died' when age is null then 'age_not_known'
      when age < 18 then 'under_18' end as reason
  from placed join person using (la_code, person_key)
)
select part, la_code, person_key, event_id, case when age >= 65 then '65+' when age >= 18 then '18-64' end as age_band,
  support_reason, case when reason is null then column_id end as column_id, reason
from judged"""
    before = months_later(asked.period.end, -definition.number("months"))
    values = {"first": asked.period.start, "last": asked.period.end, "year_before": before}
    return [Step(f"{_ID}_people", sql, values)]


MEASURE = Measure(_ID, long_term_support)
