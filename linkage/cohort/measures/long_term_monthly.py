"""People in long-term support at each month end (``configs/measures/long_term_monthly.yaml``)."""

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.figures import month_ends
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, literal

_ID = "long_term_monthly"


def monthly(asked: Asked) -> list[Step]:
    """One row per (month end, authority, service user, setting open on it): once in the first setting, also in the others.

    ``event_id`` is null: a setting may be open by several services.
    """
    return [_open_on_month_ends(asked), _people()]


def _open_on_month_ends(asked: Asked) -> Step:
    """One row per (month end, authority, person) with long-term support open; ``settings`` has a bit for each, nursing 1."""
    bits = " ".join(f"when {literal(name)} then {2**place}" for place, name in enumerate(SETTINGS))
    days = [day.isoformat() for day in month_ends(asked.period)]
    open_on = ",\n    ".join(
        f"bit_or(bit) filter (start_date <= days[{place}] and end_date >= days[{place}])"
        for place in range(1, len(days) + 1)
    )
    sql = f"""
with supported as (
  select la_code, person_key, cast(case setting {bits} end as utinyint) as bit, start_date,
    coalesce(end_date, {OPEN_END}) as end_date, $month_ends::date[] as days
  from event where setting is not null and client_type_group = 'service_user'
),
placed as (
  select la_code, person_key, unnest($month_ends::date[]) as day, unnest([
    {open_on}]) as settings
  from supported group by la_code, person_key
)
select * from placed where settings is not null"""
    return Step(f"{_ID}_open", sql, {"month_ends": days})


def _columns_of(settings: int) -> list[str]:
    """The columns of one combination of settings.

    >>> _columns_of(0b101)
    ['once_nursing', 'also_community']
    """
    first, *others = [name for place, name in enumerate(SETTINGS) if settings & 2**place]
    return [f"once_{first}", *(f"also_{name}" for name in others)]


def _people() -> Step:
    combinations = ", ".join(
        f"[{', '.join(literal(column) for column in _columns_of(settings))}]"
        for settings in range(1, 2 ** len(SETTINGS))
    )
    sql = f"""
with aged as (
  select opened.*, {dhsc_age_sql("birth_month", "day")} as age_then, gender, ethnic_group,
    case when date_of_death < day then 'died' when age_then < 18 then 'under_18' end as reason
  from {_ID}_open as opened join person using (la_code, person_key)
)
select la_code, person_key, null::bigint as event_id, day::varchar as month_end,
  {divided_sql(measure_definition(_ID), "age_then")},
  unnest(case when reason is null then [{combinations}][settings] else [null] end) as column_id, reason
from aged"""
    return Step(f"{_ID}_people", sql)


MEASURE = Measure(_ID, monthly)
