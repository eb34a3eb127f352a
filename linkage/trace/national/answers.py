"""Answers of the national service brought back to the people who were asked about: a trace table like our own.

Nothing is taken on trust: an answer must be to a reference of this request and repeat the number that was sent; of two
answers that differ neither is used. Who has no usable answer stays ``outstanding``.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, literal, open_engine
from linkage.errors import InputError, UsageError
from linkage.normalise import nhs_number
from linkage.runs import Manifest, file_record, read_manifest, staged_outputs
from linkage.trace.comparisons import COMPARED_FIELDS
from linkage.trace.national.layouts import national_files
from linkage.trace.national.request import ASKED, SEND
from linkage.trace.national.request import COMMAND as REQUEST
from linkage.trace.national.response import Answer, read_response
from linkage.trace.outcomes import outcomes
from linkage.trace.result import counted, csv_step, public_step, sensitive_step
from linkage.trace.source import TRACE_FILE, require_file

COMMAND = "trace import"
RESTRICTED = "restricted"
OUTSTANDING = "outstanding_IDENTIFIABLE.csv"
FAULTS = "response_faults.csv"
# What may be wrong with an answer, in the words of the report.
FAULT_WORDS = {
    "not_asked": "the reference is none of this request",
    "repeated": "the same answer again; it is used once",
    "contradictory": "another answer to the same reference; neither is used",
    "other_question": "the number it repeats is not the one that was sent; it is not used",
}


def import_responses(
    responses: Sequence[Path], request: Path, out: Path, *, csv: bool = False, options: EngineOptions | None = None
) -> dict[str, int]:
    """Write the trace of everybody asked about in ``request``, from all response files so far; return the counts.

    Writes ``trace.parquet`` (one row per query; with ``csv`` also ``trace.csv``), the restricted files,
    ``outstanding_IDENTIFIABLE.csv`` (who has no answer yet) and ``response_faults.csv`` (file, row, fault; no value). Raises
    UsageError when ``request`` is none, InputError when a response is unusable, names another request, or none of its answers
    is to this request.
    """
    asked = require_request(request)
    files = _response_files(responses)
    with staged_outputs(out) as staging, open_engine(options, [request.resolve(), staging]) as engine:
        engine.read_parquet("asked", [asked])
        sent = [Path(record["name"]) for record in read_manifest(request)["outputs"]]
        references = {name.stem for name in sent if name.parent.name == SEND}
        read = [read_response(path, references) for path in files]
        faults = _load_answers(engine, files, read)
        counts = _result(engine, faults)
        _write(engine, staging, csv=csv)
        inputs = [file_record(path) for path in (asked, *files)]
        Manifest(COMMAND, inputs, counts, {"answered_by": "national service"}).write(staging)
    return counts


def require_request(request: Path) -> Path:
    """The record of who was asked about in the folder of a request. Raises UsageError when it is none."""
    if read_manifest(request)["command"] != REQUEST:
        raise UsageError(f"{request}: this is no request. Give a folder that 'cldlink {REQUEST}' wrote.")
    return require_file(request / ASKED, "the record of who was asked about")


def _response_files(given: Sequence[Path]) -> list[Path]:
    """Files as given and those of given folders, in the order of their names."""
    found = [path for entry in given for path in (sorted(entry.glob("*.csv")) if entry.is_dir() else [entry])]
    if not found:
        raise UsageError("There is no response file (.csv) in the folder. Put the files there as they were received.")
    return [require_file(path, "a response") for path in found]


def _load_answers(engine: Engine, files: Sequence[Path], read: Sequence[Sequence[Answer]]) -> Counter[str]:
    """Tables ``answer`` (usable, one per reference) and ``fault``; how often each fault occurs."""
    rows = [
        (file, number, answer) for file, answers in enumerate(read) for number, answer in enumerate(answers, start=1)
    ]
    engine.register("read", _table(rows, files))
    engine.run_all([_sent_step(), _judged_step()])
    faults = dict(engine.rows(Step("count_faults", "select fault, count(*) from judged group by 1 order by 1")))
    if not faults.get(None) and rows:
        raise InputError("None of the answers is to this request. Give the responses to this request's files.")
    return Counter({name: faults.get(name, 0) for name in FAULT_WORDS})


def _table(rows: Sequence[tuple[int, int, Answer]], files: Sequence[Path]) -> pa.Table:
    columns = {
        "file": [files[file].name for file, _, _ in rows],
        "row_number": [number for _, number, _ in rows],
        "place": list(range(len(rows))),
        "unique_reference": [answer.reference for *_, answer in rows],
        "asked_nhs_number": [answer.asked_nhs_number or None for *_, answer in rows],
        "matched": [answer.matched for *_, answer in rows],
        "answered": [answer.outcome for *_, answer in rows],
        "sensitive": [answer.sensitive for *_, answer in rows],
        "code": [answer.code for *_, answer in rows],
        "indicator": [answer.indicator for *_, answer in rows],
        "confidence": [answer.confidence or None for *_, answer in rows],
        "mps_id": [answer.mps_id or None for *_, answer in rows],
        "date_of_birth": [answer.fields["DATE_OF_BIRTH"] or None for *_, answer in rows],
        "gp_practice_code": [answer.fields["GP_PRACTICE_CODE"] or None for *_, answer in rows],
        "date_of_death": [answer.fields["DATE_OF_DEATH"] or None for *_, answer in rows],
        "content": [hash(answer.content) for *_, answer in rows],
    }
    kinds = {"row_number": pa.int64(), "place": pa.int64(), "content": pa.int64(), "sensitive": pa.bool_()}
    return pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})


def _sent_step() -> Step:
    """One row per reference of the request, with the number that was sent."""
    return Step(
        "sent",
        """
