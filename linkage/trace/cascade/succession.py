"""Succession of NHS numbers, walked in both directions.

Table ``succession`` has one row per superseded number: ``earlier``, ``later`` (the number that replaced it) and the
timestamps ``started`` and ``ended`` of that entry, null when open.
"""

from linkage.engine import Step


def succession_step() -> Step:
    """``succession`` from ``mps_version``: what the newest version of a record says; it starts where that one ended.

    A record invalidated now names no successor.
    """
    return Step(
        "succession",
        """
with newest as (
  select * from mps_version where superseded_by is not null
  qualify row_number() over (partition by nhs_number
    order by begins desc nulls last, ends desc nulls first, superseded_by) = 1)
select nhs_number as earlier, superseded_by as later, cast(ends as timestamp) as started,
  cast(null as timestamp) as ended
from newest where nhs_number <> superseded_by and confidentiality <> 'I'""",
    )


def current_step() -> Step:
    """``mps_current``: for each superseded number the end of its chain.

    ``circular`` when the chain leads back into itself; then ``current_nhs_number`` is the least number of the circle.
    """
    return Step(
        "mps_current",
        """
with recursive walk as (
  select s.earlier as nhs_number, s.later as reached, [s.earlier] as passed, false as circular
  from succession s
  union all
  select w.nhs_number, s.later, list_append(w.passed, w.reached), list_contains(w.passed, w.reached)
  from walk w join succession s on s.earlier = w.reached where not w.circular)
select nhs_number, bool_or(circular) as circular,
  case when bool_or(circular)
    then list_min(arg_max(passed[list_position(passed, passed[-1]):], len(passed)))
    else arg_max(reached, len(passed)) end as current_nhs_number
from walk group by nhs_number""",
    )


def predecessor_step(numbers: str) -> Step:
    """``mps_predecessor``: every number that led to a number of table ``numbers``, at any distance, each once.

    One row per (``nhs_number``, ``earlier``) with the first start and last end of the entry; numbers of another format
    than ten digits are left out. A circle ends where it began.
    """
    return Step(
        "mps_predecessor",
        f"""
with recursive walk as (
  select s.later as nhs_number, s.earlier, s.started, s.ended, [s.later, s.earlier] as passed
  from succession s where s.later in (select nhs_number from {numbers})
  union all
  select w.nhs_number, s.earlier, s.started, s.ended, list_append(w.passed, s.earlier)
  from walk w join succession s on s.later = w.earlier where not list_contains(w.passed, s.earlier))
select nhs_number, earlier,
  case when bool_or(started is null) then null else min(started) end as started,
  case when bool_or(ended is null) then null else max(ended) end as ended
from walk where regexp_full_match(earlier, '[0-9]{{10}}') group by nhs_number, earlier""",
    )
