"""Decisions obeyed by a trace: a rejected link is not made again, an accepted one is kept.

The evidence of a link is the agreement level of each compared field. When a rejected link comes up again with other levels
(the authority or the register has changed a detail since) it is made, and the reason says what changed; with the same levels
the outcome is ``rejected``. A link that was accepted is kept when the trace alone leads to nobody; when it leads to somebody
else the outcome is ``conflict`` and no number leaves. A decision on a number that has been replaced since holds for the
current one. Of a record that has been invalidated nothing is kept.

A national answer or the national cascade gives no levels: then nothing is known to have changed. Without a register, what the
answer itself says of numbers that were replaced, are sensitive or invalidated counts. Who is ``outstanding`` is left as they are.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, Value, ident, literal, open_engine
from linkage.feedback.decisions import Decision, standing_decisions
from linkage.feedback.details import DETAILS, NATIONAL, undamaged
from linkage.feedback.traced import SENSITIVE
from linkage.normalise import nhs_number
from linkage.runs import Manifest, file_record, read_manifest, staged_outputs
from linkage.trace.comparisons import COMPARED_FIELDS
from linkage.trace.outcomes import outcomes
from linkage.trace.register import standing
from linkage.trace.result import counted, guarded_sql, read_trace
from linkage.trace.source import TRACE_FILE

_CORE = ("query_id", "nhs_number_given", "nhs_number", "outcome", "step", "sensitive", "reason")
_SENSITIVE_REASON = "The record is marked sensitive: see the restricted file"
_CSV = "trace.csv"


@dataclass(frozen=True)
class Obeyed:
    """The trace after the decisions, and its counts."""

    table: pa.Table
    counts: dict[str, int]


def obey(
    traced: Path, decisions: Path, register: Path | None, out: Path, options: EngineOptions | None = None
) -> Obeyed:
    """Write the trace of folder ``traced`` to ``out`` with the standing decisions obeyed; rows in equal rows out.

    ``register`` may be left out of the trace of a national answer only. Raises InputError when it is damaged.
    """
    manifest = read_manifest(traced)
    with staged_outputs(out) as staging:
        _copy_others(traced, staging)
        folders = [traced.resolve(), *([register.resolve()] if register else []), staging]
        with open_engine(options, folders) as engine:
            _load(engine, traced, standing_decisions(decisions), register)
            engine.run_all([_matched_step(), _verdict_step(), _result_step(engine.columns("trace"))])
            public = _public_step(engine.columns("trace"))
            engine.write_parquet(public, staging / TRACE_FILE)
            (staging / SENSITIVE).parent.mkdir(exist_ok=True)
            engine.write_parquet(_sensitive_step(), staging / SENSITIVE)
            if (traced / NATIONAL).is_file():
                engine.read_parquet("national", [traced / NATIONAL])
                engine.write_parquet(_national_step(), staging / NATIONAL)
            if (traced / _CSV).is_file():
                texts = ", ".join(f"{guarded_sql(name)} as {name}" for name in ("query_id", "nhs_number_given"))
                engine.write_csv(Step("write_csv", f"select * replace ({texts}) from ({public.sql})"), staging / _CSV)
            counts = _counts(engine, manifest["counts"])
            table = engine.arrow(public)
        inputs = [*manifest["inputs"], file_record(decisions)]
        Manifest(manifest["command"], inputs, counts, manifest["settings"]).write(staging)
    return Obeyed(table, counts)


def _copy_others(source: Path, target: Path) -> None:
    """Every file of the trace that decisions do not change."""
    changed = {TRACE_FILE, _CSV, SENSITIVE.as_posix(), NATIONAL.as_posix(), "manifest.json"}
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and name.as_posix() not in changed:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)


def _load(engine: Engine, traced: Path, decisions: Sequence[Decision], register: Path | None) -> None:
    """Tables ``trace`` (all rows, numbers of sensitive records included, with their place) and ``decided``."""
    read_trace(engine, "public_trace", traced / TRACE_FILE)
    has_restricted = (traced / SENSITIVE).is_file()
    read_trace(engine, "restricted_trace", traced / SENSITIVE if has_restricted else traced / TRACE_FILE)
    columns = [ident(name) for name in engine.columns("public_trace")]
    whole = ", ".join(
        f"case when p.sensitive and s.query_id is not null then s.{c} else p.{c} end as {c}" for c in columns
    )
    engine.run(
        Step(
            "trace",
            f"""
