"""Tracing a file of people against a prepared register."""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, Value, ident, open_engine
from linkage.runs import Manifest, file_record, note, noted, staged_outputs, whole, work_folder
from linkage.trace import model
from linkage.trace.candidates import find_candidates, load_terms, open_tables, prepare_queries
from linkage.trace.cascade.trace import (
    Submission,
    cascade_counts,
    public_mps_step,
    reference_of,
    trace_by_cascade,
    write_diagnostics,
)
from linkage.trace.decide import cross_check, decide
from linkage.trace.queries import Queries, load_queries
from linkage.trace.records import LINK_FIELDS
from linkage.trace.register import Register, open_register, with_scratch
from linkage.trace.result import candidate_step, counted, csv_step, public_step, result_steps, sensitive_step
from linkage.trace.settings import Profile, load_model, load_profile, model_identity
from linkage.trace.source import require_file
from linkage.trace.usable import readable_queries, refuse_unusable

RESTRICTED = "restricted"
CHUNK = 50_000
"""How many people that the cross-check left over are looked up and scored at a time."""
Report = Callable[[int, int], None]
# Pairs of a query that are kept for the decision: no more than so many, and none that weighs less (bits).
_MOST_PAIRS = 20
_LEAST_WEIGHT = -20.0


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
    chunk: int = CHUNK,
    report: Report | None = None,
) -> TraceResult:
    """Trace every query and, if ``out`` is given, write ``trace.parquet`` and the restricted files there.

    Rows in equal rows out. A trace that was killed goes on from its finished chunks when it is run again; the size of a
    ``chunk`` bounds the memory and nothing else. ``report`` is told how many parts are done and of how many. Raises
    InputError on an empty file or a duplicate id, UsageError on a wrong path or heading.
    """
    register = open_register(register_folder)
    profile = profile or load_profile("default")
    queries = replace(queries, as_at=queries.as_at or date.today())
    if queries.path:
        require_file(queries.path, "the file of people to trace")
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        given = [path.resolve().parent for path in (queries.path, queries.unmatched) if path]
        folders = [Path(scratch), register.folder, *given]
        options = with_scratch(options, Path(scratch))
        if out is None:
            with open_engine(options, folders) as engine:
                return _traced(engine, queries, register, profile, Chunks(Path(scratch), chunk, report=report))
        manifest = _manifest(queries, register, profile)
        with work_folder(out, manifest.__dict__ | {"chunk": chunk}) as work, staged_outputs(out) as staging:
            with open_engine(options, [*folders, work, staging]) as engine:
                result = _traced(engine, queries, register, profile, Chunks(work, chunk, report=report))
                _write(engine, staging, profile, csv=csv)
            replace(manifest, counts=result.counts).write(staging)
        return result


@dataclass(frozen=True)
class Chunks:
    """How many queries make a chunk, and where finished chunks are kept.

    Without ``keep`` there must be one chunk at most, which stays in memory. ``report`` is told of each that is done; the
    cross-check before the chunks and the decision after them count as one each.
    """

    folder: Path
    queries: int = CHUNK
    keep: bool = True
    report: Report | None = None

    def tell(self, done: int, parts: int) -> None:
        """Report that so many of the parts are done."""
        if self.report:
            self.report(done, parts)


class Tracer:
    """A register opened in a database: what does not depend on the queries is read once."""

    def __init__(self, engine: Engine, register: Register, profile: Profile) -> None:
        self.engine, self.register, self.profile = engine, register, profile
        self._model = load_model(profile.model)
        self._scorer = model.Scorer(engine, self._model, register.u, register.people, "asked")
        open_tables(engine, register)

    def trace(self, queries: Queries, chunks: "Chunks") -> TraceResult:
        """Trace; leaves the table ``result``.

        The cross-check needs the given numbers only. Candidates are looked for in chunks of what it leaves over, so that
        memory is bounded; the decision is made at the end, for all queries at once.
        """
        engine, register = self.engine, self.register
        _read_queries(engine, queries, register, chunks.folder)
        prepare_queries(engine, register)
        engine.run(Step("candidate_person", "select * from number_person"))
        cross_check(engine)
        pairs = _score_chunks(engine, register, self._scorer, chunks)
        prior_weight = math.log2(self._model.share_in_register / max(register.people, 2))
        today = date.fromisoformat(register.as_at) if register.as_at else date.today()
        decide(engine, self.profile, self._model.caps, prior_weight, today)
        engine.run_all(result_steps())
        counts = {
            "queries": engine.count("query_source"),
            **_completeness(engine),
            "register_people": register.people,
            "cross_checked": engine.count("settled"),
            **pairs,
            **counted(engine),
        }
        chunks.tell(1, 1)
        return TraceResult(engine.arrow(public_step()), counts)


