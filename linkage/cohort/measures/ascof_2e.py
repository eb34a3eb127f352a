"""ASCOF 2E: settled accommodation of people with long-term support (``configs/measures/ascof_2e.yaml``, ``ascof_2e_ld``)."""

from functools import partial

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.cohort.measures.packed import first_day_sql, packed_sql, place_sql, row_sql, two_days_sql
from linkage.engine import Step

_LEARNING = """when not learning_disability then 'not_learning_disability'
      when age_then > 64 then 'over_64'"""


def accommodation(measure_id: str, learning_disability_only: bool, asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support in the year), by where the person lives.

    The event is the latest long-term service of the year: open or ending last, then starting last.
    """
    gender = measure_definition(measure_id).label("gender")
    sql = f"""
with judged as (
  select *, case when died_before then 'died' when age_then < 18 then 'under_18'
      {_LEARNING if learning_disability_only else ""}
      when age_then is null then 'age_not_known' end as reason
  from latest_long_term
)
select la_code, person_key, event_id, case when age_then >= 65 then '65+' when age_then >= 18 then '18-64' end as age_band,
  {label_sql(gender, "gender")} as gender, case when reason is null then lives end as column_id, reason
from judged"""
    return [_latest(asked), Step(f"{measure_id}_people", sql)]


def _latest(asked: Asked) -> Step:
    """``latest_long_term``, one row per (authority, service user with long-term support in the year): the latest service.

    ``age_then``: when it ended, or on the last day of the year. Both measures take it.
    """
    days = two_days_sql(f"coalesce(end_date, {OPEN_END})", "start_date")
    sql = f"""
with latest as (
  select la_code, person_key, max({packed_sql(days, "event_id")}) as place
  from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
  group by la_code, person_key
),
ended as (
  select la_code, person_key, {row_sql("place")} as event_id,
    least({first_day_sql(place_sql("place"))}, $last) as until
  from latest
)
select la_code, person_key, event_id, {dhsc_age_sql("birth_month", "until")} as age_then, gender,
  case when settled_dhsc then 'settled' when not settled_dhsc then 'unsettled' else 'not_known' end as lives,
  date_of_death < $first as died_before, learning_disability
from ended join person using (la_code, person_key)"""
    return Step("latest_long_term", sql, {"first": asked.period.start, "last": asked.period.end})


EVERYBODY = Measure("ascof_2e", partial(accommodation, "ascof_2e", False))
LEARNING_DISABILITY = Measure("ascof_2e_ld", partial(accommodation, "ascof_2e_ld", True))
