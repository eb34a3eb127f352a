"""The tables that the rules look at, made once from what was read.

``submission``: one row per readable record, list values in their canonical wording where it is certain, dates also as DATE
columns · ``list_findings``: one row per value that is not worded as listed · ``repairs``: one row per finding about how the
file was read · ``submission_facts``: one row about the file · ``latest_by_person`` and ``latest_by_client_type``: the
latest event's row of each person · ``headings``, ``unreadable_rows``, ``known_authorities``, ``authority_names``.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.engine import Engine, Step, ident
from linkage.intake.columns import TextColumn
from linkage.intake.dates import PARSED
from linkage.intake.read import Reading
from linkage.intake.records import BELOW_THE_TABLE, REASONS
from linkage.intake.values import SIMILAR, UNLISTED, Closeness, Judgement, judge_value, judge_worded, wording_key
from linkage.spec import Authority, Field, Meaning, authorities, other_wordings, successors

_MOST_COMPARED = 1_000
_LIST_FINDINGS = pa.schema(
    [("row_number", pa.int64()), *((name, pa.string()) for name in ("part", "field", "value", "suggestion"))]
)
_REPAIRS = pa.schema([("rule", pa.string()), *_LIST_FINDINGS])


def prepare(engine: Engine, reading: Reading, closeness: Closeness, as_at: date) -> None:
    """Make every table of this module from a reading. ``as_at`` is the day the file is looked at."""
    specification = reading.specification
    engine.register("headings", _headings_table(reading))
    engine.register("unreadable_rows", _unreadable(reading.rejects))
    engine.register("repairs", _repairs_table(reading))
    engine.register("known_authorities", _authorities_table())
    engine.register("authority_names", _authority_names_table())
    submission, found = _worded(reading, closeness)
    engine.register("list_findings", found)
    engine.register("submission", submission)
    engine.run(facts_step(as_at))
    person = "person_unique_identifier"
    by_client = [person, "client_type"] if specification.has("client_type") else [person]
    engine.run(latest_rows_step("latest_by_person", "submission", [person]))
    engine.run(latest_rows_step("latest_by_client_type", "submission", by_client))


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


def _worded(reading: Reading, closeness: Closeness) -> tuple[pa.Table, pa.Table]:
    """The submission with list values in their canonical wording, and one row per value that is not worded as listed."""
    columns = {name: reading.table[name] for name in reading.table.column_names}
    numbers = reading.table["row_number"].to_numpy()
    found = [_LIST_FINDINGS.empty_table()]
    others = other_wordings(reading.specification)
    for field in reading.specification.list_fields:
        column = TextColumn.of(columns[field.id])
        judged = _judged(field, column, closeness, others.get(field.id, {}), reading.choice.upcoming)
        odd = np.array([judgement is not None for judgement in judged], dtype=bool)
        if not odd.any():
            continue
        texts = column.values.to_pylist()
        meant = [judgement.canonical if judgement else None for judgement in judged]
        found.append(_list_findings(field.id, column, judged, numbers))
        columns[field.id] = column.replaced(
            pa.array([canonical or text for canonical, text in zip(meant, texts, strict=True)], pa.string())
        ).arrow()
    dates = {name: reading.days[name] for name in reading.days.column_names}
    return pa.table(columns | dates), pa.concat_tables(found)


def _judged(
    field: Field, column: TextColumn, closeness: Closeness, others: Mapping[str, Meaning], upcoming: bool
) -> list[Judgement | None]:
    """What each distinct value is, None for one worded as listed. Of very many, the most frequent are compared for a
    suggestion; one that is nearly worded as in another version is suggested what that is here.
    """
    value_list = field.value_list
    texts, judged = column.values.to_pylist(), list[Judgement | None]()
    if value_list is None:
        return [None] * len(texts)
    odd = [place for place, text in enumerate(texts) if text not in value_list.wordings]
    counts = column.counts()
    others_by_key = {wording_key(wording): meaning.value for wording, meaning in others.items()}
    compared = set(sorted(odd, key=lambda place: (-counts[place], place))[:_MOST_COMPARED])
    for place, text in enumerate(texts):
        if text in value_list.wordings:
            judged.append(None)
        elif text in others:
            judged.append(judge_worded(value_list, text, closeness, others[text], upcoming=upcoming))
        elif place in compared:
            judgement = judge_value(value_list, text, closeness)
            meant = None if judgement.canonical else others_by_key.get(wording_key(text))
            judged.append(Judgement(SIMILAR, None, meant) if meant else judgement)
        else:
            judged.append(Judgement(UNLISTED, None, None))
    return judged


def _list_findings(
    field: str, column: TextColumn, judged: list[Judgement | None], numbers: npt.NDArray[np.int64]
) -> pa.Table:
    rows = column.rows(np.array([judgement is not None for judgement in judged], dtype=bool))
    codes = pa.array(column.codes[rows], pa.int32())
    kinds = pa.array([judgement.kind if judgement else None for judgement in judged], pa.string())
    suggestions = pa.array([judgement.suggestion if judgement else None for judgement in judged], pa.string())
    fields = pa.array([field] * len(rows), pa.string())
    given = [pa.array(numbers[rows], pa.int64()), kinds.take(codes), fields, column.values.take(codes)]
    return pa.table([*given, suggestions.take(codes)], schema=_LIST_FINDINGS)


def _unreadable(rejects: pa.Table) -> pa.Table:
    """The rejects that should be events; lines below the table are told by a rule of their own."""
    return rejects.filter(pc.not_equal(rejects["reason"], REASONS[BELOW_THE_TABLE]))


def _repairs_table(reading: Reading) -> pa.Table:
    """One row per finding about how the file was read; see ``linkage.intake.repairs``."""
    rows = [
        (repair.rule, repair.row_number, repair.part, repair.field, repair.value, None) for repair in reading.repairs
    ]
    return pa.Table.from_pylist([dict(zip(_REPAIRS.names, row, strict=True)) for row in rows], schema=_REPAIRS)


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
    columns = {"code": pa.string(), "valid_from": pa.date32(), "valid_to": pa.date32(), "synthetic": pa.bool_()}
    rows = [
        {name: getattr(authority, name) for name in columns} | {"replaced_by": _replaced_by(authority)}
        for authority in authorities()
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([*columns.items(), ("replaced_by", pa.string())]))


def _replaced_by(authority: Authority) -> str | None:
    """The authorities that came in its place, each with its LA Code where that is known."""
    later = [one for one in successors() if one.predecessor == authority.code]
    return "; ".join(f"{one.name} ({one.la_code})" if one.la_code else one.name for one in later) or None


def _authority_names_table() -> pa.Table:
    rows = [{"code": authority.code, "name_key": key} for authority in authorities() for key in authority.name_keys]
    return pa.Table.from_pylist(rows, schema=pa.schema([("code", pa.string()), ("name_key", pa.string())]))
