"""Step 6, submitted wordings → one value and one group each, in the wordings of every version.

The value is the wording of the latest version (an older one where it has no successor). A wording that is ambiguous or that
nobody lists becomes ``not_mapped``; blank stays null.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from linkage.cohort.derive.settings import Hierarchy, derivation_settings, grouped_values
from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.wording import wording_key, wording_sql
from linkage.engine import Step, ident, literal
from linkage.spec import load_specification, versions

Placed = TypeVar("Placed")


@dataclass(frozen=True)
class Meaning:
    """What one wording means: its value, its group (None: nobody lists it) and its place in each outcome hierarchy."""

    value: str
    group: str | None
    ranks: Mapping[Hierarchy, int | None]


@cache
def meanings(field: str) -> Mapping[str, Meaning]:
    """Every wording of a field in every packaged version, in its comparison form, with its meaning."""
    settings = grouped_values().fields[field]
    listed = {wording: group for group, wordings in settings.groups.items() for wording in wordings}
    found: dict[str, Meaning] = {}
    for wording, later in _successors(field).items():
        value = later[-1] if later else wording
        group = _place(wording, later, listed)
        ranks = _ranks(wording, later, field) if field == "event_outcome" else {}
        found.setdefault(wording_key(wording), Meaning(value, group, ranks))
    for wording, group in listed.items():
        ranks = _ranks(wording, (), field) if field == "event_outcome" else {}
        found.setdefault(wording_key(wording), Meaning(wording, group, ranks))
    ambiguous = {wording_key(wording) for wording in settings.ambiguous}
    return {key: meaning for key, meaning in found.items() if key not in ambiguous}


def _ranks(wording: str, later: Sequence[str], field: str) -> dict[Hierarchy, int | None]:
    ranks: dict[Hierarchy, int | None] = {}
    for name, places in derivation_settings().outcome_hierarchies.items():
        listed = {one: place for place, wordings in enumerate(places, start=1) for one in wordings}
        ranks[name] = _place(wording, later, listed)
        if ranks[name] is None:  # a merged value stands where the first of those it stands for does
            stands_for = [place for one, place in listed.items() if wording in _successors(field).get(one, ())]
            ranks[name] = min(stands_for, default=None)
    return ranks


def _place(wording: str, later: Sequence[str], listed: Mapping[str, Placed]) -> Placed | None:
    """What is listed for a wording: itself first, then the nearest of its later wordings."""
    return next((listed[one] for one in (wording, *later) if one in listed), None)


@cache
def _successors(field: str) -> Mapping[str, tuple[str, ...]]:
    """Each wording of a field in any version, newest version first, with what later versions word it as, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    known = versions()
    specifications = [load_specification(version) for version in known]
    for place in reversed(range(len(known))):
        older = specifications[place]
        wordings = [*older.values(field)] if older.has(field) else []
        if older.has(field) and (value_list := older.field(field).value_list):
            wordings += sorted(value_list.understood)
        words = [newer.rewordings(older).get(field, {}) for newer in specifications[place:]]
        for wording in dict.fromkeys([*wordings, *words[-1]]):
            later = [step[wording] for step in words if wording in step]
            found.setdefault(wording, tuple(dict.fromkeys(one for one in later if one != wording)))
    return found


@cache
def values(field: str) -> tuple[str, ...]:
    """The values of a field in the order of the latest version, older ones without successor after them."""
    return tuple(dict.fromkeys(meaning.value for meaning in meanings(field).values()))


def enum_sql(names: Sequence[str]) -> str:
    """SQL for the type of a column that holds one of these texts in one or two bytes and reads as the text."""
    return f"enum({', '.join(literal(name) for name in names)})"


def value_type(field: str) -> str:
    """SQL type of a field's values."""
    return enum_sql([*values(field), grouped_values().not_mapped])


def group_type(field: str) -> str:
    """SQL type of a field's groups, in the order of ``configs/measures/grouped_values.yaml``."""
    return enum_sql([*grouped_values().fields[field].groups, grouped_values().not_mapped])


def present_columns(field: str, columns: Sequence[str]) -> list[str]:
    """The columns of a field, quoted, that a table with these columns has: the first that is filled counts."""
    return [ident(column) for column in grouped_values().fields[field].columns if column in columns]


def source_sql(field: str, columns: Sequence[str]) -> str:
    """SQL for the submitted wording of a field in a table with these columns; null where it has none of the field's."""
    present = present_columns(field, columns)
    texts = ", ".join(f"nullif(cast({column} as varchar), '')" for column in present)
    return f"coalesce({texts})" if present else "cast(null as varchar)"


def submitted_value(source: CareSource, hierarchy: Hierarchy, fields: Sequence[str]) -> Step:
    """One row per (field of these, submitted wording): its number, rows, value, group and outcome rank; without blanks.

    ``raw_no`` numbers wordings that differ by more than case and spaces; ``value_no`` numbers values. Wordings that are not
    mapped keep a ``value_no`` of their own.
    """
    scans = "\n  union all\n".join(f"  {_counted(field, source)}" for field in fields)
    known = ",\n  ".join(
        f"({literal(field)}, {literal(key)}, {literal(meaning.value)}, {_text(meaning.group)}, {_number(meaning, hierarchy)})"
        for field in fields
        for key, meaning in meanings(field).items()
    )
    unmapped = literal(grouped_values().not_mapped)
    sql = f"""
with known (field, wording, value, group_id, outcome_rank) as (values
  {known}),
scanned as (
{scans}
),
worded as (select *, {wording_sql("submitted")} as wording from scanned where submitted is not null)
select field, submitted, rows,
  cast(dense_rank() over (partition by field order by wording) as smallint) as raw_no,
  cast(dense_rank() over (partition by field order by coalesce(value, wording)) as smallint) as value_no,
  coalesce(value, {unmapped}) as value, coalesce(group_id, {unmapped}) as group_id,
  cast(outcome_rank as tinyint) as outcome_rank
from worded left join known using (field, wording)
order by field, submitted"""
    return Step("submitted_value", sql, source.values)


def _counted(field: str, source: CareSource) -> str:
    """SQL for the wordings of a field with their rows.

    The columns are grouped as they are, and joined after: a column of a Parquet file is then counted by its dictionary.
    """
    present = ", ".join(present_columns(field, source.columns))
    rows = f"(select {present}, count(*) as rows from {source.rows} group by all)" if present else "(select 0 as rows)"
    return (
        f"select {literal(field)} as field, {source_sql(field, source.columns)} as submitted, "
        f"cast(sum(rows) as bigint) as rows from {rows} group by all"
    )


def unmapped_value() -> Step:
    """One row per (field, wording) that is ambiguous or in no list, with its rows: to be looked at, as DHSC's alert is."""
    sql = f"""
select field, submitted, rows from submitted_value
where value = {literal(grouped_values().not_mapped)} order by field, rows desc, submitted"""
    return Step("unmapped_value", sql)


def _text(text: str | None) -> str:
    return "null" if text is None else literal(text)


def _number(meaning: Meaning, hierarchy: Hierarchy) -> str:
    rank = meaning.ranks.get(hierarchy)
    return "null" if rank is None else str(rank)
