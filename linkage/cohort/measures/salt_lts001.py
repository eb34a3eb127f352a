"""SALT LTS001a, b and c: one row per person, one column per person, counts by support reason and age band.

LTS001a: people with long-term support at any time in the period. LTS001b: of those, with support open on its last day.
LTS001c: of those, supported without a gap for more than 12 months on that day. Age on the last day; people of unknown
age or under 18 are left out. Each person stands once in a table: in the first column of the hierarchy that applies.

Sources: cell definitions and the published 2019/20 tables (newsletter of December 2021); hierarchy, snapshot rule and
12-month rule (NHS England, Central Transformation Principles - SALT, 2023/24). Part direct payment has no public
definition; the rule here is this project's (``docs/explanation/lts001.md``).
"""

from dataclasses import dataclass
from datetime import date

from linkage.cohort.derive.age import age_band_sql, age_from_birth_month_sql
from linkage.cohort.derive.definitions import ColumnId, Lts001Definition
from linkage.cohort.derive.long_term_support import long_term_chains, long_term_steps, support_reasons
from linkage.cohort.derive.period import Period, months_later, require_covered
from linkage.engine import Engine, Step, ident, literal

TABLES = ("LTS001a", "LTS001b", "LTS001c")
TOTAL = "total"
ALL_REASONS = "Total"
ALL_AGES_BAND = "All adults"

_RULES: dict[ColumnId, str] = {
    "nursing": "has_nursing",
    "residential": "has_residential",
    "community_direct_payment": "has_direct_payment and not has_part",
    "community_part_direct_payment": "has_part",
    "community_managed": "has_managed and not has_direct_payment",
    "community_commissioned": "has_commissioned and not has_managed and not has_direct_payment",
    "community_not_known": "has_community",
    "prison": "has_prison",
}


@dataclass(frozen=True)
class Window:
    """One table's window of days, both ends inclusive; ``chain_before``: unbroken support must have begun before."""

    table_id: str
    start: date
    end: date
    chain_before: date | None = None


def windows(period: Period, continuous_months: int) -> tuple[Window, Window, Window]:
    """The windows of LTS001a, b and c.

    More than 12 months on 31 March 2023 is support that began before 31 March 2022 (NHS England's code; its
    guidance says "on or before", which differs by one day).
    """
    before = months_later(period.end, -continuous_months)
    return (
        Window("LTS001a", period.start, period.end),
        Window("LTS001b", period.end, period.end),
        Window("LTS001c", period.end, period.end, chain_before=before),
    )


def run_lts001(
    engine: Engine, definition: Lts001Definition, period: Period, *, la_codes: list[str], numbered: bool = False
) -> None:
    """Make ``lts001_people`` and ``lts001_counts`` in a linked catalogue, with every step between (``numbered``: see there).

    Raises UsageError when an authority has no submission that covers the period.
    """
    engine.run_all(long_term_steps(definition, period, la_codes=la_codes, numbered=numbered))
    require_covered(engine, period)
    engine.run(long_term_chains(definition.gap_days))
    engine.run(support_reasons(definition.primary_support_reason_not_known, period.end))
    for window in windows(period, definition.continuous_months):
        engine.run(scope_step(window))
        engine.run(placed_step(window.table_id, definition))
    engine.run(people_step(definition, period.end))
    engine.run(counts_step(definition))


def scope_step(window: Window) -> Step:
    """One row per long-term service that overlaps the window, cut to it; for LTS001c only of people in a long chain."""
    chain = """
  and exists (
    select 1 from long_term_chains as chain
    where chain.la_code = service.la_code and chain.person_pseudonym = service.person_pseudonym
      and chain.chain_start < $chain_before and chain.chain_end >= $window_end)"""
    sql = f"""
select la_code, person_pseudonym, setting, mechanism,
  greatest(start_date, $window_start) as from_date,
  least(coalesce(end_date, $window_end), $window_end) as to_date
from long_term_rows as service
where start_date <= $window_end and (end_date is null or end_date >= $window_start){chain if window.chain_before else ""}"""
    values = {"window_start": window.start, "window_end": window.end}
    if window.chain_before:
        values["chain_before"] = window.chain_before
    return Step(f"scope_{window.table_id.lower()}", sql, values)


def placed_step(table_id: str, definition: Lts001Definition) -> Step:
    """One row per (authority, person) of one table with the column where the person stands."""
    scope = f"scope_{table_id.lower()}"
    columns = "\n".join(f"    when {_RULES[column.id]} then {literal(column.id)}" for column in definition.columns)
    part = "has_direct_payment and (has_managed or has_commissioned)"
    if definition.part_direct_payment == "same_day":
        part = "has_same_day"
    sql = f"""
with direct as (select * from {scope} where setting = 'community' and mechanism = 'direct_payment'),
other as (select * from {scope} where setting = 'community' and mechanism in ('managed', 'commissioned')),
same_day as (
  select distinct la_code, person_pseudonym, true as has_same_day
  from direct join other using (la_code, person_pseudonym)
  where direct.from_date <= other.to_date and other.from_date <= direct.to_date
),
person as (
  select la_code, person_pseudonym,
    bool_or(setting = 'nursing') as has_nursing, bool_or(setting = 'residential') as has_residential,
    bool_or(setting = 'community') as has_community, bool_or(setting = 'prison') as has_prison,
    bool_or(setting = 'community' and coalesce(mechanism = 'direct_payment', false)) as has_direct_payment,
    bool_or(setting = 'community' and coalesce(mechanism = 'managed', false)) as has_managed,
    bool_or(setting = 'community' and coalesce(mechanism = 'commissioned', false)) as has_commissioned
  from {scope} group by la_code, person_pseudonym
),
parted as (
  select person.*, coalesce({part}, false) as has_part from person left join same_day using (la_code, person_pseudonym)
)
select la_code, person_pseudonym, case
{columns}
    end as column_id
from parted"""
    return Step(f"placed_{table_id.lower()}", sql)


