"""People in long-term support by whether they were reviewed in the last 12 months (``configs/measures/reviewed.yaml``)."""

from datetime import timedelta

from linkage.cohort.derive.period import months_later
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step

_ID = "reviewed"


def reviewed(asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support on the last day), by the best of the last 12 months.

    The event is the latest of the kind that decides; of those who have none, the first service that is open.
    """
    definition = measure_definition(_ID)
    sql = f"""
with supported as (
  select la_code, person_key, bool_or(start_date < $year_before) as longer
  from spell where setting = 'any' and start_date <= $last and (end_date is null or end_date >= $last)
  group by la_code, person_key
),
opened as (
  select la_code, person_key, min(event_id) as service_id from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $last)
  group by la_code, person_key
),
looked_at as (
  select la_code, person_key, event_id, end_date,
    case when event_type = 'assessment' then 4 when review_group = 'planned' then 1 when review_group = 'unplanned' then 2
      else 3 end as place
  from event
  where client_type_group = 'service_user' and end_date between $from_date and $last and (
    (event_type = 'review' and review_method_group is distinct from 'carer_only')
    or (event_type = 'assessment' and assessment_group in ('short_term', 'long_term')))
),
best as (
  select la_code, person_key, min(place) as place,
    arg_min(event_id, (place, -date_diff('day', date '1900-01-01', end_date), event_id)) as event_id
  from looked_at group by la_code, person_key
),
judged as (
  select opened.la_code, opened.person_key, coalesce(best.event_id, service_id) as event_id, longer, age, gender, ethnic_group,
    ['planned', 'unplanned', 'other_review', 'assessed', 'neither'][coalesce(place, 5)] as found,
    case when date_of_death < $last then 'died' when age < 18 then 'under_18' end as reason
  from opened join supported using (la_code, person_key) join person using (la_code, person_key)
    left join best using (la_code, person_key)
)
select la_code, person_key, event_id, case when longer then 'longer' else 'shorter' end as supported,
  {divided_sql(definition, "age")}, case when reason is null then found end as column_id, reason
from judged"""
    before = months_later(asked.period.end, -definition.number("months"))
    values = {"last": asked.period.end, "year_before": before, "from_date": before + timedelta(days=1)}
    return [Step(f"{_ID}_people", sql, values)]


MEASURE = Measure(_ID, reviewed)
