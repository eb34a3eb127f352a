"""A submission with one fault repaired, for each fault: the rows of the people it touches, ready for LTS001.

Each variation stands as an authority of its own (its fault's number in ``la_code``, ``0`` for the file as it is), so that
one run of the derivation answers all. Only people whose rows change are in a variation: nobody else can move.
"""

from collections.abc import Sequence
from datetime import date

from linkage.engine import Engine, Step, ident, literal
from linkage.intake.dates import DISPLAY, PARSED
from linkage.normalise import nhs_number
from linkage.quality.faults import DATED_FIELDS, LISTED_FIELDS, Fault, repair_entries
from linkage.spec import Specification

AS_IT_IS = "0"
_PERSON = "person_unique_identifier"
_SUGGESTED_DAY = f"cast(try_strptime(f.suggestion, {literal(DISPLAY)}) as date)"
_VALUE = "select f.fault, f.row_number, {value} as value, {day} as day, false as left_out from fault_findings as f"


def make_variations(engine: Engine, faults: Sequence[Fault], specification: Specification) -> tuple[Fault, ...]:
    """Make ``social_care`` of the submission as it is and of each repair; return the faults that have a repair.

    Needs the tables of a check and ``fault_findings``. Leaves ``touched`` (fault, person): whose rows a repair changes.
    """
    repaired = tuple(fault for fault in faults if fault.is_suggested or fault.entry)
    engine.run(counted_step(specification))
    engine.run(repair_values_step(repaired, specification))
    engine.run(same_persons_step(repaired))
    engine.run(touched_step())
    engine.run(variations_step(repaired, specification, engine))
    engine.drop("repair_values", "counted")
    return repaired


def counted_step(specification: Specification) -> Step:
    """The submission as LTS001 counts it: one row per readable row, its dates, and its list values.

    A value whose wording is an error (F09) is none: only the wording of the specification counts at the centre. One that
    is only warned of, such as the guidance's wording, counts as the value that is meant.
    """
    texts = [name for name in LISTED_FIELDS if specification.has(name)]
    likes = {entry.like for entry in repair_entries() if entry.like and specification.has(entry.like)} - set(texts)
    others = [*sorted(likes), *(name + PARSED for name in DATED_FIELDS)]
    wrong = ", ".join(f"bool_or(h.id = {literal(name)}) as {ident(name)}" for name in texts)
    columns = [
        f"case when coalesce(w.{ident(name)}, false) then null else s.{ident(name)} end as {ident(name)}"
        for name in texts
    ]
    columns += [f"cast(null as varchar) as {ident(name)}" for name in LISTED_FIELDS if name not in texts]
    columns += [f"s.{ident(name)}" for name in ("row_number", _PERSON, "nhs_number", *others)]
    return Step(
        "counted",
        f"""select {", ".join(columns)} from submission as s left join (
    select f.row_number, {wrong} from findings as f join field_headings as h on h.heading = f.field
    where f.rule = 'F09' and f.severity = 'E' group by f.row_number
) as w on w.row_number = s.row_number""",
    )


def repair_values_step(faults: Sequence[Fault], specification: Specification) -> Step:
    """One row per fault and row that its repair changes: the new text and DATE, or that the row is left out."""
    selects = [select for fault in faults for select in _repairs(fault, specification)]
    nothing = _VALUE.format(value="cast(null as varchar)", day="cast(null as date)") + " where false"
    return Step("repair_values", "\nunion all\n".join(selects or [nothing]))


def same_persons_step(faults: Sequence[Fault]) -> Step:
    """One row per fault and person identifier that shares a valid NHS Number with others: the first of them stands for all."""
    numbers = [fault.number for fault in faults if fault.entry and fault.entry.repair == "one_person"]
    return Step(
        "same_persons",
        f"""select fault, person, min(first_person) as person_kept from (
    select f.fault, s.{_PERSON} as person,
        min(s.{_PERSON}) over (partition by f.fault, {nhs_number.clean_sql("s.nhs_number")}) as first_person
    from fault_findings as f join counted as s on s.row_number = f.row_number
    where list_contains($numbers, f.fault) and s.{_PERSON} is not null
) group by fault, person""",
        {"numbers": numbers},
    )


def touched_step() -> Step:
    """One row per fault and person whose rows its repair changes."""
    return Step(
        "touched",
        f"""select distinct r.fault, s.{_PERSON} as person
from repair_values as r join counted as s on s.row_number = r.row_number where s.{_PERSON} is not null
union
select fault, person from same_persons""",
    )


def variations_step(faults: Sequence[Fault], specification: Specification, engine: Engine) -> Step:
    """``social_care``: the rows of the file as it is, then those of the touched people of each fault, repaired.

    Rows that a rule leaves out stay out, but for those left out by the very rule that is repaired.
    """
    stated = specification.has("client_type") and bool(
        engine.value(Step("client_types", "select count(client_type) from submission"))
    )
    as_it_is = ", ".join(_columns(stated, {}, "s." + _PERSON))
    of_field = {
        name: [fault.number for fault in faults if fault.field == name] for name in (*LISTED_FIELDS, *DATED_FIELDS)
    }
    repaired = ", ".join(_columns(stated, of_field, f"coalesce(same.person_kept, s.{_PERSON})"))
    rules = "(" + ", ".join(f"({fault.number}, {literal(fault.rule)})" for fault in faults) + ")" if faults else ""
    sql = f"""select {literal(AS_IT_IS)} as la_code, {as_it_is}
from counted as s cross join submission_facts as facts
where s.row_number not in (select row_number from rejected_rows)"""
    if faults:
        sql += f"""
union all
select cast(t.fault as varchar) as la_code, {repaired}
from touched as t join counted as s on s.{_PERSON} = t.person cross join submission_facts as facts
join (values {rules[1:-1]}) as repaired_rule (fault, rule) on repaired_rule.fault = t.fault
left join repair_values as r on r.fault = t.fault and r.row_number = s.row_number
left join same_persons as same on same.fault = t.fault and same.person = t.person
left join rejected_rows as rejected on rejected.row_number = s.row_number
where not coalesce(r.left_out, false)
    and (rejected.row_number is null or (r.row_number is not null and rejected.rule = repaired_rule.rule))"""
    return Step("social_care", sql)


