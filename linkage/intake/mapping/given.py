"""A local table with its columns as fields: filters applied by name, dates parsed, new identifiers in place of old ones."""

from collections.abc import Mapping, Sequence

from linkage.engine import Step, Value, ident, literal
from linkage.intake.dates import PARSED
from linkage.intake.mapping.crosswalk import LINKED, replaced_id_sql
from linkage.intake.mapping.project import Condition, LocalTable

_MONTHS = "[A-Za-z]{3}"
# What each date format is in strptime's terms, and what a text in it looks like.
_FORMATS = {
    "dd/mm/yyyy": ("%d/%m/%Y", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"),
    "yyyy-mm-dd": ("%Y-%m-%d", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "mm/dd/yyyy": ("%m/%d/%Y", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"),
    "dd-mm-yyyy": ("%d-%m-%Y", "[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}"),
    "dd.mm.yyyy": ("%d.%m.%Y", "[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}"),
    "dd-mon-yyyy": ("%d-%b-%Y", f"[0-9]{{1,2}}-{_MONTHS}-[0-9]{{4}}"),
    "dd mon yyyy": ("%d %b %Y", f"[0-9]{{1,2}} {_MONTHS} [0-9]{{4}}"),
    "yyyymmdd": ("%Y%m%d", "[0-9]{8}"),
}
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def column_sql(table: LocalTable, heading: str) -> str:
    """The column of a local table with this heading."""
    return f"t.c{table.headings.index(heading)}"


def day_sql(text: str, date_format: str) -> str:
    """SQL for the DATE that a text stands for in a format of the project, null when it is none: nothing is guessed. A time
    after it does not count. YYYY-MM-DD is understood in every format, as databases and Parquet files write it.
    """
    form, looks = _FORMATS[date_format]
    in_form = f"regexp_extract({text}, {literal(f'^({looks})(?:[ T][0-9].*)?$')}, 1)"
    iso = f"regexp_extract({text}, {literal(f'^({_ISO})(?:[ T][0-9].*)?$')}, 1)"
    return f"cast(coalesce(try_strptime({in_form}, {literal(form)}), try_strptime({iso}, '%Y-%m-%d')) as date)"


def left_out_sql(table: LocalTable) -> tuple[str, dict[str, Value]]:
    """SQL for the name of the first filter that a row meets, or null; and the values to bind."""
    values: dict[str, Value] = {}
    cases = []
    for number, condition in enumerate(table.leave_out):
        test = _condition_sql(table, condition, f"filter_{number}", values)
        values[f"filter_{number}_name"] = condition.name
        cases.append(f"when {test} then $filter_{number}_name")
    return (f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"), values


def given_step(
    name: str, source: str, table: LocalTable, dates: Sequence[str], authority: str, extra: Mapping[str, str]
) -> Step:
    """One row per row of a local table: row_number, ``left_out`` (the filter's name or null), the columns ``extra`` (name
    → heading), every field of the table as text, and a DATE column for each of the fields ``dates``.

    Identifiers (of linked persons, and ``extra['person']``) are the new ones where the table holds old ones.
    """
    left_out, values = left_out_sql(table)
    select = ["t.row_number", f"{left_out} as left_out"]
    for column, heading in extra.items():
        text = column_sql(table, heading)
        select.append(
            f"{_identifier(text, table, values, authority) if column == 'person' else text} as {ident(column)}"
        )
    for field_id in table.fields:
        text = _field_sql(table, field_id, values)
        if field_id in LINKED:
            text = _identifier(text, table, values, authority)
        select.append(f"{text} as {ident(field_id)}")
        if field_id in dates:
            select.append(f"{day_sql(text, table.date_format)} as {ident(field_id + PARSED)}")
    columns = ",\n    ".join(select)
    return Step(name, f"select {columns}\nfrom {ident(source)} as t", values)


def _field_sql(table: LocalTable, field_id: str, values: dict[str, Value]) -> str:
    if field_id in table.columns:
        return column_sql(table, table.columns[field_id])
    values[f"constant_{field_id}"] = table.constants[field_id]
    return f"cast($constant_{field_id} as varchar)"


def _identifier(text: str, table: LocalTable, values: dict[str, Value], authority: str) -> str:
    if not table.old_ids:
        return text
    values["authority"] = authority
    return replaced_id_sql(text, "$authority")


def _condition_sql(table: LocalTable, condition: Condition, key: str, values: dict[str, Value]) -> str:
    """Whether a row meets a condition; a blank meets ``blank`` and ``not_in`` only."""
    text = column_sql(table, condition.column)
    if condition.operator in ("blank", "not_blank"):
        return f"{text} is {'not ' if condition.operator == 'not_blank' else ''}null"
    if condition.operator in ("in", "not_in"):
        values[key] = list(condition.values)
        listed = f"coalesce(list_contains(${key}, {text}), false)"
        return f"not {listed}" if condition.operator == "not_in" else listed
    if condition.operator in ("before", "after"):
        values[key] = condition.values[0]
        sign = "<" if condition.operator == "before" else ">"
        return f"{day_sql(text, table.date_format)} {sign} cast(${key} as date)"
    tests = []
    for number, value in enumerate(condition.values):
        values[f"{key}_{number}"] = value
        tests.append(f"{condition.operator}({text}, ${key}_{number})")
    return f"({' or '.join(tests)})"