def people_step(definition: Lts001Definition, period_end: date) -> Step:
    """One row per (table, authority, person): column, age in completed years, band (null: not counted), support reason."""
    union = "\n  union all\n".join(
        f"  select {literal(table)} as table_id, * from placed_{table.lower()}" for table in TABLES
    )
    sql = f"""
with placed as (
{union}
),
aged as (
  select placed.*, {age_from_birth_month_sql("birth_month", "$period_end")} as age_years
  from placed left join care_people using (la_code, person_pseudonym)
)
select aged.*, {age_band_sql("age_years", definition.age_bands)} as age_band,
  coalesce(support_reason, {literal(definition.primary_support_reason_not_known)}) as primary_support_reason
from aged left join support_reasons using (la_code, person_pseudonym)
order by table_id, la_code, person_pseudonym"""
    return Step("lts001_people", sql, {"period_end": period_end})


def counts_step(definition: Lts001Definition) -> Step:
    """One row per cell, total included: exact people, zero where nobody stands. The order is that of publication.

    Grain: table, authority, row (a reason in a band, a band's subtotal, the grand total), column (or ``total``).
    """
    sql = f"""
with counted as (
  select table_id, la_code, coalesce(age_band, '') as age_band, coalesce(primary_support_reason, '') as reason,
    coalesce(column_id, {literal(TOTAL)}) as column_id, count(*) as people
  from lts001_people where age_band is not null
  group by grouping sets (
    (table_id, la_code, age_band, primary_support_reason, column_id),
    (table_id, la_code, age_band, primary_support_reason),
    (table_id, la_code, age_band, column_id), (table_id, la_code, age_band),
    (table_id, la_code, column_id), (table_id, la_code))
),
{_frame_sql(definition)}
select table_id, la_code, row_place, shown_band as age_band, shown_reason as primary_support_reason,
  column_place, column_id, coalesce(people, 0) as people
from frame left join counted using (table_id, la_code, age_band, reason, column_id)
order by table_id, la_code, row_place, column_place"""
    return Step("lts001_counts", sql)


def _frame_sql(definition: Lts001Definition) -> str:
    """Every cell of every table, whether anybody stands in it or not."""
    reasons = [*definition.primary_support_reasons, definition.primary_support_reason_not_known]
    rows: list[tuple[str, str, str, str]] = []
    for band in definition.age_bands:
        rows += [(band.label, reason, band.label, reason) for reason in reasons]
        rows.append((band.label, "", band.label, ALL_REASONS))
    rows.append(("", "", ALL_AGES_BAND, ALL_REASONS))
    row_values = ",\n  ".join(
        f"({place}, {', '.join(literal(part) for part in row)})" for place, row in enumerate(rows, start=1)
    )
    column_values = ", ".join(
        f"({place}, {literal(name)})"
        for place, name in enumerate([*(column.id for column in definition.columns), TOTAL], start=1)
    )
    table_values = ", ".join(f"({literal(table)})" for table in TABLES)
    return f"""rows_of (row_place, age_band, reason, shown_band, shown_reason) as (values
  {row_values}),
columns_of (column_place, column_id) as (values {column_values}),
tables_of (table_id) as (values {table_values}),
authority as (select distinct la_code from care_rows),
frame as (select * from tables_of, authority, rows_of, columns_of)"""


def wide_step(window: Window, definition: Lts001Definition) -> Step:
    """One table as published: one row per authority and row of the table, one column per setting and mechanism, exact."""
    columns = ",\n  ".join(
        f"max(people) filter (column_id = {literal(name)}) as {ident(name)}"
        for name in [*(column.id for column in definition.columns), TOTAL]
    )
    when = f"{window.start}/{window.end}" if window.start < window.end else str(window.end)
    sql = f"""
select table_id as "table", {literal(when)} as period, la_code, age_band, primary_support_reason,
  {columns}
from lts001_counts where table_id = {literal(window.table_id)}
group by table_id, la_code, row_place, age_band, primary_support_reason
order by la_code, row_place"""
    return Step(f"wide_{window.table_id.lower()}", sql)


def flow_step() -> Step:
    """One row per (authority, stage, reason): rows or people kept and left out, exact. Rows in = rows accounted for.

    ``count`` are rows or people as ``unit`` says; ``people`` stand behind them.
    """
    sql = """
with row_flow as (
  select la_code, 1 as stage, 'social care rows' as unit, coalesce(left_out, 'long-term support') as reason,
    count(*) as n, count(distinct person_pseudonym) as people
  from long_term_checked group by la_code, left_out
),
placed as (
  select la_code, 'people in ' || table_id as unit,
    case when age_years is null then 'age not known' when age_band is null then 'under 18 or outside the age bands'
      else 'counted' end as reason
  from lts001_people
),
people_flow as (
  select la_code, 2 as stage, unit, reason, count(*) as n, count(*) as people from placed group by la_code, unit, reason
)
select la_code, unit, reason, n as "count", people from (select * from row_flow union all select * from people_flow)
order by la_code, stage, unit, reason"""
    return Step("lts001_flow", sql)
