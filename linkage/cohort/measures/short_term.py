"""Short-term support: people who have it on a month end and in the year, and how often it starts.

Definitions in ``configs/measures/short_term_monthly.yaml``, ``short_term_year.yaml`` and ``short_term_starts.yaml``.
"""

from collections.abc import Sequence

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.spells import spells_sql
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.figures import month_ends
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, Value, literal

TYPES = ("short_term_max", "ongoing_low_level", "short_term_other")
"""Groups of services, in the order in which a person stands once: that of SALT STS001."""
_TYPES = ", ".join(literal(name) for name in TYPES)


def monthly(asked: Asked) -> list[Step]:
    """One row per (month end, authority, service user, type open on it): once in the first type, also in the others."""
    days = [Period(day, day) for day in month_ends(asked.period)]
    return _steps(measure_definition("short_term_monthly"), days)


def yearly(asked: Asked) -> list[Step]:
    """One row per (authority, service user, type open in the year): once in the first type, also in the others."""
    return _steps(measure_definition("short_term_year"), [asked.period])


def _steps(definition: MeasureDefinition, windows: Sequence[Period]) -> list[Step]:
    return [_open_in(definition, windows), _people(definition)]


def _open_in(definition: MeasureDefinition, windows: Sequence[Period]) -> Step:
    """One row per (window of days, authority, person) with short-term support open in it; ``types`` has a bit for each."""
    bits = " ".join(f"when {literal(name)} then {2**place}" for place, name in enumerate(TYPES))
    sql = f"""
with window_of as (select unnest($starts)::date as first_day, unnest($ends)::date as last_day)
select la_code, person_key, first_day, last_day, cast(bit_or(case service_group {bits} end) as utinyint) as types
from event join window_of on start_date <= last_day and (end_date is null or end_date >= first_day)
where service_group in ({_TYPES}) and client_type_group = 'service_user'
group by la_code, person_key, first_day, last_day"""
    starts, ends = (
        [day.isoformat() for day in days] for days in zip(*((w.start, w.end) for w in windows), strict=True)
    )
    return Step(f"{definition.id}_open", sql, {"starts": starts, "ends": ends})


def _columns_of(types: int) -> list[str]:
    """The columns of one combination of types.

    >>> _columns_of(0b110)
    ['once_ongoing_low_level', 'also_short_term_other']
    """
    first, *others = [name for place, name in enumerate(TYPES) if types & 2**place]
    return [f"once_{first}", *(f"also_{name}" for name in others)]


def _people(definition: MeasureDefinition) -> Step:
    """Age is that on the last day of the window."""
    combinations = ", ".join(
        f"[{', '.join(literal(column) for column in _columns_of(types))}]" for types in range(1, 2 ** len(TYPES))
    )
    sql = f"""
with aged as (
  select opened.*, {dhsc_age_sql("birth_month", "last_day")} as age_then, gender, ethnic_group,
    case when date_of_death < first_day then 'died' when age_then < 18 then 'under_18' end as reason
  from {definition.id}_open as opened join person using (la_code, person_key)
)
select la_code, person_key, null::bigint as event_id, strftime(last_day, '%Y-%m-%d') as month_end,
  {divided_sql(definition, "age_then")},
  unnest(case when reason is null then [{combinations}][types] else [null] end) as column_id, reason
from aged"""
    return Step(f"{definition.id}_people", sql)


def starts(asked: Asked) -> list[Step]:
    """One row per spell of short-term support of one type that starts in a month of the year; the event begins it."""
    definition = measure_definition("short_term_starts")
    rows = f"""(
    select la_code, person_key, service_group, start_date, end_date, event_id from event
    where service_group in ({_TYPES}) and client_type_group = 'service_user')"""
    sql = f"""
with spell_of as ({spells_sql(rows, "la_code, person_key, service_group", "$gap")}
),
begun as (
  select spell_of.*, last_day(spell_of.start_date) as month_end, gender, ethnic_group,
    {dhsc_age_sql("birth_month", "spell_of.start_date")} as age_then,
    case when birth_month > spell_of.start_date or age_then < 18 then 'under_18' end as reason
  from spell_of join person using (la_code, person_key)
  where spell_of.start_date between $first and $last
)
select la_code, person_key, first_event as event_id, strftime(month_end, '%Y-%m-%d') as month_end,
  {divided_sql(definition, "age_then")}, case when reason is null then service_group::varchar end as column_id, reason
from begun"""
    values: dict[str, Value] = {
        "first": asked.period.start,
        "last": max(month_ends(asked.period), default=asked.period.end),
        "gap": definition.number("gap_days"),
    }
    return [Step(f"{definition.id}_people", sql, values)]


MONTHLY = Measure("short_term_monthly", monthly)
YEARLY = Measure("short_term_year", yearly)
STARTS = Measure("short_term_starts", starts)
