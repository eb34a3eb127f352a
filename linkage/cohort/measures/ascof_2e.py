"""ASCOF 2E: settled accommodation of people with long-term support (``configs/measures/ascof_2e.yaml``, ``ascof_2e_ld``)."""

from functools import partial

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.cohort.measures.supported import supported_person
from linkage.engine import Step

_LEARNING = """when not learning_disability then 'not_learning_disability'
      when age_then > 64 then 'over_64'"""


def accommodation(measure_id: str, learning_disability_only: bool, asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support in the year), by where the person lives.

    The event is the latest long-term service of the year: open or ending last, then starting last.
    """
    gender = measure_definition(measure_id).label("gender")
    sql = f"""
with aged as (
  select *, {dhsc_age_sql("birth_month", "latest_end")} as age_then,
    case when settled_dhsc then 'settled' when not settled_dhsc then 'unsettled' else 'not_known' end as lives
  from supported_person
),
judged as (
  select *, case when date_of_death < $first then 'died' when age_then < 18 then 'under_18'
      {_LEARNING if learning_disability_only else ""}
      when age_then is null then 'age_not_known' end as reason
  from aged
)
select la_code, person_key, latest_event as event_id,
  case when age_then >= 65 then '65+' when age_then >= 18 then '18-64' end as age_band,
  {label_sql(gender, "gender")} as gender, case when reason is null then lives end as column_id, reason
from judged"""
    return [supported_person(asked), Step(f"{measure_id}_people", sql, {"first": asked.period.start})]


EVERYBODY = Measure("ascof_2e", partial(accommodation, "ascof_2e", False))
LEARNING_DISABILITY = Measure("ascof_2e_ld", partial(accommodation, "ascof_2e_ld", True))
