"""A trace by the national cascade alone: the usual trace table, and the diagnostics in files of their own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, Step, literal
from linkage.errors import InputError, UsageError
from linkage.runs import file_record
from linkage.trace.cascade.prepare import QUERY_FIELDS
from linkage.trace.cascade.records import load_candidates, load_given_records
from linkage.trace.cascade.run import CascadeRequest, run_cascade
from linkage.trace.cascade.settings import load_cascade_settings
from linkage.trace.cascade.unmatched import BUCKET_COLUMNS, empty_bucket_step, submission_reference
from linkage.trace.comparisons import COMPARED_FIELDS
from linkage.trace.outcomes import outcomes
from linkage.trace.register import Register
from linkage.trace.result import public_step

DIAGNOSTICS, SENSITIVE_DIAGNOSTICS = "mps_diagnostics.parquet", "mps_diagnostics_sensitive.parquet"
UNMATCHED = "unmatched_IDENTIFIABLE.parquet"
EXTRA_FIELDS = tuple(field for field in QUERY_FIELDS if field in (
    "gp_practice_code", "date_of_death", "as_at_date", "local_patient_id",
))  # fmt: skip
_OPEN = (
    "code", "indicator", "person_id_type", "mps_last_step_attempted", "mps_successful_step", "pds_match_flag",
    "superseded_nhs_number_flag", "multiple_pds_matches_flag", "multiple_mps_id_matches_flag", "dob_swapped_other_year",
    "succession_broken",
)  # fmt: skip
_SCORES = (
    "mps_match_score", "family_name_algorithmic_match_score", "given_name_algorithmic_match_score",
    "dateofbirth_algorithmic_match_score", "gender_algorithmic_match_score", "postcode_algorithmic_match_score",
)  # fmt: skip
_WITHHELD = ("matched_nhs_no", "mps_id", "person_id", "nhs_number_history_list", *_SCORES)
_IN_TRACE = ("mps_last_step_attempted", "mps_successful_step", *_SCORES)


@dataclass(frozen=True)
class Submission:
    """What a cascade is told of the file: the as-at date, what stands for it in ids, and earlier unmatched records."""

    as_at: date
    reference: str
    unmatched: Path | None = None


def trace_by_cascade(engine: Engine, register: Register, submission: Submission) -> None:
    """Make ``result`` (the trace table with everything) and ``mps_diagnosed`` from ``query_source`` and ``query``.

    Raises UsageError when the register's postcodes are plain text, InputError when ``unmatched`` is not our file.
    """
    if register.postcode_as == "text":
        raise UsageError("The profile mps needs British postcodes; this register was built with --postcode-as text.")
    _load_bucket(engine, submission.unmatched)
    fields = ", ".join(QUERY_FIELDS)
    engine.run(Step("query_mps", f"select query_row, query_id, {fields} from query_source"))
    load_given_records(engine, register)
    request = CascadeRequest(submission.as_at, submission.reference)
    run_cascade(engine, request, lambda: load_candidates(engine, register))
    engine.run(_result_step())


def public_mps_step() -> Step:
    """The trace table as it may leave, the diagnostics columns of a response at its end."""
    shown = ", ".join(f"case when not r.sensitive then r.{column} end as {column}" for column in _IN_TRACE)
    return Step(
        "write_trace",
        f"select p.*, {shown} from ({public_step().sql}) p join result r using (query_id) order by r.query_row",
    )


def reference_of(people: Path | pa.Table | None) -> str:
    """What stands for a submission in ids: from the SHA-256 of its file, or of a table's columns and values."""
    if isinstance(people, Path):
        return submission_reference(str(file_record(people)["sha256"]))
    table = (people if people is not None else pa.table({})).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return submission_reference(hashlib.sha256(sink.getvalue()).hexdigest())


def write_diagnostics(engine: Engine, folder: Path, restricted: Path) -> None:
    """Write the diagnostics, those of sensitive records apart, and the unmatched records, for the next trace."""
    listed = "query_id, local_id, request_date as as_at_date"
    kept = ", ".join(_OPEN)
    withheld = ", ".join(f"case when not sensitive then {column} end as {column}" for column in _WITHHELD)
    whole = ", ".join(_WITHHELD)
    engine.write_parquet(
        Step("write_mps", f"select {listed}, {kept}, {withheld} from mps_diagnosed order by query_row"),
        folder / DIAGNOSTICS,
    )
    engine.write_parquet(
        Step(
            "write_mps_sensitive",
            f"select {listed}, {kept}, {whole} from mps_diagnosed where sensitive order by query_row",
        ),
        restricted / SENSITIVE_DIAGNOSTICS,
    )
    engine.write_parquet(
        Step("write_unmatched", f"select {', '.join(BUCKET_COLUMNS)} from mps_bucket_all order by record_number"),
        restricted / UNMATCHED,
    )


def cascade_counts(engine: Engine) -> Mapping[str, int]:
    """Queries by successful step."""
    names = {step.name: f"step_{name}" for name, step in load_cascade_settings().steps.items()}
    rows = engine.rows(
        Step("count_steps", "select mps_successful_step, count(*) from mps_diagnosed group by 1 order by 1")
    )
    return {names[step]: count for step, count in rows if step in names}


def _load_bucket(engine: Engine, path: Path | None) -> None:
    if path is None:
        engine.run(empty_bucket_step())
        return
    engine.read_parquet("mps_bucket", [path])
    if set(engine.columns("mps_bucket")) != {*BUCKET_COLUMNS}:
        raise InputError(f"{path}: these are not unmatched records. Give restricted/{UNMATCHED} of an earlier trace.")


def _result_step() -> Step:
    """``result``: one row per query, in the columns of every trace and the diagnostics. Weights and levels are null."""
    levels = "".join(f"cast(null as varchar) as agree_{field}, " for field in COMPARED_FIELDS)
    leads = " ".join(f"when {literal(name)} then {literal(outcome.sentence)}" for name, outcome in outcomes().items())
    steps = " ".join(
        f"when {literal(name)} then {literal('. ' + step.sentence)}"
        for name, step in load_cascade_settings().steps.items()
    )
    return Step(
        "result",
        f"""
select d.query_row, d.query_id, q.nhs_number_given, case when d.returned then d.matched_nhs_no end as nhs_number,
  d.outcome, d.step, cast(null as double) as match_weight, cast(null as double) as gap,
  cast(null as double) as match_probability, {levels}d.sensitive,
  case d.outcome {leads} end || case d.successful {steps} else '' end || '.' as reason, cast(null as varchar) as notes,
  {", ".join(f"d.{column}" for column in _IN_TRACE)}
from mps_diagnosed d join query_source q using (query_row)""",
    )