select p.place, {whole} from (select row_number() over () as place, * from public_trace) p
left join restricted_trace s on p.sensitive and s.sensitive and s.query_id = p.query_id""",
        )
    )
    engine.drop("public_trace", "restricted_trace")
    engine.register("decision", _decision_table(decisions))
    people, files = standing(register) if register else (_told_by_answer(), {})
    with undamaged(register):
        engine.run(_decided_step(people, files))


def _decided_step(people: str, files: Mapping[str, Value]) -> Step:
    return Step(
        "decided",
        f"""
with person as ({people})
select d.* replace (coalesce(p.current_nhs_number, d.nhs_number) as nhs_number),
  coalesce(c.sensitive, false) as person_sensitive, c.nhs_number is not null and not c.invalidated as person_there
from decision d
left join person p on p.nhs_number = d.nhs_number
left join person c on c.nhs_number = coalesce(p.current_nhs_number, d.nhs_number)""",
        files,
    )


def _told_by_answer() -> str:
    """The standing of the numbers decided on, by what the trace itself says; in the columns of ``standing``."""
    given = nhs_number.clean_sql("nhs_number_given")
    return f"""
with answered as (select {given} as given, * from trace),
replaced as (
  select given, min(nhs_number) as current_nhs_number from answered
  where outcome = 'superseded' and given is not null group by 1),
known as (select nhs_number from decision union select current_nhs_number from replaced)
select k.nhs_number, coalesce(r.current_nhs_number, k.nhs_number) as current_nhs_number,
  k.nhs_number in (select nhs_number from trace where sensitive and nhs_number is not null) as sensitive,
  k.nhs_number in (select given from answered where outcome = 'invalidated' and given is not null) as invalidated
from known k left join replaced r on r.given = k.nhs_number"""


def _decision_table(decisions: Sequence[Decision]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "query_id": [decision.query_id for decision in decisions],
        "nhs_number": [decision.nhs_number for decision in decisions],
        "decision": [decision.decision for decision in decisions],
        "decided_on": [decision.on for decision in decisions],
    }
    for field in COMPARED_FIELDS:
        columns[f"then_{field}"] = [decision.evidence.get(field) for decision in decisions]
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _matched_step() -> Step:
    """By query: the rejection of the very number that was found, with what changed since, and the accepted number."""
    levels = (", ".join(f"{prefix}_{field}" for field in COMPARED_FIELDS) for prefix in ("d.then", "t.agree"))
    told = " and ".join(f"coalesce({listed}) is not null" for listed in levels)
    names = ", ".join(
        f"case when {told} and d.then_{field} is distinct from t.agree_{field} then {literal(field.replace('_', ' '))} end"
        for field in COMPARED_FIELDS
    )
    return Step(
        "matched",
        f"""
with rejected as (
  select t.query_id, max(d.decided_on) as rejected_on,
    first(array_to_string(list_filter([{names}], lambda x: x is not null), ', ') order by d.decided_on desc) as since
  from trace t join decided d on d.query_id = t.query_id and d.nhs_number = t.nhs_number and d.decision = 'reject'
  group by 1),
accepted as (
  select query_id, arg_max(struct_pack(nhs_number, person_sensitive, person_there, decided_on), decided_on) as kept
  from decided where decision = 'accept' group by 1)
select t.query_id, r.rejected_on, r.since, a.kept.nhs_number as kept_number, a.kept.person_sensitive as kept_sensitive,
  a.kept.person_there as kept_there, a.kept.decided_on as accepted_on
from trace t left join rejected r using (query_id) left join accepted a using (query_id)""",
    )


def _verdict_step() -> Step:
    """One word per query: what the decisions do to it."""
    return Step(
        "verdict",
        """
