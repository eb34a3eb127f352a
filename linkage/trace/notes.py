"""Notes: remarks beside an outcome, read from ``configs/trace/notes.yaml``. They never change a decision."""

from collections.abc import Mapping
from functools import cache

from linkage.configs import read_packaged
from linkage.engine import Step, literal
from pseudo.config_file import ConfigModel


class _Notes(ConfigModel):
    notes: Mapping[str, str]
    number_ranges: Mapping[str, tuple[str, str]]


# The given name is less than the person's own or a familiar form of it.
_NAME_IN_PART = "coalesce(e.level_given_name not in ('exact', 'shared', 'nickname'), true)"


@cache
def notes() -> Mapping[str, str]:
    """Every note by its code, with its sentence, in the order in which they are written."""
    return _read().notes


def shared_number_step() -> Step:
    """``shared_number``: valid numbers that stand on queries with another given name or date of birth."""
    return Step(
        "shared_number",
        """
select nhs_number from query where nhs_number is not null group by nhs_number
having count(distinct given) > 1 or count(distinct dob) filter (dob_part is null) > 1""",
    )


def notes_sql(shown: str) -> str:
    """SQL of the notes of a row of ``query`` q, ``decision`` d, its evidence e and the person p: codes with a blank between, or
    null.

    What the register knows of the person is told only where ``shown`` (an accepted link) holds.
    """
    ranges = [
        f"case when q.nhs_number between {literal(first)} and {literal(last)} then {literal(code)} end"
        for code, (first, last) in _read().number_ranges.items()
    ]
    told = [
        "case when q.nhs_number_fault <> 'missing' then 'number_' || q.nhs_number_fault end",
        *ranges,
        "case when d.unknown_number then 'number_unknown' end",
        "case when q.nhs_number in (select nhs_number from shared_number) then 'number_on_several_people' end",
        "case when q.dob_part is not null then 'date_in_part' when q.dob_unread then 'date_not_read' end",
        f"case when {shown} and e.level_nhs_number = 'exact' and {_NAME_IN_PART} then 'name_in_part' end",
        f"case when {shown} and e.level_gender = 'different' then 'gender_differs' end",
        f"case when {shown} and d.child then 'under_age' end",
        f"case when {shown} and p.date_of_death is not null then 'deceased' end",
        "case when d.outcome = 'invalidated' and p.broken and not p.sensitive then 'succession_broken' end",
        f"case when {shown} and d.alike and q.nhs_number is not null then 'another_as_good' end",
        "case when d.alike and (d.outcome in ('multiple', 'conflict') or d.outcome = 'found' and not d.sensitive) "
        "then 'register_duplicate' end",
    ]
    return "nullif(concat_ws(' ', " + ", ".join(told) + "), '')"


@cache
def _read() -> _Notes:
    return read_packaged("trace/notes.yaml", _Notes)
