"""The public Python API: what the commands call, in the order of the main job.

This module stands above the zones: it alone joins submissions with tracing, and both with a release.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.audited import Asked, asked_for, audited, manifest_hash
from linkage.engine import EngineOptions, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.feedback.decisions import decisions_beside
from linkage.feedback.obey import obey
from linkage.intake import CheckOptions, CheckResult, Consolidation, check_submission, consolidate
from linkage.intake.mapping import read_crosswalk
from linkage.runs import Manifest, alone, file_record, read_manifest, staged_outputs
from linkage.trace.queries import Queries
from linkage.trace.run import Report, TraceResult, trace_queries
from linkage.trace.settings import TraceModel, load_profile
from linkage.trace.source import ColumnMap, parse_column_map, require_file
from linkage.trace.train import train_model

if TYPE_CHECKING:
    from linkage.quality import Checked

EVENTS, PERSONS, TRACE = "events.parquet", "persons.parquet", "trace.parquet"
_CLD_HEADINGS = "person unique identifier"


@dataclass(frozen=True)
class TraceRequest:
    """How a file is to be traced; the defaults are those of the command line.

    ``asked`` says for what and for which submission, which real data need; ``decisions`` is the file of decisions to obey,
    beside the register if not given. ``as_at`` and ``unmatched`` are for the national cascade (profile ``mps``): the day for
    which records are read, today if not given, and the file of unmatched records of an earlier trace.
    """

    id_column: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    profile: str = "default"
    min_weight: float | None = None
    min_gap: float | None = None
    csv: bool = False
    synthetic: bool = False
    asked: Asked = field(default_factory=Asked)
    decisions: Path | None = None
    as_at: date | None = None
    unmatched: Path | None = None


def check(
    path: Path,
    out: Path | None = None,
    *,
    spec: str | None = None,
    synthetic: bool = False,
    options: CheckOptions | None = None,
) -> CheckResult:
    """Check one submission against its specification; write everything about it to ``out`` if given."""
    if out:
        return checked(path, out, spec=spec, synthetic=synthetic, options=options).result
    return check_submission(path, spec=spec, synthetic=synthetic, options=options or CheckOptions())


def checked(
    path: Path,
    out: Path,
    *,
    spec: str | None = None,
    synthetic: bool = False,
    options: CheckOptions | None = None,
    teams: Path | None = None,
    previous: Sequence[Path] = (),
) -> "Checked":
    """As ``check``, giving what to fix first as well.

    ``teams``: a CSV of teams by event reference or person. ``previous``: earlier submissions of the authority or the
    folders of their checks, for the trend.
    """
    from linkage.quality import check_and_report

    return check_and_report(path, out, spec=spec, synthetic=synthetic, options=options, teams=teams, previous=previous)


def consolidate_submissions(
    paths: Sequence[Path],
    out: Path,
    *,
    spec: str | None = None,
    synthetic: bool = False,
    options: CheckOptions | None = None,
    ids: Path | None = None,
) -> Consolidation:
    """Write the current record of every event (``events.parquet``) and everybody in it (``persons.parquet``) to ``out``.

    ``ids`` is a crosswalk of local person identifiers, for files from before a case system was replaced.
    """
    options = options or CheckOptions()
    crosswalk = read_crosswalk(ids) if ids else None
    with staged_outputs(out) as staging:
        with open_engine(options.engine, [*(path.resolve().parent for path in paths), staging]) as engine:
            done = consolidate(engine, paths, spec=spec, synthetic=synthetic, as_at=options.as_at, crosswalk=crosswalk)
            engine.write_parquet(
                Step("write_events", "select * from events order by la_code, submission, row_number"), staging / EVENTS
            )
            engine.write_parquet(Step("write_persons", "select * from persons order by query_id"), staging / PERSONS)
        statuses = {status.check.file: status.status for status in done.submissions}
        inputs = [file_record(path) for path in (*paths, *([ids] if ids else []))]
        Manifest("submission consolidate", inputs, done.counts, {"submissions": statuses}).write(staging)
    return done


class TraceOptions(TypedDict, total=False):
    """The options of ``cldlink trace`` by their names there."""

    id: str
    columns: Mapping[str, str]
    profile: str
    min_weight: float
    min_gap: float
    csv: bool
    synthetic: bool
    purpose: str
    submission: str
    by: str
    audit: Path
    decisions: Path
    as_at: date
    unmatched: Path


def trace(
    queries: Path | str | pd.DataFrame | pa.Table,
    register: Path | str,
    *,
    out: Path | str | None = None,
    engine: EngineOptions | None = None,
    **how: Unpack[TraceOptions],
) -> pd.DataFrame:
    """Trace people against a prepared register; return the trace table, one row per query, in the order given.

    ``queries`` is a file (a CLD submission or any CSV or Parquet) or a table with the link fields ``nhs_number``,
    ``given_name``, ``family_name``, ``date_of_birth``, ``postcode``, ``gender`` and, if wanted, ``query_id``. With ``out``
    the files of ``cldlink trace`` are written as well. ``id`` and ``columns`` name headings of the file (``columns``: field →
    heading); ``profile``, ``min_weight`` and ``min_gap`` are those of the command. ``purpose`` and ``submission`` go into the
    audit log and are needed unless the data are ``synthetic``.
    """
    settings: dict[str, Any] = dict(how)
    about = {name: settings.pop(name) for name in ("purpose", "submission", "by", "audit") if name in settings}
    settings["asked"] = Asked(**about)
    if "id" in settings:
        settings["id_column"] = settings.pop("id")
    request = TraceRequest(**settings)
    source = queries if isinstance(queries, pd.DataFrame | pa.Table) else Path(queries)
    frame: pd.DataFrame = traced(source, Path(register), Path(out) if out else None, request, engine).table.to_pandas()
    return frame


def traced(
    queries: Path | pd.DataFrame | pa.Table,
    register: Path,
    out: Path | None,
    request: TraceRequest | None = None,
    options: EngineOptions | None = None,
    report: Report | None = None,
) -> TraceResult:
    """As ``trace``, giving the table as Arrow together with the counts by step and outcome.

    Start and end have their entries in the audit log; nothing is traced without. Standing decisions are obeyed. ``report``
    is told how many parts of the work are done, and of how many.
    """
    request = request or TraceRequest()
    asked = replace(request.asked, synthetic=request.synthetic)
    asked.action("trace")
    read_manifest(register)
    with audited("trace", asked, register) as done:
        result = _traced(queries, register, out, request, options, report)
        done.counts = {name: count for name, count in result.counts.items() if type(count) is int}
        done.manifest = manifest_hash(out) if out else None
    return result


def _traced(
    queries: Path | pd.DataFrame | pa.Table,
    register: Path,
    out: Path | None,
    request: TraceRequest,
    options: EngineOptions | None,
    report: Report | None = None,
) -> TraceResult:
    changes = {"min_weight": request.min_weight, "min_gap": request.min_gap}
    profile = load_profile(request.profile).model_copy(update={k: v for k, v in changes.items() if v is not None})
    if profile.cascade and set(changes.values()) != {None}:
        raise UsageError("The profile mps has no weights: leave --min-weight and --min-gap out.")
    if not profile.cascade and (request.as_at or request.unmatched):
        raise UsageError("--as-at and --unmatched belong to the profile mps.")
    if request.unmatched:
        require_file(request.unmatched, "the file of unmatched records")
    people = replace(_queries(queries, request), as_at=request.as_at, unmatched=request.unmatched)
    decisions = _decisions(request.decisions, register)
    if decisions is None:
        return trace_queries(people, register, out, profile=profile, csv=request.csv, options=options, report=report)
    with alone(out) if out else nullcontext(), tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        # Beside the output, so that a trace that was killed goes on where it stopped.
        found = out.resolve().with_name(f".{out.resolve().name}.found") if out else Path(scratch) / "found"
        try:
            trace_queries(people, register, found, profile=profile, csv=request.csv, options=options, report=report)
            obeyed = obey(found, decisions, register, out or Path(scratch) / "obeyed", options)
        finally:
            shutil.rmtree(found, ignore_errors=True)
    return TraceResult(obeyed.table, obeyed.counts)


def _decisions(given: Path | None, beside: Path) -> Path | None:
    """The file of decisions to obey: the one given, which must be there, else the one beside a folder, if there is one."""
    if given:
        return require_file(given, "the file of decisions")
    book = decisions_beside(beside)
    return book if book.is_file() else None


def train(queries: Path, register: Path, out: Path, *, name: str, request: TraceRequest | None = None) -> TraceModel:
    """Train a model on a file of people against a register; write ``model_<name>.yaml`` to ``out`` and return it."""
    return train_model(_queries(queries, request or TraceRequest()), register, out, name=name)


def ask_national(
    queries: Path,
    out: Path,
    *,
    layout: str,
    stamp: datetime,
    as_at: date | None = None,
    request: TraceRequest | None = None,
) -> dict[str, int]:
    """Write request files for the national tracing service to ``out``; nothing is sent. Returns the counts.

    Start and end have their entries in the audit log, beside ``out`` if no other is named; nothing is written without.
    """
    from linkage.trace.national.request import COMMAND, write_request

    request = request or TraceRequest()
    asked = replace(request.asked, synthetic=request.synthetic)
    asked.action(COMMAND)
    people = _queries(queries, request)
    with audited(COMMAND, asked, out) as done:
        done.counts = write_request(people, out, layout_name=layout, stamp=stamp, as_at=as_at)
        done.manifest = manifest_hash(out)
    return dict(done.counts)


def import_national(
    responses: Sequence[Path],
    asked_in: Path,
    out: Path,
    *,
    register: Path | None = None,
    request: TraceRequest | None = None,
) -> dict[str, int]:
    """Write the trace of everybody whom the request in folder ``asked_in`` asks about to ``out``; return the counts.

    The audit log and the decisions to obey are beside ``register``, if there is one, else beside the request, unless
    ``request`` names others. Purpose and submission are those of the request in that log, unless it gives others.
    """
    from linkage.trace.national.answers import COMMAND, import_responses, require_request

    request, beside = request or TraceRequest(), register or asked_in
    require_request(asked_in)
    made_from = manifest_hash(asked_in)
    decisions = _decisions(request.decisions, beside)
    asked = replace(request.asked, synthetic=request.synthetic)
    asked = asked_for(asked, asked.log(beside), made_from)
    with audited(COMMAND, asked, beside, [made_from]) as done:
        if decisions is None:
            done.counts = import_responses(responses, asked_in, out, csv=request.csv)
        else:
            with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
                import_responses(responses, asked_in, Path(scratch) / "imported", csv=request.csv)
                done.counts = obey(Path(scratch) / "imported", decisions, register, out).counts
        done.manifest = manifest_hash(out)
    return dict(done.counts)


def answer_request(
    request_file: Path,
    register: Path,
    out: Path,
    *,
    request: TraceRequest | None = None,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Answer a request file of the national form from a register, by the national rules; the answer says it is local."""
    from linkage.trace.national.local import COMMAND, read_request, write_answer

    request = replace(request or TraceRequest(), profile="mps")
    asked = replace(request.asked, synthetic=request.synthetic)
    asked.action(COMMAND)
    read_manifest(register)
    form, people = read_request(request_file)
    with audited(COMMAND, asked, register) as done, tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        traced_in = Path(scratch) / "traced"
        _traced(people, register, traced_in, request, options)
        done.counts = write_answer(form, request_file, traced_in, out, request.as_at or date.today())
        done.manifest = manifest_hash(out)
    return done.counts


