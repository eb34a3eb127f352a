"""People in long-term support at each month end (``configs/measures/long_term_monthly.yaml``)."""

from linkage.cohort.derive.age import age_band_sql, dhsc_age_sql
from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.figures import month_ends
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal

_ID = "long_term_monthly"


def monthly(asked: Asked) -> list[Step]:
    """One row per (month end, authority, service user, setting open on it): once in the first setting, also in the others.

    ``event_id`` is null: a setting may be open by several services.
    """
    return [_open_on_month_ends(asked), _people(asked)]


def _open_on_month_ends(asked: Asked) -> Step:
    """One row per (authority, person) with long-term support, ``settings`` of each month end: a bit for each, nursing 1."""
    bits = " ".join(f"when {literal(name)} then {2**place}" for place, name in enumerate(SETTINGS))
    days = month_ends(asked.period)
    open_on = ",\n    ".join(
        f"bit_or(bit) filter (start_date <= date '{day}' and end_date >= date '{day}')" for day in days
    )
    sql = f"""
with supported as (
  select la_code, person_key, cast(case setting {bits} end as utinyint) as bit, start_date,
    coalesce(end_date, {OPEN_END}) as end_date
  from event where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
)
select la_code, person_key, [
    {open_on}] as settings
from supported group by la_code, person_key"""
    return Step(f"{_ID}_open", sql, {"first": days[0], "last": days[-1]})


def _columns_of(settings: int) -> list[str]:
    """The columns of one combination of settings.

    >>> _columns_of(0b101)
    ['once_nursing', 'also_community']
    """
    first, *others = [name for place, name in enumerate(SETTINGS) if settings & 2**place]
    return [f"once_{first}", *(f"also_{name}" for name in others)]


def _people(asked: Asked) -> Step:
    """What a person is on every day is looked up before the days are set out, for then there are many times the rows."""
    stands = ", ".join(
        f"({settings}, {literal(column)})"
        for settings in range(1, 2 ** len(SETTINGS))
        for column in _columns_of(settings)
    )
    definition = measure_definition(_ID)
    sql = f"""
with stands (settings, column_id) as (values (0::utinyint, null), {stands}),
of_person as (
  select la_code, person_key, settings, birth_month, date_of_death,
    {label_sql(definition.label("gender"), "gender")} as gender,
    {label_sql(definition.label("ethnic_group"), "ethnic_group")} as ethnic_group
  from {_ID}_open join person using (la_code, person_key)
),
placed as (
  select * replace (unnest(settings) as settings), unnest($month_ends::varchar[]) as month_end,
    unnest($month_ends::date[]) as day
  from of_person
),
aged as (
  select *, {dhsc_age_sql("birth_month", "day")} as age_then,
    case when date_of_death < day then 'died' when age_then < 18 then 'under_18' end as reason
  from placed where settings is not null
)
select la_code, person_key, null::bigint as event_id, month_end,
  case when age_then is null then 'not known' else {age_band_sql("age_then", definition.age_bands)} end as age_band,
  gender, ethnic_group, column_id, reason
from aged join stands on stands.settings = case when reason is null then aged.settings else 0 end"""
    return Step(f"{_ID}_people", sql, {"month_ends": [day.isoformat() for day in month_ends(asked.period)]})


MEASURE = Measure(_ID, monthly)
