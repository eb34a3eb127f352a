"""Tracing a file of people against a prepared register."""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace import model
from linkage.trace.decide import cross_check_steps, decide
from linkage.trace.nicknames import load_nicknames
from linkage.trace.records import LINK_FIELDS, blocking_key_step, nickname_step, normalised_step, query_step
from linkage.trace.register import Register, open_register, with_scratch
from linkage.trace.result import candidate_step, count_outcomes, csv_step, public_step, result_steps, sensitive_step
from linkage.trace.settings import Profile, load_model, load_profile
from linkage.trace.source import ColumnMap, Source, load_source, require_file

RESTRICTED = "restricted"


@dataclass(frozen=True)
class Queries:
    """The people to trace: a file with a column map, or a table with ``query_id`` and the link fields as text."""

    path: Path | None = None
    columns: ColumnMap = field(default_factory=lambda: ColumnMap({}))
    id_column: str | None = None
    table: pa.Table | None = None
    sources: Sequence[Path] = ()


@dataclass(frozen=True)
class TraceResult:
    """What a trace gives back: the trace table (one row per query) and counts by step and outcome.

    ``counts`` has the queries with a value in each link field too (``with_…``: a field at 0 was probably not mapped), and
    those whose value could be understood and used (``usable_…``).
    """

    table: pa.Table
    counts: dict[str, int]


def trace_queries(
    queries: Queries,
    register_folder: Path,
    out: Path | None,
    *,
    profile: Profile | None = None,
    csv: bool = False,
    options: EngineOptions | None = None,
) -> TraceResult:
    """Trace every query and, if ``out`` is given, write ``trace.parquet`` and the restricted files there.

    Rows in equal rows out. Raises InputError on an empty file or a duplicate id, UsageError on a wrong path or heading.
    """
    register = open_register(register_folder)
    profile = profile or load_profile("default")
    if queries.path:
        require_file(queries.path, "the file of people to trace")
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        folders = [Path(scratch), register.folder, *([queries.path.resolve().parent] if queries.path else [])]
        if out is None:
            with open_engine(with_scratch(options, Path(scratch)), folders) as engine:
                return _trace(engine, queries, register, profile, Path(scratch))
        with staged_outputs(out) as staging:
            with open_engine(with_scratch(options, Path(scratch)), [*folders, staging]) as engine:
                result = _trace(engine, queries, register, profile, Path(scratch))
                _write(engine, staging, profile, csv=csv)
            _manifest(queries, register, profile, result).write(staging)
        return result


def prepare_candidates(engine: Engine, queries: Queries, register: Register, scratch: Path) -> None:
    """From a file to ``query_known`` (one row per query), ``found`` (query, person) and ``candidate_person``."""
    load_nicknames(engine)
    _load_queries(engine, queries, scratch)
    keep = ("query_row", "query_id", "nhs_number_given")
    engine.run(normalised_step("query_normalised", "query_source", register.postcode_as, keep=keep))
    engine.run(query_step(register.postcode_as))
    engine.run(nickname_step("query", "query_words", "query_row"))
    engine.run(blocking_key_step("query_key", "query", "query_row", swap_dates=True))
    engine.run_all([_found_step(register), _candidate_person_step(register), _known_step(), _term_step(register)])


def _trace(engine: Engine, queries: Queries, register: Register, profile: Profile, scratch: Path) -> TraceResult:
    prepare_candidates(engine, queries, register, scratch)
    engine.run_all([*cross_check_steps(), _candidate_step()])
    trace_model = load_model(profile.model)
    model.score(engine, trace_model, register.u, register.people)
    prior_weight = math.log2(trace_model.share_in_register / max(register.people, 2))
    decide(engine, profile, trace_model.caps, prior_weight)
    engine.run_all(result_steps())
    counts = {
        "queries": engine.count("query_source"),
        **_completeness(engine),
        "register_people": register.people,
        "candidate_pairs": engine.count("found"),
        "cross_checked": engine.count("cross_checked"),
        "scored_pairs": engine.count("scored"),
        **{f"outcome_{outcome}": count for outcome, count in count_outcomes(engine).items()},
    }
    return TraceResult(engine.arrow(public_step()), counts)


def _completeness(engine: Engine) -> dict[str, int]:
    counted = ", ".join(f"count({ident(field)})" for field in LINK_FIELDS)
    values = engine.rows(Step("count_fields", f"select {counted} from query_source"))[0]
    usable = engine.rows(Step("count_usable", "select count(nhs_number), count(dob), count(postcode) from query"))[0]
    return {
        **{f"with_{field}": count for field, count in zip(LINK_FIELDS, values, strict=True)},
        **{f"usable_{field}": n for field, n in zip(("nhs_number", "date_of_birth", "postcode"), usable, strict=True)},
    }


