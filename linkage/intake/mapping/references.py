"""Event references for events that have none: the same event has the same reference in every quarter.

A reference is the first 16 hexadecimal digits of the SHA-256 of the table's name, the person identifier, the event type,
the start date and the columns that the project names (``reference_from``), after an ``M``. Events that are alike in all
of these are numbered: ``-2``, ``-3`` …, in the order of their other contents (what changes when an event ends comes last),
so that no two rows of a table have one reference. Numbered references hold from quarter to quarter only as long as no
event is put in between: name a column that tells such events apart.

The hash is not keyed: whoever knows a person's identifier and event can make it again. It says no more than the row it
stands on, which identifies the person anyway; a release replaces it by a keyed pseudonym.
"""

from collections.abc import Sequence

from linkage.engine import Step, ident
from linkage.intake.dates import PARSED

DIGITS = 16
_CHANGING = (
    "eligible_needs_identified",
    "review_outcomes_achieved",
    "event_description",
    "event_outcome",
    "event_end_date",
)
START = f"event_start_date{PARSED}"


def referenced_step(
    name: str, source: str, table: str, event_type: str, tie_break: Sequence[str], contents: Sequence[str]
) -> Step:
    """The rows of ``source`` (person, event_start_date_parsed, row_number …) with ``event_reference``.

    ``tie_break`` are the columns of ``reference_from``; ``contents`` the other text columns of a row.
    """
    parts = ["$table", "person", "$event_type", f"strftime({START}, '%Y-%m-%d')", *map(ident, tie_break)]
    texts = ", ".join(f"coalesce({part}, '')" for part in parts)
    order = ", ".join([*(f"{ident(column)} nulls last" for column in _stable_first(contents)), "row_number"])
    return Step(
        name,
        f"""with hashed as (
    select *, 'M' || upper(left(sha256(concat_ws(chr(31), {texts})), {DIGITS})) as hash from {ident(source)}
), numbered as (
    select *, row_number() over (partition by hash order by {order}) as number from hashed
)
select * exclude (hash, number), case when number = 1 then hash else hash || '-' || number end as event_reference
from numbered""",
        {"table": table, "event_type": event_type},
    )


def _stable_first(contents: Sequence[str]) -> list[str]:
    return [c for c in contents if c not in _CHANGING] + [c for c in _CHANGING if c in contents]
