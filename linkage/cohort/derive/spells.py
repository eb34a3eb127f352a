"""Spells: services that follow one another without a gap, by the running maximum of their ends."""

from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.derive.grouped import enum_sql
from linkage.engine import Step, literal

ANY_SETTING = "any"
_SETTING = enum_sql((*SETTINGS, ANY_SETTING))
OPEN_END = "date '9999-12-31'"


def numbered_sql(rows: str, by: str, gap: str) -> str:
    """SQL for every service of ``rows`` (columns ``by``, ``start_date``, ``end_date`` null while open, ``event_id``) with the
    number of its spell, ``spell_no``; open services end on ``OPEN_END``.

    A service joins the spell when it starts at most ``gap`` days after the latest end so far (1: on the next day); a short
    service inside a long one breaks nothing.
    """
    return f"""
with reached as (
  select * replace (coalesce(end_date, {OPEN_END}) as end_date),
    max(coalesce(end_date, {OPEN_END})) over (partition by {by} order by start_date, event_id
      rows between unbounded preceding and 1 preceding) as reached_date
  from {rows}
)
select * exclude (reached_date), cast(count(*) filter (reached_date is null or start_date - reached_date > {gap}) over (
    partition by {by} order by start_date, event_id rows unbounded preceding) as integer) as spell_no
from reached"""


def spells_sql(rows: str, by: str, gap: str, *, events: str = "count(*)") -> str:
    """SQL for the spells of ``rows``, as ``numbered_sql`` has them.

    ``events``: SQL for the services of a spell; ``first_event`` is the one that began it.
    """
    return f"""
select {by}, spell_no, min(start_date) as start_date,
  nullif(max(end_date), {OPEN_END}) as end_date, cast({events} as integer) as events,
  arg_min(event_id, (start_date, event_id)) as first_event
from ({numbered_sql(rows, by, gap)}) group by {by}, spell_no"""


def setting_spell(gap_days: int) -> Step:
    """One row per (authority, person, setting, unbroken spell of long-term support of service users in that setting)."""
    rows = f"""(
    select la_code, person_key, cast(setting::varchar as {_SETTING}) as setting, start_date, end_date, event_id
    from event where setting is not null and client_type_group = 'service_user')"""
    return Step("setting_spell", spells_sql(rows, "la_code, person_key, setting", "$gap_days"), {"gap_days": gap_days})


def spell(gap_days: int) -> Step:
    """One row per (authority, person, setting, unbroken spell of long-term support of service users).

    ``setting``: nursing, residential, community, prison, and ``any`` for support of whichever setting taken together.
    ``end_date`` null: open. Source: NHS England's allowance of a day (running maximum, as DHSC's 2A and 2D).
    """
    rows = f"""(
    select la_code, person_key, cast({literal(ANY_SETTING)} as {_SETTING}) as setting, start_date, end_date,
      first_event as event_id, events from setting_spell)"""
    together = spells_sql(rows, "la_code, person_key, setting", "$gap_days", events="sum(events)")
    return Step("spell", f"select * from setting_spell union all\nselect * from ({together})", {"gap_days": gap_days})