def _columns(stated: bool, of_field: dict[str, list[int]], person: str) -> list[str]:
    """The columns that long-term support is derived from, with the repaired value where a fault is one of the field."""
    columns = [
        "facts.period_start as reporting_period_start_date",
        "facts.period_end as reporting_period_end_date",
        f"{person} as person_pseudonym",
        "'local' as person_id_type",
    ]
    for name in LISTED_FIELDS:
        text = _repaired(f"s.{ident(name)}", "r.value", of_field.get(name, []))
        if name == "client_type" and stated:
            text = f"coalesce({text}, 'not stated')"
        columns.append(f"{text} as {ident(name)}")
    for name in DATED_FIELDS:
        day = _repaired(f"s.{ident(name + PARSED)}", "r.day", of_field.get(name, []))
        columns.append(f"strftime({day}, '%Y-%m') as birth_month" if name == "date_of_birth" else f"{day} as {name}")
    return columns


def _repaired(column: str, new: str, numbers: list[int]) -> str:
    if not numbers:
        return column
    return f"case when r.row_number is not null and t.fault in ({', '.join(map(str, numbers))}) then {new} else {column} end"


def _repairs(fault: Fault, specification: Specification) -> list[str]:
    """The selects of a fault's repairs: to the suggestion where there is one, and as its entry says elsewhere."""
    selects = [_suggested(fault, specification)] if fault.is_suggested else []
    if fault.entry and fault.entry.repair != "one_person":
        without = "f.suggestion is null" if fault.is_suggested else "true"
        selects.append(f"{_assumed(fault, specification)} and {without}")
    return selects


def _suggested(fault: Fault, specification: Specification) -> str:
    field = specification.field(str(fault.field))
    change = f"s.{ident(field.id)} is distinct from f.suggestion"
    if field.value_list:
        usable = f"f.suggestion in ({', '.join(map(literal, field.value_list.names))}) and {change}"
    else:
        usable = f"{_SUGGESTED_DAY} is distinct from s.{ident(field.id + PARSED)}"
    day = "cast(null as date)" if field.value_list else _SUGGESTED_DAY
    return f"""{_VALUE.format(value="f.suggestion", day=day)} join counted as s on s.row_number = f.row_number
where f.fault = {fault.number} and f.suggestion is not null and {usable}"""


def _assumed(fault: Fault, specification: Specification) -> str:
    entry = fault.entry
    kind = entry.repair if entry else "blank"
    value, day, joined = "cast(null as varchar)", "cast(null as date)", ""
    if kind == "leave_out":
        return f"""select f.fault, f.row_number, {value} as value, {day} as day, true as left_out from fault_findings as f
where f.fault = {fault.number}"""
    if kind == "most_common":
        value, joined = _most_common(fault, specification)
    if kind == "median":
        column = ident(str(fault.field) + PARSED)
        day = (
            f"(select quantile_disc({column}, 0.5) from counted where {column} <= (select as_at from submission_facts))"
        )
    days = {
        "period_start": "facts.period_start",
        "start_date": f"s.event_start_date{PARSED}",
        "before_end": f"greatest(facts.period_end - 1, s.event_start_date{PARSED})",
    }
    day = days.get(kind, day)
    return f"""{_VALUE.format(value=value, day=day)} join counted as s on s.row_number = f.row_number
cross join submission_facts as facts {joined} where f.fault = {fault.number}"""


def _most_common(fault: Fault, specification: Specification) -> tuple[str, str]:
    """SQL for the listed value most often given: on rows with the same value of the ``like`` field, else in the file."""
    field = specification.field(str(fault.field))
    column = ident(field.id)
    listed = f"{column} in ({', '.join(map(literal, specification.values(field.id)))})"
    usual = f"(select {column} from counted where {listed} group by {column} order by count(*) desc, {column} limit 1)"
    like = fault.entry.like if fault.entry else None
    if like is None or not specification.has(like):
        return usual, ""
    beside = ident(like)
    joined = f"""left join (
    select {beside} as beside, {column} as usual from counted where {listed} and {beside} is not null
    group by {beside}, {column} qualify row_number() over (partition by {beside} order by count(*) desc, {column}) = 1
) as alike on alike.beside = s.{beside}"""
    return f"coalesce(alike.usual, {usual})", joined


def period_of(engine: Engine) -> tuple[date | None, date | None]:
    """First and last day of the file's reporting period, None where they are not stated."""
    [(start, end)] = engine.rows(Step("read_period", "select period_start, period_end from submission_facts"))
    return start, end