def _traced(engine: Engine, queries: Queries, register: Register, profile: Profile, chunks: Chunks) -> TraceResult:
    if profile.cascade:
        return _by_cascade(engine, queries, register, chunks.folder)
    return Tracer(engine, register, profile).trace(queries, chunks)


def _by_cascade(engine: Engine, queries: Queries, register: Register, scratch: Path) -> TraceResult:
    open_tables(engine, register)
    _read_queries(engine, queries, register, scratch)
    prepare_queries(engine, register)
    trace_by_cascade(engine, register, _submission(queries))
    counts = {
        "queries": engine.count("query_source"),
        **_completeness(engine),
        "register_people": register.people,
        **cascade_counts(engine),
        **counted(engine),
    }
    return TraceResult(engine.arrow(public_mps_step()), counts)


def _submission(queries: Queries) -> Submission:
    return Submission(queries.as_at or date.today(), reference_of(queries.path or queries.table), queries.unmatched)


def prepare_candidates(engine: Engine, queries: Queries, register: Register, scratch: Path) -> None:
    """From a file to ``query_known`` (one row per query), ``found`` (query, person) and ``candidate_person``."""
    open_tables(engine, register)
    _read_queries(engine, queries, register, scratch)
    prepare_queries(engine, register)
    find_candidates(engine, register, "query")
    load_terms(engine, register, "query")


