"""The table ``event``: one row per event that is kept, with everything that measures ask of it."""

from linkage.cohort.derive.costs import period_cost_sql, weekly_cost_sql
from linkage.cohort.derive.events import LEFT_OUT, LEFT_OUT_TYPE, placed_sql
from linkage.cohort.derive.grouped import enum_sql
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.settings import Selection
from linkage.engine import Step, literal

SETTINGS = ("nursing", "residential", "community", "prison")
_PREFIX = "long_term_"


def event(selection: Selection, cost_period: Period) -> Step:
    """One row per (authority, kept event), ``event_id`` being the submitted row.

    ``end_date`` is the effective one, null while open; ``stated_end_date`` the submitted one. Columns named ``..._group`` and
    ``event_type``, ``setting`` hold groups, columns named like a field its value, in the wording of the latest version of the
    specification. ``setting``: of long-term services only. ``weekly_cost`` and ``period_cost`` (within ``cost_period``) in
    pounds; of joined tables only records of the last reference period have them, as DHSC keeps costs of the latest quarter.
    """
    settings = " ".join(f"when {literal(_PREFIX + name)} then {literal(name)}" for name in SETTINGS)
    priced = "is_last" if selection == "joined" else "true"
    sql = f"""
with dated as (
  select placed.* exclude (end_date), coalesce(cropped.end_date, placed.end_date) as end_date,
    cropped.end_date is not null as is_cropped
  from {placed_sql()} as placed anti join not_kept using (row_id, reference_no)
    left join cropped using (row_id, reference_no)
  where left_out is null
),
priced as (
  select *, case when {priced} and event_type = 'service' then {weekly_cost_sql()} end as weekly_cost,
    {priced} and event_type = 'service' as is_priced
  from dated
)
select row_id as event_id, la_code, person_key, person_key_source, client_type_group, event_type, start_date, end_date,
  stated_end_date, event_outcome, outcome_group, outcome_rank, route_of_access, route_group, assessment_type,
  assessment_group, service_type, service_group,
  cast(case service_group {settings} end as {enum_sql(SETTINGS)}) as setting,
  service_component, component_group, delivery_mechanism, mechanism_group, review_reason, review_group,
  method_of_review, review_method_group, primary_support_reason, accommodation_status, employment_status,
  client_funding_status, conversation, cost_frequency, unit_cost, planned_units, weekly_cost,
  case when is_priced then {period_cost_sql("weekly_cost", "start_date", "end_date", "$cost_from", "$cost_to")} end
    as period_cost,
  is_cropped, reference_no as reference_period, submission_no as submission
from priced"""
    return Step("event", sql, {"cost_from": cost_period.start, "cost_to": cost_period.end})


def event_flow(selection: Selection) -> Step:
    """One row per (authority, what became of submitted rows): rows in = rows accounted for, each once.

    A row that counts in several quarters of a joined table is counted as what it is in the best of them. ``left_out`` null:
    kept.
    """
    last = f"cast({literal(LEFT_OUT[-1])} as {LEFT_OUT_TYPE})"
    best = "fate"
    if selection == "joined":
        best = f"""(
  select la_code, row_id, case when bool_or(left_out is null) then null when bool_or(left_out = {last}) then {last}
    else cast(min(left_out::varchar) as {LEFT_OUT_TYPE}) end as left_out
  from fate group by la_code, row_id)"""
    sql = f"""
with fate as (
  select la_code, row_id, case when not_kept.row_id is not null then {last} else left_out end as left_out
  from events_in_period left join not_kept using (row_id, reference_no)
)
select la_code, left_out::varchar as left_out, rows
from (select la_code, left_out, count(*) as rows from {best} group by la_code, left_out)
order by la_code, left_out nulls first"""
    return Step("event_flow", sql)
