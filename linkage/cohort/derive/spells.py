"""Spells: services that follow one another without a gap, by the running maximum of their ends."""

from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.derive.grouped import enum_sql
from linkage.engine import Step, literal

ANY_SETTING = "any"
_SETTING = enum_sql((*SETTINGS, ANY_SETTING))
OPEN_END = "date '9999-12-31'"


def spells_sql(rows: str, by: str, gap: str) -> str:
    """SQL for the spells of ``rows`` (columns ``by``, ``start_date``, ``end_date`` null while open, ``event_id``).

    A service joins the spell when it starts at most ``gap`` days after the latest end so far (1: on the next day); a short
    service inside a long one breaks nothing. Only services that begin a spell are kept, ``first_event``: the latest end before
    the next of them is the end of a spell, the last spell has the latest end of all. To number services and to group them
    would sort them twice.
    """
    end = f"coalesce(end_date, {OPEN_END})"
    return f"""
with reached as (
  select {by}, start_date, event_id, max({end}) over everything as last_end, max({end}) over earlier as reached_date
  from {rows}
  window everything as (partition by {by}),
    earlier as (partition by {by} order by start_date, event_id rows between unbounded preceding and 1 preceding)
),
begun as (select * from reached where reached_date is null or start_date - reached_date > {gap})
select {by}, start_date, nullif(coalesce(lead(reached_date) over spell, last_end), {OPEN_END}) as end_date,
  event_id as first_event
from begun window spell as (partition by {by} order by start_date)"""


def setting_spell(gap_days: int, events: str = "event") -> Step:
    """One row per (authority, person, setting, unbroken spell of long-term support of service users in that setting).

    ``events``: a table like ``event``, or SQL for one.
    """
    rows = f"""(
    select la_code, person_key, setting, start_date, end_date, event_id
    from {events} where setting is not null and client_type_group = 'service_user')"""
    return Step("setting_spell", spells_sql(rows, "la_code, person_key, setting", "$gap_days"), {"gap_days": gap_days})


def spell(gap_days: int) -> Step:
    """One row per (authority, person, setting, unbroken spell of long-term support of service users).

    ``setting``: nursing, residential, community, prison, and ``any`` for support of whichever setting taken together.
    ``end_date`` null: open. Source: NHS England's allowance of a day (running maximum, as DHSC's 2A and 2D).
    """
    rows = "(select la_code, person_key, start_date, end_date, first_event as event_id from setting_spell)"
    together = spells_sql(rows, "la_code, person_key", "$gap_days")
    sql = f"""
select * replace (cast(setting::varchar as {_SETTING}) as setting) from setting_spell
union all
select la_code, person_key, {literal(ANY_SETTING)}, start_date, end_date, first_event from ({together})"""
    return Step("spell", sql, {"gap_days": gap_days})
