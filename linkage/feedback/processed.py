"""The processed dataset: consolidated events and people with the traced number inserted and the given one kept beside it.

Rows in are rows out. ``nhs_number`` stays as given; right after it stand ``nhs_number_traced`` (accepted links only, nothing
for a record marked sensitive), ``trace_outcome`` and ``trace_step`` (null for a person who was not traced).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from linkage.audited import Asked, asked_for, manifest_hash, record
from linkage.engine import Engine, EngineOptions, Step, ident, literal, open_engine
from linkage.errors import InputError
from linkage.feedback.traced import log_of, open_trace
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.outcomes import accepted_outcomes
from linkage.trace.result import read_trace
from linkage.trace.source import require_file

COMMAND = "processed"
_TABLES = {"events": "la_code, submission, row_number", "persons": "query_id"}


def write_processed(
    current: Path,
    trace: Path,
    out: Path,
    *,
    register: Path | None = None,
    asked: Asked | None = None,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Write ``events.parquet`` and ``persons.parquet`` of a folder of consolidated submissions with the traced numbers.

    Purpose and submission are those of the trace in the audit log, unless ``asked`` gives others; the entry is there before the
    files. The log is beside ``register``, or beside the trace if that log knows it. Raises InputError when nobody of the
    submissions is in the trace, UsageError without a purpose, or when it is not clear which log knows the trace.
    """
    traced = open_trace(trace)
    paths = {name: require_file(current / f"{name}.parquet", "the consolidated submissions") for name in _TABLES}
    asked = asked or Asked()
    log = log_of(asked, traced, register)
    action = replace(asked_for(asked, log, traced.made_from).action(COMMAND), made_from=[traced.made_from])
    with staged_outputs(out) as folder:
        with open_engine(options, [current.resolve(), traced.folder, folder]) as engine:
            read_trace(engine, "trace", traced.file)
            counts: dict[str, int] = {}
            for name, order in _TABLES.items():
                engine.read_parquet(name, [paths[name]])
                _require_consolidated(engine, name, paths[name])
                engine.write_parquet(_numbered_step(name, engine.columns(name), order), folder / f"{name}.parquet")
                counts |= _counts(engine, name, folder / f"{name}.parquet")
        if counts["persons_traced"] == 0:
            raise InputError(
                "Nobody of the submissions is in the trace. Give the trace of the people of these very events."
            )
        inputs = [*(file_record(path) for path in paths.values()), file_record(traced.file)]
        Manifest(COMMAND, inputs, counts).write(folder)
        record(log, replace(action, counts=counts, manifest=manifest_hash(folder)))
    return counts


def _require_consolidated(engine: Engine, name: str, path: Path) -> None:
    needed = {"la_code", "person_unique_identifier", "nhs_number"}
    present = {*engine.columns(name)}
    if not needed <= present:
        raise InputError(f"{path}: this is not what 'cldlink submission consolidate' writes.")
    if "nhs_number_traced" in present:
        raise InputError(f"{path}: the numbers are in it already. Give the folder of 'cldlink submission consolidate'.")


def _numbered_step(name: str, columns: Sequence[str], order: str) -> Step:
    accepted = ", ".join(literal(outcome) for outcome in accepted_outcomes())
    listed = []
    for column in columns:
        listed.append(f"r.{ident(column)}")
        if column == "nhs_number":
            listed.append(
                f"case when t.outcome in ({accepted}) and not t.sensitive then t.nhs_number end as nhs_number_traced"
            )
            listed.append("t.outcome as trace_outcome, t.step as trace_step")
    order = ", ".join(f"r.{part}" for part in order.split(", "))
    return Step(
        f"write_{name}",
        f"""
select {", ".join(listed)}
from {ident(name)} r left join trace t on t.query_id = r.la_code || '/' || r.person_unique_identifier
order by {order}""",
    )


def _counts(engine: Engine, name: str, written: Path) -> dict[str, int]:
    count = Step(
        f"count_{name}",
        "select count(*), count(trace_outcome), count(nhs_number_traced) from read_parquet($path)",
        {"path": str(written)},
    )
    [(rows, traced, numbered)] = engine.rows(count)
    if rows != engine.count(name):
        raise InputError("The trace has a person twice: it is not the trace of these submissions.")
    return {f"{name}_in": rows, f"{name}_out": rows, f"{name}_traced": traced, f"{name}_with_traced_number": numbered}