select unique_reference, any_value(nhs_number_sent) as nhs_number_sent from asked
where unique_reference is not null group by 1""",
    )


def _judged_step() -> Step:
    return Step(
        "judged",
        """
select r.*, case
    when s.unique_reference is null then 'not_asked'
    when r.asked_nhs_number <> s.nhs_number_sent and r.asked_nhs_number is distinct from r.matched then 'other_question'
    when count(distinct r.content) over (partition by r.unique_reference) > 1 then 'contradictory'
    when row_number() over (partition by r.unique_reference order by r.place) > 1 then 'repeated' end as fault
from "read" r left join sent s using (unique_reference)""",
    )


def _result(engine: Engine, faults: Counter[str]) -> dict[str, int]:
    engine.run(_result_step())
    return {
        "queries": engine.count("asked"),
        "answers": engine.count("read"),
        **{f"answers_{name}": count for name, count in faults.items()},
        **counted(engine),
    }


def _result_step() -> Step:
    """One row per query in the columns of our own trace table; weights and levels are null: the service gives none."""
    given = nhs_number.clean_sql("a.nhs_number_given")
    steps = national_files().steps
    named = " ".join(f"when {literal(code)} then {literal(step.name)}" for code, step in steps.items())
    says = " ".join(f"when {literal(code)} then {literal(step.says)}" for code, step in steps.items())
    leads = " ".join(f"when {literal(name)} then {literal(outcome.sentence)}" for name, outcome in outcomes().items())
    levels = ", ".join(f"cast(null as varchar) as agree_{field}" for field in COMPARED_FIELDS)
    return Step(
        "result",
        f"""
with known as (
  select a.query_id, a.nhs_number_given, a.unique_reference, {given} as given, j.* exclude (unique_reference)
  from asked a left join judged j on j.unique_reference = a.unique_reference and j.fault is null),
told as (
  select *, case
      when unique_reference is null then 'not_enough_data'
      when answered is null then 'outstanding'
      when matched is null then answered
      when answered = 'superseded' then 'superseded'
      when given is null then 'found'
      when given = matched then 'confirmed'
      else 'corrected' end as outcome
  from known)
select row_number() over (order by query_id) as query_row, query_id, nhs_number_given, matched as nhs_number, outcome,
  case when answered is null then 'none' else case indicator {named} end end as step,
  cast(null as double) as match_weight, cast(null as double) as gap, cast(null as double) as match_probability, {levels},
  coalesce(sensitive, false) as sensitive,
  case outcome {leads} end || case when matched is null then '' else
    ' (national service: ' || case indicator {says} end || ')' end || '.' as reason, cast(null as varchar) as notes,
  code, indicator, confidence, mps_id,
  case when not sensitive and matched is not null then date_of_birth end as national_date_of_birth,
  case when not sensitive and matched is not null then gp_practice_code end as national_gp_practice_code,
  case when not sensitive and matched is not null then date_of_death end as national_date_of_death
from told""",
    )


def _write(engine: Engine, staging: Path, *, csv: bool) -> None:
    (staging / RESTRICTED).mkdir()
    engine.write_parquet(public_step(), staging / TRACE_FILE)
    if csv:
        engine.write_csv(csv_step(public_step()), staging / "trace.csv")
    engine.write_parquet(sensitive_step(), staging / RESTRICTED / "sensitive.parquet")
    details = """
select query_id, code, indicator, confidence, mps_id, national_date_of_birth, national_gp_practice_code, national_date_of_death
from result where code is not null order by query_row"""
    engine.write_parquet(Step("write_details", details), staging / RESTRICTED / "national_IDENTIFIABLE.parquet")
    waiting = """
select a.query_id, a.unique_reference from asked a join result r using (query_id) where r.outcome = 'outstanding'
order by a.unique_reference, a.query_id"""
    engine.write_csv(Step("write_outstanding", waiting), staging / OUTSTANDING)
    words = " ".join(f"when {literal(name)} then {literal(text)}" for name, text in FAULT_WORDS.items())
    faults = f"""
select file, row_number, fault, case fault {words} end as meaning from judged where fault is not null order by place"""
    engine.write_csv(Step("write_faults", faults), staging / FAULTS)
