"""From local tables to rows of a submission: people, events, what becomes of every row, and the rows themselves.

``row_status`` is the reckoning: one row per row of a local table with ``status`` ``out`` (in the submission, or used by
it), ``left_out`` (by the filter named in ``detail``), ``not_needed`` or ``refused`` (``detail``: a key below).
"""

from collections.abc import Mapping, Sequence

from linkage.engine import Step, Value, ident, literal
from linkage.intake.mapping.costs import COST_FIELDS, END
from linkage.intake.mapping.faults import PERSON_SPECIFIC
from linkage.intake.mapping.project import EventTable
from linkage.intake.mapping.references import START
from linkage.spec import Field, Specification

OUTSIDE_PERIOD = "not in the reporting period"
REFUSED = {
    "no_person": "there is no person identifier",
    "unknown_person": "the person is not in the table of people",
    "no_start": "there is no start date",
    "unreadable_start_date": "the start date is no date in the format of the table",
    "unreadable_end_date": "the end date is no date in the format of the table",
}
NOT_NEEDED = {
    "same_event": "another row of the same event is used",
    "same_person": "another row of the same person is used",
    "no_event": "the person has no event in the submission",
    "another_price": "another price of the service counts: the latest known at its end",
    "later_price": "the price starts after the end of the service or of the period",
    "service_not_out": "its service is not in the submission",
}


def people_status_step(name: str, given: str) -> Step:
    """What becomes of the rows of a table of people: one row per person is used, of a merged person one that came under
    the identifier it still has, then the last in the file.
    """
    return Step(
        name,
        f"""select *, case when left_out is not null then 'left_out' when person is null then 'refused'
    when rank > 1 then 'not_needed' else 'out' end as status,
  case when left_out is not null then left_out when person is null then 'no_person' when rank > 1 then 'same_person' end as detail
from (
    select *, row_number() over (
        partition by left_out is null, person order by (person = given_person) desc, row_number desc) as rank
    from {ident(given)}
)""",
    )


def event_status_step(name: str, given: str, people: str, table: EventTable, start: Value, end: Value) -> Step:
    """What becomes of the rows of a table of events (see ``OneRow`` for several rows of one event). Events that ended
    before the period or start after it are left out: those open at any point in it are in scope (rule E06).
    """
    dated = table.event_type is not None
    absent = [] if "event_end_date" in table.fields else ["cast(null as varchar) as event_end_date"]
    absent += [] if "event_end_date" in table.fields else [f"cast(null as date) as {END}"]
    dates = "".join(f", {column}" for column in absent) if dated else ""
    grouped = f"left_out is null and refused is null, {_group_sql(table)}"
    order = "desc" if table.one_row_for and table.one_row_for.keep == "last" else "asc"
    earliest = bool(table.one_row_for and table.one_row_for.start == "earliest")
    ranked = (
        f"row_number() over (partition by {grouped} order by {f'{START} {order}, ' if dated else ''}row_number {order})"
    )
    first = f"replace (min({START}) over (partition by {grouped}) as {START})" if earliest else ""
    outside = f"{START} > cast($end as date) or {END} < cast($start as date)" if dated else "false"
    return Step(
        name,
        f"""with judged as (
    select g.*{dates}, {_refused_sql(people, dated)} as refused from {ident(given)} as g
), ranked as (
    select * {first}, {ranked} as rank from judged
)
select *, case when left_out is not null then 'left_out' when refused is not null then 'refused' when rank > 1 then 'not_needed'
        when {outside} then 'left_out' else 'out' end as status,
    case when left_out is not null then left_out when refused is not null then refused when rank > 1 then 'same_event'
        when {outside} then '{OUTSIDE_PERIOD}' end as detail
from ranked""",
        {"start": start, "end": end} if dated else {},
    )


def rows_out_step(name: str, source: str) -> Step:
    """The rows of a status table that go on."""
    return Step(name, f"select * from {ident(source)} where status = 'out'")


