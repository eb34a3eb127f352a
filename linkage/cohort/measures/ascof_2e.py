"""ASCOF 2E: settled accommodation of people with long-term support (``configs/measures/ascof_2e.yaml``, ``ascof_2e_ld``)."""

from functools import partial

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step

_LEARNING = """when not learning_disability then 'not_learning_disability'
      when age_then > 64 then 'over_64'"""


def accommodation(measure_id: str, learning_disability_only: bool, asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support in the year), by where the person lives.

    The event is the latest long-term service of the year: open or ending last, then starting last.
    """
    gender = measure_definition(measure_id).label("gender")
    sql = f"""
with latest as (
  select la_code, person_key, least(max(coalesce(end_date, $last)), $last) as until,
    arg_max(event_id, (coalesce(end_date, date '9999-12-31'), start_date, event_id)) as event_id
  from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
  group by la_code, person_key
),
aged as (
  select latest.*, {dhsc_age_sql("birth_month", "until")} as age_then, {label_sql(gender, "gender")} as gender,
    case when settled_dhsc then 'settled' when not settled_dhsc then 'unsettled' else 'not_known' end as lives,
    date_of_death, learning_disability
  from latest join person using (la_code, person_key)
),
judged as (
  select *, case when date_of_death < $first then 'died' when age_then < 18 then 'under_18'
      {_LEARNING if learning_disability_only else ""}
      when age_then is null then 'age_not_known' end as reason
  from aged
)
select la_code, person_key, event_id, case when age_then >= 65 then '65+' when age_then >= 18 then '18-64' end as age_band,
  gender, case when reason is null then lives end as column_id, reason
from judged"""
    return [Step(f"{measure_id}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


EVERYBODY = Measure("ascof_2e", partial(accommodation, "ascof_2e", False))
LEARNING_DISABILITY = Measure("ascof_2e_ld", partial(accommodation, "ascof_2e_ld", True))
