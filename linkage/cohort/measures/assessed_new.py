"""People assessed without support in the 12 months before (``configs/measures/assessed_new.yaml``)."""

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, Value, literal

_ID = "assessed_new"


def assessed(asked: Asked) -> list[Step]:
    """One row per (authority, service user with a needs assessment that ends in the year).

    The event is the first assessment without support before it, or else the first: by start, then event.
    """
    definition = measure_definition(_ID)
    outcomes = " ".join(
        f"when outcome_group in ({', '.join(literal(one) for one in definition.names(column))}) then {literal(column)}"
        for column in ("services", "no_further_action")
    )
    sql = f"""
with support as (
  select la_code, person_key, start_date, coalesce(end_date, date '9999-12-31') as end_date from event
  where event_type = 'service' and client_type_group = 'service_user'
),
assessment as (
  select la_code, person_key, event_id, start_date, outcome_group, exists (
      select 1 from support where support.la_code = event.la_code and support.person_key = event.person_key
        and support.start_date < event.start_date
        and support.end_date >= event.start_date - to_months($months_before)) as supported
  from event
  where event_type = 'assessment' and client_type_group = 'service_user' and assessment_group in ('short_term', 'long_term')
    and end_date between $first and $last
),
first_one as (
  select la_code, person_key, arg_min(event_id, (supported, start_date, event_id)) as event_id,
    arg_min(case {outcomes} else 'other_outcome' end, (supported, start_date, event_id)) as outcome,
    bool_and(supported) as supported
  from assessment group by la_code, person_key
),
judged as (
  select first_one.*, {dhsc_age_sql("birth_month", "$last")} as age_then, gender, ethnic_group,
    case when age_then < 18 then 'under_18' when supported then 'supported_before' end as reason
  from first_one join person using (la_code, person_key)
)
select la_code, person_key, event_id, {divided_sql(definition, "age_then")},
  case when reason is null then outcome end as column_id, reason
from judged"""
    values: dict[str, Value] = {
        "first": asked.period.start,
        "last": asked.period.end,
        "months_before": definition.number("months_before"),
    }
    return [Step(f"{_ID}_people", sql, values)]


MEASURE = Measure(_ID, assessed)