def submission_rows_step(
    name: str,
    *,
    specification: Specification,
    table: EventTable,
    tables: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    constants: Mapping[str, str],
) -> Step:
    """The rows of one table of events in the form of the target version: every field by id, as text.

    ``tables`` and ``columns`` are the tables in the database and the fields they have: ``events``, ``people``, ``prices``
    (if any). A person's details come from the table of events where it has them, else from the table of people. What a
    version has for some client types or event types only is blank on other rows; who pays the full cost stands on
    costed rows only.
    """
    fields: dict[str, str] = {}
    for field in specification.fields:
        fields[field.id] = _field_sql(field, table, columns, constants)
    client = fields.get("client_type", "null")
    select = []
    for field in specification.fields:
        text = fields[field.id]
        if field.client_types and client != "null" and text != "null":
            listed = ", ".join(map(literal, field.client_types))
            text = f"case when {client} is null or {client} in ({listed}) then {text} end"
        if field.id == PERSON_SPECIFIC and text != "null":
            text = f"case when {fields['unit_cost']} is not null then {text} end"
        select.append(f"cast({text} as varchar) as {ident(field.id)}")
    joined = ""
    if "prices" in tables:
        joined = f"left join {ident(tables['prices'])} as c on c.service_row = e.row_number and c.rank = 1"
    start = f"e.{START}" if table.event_type is not None else "cast(null as date)"
    columns_sql = ",\n    ".join(select)
    return Step(
        name,
        f"""select e.row_number, {start} as sorted_by, {columns_sql}
from {ident(tables["events"])} as e join {ident(tables["people"])} as p on p.person = e.person {joined}""",
        {f"of_{field_id}": value for field_id, value in constants.items()}
        | ({"event_type": table.event_type} if table.event_type else {}),
    )


def submission_step(parts: Sequence[tuple[int, str]], specification: Specification) -> Step:
    """All rows, with the position of their table; ``parts`` are positions and tables of ``submission_rows_step``."""
    columns = ", ".join(map(ident, specification.ids))
    selects = [
        f"select {int(position)} as position, row_number, sorted_by, {columns} from {ident(part)}"
        for position, part in parts
    ]
    return Step("mapped_submission", "\nunion all\n".join(selects))


def written_step(specification: Specification) -> Step:
    """The submission as it is written: headings of the version in its order; by person, start date, type, reference."""
    columns = ", ".join(f"{ident(field.id)} as {ident(field.heading)}" for field in specification.fields)
    return Step(
        "write_submission",
        f"""select {columns} from mapped_submission
order by person_unique_identifier, sorted_by nulls last, event_type, event_reference, position, row_number""",
    )


def row_status_step(
    people: Sequence[tuple[int, str, Sequence[str]]], events: Sequence[tuple[int, str]], costs: bool
) -> Step:
    """``row_status`` of every table: position, row_number, person, status, detail.

    ``people``: position, status table, and the tables of events out that use it.
    """
    selects = []
    for position, status, users in people:
        used = " union all ".join(f"select person from {ident(user)}" for user in users) or "select null"
        idle = f"status = 'out' and person not in ({used})"
        selects.append(
            f"""select {int(position)} as position, row_number, given_person as person,
    case when {idle} then 'not_needed' else status end as status, case when {idle} then 'no_event' else detail end as detail
from {ident(status)}"""
        )
    selects += [
        f"select {int(position)} as position, row_number, person, status, detail from {ident(status)}"
        for position, status in events
    ]
    if costs:
        selects.append("select position, row_number, person, status, detail from cost_status")
    return Step("row_status", "\nunion all\n".join(selects))


def _group_sql(table: EventTable) -> str:
    """What rows of one event share. A row with a blank in it is an event of its own."""
    if table.one_row_for is None:
        return "row_number"
    columns = [f"group_{number}" for number in range(len(table.one_row_for.by))]
    blank = " or ".join(f"{column} is null" for column in columns)
    return f"case when {blank} then row_number end, {', '.join(columns)}"


def _refused_sql(people: str, dated: bool) -> str:
    cases = [
        "when g.left_out is not null then null when g.person is null then 'no_person'",
        f"when g.person not in (select person from {ident(people)}) then 'unknown_person'",
    ]
    if dated:
        cases.append("when g.event_start_date is null then 'no_start'")
        cases.append(f"when g.{START} is null then 'unreadable_start_date'")
        cases.append(f"when event_end_date is not null and {END} is null then 'unreadable_end_date'")
    return f"case {' '.join(cases)} end"


def _field_sql(
    field: Field, table: EventTable, columns: Mapping[str, Sequence[str]], constants: Mapping[str, str]
) -> str:
    """SQL for a field before it is limited to client types; the text ``null`` where nothing fills it."""
    column = ident(field.id)
    if field.id in constants:
        return f"$of_{field.id}"
    if field.id == "person_unique_identifier":
        return "e.person"
    if field.id == "event_type":
        return "$event_type" if table.event_type else "null"
    if field.id in COST_FIELDS and "prices" in columns:
        return f"c.{column}"
    if field.event_types and table.event_type not in field.event_types:
        return "null"
    found = [
        f"{short}.{column}" for short, part in (("e", "events"), ("p", "people")) if field.id in columns.get(part, ())
    ]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0] if found else "null"
