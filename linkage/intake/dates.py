"""Dates of a submission: written dd/mm/yyyy, read also with a time or as ISO dates, never guessed.

All forms give a DATE once, when the submission table is made; how a date was written is told apart for the findings.
"""

from linkage.engine import literal

_DAY = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?"
_WRITTEN = "[0-9]{2}/[0-9]{2}/[0-9]{4}"
_MIDNIGHT = f"{_WRITTEN} 00:00(?::00(?:[.]0+)?)?"
DISPLAY = "%d/%m/%Y"

PARSED = "_parsed"
"""What follows a field's id in the name of its DATE column in the submission table."""


def parsed_date_sql(text: str) -> str:
    """SQL for the DATE a trimmed text stands for, null when it is none. A day after a month, or a date without its
    century, is no date: nothing is guessed.
    """
    day = f"regexp_extract({text}, {literal(f'^({_DAY})(?:{_TIME})?$')}, 1)"
    return f"cast(coalesce(try_strptime({day}, '%d/%m/%Y'), try_strptime({day}, '%Y-%m-%d')) as date)"


def date_part_sql(text: str, parsed: str) -> str:
    """SQL for how a date breaks the rule of writing dd/mm/yyyy: ``not_a_date``, ``written_otherwise``,
    ``midnight_time``, or null for a blank or a rightly written date.
    """
    return f"""case
        when {text} is null then null
        when {parsed} is null then 'not_a_date'
        when regexp_full_match({text}, {literal(_WRITTEN)}) then null
        when regexp_full_match({text}, {literal(_MIDNIGHT)}) then 'midnight_time'
        else 'written_otherwise' end"""


def written_date_sql(parsed: str) -> str:
    """SQL for a DATE as the specification writes it, dd/mm/yyyy."""
    return f"strftime({parsed}, {literal(DISPLAY)})"
