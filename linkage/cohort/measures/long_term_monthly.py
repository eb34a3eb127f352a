"""People in long-term support at each month end (``configs/measures/long_term_monthly.yaml``)."""

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.figures import month_ends
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, Value, literal

_ID = "long_term_monthly"


def monthly(asked: Asked) -> list[Step]:
    """One row per (month end, authority, service user, setting open on it), and one for the setting that goes before others.

    The event is the first that is open in the setting.
    """
    return [_open_on_month_ends(asked), _people()]


def _open_on_month_ends(asked: Asked) -> Step:
    """One row per (month end, authority, person) with long-term support open: the first event of each setting."""
    settings = ", ".join(f"min(event_id) filter (setting = {literal(name)}) as {name}" for name in SETTINGS)
    sql = f"""
with month as (select unnest($month_ends)::date as day)
select la_code, person_key, day, {settings}
from event join month on start_date <= day and (end_date is null or end_date >= day)
where setting is not null and client_type_group = 'service_user'
group by la_code, person_key, day"""
    values: dict[str, Value] = {"month_ends": [day.isoformat() for day in month_ends(asked.period)]}
    return Step(f"{_ID}_open", sql, values)


def _people() -> Step:
    definition = measure_definition(_ID)
    once = " ".join(f"when {name} is not null then {literal('once_' + name)}" for name in SETTINGS)
    each = ", ".join(f"case when {name} is not null then {literal(name)} end" for name in SETTINGS)
    events = " ".join(f"when {literal(name)} then {name}" for name in SETTINGS)
    sql = f"""
with aged as (
  select opened.*, {dhsc_age_sql("birth_month", "day")} as age_then, gender, ethnic_group,
    case when date_of_death < day then 'died' when age_then < 18 then 'under_18' end as reason
  from {_ID}_open as opened join person using (la_code, person_key)
),
labelled as (
  select la_code, person_key, strftime(day, '%Y-%m-%d') as month_end, {", ".join(SETTINGS)}, reason,
    {divided_sql(definition, "age_then")},
    case {once} end as once
  from aged
),
listed as (
  select *, unnest(case when reason is null then list_filter([once, {each}], lambda one: one is not null) else [null] end)
    as column_id
  from labelled
)
select la_code, person_key, case replace(coalesce(column_id, once), 'once_', '') {events} end as event_id,
  month_end, age_band, gender, ethnic_group, column_id, reason
from listed"""
    return Step(f"{_ID}_people", sql)


MEASURE = Measure(_ID, monthly)