def _score_chunks(engine: Engine, register: Register, scorer: model.Scorer, chunks: Chunks) -> dict[str, int]:
    """Make ``scored`` and ``candidate_person`` for all queries that need candidates; return the counts of pairs."""
    left = engine.run(_left_step(chunks.queries))
    last = -(-left // chunks.queries)
    chunks.tell(1, last + 2)
    counts = {"candidate_pairs": 0, "scored_pairs": 0}
    for number in range(last):
        done = _score_chunk(engine, register, scorer, number) if not chunks.keep else None
        for name, count in (done or _kept_chunk(engine, register, scorer, chunks, number)).items():
            counts[name] += count
        chunks.tell(number + 2, last + 2)
    engine.run_all(_collected_steps(engine, chunks, last))
    return counts


def _score_chunk(engine: Engine, register: Register, scorer: model.Scorer, number: int) -> dict[str, int]:
    """Make ``kept`` and ``candidate_person`` of one chunk."""
    asked = "select q.* from query q join left_over using (query_row) where chunk = $n"
    engine.run(Step("asked", asked, {"n": number}))
    found = find_candidates(engine, register, "asked")
    load_terms(engine, register, "asked")
    engine.run(Step("candidate", "select person_id, query_row from found"))
    scored = scorer.score()
    engine.run(_kept_step())
    return {"candidate_pairs": found, "scored_pairs": scored}


def _kept_chunk(
    engine: Engine, register: Register, scorer: model.Scorer, chunks: Chunks, number: int
) -> dict[str, int]:
    """Make the files of one chunk, unless they are there: its scored pairs, and the people of them."""
    mark = chunks.folder / f"chunk_{number:04}.json"
    counts = noted(mark)
    if counts is None:
        counts = _score_chunk(engine, register, scorer, number)
        for name, sql in (("scored", _KEPT_PAIRS), ("people", _KEPT_PEOPLE)):
            with whole(chunks.folder / f"{name}_{number:04}.parquet") as aside:
                engine.write_parquet(Step(f"write_{name}", sql), aside)
        note(mark, counts)
        engine.drop("asked", "candidate", "found", "kept", "candidate_person", "scored")
    return counts


_KEPT_PAIRS = "select * from kept order by query_row, person_id"
_KEPT_PEOPLE_SQL = "select p.* from candidate_person p semi join kept using (person_id)"
_KEPT_PEOPLE = f"{_KEPT_PEOPLE_SQL} order by person_id"


def _left_step(size: int) -> Step:
    """The queries that the cross-check left over or doubts and that have details enough, in chunks in the order of the file."""
    return Step(
        "left_over",
        f"""
select query_row, cast((row_number() over (order by query_row) - 1) // {int(size)} as integer) as chunk
from query_known where enough and query_row not in (select query_row from cross_checked where not doubtful)""",
    )


def _kept_step() -> Step:
    """The pairs that can matter to a decision: the best few of each query that are not all but impossible."""
    return Step(
        "kept",
        """
select * from scored where match_weight > $least
qualify row_number() over (partition by query_row order by match_weight desc, person_id) <= $most""",
        {"least": _LEAST_WEIGHT, "most": _MOST_PAIRS},
    )


def _collected_steps(engine: Engine, chunks: Chunks, last: int) -> list[Step]:
    """The pairs and people of all chunks; the people whose number was given are there in any case."""
    if not last:
        model.no_pairs(engine)
        return []
    if not chunks.keep:
        people = f"{_KEPT_PEOPLE_SQL} union select * from number_person"
        return [Step("scored", "select * from kept"), Step("candidate_person", people)]

    def files(name: str) -> dict[str, Value]:
        return {"files": [str(chunks.folder / f"{name}_{number:04}.parquet") for number in range(last)]}

    people = "select * from read_parquet($files) union all by name select * from number_person"
    return [
        Step("scored", "select * from read_parquet($files)", files("scored")),
        Step(
            "candidate_person",
            f"select * from ({people}) qualify row_number() over (partition by person_id) = 1",
            files("people"),
        ),
    ]


def _completeness(engine: Engine) -> dict[str, int]:
    counted = ", ".join(f"count({ident(field)})" for field in LINK_FIELDS)
    values = engine.rows(Step("count_fields", f"select {counted} from query_source"))[0]
    usable = engine.rows(Step("count_usable", "select count(nhs_number), count(dob), count(postcode) from query"))[0]
    return {
        **{f"with_{field}": count for field, count in zip(LINK_FIELDS, values, strict=True)},
        **{f"usable_{field}": n for field, n in zip(("nhs_number", "date_of_birth", "postcode"), usable, strict=True)},
    }


def _read_queries(engine: Engine, queries: Queries, register: Register, scratch: Path) -> None:
    load_queries(engine, queries, scratch)
    refuse_unusable(
        readable_queries(engine, register.postcode_as),
        "If it is the right one, trace a copy of the file without that column: it can only mislead.",
    )


def _write(engine: Engine, staging: Path, profile: Profile, *, csv: bool) -> None:
    restricted = staging / RESTRICTED
    restricted.mkdir()
    table = public_mps_step() if profile.cascade else public_step()
    engine.write_parquet(table, staging / "trace.parquet")
    engine.write_parquet(sensitive_step(), restricted / "sensitive.parquet")
    if profile.cascade:
        write_diagnostics(engine, staging, restricted)
    else:
        engine.write_parquet(candidate_step(profile.review_weight), restricted / "candidates.parquet")
    if csv:
        engine.write_csv(csv_step(table), staging / "trace.csv")


def _manifest(queries: Queries, register: Register, profile: Profile) -> Manifest:
    given = [path for path in (queries.path, queries.unmatched) if path]
    inputs = [*given, *queries.sources, register.folder / "register.json"]
    settings = {
        "profile": profile.model_dump(),
        "model": model_identity(load_model(profile.model)),
        "columns": dict(queries.columns.headings),
        "id": queries.id_column,
    }
    if profile.cascade:
        settings["as_at"] = str(queries.as_at)
    return Manifest("trace", [file_record(path) for path in inputs], {}, settings)
