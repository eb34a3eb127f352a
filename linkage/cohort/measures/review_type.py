"""People with long-term support by the type of their reviews of the year (``configs/measures/review_type.yaml``)."""

from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step

_ID = "review_type"


def by_type(asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support in the year), by the reviews that ended in it.

    The event is the first review of the kind that decides; of those who have none, the first service of the year.
    """
    sql = f"""
with supported as (
  select la_code, person_key, min(event_id) as service_id from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
  group by la_code, person_key
),
review as (
  select la_code, person_key,
    arg_min(event_id, (coalesce(review_group not in ('planned', 'unplanned'), true), event_id)) as review_id,
    case when bool_or(review_group = 'planned') and bool_or(review_group = 'unplanned') then 'both'
      when bool_or(review_group = 'planned') then 'planned' when bool_or(review_group = 'unplanned') then 'unplanned'
      else 'other_review' end as found
  from event
  where event_type = 'review' and client_type_group = 'service_user' and end_date between $first and $last
  group by la_code, person_key
),
judged as (
  select supported.la_code, supported.person_key, coalesce(review_id, service_id) as event_id, age, gender, ethnic_group,
    coalesce(found, 'no_review') as found,
    case when date_of_death < $first then 'died' when age < 18 then 'under_18' end as reason
  from supported join person using (la_code, person_key) left join review using (la_code, person_key)
)
select la_code, person_key, event_id, {divided_sql(measure_definition(_ID), "age")},
  case when reason is null then found end as column_id, reason
from judged"""
    return [Step(f"{_ID}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


MEASURE = Measure(_ID, by_type)