def column_map(text: str | None) -> Mapping[str, str]:
    """``FIELD=HEADING,…`` for a file of people to trace. Raises UsageError on an unknown field."""
    from linkage.trace.cascade import QUERY_FIELDS

    return parse_column_map(text, QUERY_FIELDS).headings


def _queries(queries: Path | pd.DataFrame | pa.Table, request: TraceRequest) -> Queries:
    if isinstance(queries, pd.DataFrame):
        queries = pa.Table.from_pandas(queries, preserve_index=False)
    if isinstance(queries, pa.Table):
        return Queries(table=queries)
    require_file(queries, "the file of people to trace")
    if not request.columns and not request.id_column:
        if _has_query_id(queries):
            return Queries(path=queries, id_column="query_id")
        if _is_submission(queries):
            return Queries(table=_submitted_people(queries, request), sources=(queries,))
    return Queries(path=queries, columns=ColumnMap(request.columns), id_column=request.id_column)


def _has_query_id(path: Path) -> bool:
    """Whether a file is a Parquet table with our own id column, such as the persons of ``consolidate_submissions``."""
    if path.suffix.lower() not in (".parquet", ".pq"):
        return False
    try:
        return "query_id" in pq.read_schema(path).names
    except (pa.ArrowException, OSError):
        raise InputError(f"{path}: this is not a readable Parquet file.") from None


def _is_submission(path: Path) -> bool:
    """Whether a file's heading row is that of a CLD submission (it names the person's unique identifier)."""
    with path.open("rb") as handle:
        heading = handle.readline(1 << 20).decode("utf-8", errors="replace")
    return _CLD_HEADINGS in heading.casefold()


def _submitted_people(path: Path, request: TraceRequest) -> pa.Table:
    """The people of one submission, one row each: the latest event's values where rows disagree."""
    with open_engine(folders=[path.resolve().parent]) as engine:
        consolidate(engine, [path], synthetic=request.synthetic)
        return engine.arrow(Step("people", "select * from persons order by query_id"))
