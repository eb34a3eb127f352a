"""A trace as feedback uses it: its people by authority, and the hash by which the audit log names it."""

import re
from dataclasses import dataclass
from pathlib import Path

from linkage.audited import Asked, manifest_hash, recorded
from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.runs import file_record, read_manifest
from linkage.trace.result import read_trace
from linkage.trace.source import require_file, trace_file_of
from pseudo.audit import AuditLog

_AUTHORITY = re.compile(r"[0-9]{3}")
SENSITIVE = Path("restricted") / "sensitive.parquet"


@dataclass(frozen=True)
class Trace:
    """The file of a trace and ``made_from``, the SHA-256 of its manifest (of the file, where it has no manifest)."""

    file: Path
    made_from: str

    @property
    def folder(self) -> Path:
        """The folder that the trace was written to."""
        return self.file.resolve().parent

    @property
    def sensitive_file(self) -> Path | None:
        """The restricted file of records marked sensitive, if it is there."""
        path = self.folder / SENSITIVE
        return path if path.is_file() else None


@dataclass(frozen=True)
class Told:
    """What is told of a query; two that differ are a change that a pack of changes tells."""

    outcome: str
    nhs_number: str | None
    sensitive: bool


def open_trace(path: Path) -> Trace:
    """A trace by its folder or its trace.parquet.

    Raises UsageError when there is none, InputError when the file is not the one that its manifest knows.
    """
    file = require_file(trace_file_of(path), "the trace")
    record = file_record(file)
    if not (file.parent / "manifest.json").is_file():
        return Trace(file, record["sha256"])
    known = {output["name"]: output["sha256"] for output in read_manifest(file.parent)["outputs"]}
    if known.get(file.name) != record["sha256"]:
        raise InputError(f"{file}: not the file that its manifest.json knows. Trace again, or restore the folder.")
    return Trace(file, manifest_hash(file.parent))


def told_of(trace: Trace, query_id: str, options: EngineOptions | None = None) -> Told | None:
    """What feedback tells of one query of a trace: outcome, number, whether it is withheld. None for a query not in it."""
    with open_engine(options, [trace.folder]) as engine:
        read_trace(engine, "trace", trace.file)
        sql = "select outcome, nhs_number, sensitive from trace where query_id = $query"
        rows = engine.rows(Step("told_of", sql, {"query": query_id}))
    return Told(*rows[0]) if rows else None


def log_of(asked: Asked, trace: Trace, register: Path | None) -> AuditLog:
    """The audit log that what is made of a trace goes into: the one named, else that beside the register, else that beside
    the trace, if it knows the trace.

    Raises UsageError when it does not: whatever is made of a trace must be in one log, or a link later found wrong would not
    be traced to it. Synthetic data are not asked for that.
    """
    log = asked.log(register or trace.folder)
    named = register or asked.audit or asked.synthetic
    if not named and all(entry.action.manifest != trace.made_from for entry in recorded(log)):
        raise UsageError(
            f"{trace.folder}: the audit log beside the trace does not know it. Name the register that it was made against "
            "(--register) or the log (--audit), so that everything made of a trace is in one log."
        )
    return log


def load_people(engine: Engine, name: str, trace: Trace) -> None:
    """Table ``name``: the trace with ``la_code`` and ``person_unique_identifier`` of every query.

    Raises InputError when the trace is not one of CLD people (query ids ``la_code/person``).
    """
    read_trace(engine, "trace_read", trace.file)
    engine.run(
        Step(
            name,
            """
select split_part(query_id, '/', 1) as la_code, substr(query_id, strpos(query_id, '/') + 1) as person_unique_identifier, *
from trace_read""",
        )
    )
    engine.drop("trace_read")
    codes = engine.rows(Step("authorities", f"select distinct la_code from {name}"))
    if not all(code and _AUTHORITY.fullmatch(code) for (code,) in codes):
        raise InputError("This trace is not one of CLD people: feedback needs ids of the form la_code/person.")