select t.query_id, m.* exclude (query_id), case
    when m.rejected_on is not null and m.since = '' and not coalesce(m.kept_there, false) then 'rejected'
    when m.rejected_on is not null and m.since <> '' then 'made_again'
    when m.kept_number is null or t.outcome in ('invalidated', 'outstanding') then 'none'
    when m.rejected_on is not null then 'kept'
    when t.nhs_number = m.kept_number then 'agreed'
    when t.nhs_number is not null then 'contradicted'
    when m.kept_there then 'kept'
    else 'gone' end as verdict
from trace t join matched m using (query_id)""",
    )


def _result_step(columns: Sequence[str]) -> Step:
    """``result``: the trace with the verdicts applied. A withheld link leaves nothing of its person behind."""
    given = nhs_number.clean_sql("t.nhs_number_given")
    changed = {
        "nhs_number": "case when v.verdict = 'kept' then v.kept_number when withheld then null else t.nhs_number end",
        "outcome": "case v.verdict when 'rejected' then 'rejected' when 'contradicted' then 'conflict' when 'kept' then "
        f"case when {given} is null then 'found' when {given} = v.kept_number then 'confirmed' else 'corrected' end "
        "else t.outcome end",
        "step": "case when v.verdict = 'kept' then 'accepted' else t.step end",
        "sensitive": "case when v.verdict = 'kept' then v.kept_sensitive else t.sensitive and not withheld end",
        "reason": _reason_sql(),
    }
    listed = []
    for name in columns:
        if name in changed:
            listed.append(f"{changed[name]} as {name}")
        elif name in (*_CORE, "place"):
            listed.append(f"t.{name}")
        else:
            listed.append(f"case when not withheld and v.verdict <> 'kept' then t.{ident(name)} end as {ident(name)}")
    return Step(
        "result",
        f"""
select {", ".join(listed)}
from trace t join (select *, verdict in ('rejected', 'contradicted') as withheld from verdict) v using (query_id)""",
    )


def _reason_sql() -> str:
    said = literal(f"{outcomes()['rejected'].sentence}.")
    return f"""case v.verdict
  when 'rejected' then {said}
  when 'made_again' then t.reason || ' It was rejected on ' || v.rejected_on || '; since then has changed: ' || v.since || '.'
  when 'agreed' then t.reason || ' It was accepted on ' || v.accepted_on || '.'
  when 'contradicted' then 'The person found is not the one that was accepted on ' || v.accepted_on || '.'
  when 'kept' then 'The link was accepted on ' || v.accepted_on || '; the details alone lead to nobody.'
  when 'gone' then t.reason || ' The person accepted on ' || v.accepted_on || ' is no longer to be found in the register.'
  else t.reason end"""


def _public_step(columns: Sequence[str]) -> Step:
    """The trace as it may leave: nothing of the register for a record marked sensitive."""
    shown = []
    for name in columns:
        if name == "reason":
            shown.append(f"case when sensitive then {literal(_SENSITIVE_REASON)} else reason end as reason")
        elif name in ("query_id", "nhs_number_given", "outcome", "step", "sensitive"):
            shown.append(name)
        elif name != "place":
            shown.append(f"case when not sensitive then {ident(name)} end as {ident(name)}")
    return Step("write_trace", f"select {', '.join(shown)} from result order by place")


def _sensitive_step() -> Step:
    return Step("write_sensitive", "select * exclude (place) from result where sensitive order by place")


def _national_step() -> Step:
    """The national answers as they were; of a person whose link is not theirs, none of the details that they give."""
    details = ", ".join(
        f"case when v.verdict not in ('rejected', 'contradicted', 'kept') then n.national_{name} end as national_{name}"
        for name in DETAILS
    )
    return Step(
        "write_national",
        f"select n.* replace ({details}) from national n join verdict v using (query_id) order by n.query_id",
    )


def _counts(engine: Engine, before: dict[str, int]) -> dict[str, int]:
    """The counts of the trace with the outcomes as they are now, and how often each kind of decision was obeyed."""
    obeyed = engine.rows(
        Step("count_verdicts", "select verdict, count(*) from verdict where verdict <> 'none' group by 1 order by 1")
    )
    kept = {name: count for name, count in before.items() if not name.startswith(("outcome_", "withheld_", "note_"))}
    return {
        **kept,
        **counted(engine),
        **{f"decisions_{verdict}": count for verdict, count in obeyed},
    }
