"""ASCOF 2A: what followed the reablement of new clients (``configs/measures/ascof_2a.yaml``)."""

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.period import months_later
from linkage.cohort.derive.spells import ANY_SETTING, spells_sql
from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.packed import day_number_sql, packed_sql
from linkage.engine import Step, Value, literal

_ID = "ascof_2a"
_LAST_PLACE = 999


def reablement(asked: Asked) -> list[Step]:
    """One row per (authority, person, episode of ST-Max support that ends in the year), by what followed it.

    ``step`` says which of the six steps told it. The event is the service that began the episode.
    """
    definition = measure_definition(_ID)
    return [_episodes(definition, asked), _followed(definition), _people()]


def _place(definition: MeasureDefinition, of: str) -> str:
    """SQL: the place of an outcome in the hierarchy; last for blank outcomes and those that cannot be classified."""
    leads_on = listed_sql(definition.names("leads_on"))
    return f"coalesce(case when {of}.outcome_group not in ({leads_on}) then {of}.outcome_rank end, {_LAST_PLACE})"


def _episodes(definition: MeasureDefinition, asked: Asked) -> Step:
    """One row per episode that ends in the year: outcome with its place, age band, and why it does not count.

    The outcome is that of the service that ends last, of several the one with the first place, then the highest event. Whether
    the client is new is asked of unbroken spells of long-term support, which are far fewer than services.
    """
    last = packed_sql(
        f"cast({day_number_sql('st_max.end_date')} * {_LAST_PLACE + 1} + {_LAST_PLACE} - place as hugeint)",
        "st_max.event_id",
    )
    sql = f"""
with st_max as (
  select la_code, person_key, event_id, start_date, end_date, outcome_group, {_place(definition, "event")} as place
  from event where service_group = 'short_term_max' and client_type_group = 'service_user'
    and (end_date is null or end_date >= $from_date)
),
cluster as ({spells_sql("st_max", "la_code, person_key", "$join_days")}),
ended as (
  select cluster.la_code, cluster.person_key, first_event as event_id, cluster.start_date, cluster.end_date,
    arg_max(coalesce(outcome_group::varchar, 'not_mapped'), {last}) as outcome, arg_max(place, {last}) as place
  from cluster join st_max on st_max.la_code = cluster.la_code and st_max.person_key = cluster.person_key
    and st_max.start_date between cluster.start_date and cluster.end_date
  where cluster.end_date between $first and $last group by all
),
old_client as (
  select distinct ended.event_id from ended join spell using (la_code, person_key)
  where setting = {literal(ANY_SETTING)} and spell.start_date < ended.start_date
    and (spell.end_date is null or ended.start_date - spell.end_date < $new_after_days)
),
aged as (
  select ended.*, date_of_death, {dhsc_age_sql("birth_month", "end_date")} as age_then
  from ended join person using (la_code, person_key)
)
select * exclude (age_then),
  case when age_then is null then 'not known' when age_then >= 65 then '65+' when age_then >= 18 then '18-64' end as age_band,
  case when age_then < 18 then 'under_18' when date_of_death < start_date then 'died'
    when event_id in (from old_client) then 'not_new' end as reason
from aged"""
    values: dict[str, Value] = {
        "first": asked.period.start,
        "last": asked.period.end,
        "from_date": months_later(asked.period.start, -definition.look_back_months),
        "join_days": definition.number("join_days"),
        "new_after_days": definition.number("new_after_days"),
    }
    return Step(f"{_ID}_episodes", sql, values)


def _followed(definition: MeasureDefinition) -> Step:
    """One row per episode that counts and has other events in or after it: what the person's other events tell.

    ``after``: any event that is open after the end, having begun in the episode or in the days after it; ``after_other``: of
    those, one that is no service and did not end as planned.
    """
    order = listed_sql(definition.names("service_order"))
    homes = listed_sql(definition.names("short_term_home"))
    sql = f"""
with other as (
  select episode.event_id, event.event_id as other_id, event_type, service_group, component_group, event.end_date,
    event.outcome_group::varchar as outcome, {_place(definition, "event")} as place,
    coalesce(event.end_date > episode.end_date, true) as is_after,
    event.end_date > episode.start_date and event.end_date <= episode.end_date as is_nested,
    list_position([{order}], service_group::varchar) as service_place,
    service_group = 'short_term_other' and component_group in ({homes}) is true as is_home,
    event.end_date + $near_end_days > episode.end_date as is_near_end,
    event_type <> 'service' and event.outcome_group is distinct from 'ended_as_planned' as may_tell
  from {_ID}_episodes as episode join event using (la_code, person_key)
  where reason is null and client_type_group = 'service_user' and event.start_date >= episode.start_date
    and event.start_date <= episode.end_date + $window_days
    and (service_group is distinct from 'short_term_max' or event.start_date > episode.end_date)
)
select event_id, bool_or(is_after) as after, bool_or(is_after and may_tell) as after_other,
  arg_min(case when is_home then 'short_term_home' else service_group::varchar end, (service_place, not is_home))
    filter (is_after and service_place is not null) as service,
  arg_min(outcome, (place, outcome)) filter (is_after and may_tell and place < {_LAST_PLACE}) as later_outcome,
  min(place) filter (is_after and may_tell) as later_place,
  arg_max(outcome, (end_date, -place, other_id))
    filter (is_nested and is_near_end and event_type in ('assessment', 'review') and place < {_LAST_PLACE}) as near_outcome,
  arg_max(place, (end_date, -place, other_id))
    filter (is_nested and is_near_end and event_type in ('assessment', 'review') and place < {_LAST_PLACE}) as near_place,
  bool_or(is_nested and event_type = 'service' and component_group = 'equipment') as equipment
from other group by event_id"""
    values = {name: definition.number(name) for name in ("window_days", "near_end_days")}
    return Step(f"{_ID}_followed", sql, values)


def _people() -> Step:
    sql = f"""
with told as (
  select episode.*, after_other, service, later_outcome, near_outcome, coalesce(equipment, false) as equipment,
    case when not coalesce(after, false) or after_other then place else {_LAST_PLACE} end as own_place,
    coalesce(later_place, {_LAST_PLACE}) as later_place, coalesce(near_place, {_LAST_PLACE}) as near_place
  from {_ID}_episodes as episode left join {_ID}_followed using (event_id)
),
stepped as (
  select *, case when date_of_death - end_date <= $window_days then '1' when outcome = 'hospital' then '2'
      when service is not null then '3'
      when least(own_place, later_place, near_place) = {_LAST_PLACE} then case when equipment then '5' else '6' end
      when own_place <= least(later_place, near_place) then '4a' when later_place <= near_place then '4b' else '4c' end as step
  from told
),
final as (
  select *, case step when '1' then 'nfa_deceased' when '3' then service when '4b' then later_outcome
      when '4c' then near_outcome when '5' then 'ongoing_low_level'
      else case when place = {_LAST_PLACE} then 'unclassified' else outcome end end as found
  from stepped
)
select la_code, person_key, event_id, age_band, case when reason is null then step end as step,
  case when reason is not null then null
    when found in ('progress_financial_assessment', 'progress_end_of_life') then 'progress_other' else found end as column_id,
  reason
from final"""
    return Step(f"{_ID}_people", sql, {"window_days": measure_definition(_ID).number("window_days")})


MEASURE = Measure(_ID, reablement)
