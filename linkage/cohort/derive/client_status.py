"""New and existing clients: who has long-term support when an event starts."""

from linkage.cohort.derive.spells import ANY_SETTING, OPEN_END
from linkage.engine import literal


def existing_clients_sql(rows: str) -> str:
    """SQL: one row per ``event_id`` of ``rows`` (la_code, person_key, event_id, start_date, setting) of an existing client.

    Long-term support of the person as a service user is open on the day on which the event starts. Support that begins on
    that very day counts; it does not where the event is itself long-term support (``setting`` not null), for nothing is
    existing by itself. Source: NHS England's replication of STS001 and STS002b, both ends inclusive; of long-term services
    themselves: design. Spells of a person do not overlap: one at most is found.
    """
    return f"""
select asked.event_id from {rows} as asked join spell using (la_code, person_key)
where spell.setting = {literal(ANY_SETTING)} and coalesce(spell.end_date, {OPEN_END}) >= asked.start_date
  and (spell.start_date < asked.start_date or spell.start_date = asked.start_date and asked.setting is null)"""
