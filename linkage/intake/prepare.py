"""The tables that the rules look at, made once from what was read.

``submission_text``: as given, one row per readable record; dropped when these are made:
``list_findings``: one row per value that is not worded as listed · ``submission``: one row per readable record, list
values in their canonical wording where it is certain, other texts without blanks at their ends, dates parsed once into
DATE columns · ``submission_facts``: one row about the file · ``latest_by_person`` and ``latest_by_client_type``: the
latest event's row of each person · ``headings``, ``unreadable_rows``, ``known_authorities``, ``authority_names``.
"""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from linkage.engine import Engine, Step, ident, literal
from linkage.intake.dates import PARSED, parsed_date_sql
from linkage.intake.read import Reading
from linkage.intake.rules.model import all_of
from linkage.intake.values import UNLISTED, Closeness, Judgement, judge_value
from linkage.spec import Specification, authorities

_MOST_COMPARED = 1_000
_LIST_VALUES = pa.schema([(name, pa.string()) for name in ("field", "value", "kind", "canonical", "suggestion")])


def prepare(engine: Engine, reading: Reading, closeness: Closeness, as_at: date) -> None:
    """Make every table of this module from a reading. ``as_at`` is the day the file is looked at."""
    specification = reading.specification
    engine.register("submission_text", reading.table)
    engine.register("headings", _headings_table(reading))
    engine.register("unreadable_rows", reading.rejects)
    engine.register("known_authorities", _authorities_table())
    engine.register("authority_names", _authority_names_table())
    judged = _judged_values(engine, specification, closeness)
    engine.register("list_values", judged)
    reworded = pc.unique(judged["field"]).to_pylist()
    engine.run(list_findings_step(reworded))
    engine.run(date_values_step(specification))
    engine.run(submission_step(specification, reworded))
    engine.drop("submission_text")
    engine.run(facts_step(as_at))
    person = "person_unique_identifier"
    by_client = [person, "client_type"] if specification.has("client_type") else [person]
    engine.run(latest_rows_step("latest_by_person", "submission", [person]))
    engine.run(latest_rows_step("latest_by_client_type", "submission", by_client))


def distinct_values_step(specification: Specification) -> Step:
    """Every value given for a list field, once for each field, the most frequent first."""
    selects = [
        f"""select {literal(field.id)} as field, {ident(field.id)} as value, count(*) as rows from submission_text
        where {ident(field.id)} is not null group by all"""
        for field in specification.list_fields
    ]
    return Step("distinct_values", "\nunion all\n".join(selects) + "\norder by field, rows desc, value")


def date_values_step(specification: Specification) -> Step:
    """Every text that stands in a date field, once, with the DATE it stands for (null when it is none)."""
    given = "\nunion\n".join(
        f"select {ident(field.id)} as text from submission_text" for field in specification.date_fields
    )
    return Step(
        "date_values", f"select text, {parsed_date_sql('text')} as day from (\n{given}\n) where text is not null"
    )


def list_findings_step(reworded: Sequence[str]) -> Step:
    """One row per value that is not worded as listed: row_number, part, field, value as given, suggestion.

    ``reworded`` are the list fields that have such values.
    """
    selects = [
        f"""select s.row_number, v.kind as part, v.field, v.value, v.suggestion from submission_text as s
        join list_values as v on v.field = {literal(field)} and v.value = s.{ident(field)}"""
        for field in reworded
    ]
    return Step("list_findings", all_of(*selects))


def submission_step(specification: Specification, reworded: Sequence[str]) -> Step:
    """The submission: row_number, every field as text (null for blank), and a DATE column for every date field.

    ``reworded`` are the list fields in which some value is not worded as listed.
    """
    joins, columns = [], ["s.row_number"]
    for field in specification.fields:
        text, other = f"s.{ident(field.id)}", ident(f"of_{field.id}")
        if field.id in reworded:
            joins.append(
                f"left join list_values as {other} on {other}.field = {literal(field.id)} and {other}.value = {text}"
            )
            text = f"coalesce({other}.canonical, {text})"
        columns.append(f"{text} as {ident(field.id)}")
    for field in specification.date_fields:
        other = ident(f"of_{field.id}")
        joins.append(f"left join date_values as {other} on {other}.text = s.{ident(field.id)}")
        columns.append(f"{other}.day as {ident(field.id + PARSED)}")
    select = ",\n    ".join(columns)
    return Step("submission", f"select {select}\nfrom submission_text as s\n" + "\n".join(joins))