def _load_queries(engine: Engine, queries: Queries, scratch: Path) -> None:
    fields = ("query_id", *LINK_FIELDS, "other_given_name")
    if queries.table is not None:
        engine.register("query_read", _as_text(queries.table, fields))
    elif queries.path is not None:
        columns = dict(queries.columns.headings) | ({"query_id": queries.id_column} if queries.id_column else {})
        found = load_source(engine, "query_read", Source(queries.path, ColumnMap(columns), scratch), fields)
        if not set(found) & set(LINK_FIELDS):
            raise InputError(
                f"{queries.path}: none of the fields {', '.join(LINK_FIELDS)} is there. "
                "Say which heading holds which with --columns given_name=YOUR_HEADING,…"
            )
    named = queries.table.column_names if queries.table is not None else ()
    has_id = queries.id_column is not None or "query_id" in named
    engine.run(_query_source_step(has_id=has_id))
    _refuse_bad_ids(engine)


def _as_text(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The fields of a table as text columns, absent ones null, with ``row_number`` from 1."""
    present = {name: table[name].cast(pa.string()) for name in fields if name in table.column_names}
    nothing = pa.nulls(table.num_rows, pa.string())
    columns = {"row_number": pa.array(range(1, table.num_rows + 1), pa.int64())}
    return pa.table(columns | {name: present.get(name, nothing) for name in fields})


def _query_source_step(*, has_id: bool) -> Step:
    identifier = "query_id" if has_id else "cast(row_number as varchar)"
    return Step(
        "query_source",
        f"""
select row_number as query_row, {identifier} as query_id, nhs_number as nhs_number_given,
  {", ".join(ident(field) for field in LINK_FIELDS)}, other_given_name
from query_read""",
    )


def _refuse_bad_ids(engine: Engine) -> None:
    if engine.count("query_source") == 0:
        raise InputError("The file of people to trace has a heading and no rows.")
    missing, repeated = engine.rows(
        Step(
            "check_ids",
            """
select count(*) filter (where query_id is null), count(query_id) - count(distinct query_id) from query_source""",
        )
    )[0]
    if missing or repeated:
        raise InputError(
            f"The ids of the people to trace must be present and different: {missing} missing, {repeated} repeated. "
            "Correct them, or leave --id out to use row numbers."
        )


def _found_step(register: Register) -> Step:
    return Step(
        "found",
        """
select distinct k.person_id, q.row_id as query_row
from read_parquet($keys) k join query_key q on q.key_hash = k.key_hash""",
        {"keys": str(register.key_file)},
    )


def _candidate_person_step(register: Register) -> Step:
    """The people of the register who are a candidate of any query. Their ``given_related`` is not needed, but present."""
    return Step(
        "candidate_person",
        """
select p.* from read_parquet($people) p semi join (select distinct person_id from found) f on f.person_id = p.person_id""",
        {"people": str(register.person_file)},
    )


def _known_step() -> Step:
    """``query`` plus ``enough`` (details that can identify anyone) and what the register says of the given number."""
    return Step(
        "query_known",
        """
select q.*, p.current_nhs_number,
  (q.dob is not null and coalesce(q.nhs_number, q.given, q.family, q.postcode) is not null)
  or (q.given is not null and q.family is not null and coalesce(q.nhs_number, q.postcode) is not null) as enough
from query q left join candidate_person p on p.nhs_number = q.nhs_number""",
    )


def _candidate_step() -> Step:
    """Candidates of the queries that the cross-check left over and that have details enough."""
    return Step(
        "candidate",
        """
select f.person_id, f.query_row from found f
where f.query_row in (select query_row from query_known where enough)
  and f.query_row not in (select query_row from cross_checked)""",
    )


def _term_step(register: Register) -> Step:
    return Step("term_frequency", "select * from read_parquet($terms)", {"terms": str(register.term_file)})


def _write(engine: Engine, staging: Path, profile: Profile, *, csv: bool) -> None:
    restricted = staging / RESTRICTED
    restricted.mkdir()
    engine.write_parquet(public_step(), staging / "trace.parquet")
    engine.write_parquet(sensitive_step(), restricted / "sensitive.parquet")
    engine.write_parquet(candidate_step(profile.review_weight), restricted / "candidates.parquet")
    if csv:
        engine.write_csv(csv_step(), staging / "trace.csv")


def _manifest(queries: Queries, register: Register, profile: Profile, result: TraceResult) -> Manifest:
    inputs = [*([queries.path] if queries.path else []), *queries.sources, register.folder / "register.json"]
    settings = {"profile": profile.model_dump(), "columns": dict(queries.columns.headings), "id": queries.id_column}
    return Manifest("trace", [file_record(path) for path in inputs], result.counts, settings)
