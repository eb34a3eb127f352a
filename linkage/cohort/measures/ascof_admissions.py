"""ASCOF 2B and 2C: new admissions to long-term residential and nursing care (``configs/measures/ascof_2b.yaml``, ``_2c``)."""

from functools import partial

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, Value, literal

YOUNGER, OLDER = "18-64", "65+"
# From what is furthest from an admission that counts to what is nearest; a person is told the nearest.
_REASONS = ("component", "component_blank", "no_birth_month", "died", "self_funded", "not_new", "under_18")


def admissions(measure_id: str, band: str, asked: Asked) -> list[Step]:
    """The steps of one of the two measures with its packaged definition."""
    return admission_steps(measure_definition(measure_id), band, asked)


def admission_steps(definition: MeasureDefinition, band: str, asked: Asked) -> list[Step]:
    """One row per (authority, service user with a long-term care home service that starts in the year).

    A person counts in the younger band who has a new admission at an age in it, otherwise in the older. The event is the
    earliest admission that counts, or the one nearest to counting.
    """
    return [_admissions(definition, asked), _people(definition, band)]


def _admissions(definition: MeasureDefinition, asked: Asked) -> Step:
    """``home_admission``, one row per long-term residential or nursing service of service users that starts in the year, with
    why it is no new admission; the two measures share it.

    A service that does not count by its component or its person's details makes nobody an old client either. That homes are not
    the community is said as well, because the scan of events can look for that, and not for two settings.
    """
    blank = literal("component_blank") if definition.text("blank_component") == "dropped" else "null"
    sql = f"""
with home as not materialized (
  select la_code, person_key, event_id, start_date, end_date, outcome_group = 'nfa_self_funded' as is_self_funded,
    case when component_group is null and service_component is null then {blank}
      when component_group is null or component_group not in ('long_term_nursing', 'long_term_residential') then 'component'
      end as of_component
  from event
  where setting <> 'community' and setting in ('nursing', 'residential') and client_type_group = 'service_user'
    and start_date <= $last
),
admitted as (select distinct la_code, person_key from home where start_date >= $first),
reached as (
  select home.*, max(coalesce(end_date, {OPEN_END})) filter (of_component is null) over (
      partition by la_code, person_key order by start_date - {OPEN_END} range between unbounded preceding and 1 preceding)
      as reached_date
  from home semi join admitted using (la_code, person_key)
)
select reached.la_code, reached.person_key, event_id, start_date, {dhsc_age_sql("birth_month", "start_date")} as age_then, gender,
  case when of_component is not null then of_component when birth_month is null then 'no_birth_month'
    when date_of_death < $first then 'died' when is_self_funded then 'self_funded'
    when start_date - reached_date < $new_after_days then 'not_new'
    when age_then is null or age_then < 18 then 'under_18' end as reason
from reached join person using (la_code, person_key) where start_date >= $first"""
    values: dict[str, Value] = {
        "first": asked.period.start,
        "last": asked.period.end,
        "new_after_days": definition.number("new_after_days"),
    }
    return Step("home_admission", sql, values)


def _people(definition: MeasureDefinition, band: str) -> Step:
    nearest = ", ".join(literal(reason) for reason in _REASONS)
    counts = "younger" if band == YOUNGER else "not younger"
    sql = f"""
with ranked as (
  select *, coalesce(list_position([{nearest}], reason), 99) as place, reason is null and age_then < 65 as is_younger
  from home_admission
),
nearest as (
  select la_code, person_key, {label_sql(definition.label("gender"), "any_value(gender)")} as gender,
    bool_or(is_younger) as younger, arg_max(reason, place) filter (reason is not null) as why, bool_or(reason is null) as new_one,
    arg_min(event_id, (-place, not is_younger, start_date, event_id)) as event_id
  from ranked group by la_code, person_key
)
select la_code, person_key, event_id, gender,
  case when new_one and {counts} then 'admitted' end as column_id,
  case when not new_one then why when not ({counts}) then 'other_age' end as reason
from nearest"""
    return Step(f"{definition.id}_people", sql)


YOUNGER_ADULTS = Measure("ascof_2b", partial(admissions, "ascof_2b", YOUNGER))
OLDER_ADULTS = Measure("ascof_2c", partial(admissions, "ascof_2c", OLDER))