def facts_step(as_at: date) -> Step:
    """One row: the most frequent LA Code and reporting period (the later on a tie), the day of the check, the rows."""
    start, end = f"reporting_period_start_date{PARSED}", f"reporting_period_end_date{PARSED}"
    return Step(
        "submission_facts",
        f"""with code as (
    select la_code from submission where la_code is not null group by la_code order by count(*) desc, la_code limit 1
), period as (
    select {start} as period_start, {end} as period_end from submission where {start} is not null and {end} is not null
    group by all order by count(*) desc, period_end desc, period_start desc limit 1
)
select (select la_code from code) as la_code, (select period_start from period) as period_start,
    (select period_end from period) as period_end, cast($as_at as date) as as_at, (select count(*) from submission) as rows""",
        {"as_at": as_at},
    )


def latest_rows_step(name: str, source: str, keys: Sequence[str], row: str = "row_number") -> Step:
    """The row of each key's latest event: by start date (rows without one are earliest), then by ``row``, which is
    unique in the source. Rows without the first key are left out.
    """
    by = ", ".join(ident(key) for key in keys)
    latest_first = f"{ident('event_start_date' + PARSED)} desc nulls last, {ident(row)} desc"
    return Step(
        name,
        f"""select * from {ident(source)} where {ident(row)} in (
    select {ident(row)} from (
        select {ident(row)}, row_number() over (partition by {by} order by {latest_first}) as rank
        from {ident(source)} where {ident(keys[0])} is not null
    ) where rank = 1
)""",
    )


def _judged_values(engine: Engine, specification: Specification, closeness: Closeness) -> pa.Table:
    """Values that are not worded as listed. Of a field with very many, the most frequent are compared for a suggestion."""
    judged: list[tuple[str, str, str, str | None, str | None]] = []
    seen: dict[str, int] = {}
    for field_id, value, _ in engine.rows(distinct_values_step(specification)):
        value_list = specification.field(field_id).value_list
        if value_list is None or value in value_list.wordings:
            continue
        seen[field_id] = seen.get(field_id, 0) + 1
        many = seen[field_id] > _MOST_COMPARED
        verdict = Judgement(UNLISTED, None, None) if many else judge_value(value_list, value, closeness)
        judged.append((field_id, value, verdict.kind, verdict.canonical, verdict.suggestion))
    return pa.Table.from_pylist(
        [dict(zip(_LIST_VALUES.names, row, strict=True)) for row in judged], schema=_LIST_VALUES
    )


def _headings_table(reading: Reading) -> pa.Table:
    """One row per column of the file, and one per missing field (without position)."""
    specification = reading.specification
    rows = [
        {
            "position": heading.position,
            "text": heading.text,
            "kind": heading.kind,
            "field_id": heading.field_id,
            "heading": specification.field(heading.field_id).heading if heading.field_id else None,
            "filled": heading.position in reading.filled,
        }
        for heading in reading.match.headings
    ]
    rows += [{"kind": "missing", "field_id": field_id} for field_id in reading.match.missing]
    texts = [(name, pa.string()) for name in ("text", "kind", "field_id", "heading")]
    return pa.Table.from_pylist(rows, schema=pa.schema([("position", pa.int64()), *texts, ("filled", pa.bool_())]))


def _authorities_table() -> pa.Table:
    names = ("code", "valid_from", "valid_to", "synthetic")
    rows = [{name: getattr(authority, name) for name in names} for authority in authorities()]
    types = (pa.string(), pa.date32(), pa.date32(), pa.bool_())
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))


def _authority_names_table() -> pa.Table:
    rows = [{"code": authority.code, "name_key": key} for authority in authorities() for key in authority.name_keys]
    return pa.Table.from_pylist(rows, schema=pa.schema([("code", pa.string()), ("name_key", pa.string())]))
