"""The table ``event``: one row per event that is kept, with everything that measures ask of it."""

from linkage.cohort.derive.costs import period_cost_sql, weekly_cost_sql
from linkage.cohort.derive.events import LEFT_OUT, LEFT_OUT_TYPE, placed_sql
from linkage.cohort.derive.grouped import enum_sql
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.settings import Selection
from linkage.engine import Step, Value, literal

SETTINGS = ("nursing", "residential", "community", "prison")
_PREFIX = "long_term_"
_AS_SUBMITTED = (
    "la_code",
    "person_key",
    "person_key_source",
    "client_type_group",
    "event_type",
    "start_date",
    "end_date",
    "stated_end_date",
    "event_outcome",
    "outcome_group",
    "outcome_rank",
    "route_of_access",
    "route_group",
    "assessment_type",
    "assessment_group",
    "service_type",
    "service_group",
    "service_component",
    "component_group",
    "delivery_mechanism",
    "mechanism_group",
    "review_reason",
    "review_group",
    "method_of_review",
    "review_method_group",
    "primary_support_reason",
    "accommodation_status",
    "employment_status",
    "client_funding_status",
    "conversation",
    "cost_frequency",
    "unit_cost",
    "planned_units",
)
"""Columns of ``submitted`` that are the event's, in their order."""


def event(selection: Selection, cost_period: Period, named: frozenset[str] | None = None) -> Step:
    """One row per (authority, kept event), ``event_id`` being the submitted row.

    ``end_date`` is the effective one, null while open; ``stated_end_date`` the submitted one. Columns named ``..._group`` and
    ``event_type``, ``setting`` hold groups, columns named like a field its value, in the wording of the latest version of the
    specification. ``setting``: of long-term services only. ``weekly_cost`` and ``period_cost`` (within ``cost_period``) in
    pounds; of joined tables only records of the last reference period have them, as DHSC keeps costs of the latest quarter.
    ``named``: the columns that are asked for (None: all); others are not made.
    """
    kind = enum_sql(SETTINGS)
    settings = " ".join(f"when {literal(_PREFIX + name)} then cast({literal(name)} as {kind})" for name in SETTINGS)
    is_priced = f"event_type = 'service'{' and is_last' if selection == 'joined' else ''}"
    in_period = period_cost_sql(f"({weekly_cost_sql()})", "start_date", "end_date", "$cost_from", "$cost_to")
    columns = {
        "event_id": "row_id",
        **{name: name for name in _AS_SUBMITTED},
        "setting": f"case service_group {settings} end",
        "weekly_cost": f"case when {is_priced} then {weekly_cost_sql()} end",
        "period_cost": f"case when {is_priced} then {in_period} end",
        "is_cropped": "cropped_date is not null",
        "reference_period": "reference_no",
        "submission": "submission_no",
    }
    asked = [f"{sql} as {name}" for name, sql in columns.items() if named is None or name in named]
    sql = f"""
with dated as (
  select placed.* exclude (end_date), coalesce(cropped.end_date, placed.end_date) as end_date,
    cropped.end_date as cropped_date
  from {placed_sql()} as placed anti join not_kept using (row_id, reference_no)
    left join cropped using (row_id, reference_no)
  where left_out is null
)
select {", ".join(asked)}
from dated"""
    costs: dict[str, Value] = {"cost_from": cost_period.start, "cost_to": cost_period.end}
    return Step("event", sql, costs if "$cost_from" in sql else {})


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
  from {placed_sql()} left join not_kept using (row_id, reference_no)
)
select la_code, left_out::varchar as left_out, rows
from (select la_code, left_out, count(*) as rows from {best} group by la_code, left_out)
order by la_code, left_out nulls first"""
    return Step("event_flow", sql)
