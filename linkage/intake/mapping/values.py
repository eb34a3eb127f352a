"""Local values → national values: by the mapping sheets, by the lists of the target version, by the project's defaults.

A value is ``mapped`` (a line of the sheet holds on the day), ``listed`` (it is worded as the target version lists it and
the sheet has no line for it), a ``default`` (the column is blank), or unmapped: ``no_line``, ``other_days`` (lines for
it, none for this day), ``undecided`` (its line has no national value) or ``not_listed`` (the field has no sheet).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.engine import Step, Value, ident, literal
from linkage.intake.dates import PARSED
from linkage.intake.mapping.project import LocalTable
from linkage.intake.mapping.sheets import LEFT_BLANK
from linkage.spec import Field

KIND = "__kind"
DEFAULT, LISTED, MAPPED = "default", "listed", "mapped"
UNMAPPED = {
    "no_line": "the sheet has no line for it",
    "other_days": "no line of the sheet holds on the day",
    "undecided": "its line has no national value yet",
    "not_listed": "it is not in the list, and the field has no mapping sheet",
}


@dataclass(frozen=True)
class TargetField:
    """A field that a table fills: its listed values (empty for any other), sheet and default, if it has them."""

    id: str
    is_date: bool
    listed: tuple[str, ...]
    sheet: str | None
    default: str | None

    @property
    def judged(self) -> bool:
        """Whether its values are looked up."""
        return bool(self.listed or self.sheet)


def target_fields(table: LocalTable, fields: Mapping[str, Field]) -> tuple[TargetField, ...]:
    """The fields of a table; ``fields`` are those it may fill, by id."""
    found = []
    for field_id in table.fields:
        field = fields[field_id]
        listed = field.value_list.names if field.value_list else ()
        found.append(
            TargetField(
                field_id, field.data_type == "date", listed, table.sheets.get(field_id), table.defaults.get(field_id)
            )
        )
    return tuple(found)


def valued_step(
    name: str, source: str, kept: Sequence[str], fields: Sequence[TargetField], day: str, *, as_given: bool
) -> Step:
    """The rows of ``source`` with national values: columns ``kept`` as they are, every field as text (dates as
    dd/mm/yyyy, or as given where they are none), and ``<field>__kind`` for what is looked up or has a default.

    ``day`` is the DATE expression (on ``t``) that validity is tested against. ``as_given``: unmapped values stand as they
    are; else the field is blank. Lines of one sheet do not overlap, so that a row stays one row.
    """
    values: dict[str, Value] = {}
    select = [f"t.{ident(column)}" for column in kept]
    joins = []
    for field in fields:
        text = f"t.{ident(field.id)}"
        if field.is_date:
            text = f"coalesce(strftime(t.{ident(field.id + PARSED)}, '%d/%m/%Y'), {text})"
        if field.sheet:
            joins.append(_join(field, day, values))
        kind = _kind_sql(field, values)
        if kind:
            select.append(f"{kind} as {ident(field.id + KIND)}")
            text = _value_sql(field, text, kind, as_given, values)
        select.append(f"{text} as {ident(field.id)}")
    columns = ",\n    ".join(select)
    return Step(name, f"select {columns}\nfrom {ident(source)} as t\n" + "\n".join(joins), values)


def value_counts_sql(
    position: int, given: str, valued: str, fields: Sequence[TargetField], values: dict[str, Value]
) -> list[str]:
    """One query per field with values that are unmapped or by default: table, field, sheet, value, kind, rows.

    ``given`` and ``valued`` are tables with one row per ``row_number``.
    """
    selects = []
    for field in fields:
        if not (field.judged or field.default):
            continue
        values[f"sheet_{position}_{field.id}"] = field.sheet
        selects.append(
            f"""select {position} as position, {literal(field.id)} as field,
    cast($sheet_{position}_{field.id} as varchar) as sheet, g.{ident(field.id)} as value,
    v.{ident(field.id + KIND)} as kind, count(*) as rows
from {ident(valued)} as v join {ident(given)} as g using (row_number)
where v.{ident(field.id + KIND)} not in ('{LISTED}', '{MAPPED}') group by all"""
        )
    return selects


def _join(field: TargetField, day: str, values: dict[str, Value]) -> str:
    values[f"sheet_{field.id}"] = field.sheet
    line = ident(f"of_{field.id}")
    return f"""left join sheet_lines as {line} on {line}.sheet = $sheet_{field.id} and {line}.local_value = t.{ident(field.id)}
    and {day} between {line}.valid_from and {line}.valid_to"""


def _kind_sql(field: TargetField, values: dict[str, Value]) -> str | None:
    """SQL for what a value is; null for a blank without a default."""
    if not (field.judged or field.default):
        return None
    text, line = f"t.{ident(field.id)}", ident(f"of_{field.id}")
    cases = [f"when {text} is null then {literal(DEFAULT) if field.default else 'null'}"]
    otherwise = "not_listed" if field.listed else LISTED
    if field.sheet:
        cases.append(f"when {line}.national_value is not null then '{MAPPED}'")
        cases.append(f"when {line}.local_value is not null then 'undecided'")
        with_lines = f"select local_value from sheet_lines where sheet = $sheet_{field.id}"
        cases.append(f"when {text} in ({with_lines}) then 'other_days'")
        otherwise = "no_line"
    if field.listed:
        values[f"listed_{field.id}"] = list(field.listed)
        cases.append(f"when list_contains($listed_{field.id}, {text}) then '{LISTED}'")
    return f"case {' '.join(cases)} else '{otherwise}' end"


def _value_sql(field: TargetField, text: str, kind: str, as_given: bool, values: dict[str, Value]) -> str:
    cases = []
    if field.default:
        values[f"default_{field.id}"] = field.default
        cases.append(f"when '{DEFAULT}' then $default_{field.id}")
    if field.sheet:
        cases.append(f"when '{MAPPED}' then nullif({ident(f'of_{field.id}')}.national_value, {literal(LEFT_BLANK)})")
    unmapped = text if as_given else "null"
    return f"case {kind} {' '.join(cases)} when '{LISTED}' then {text} else {unmapped} end"
