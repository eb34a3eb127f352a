"""A clerical sample: people of a trace to be looked at, drawn by stratum so that what is found holds for all of them.

Strata are outcome by band of match weight. Within a stratum everybody has the same chance; who is drawn follows from the
seed and the ids alone. Reviewers see neither outcome nor weight.
"""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, literal, open_engine
from linkage.errors import InputError
from linkage.report.excel import ExcelColumn, Sheet, write_workbook
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.evaluate.curves import EXACT
from linkage.trace.evaluate.load import TraceFiles, load_trace, refuse_other_register, trace_files
from linkage.trace.evaluate.settings import evaluation_settings, weight_band_sql
from linkage.trace.records import LINK_FIELDS
from linkage.trace.register import versions_of
from linkage.trace.result import guarded_sql
from linkage.trace.source import ColumnMap, Source, load_source, require_file

PAIRS, DESIGN, STRATA = "pairs_IDENTIFIABLE", "design_IDENTIFIABLE.csv", "strata.csv"
RESTRICTED = "restricted"
NO_CANDIDATE, SENSITIVE = "no candidate", "marked sensitive"
_FIELDS = (*LINK_FIELDS[1:3], "other_given_name", *LINK_FIELDS[3:], LINK_FIELDS[0])
_REGISTER_ONLY = ("earlier_names", "earlier_postcodes", "date_of_death")


@dataclass(frozen=True)
class TracedPeople:
    """The file that was traced, as it was given to the trace: its headings and its column of ids, if it has one."""

    path: Path
    columns: ColumnMap = field(default_factory=lambda: ColumnMap({}))
    id_column: str | None = None


@dataclass(frozen=True)
class SamplePlan:
    """How many queries are drawn, with which seed, and whether records marked sensitive are among them."""

    size: int | None = None
    seed: int = 1
    with_sensitive: bool = False


def draw_sample(
    trace: Path,
    people: TracedPeople,
    register: Path,
    out: Path,
    plan: SamplePlan | None = None,
    *,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Draw a clerical sample of a trace and write it to ``out``; return counts.

    Written are the pairs for the reviewers (CSV and Excel) and the design that the estimate needs, both in ``restricted``,
    and the strata. Raises InputError when the candidates are not beside the trace or a drawn person is not in the file.
    """
    plan = plan or SamplePlan()
    files = trace_files(trace)
    if files.candidates is None:
        _refuse_cascade(files)
        raise InputError(
            f"{files.folder}: restricted/candidates.parquet is not there. Without it nobody can see whom the trace missed."
        )
    require_file(people.path, "the file of people that was traced")
    refuse_other_register(files, register)
    versions = versions_of(register)
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch, staged_outputs(out) as staging:
        folders = [Path(scratch), files.folder, people.path.resolve().parent, register.resolve(), staging]
        with open_engine(options, folders) as engine:
            load_trace(engine, files)
            engine.read_parquet("candidates", [files.candidates])
            engine.run(_unit_step(with_sensitive=plan.with_sensitive))
            engine.run_all([_drawn_step(engine, plan), _pair_step()])
            _load_people(engine, people, Path(scratch))
            engine.run_all([*_register_steps(versions), _shown_step()])
            counts = _counts(engine)
            _write(engine, staging)
        settings = {"seed": plan.seed, "size": plan.size or evaluation_settings().sample.size}
        inputs = [file_record(path) for path in (files.trace, files.candidates, people.path)]
        Manifest("evaluate sample", inputs, counts, settings | {"with_sensitive": plan.with_sensitive}).write(staging)
    return counts


def _refuse_cascade(files: TraceFiles) -> None:
    """Raise InputError when the trace is of the national cascade, which weighs nobody and so keeps no candidates."""
    if files.cascade:
        raise InputError(
            f"{files.folder}: a trace of the profile mps has no match weights and keeps no candidates, so that no sample can be "
            "drawn from it. Measure it against a truth (cldlink evaluate --truth), or set it beside a trace of the profile "
            "default (cldlink trace compare)."
        )


def allocation(sizes: Mapping[str, int], size: int, least: int) -> dict[str, int]:
    """How many are drawn from each stratum: at least ``least`` (or all), the rest by the square root of its size.

    Ties go to the stratum named first. More than ``size`` when the least of all strata is more.

    >>> allocation({"a": 10_000, "b": 100, "c": 3}, 30, 4)
    {'a': 23, 'b': 4, 'c': 3}
    """
    drawn = {name: min(count, least) for name, count in sizes.items()}
    for _ in range(size - sum(drawn.values())):
        open_ones = [name for name in sorted(sizes) if drawn[name] < sizes[name]]
        if not open_ones:
            break
        # The stratum that has least for its size is next: Webster's rule on square roots.
        chosen = max(open_ones, key=lambda name: math.sqrt(sizes[name]) / (drawn[name] + 0.5))
        drawn[chosen] += 1
    return drawn


def _unit_step(*, with_sensitive: bool) -> Step:
    """``unit``: one row per query of the trace with its stratum; those that cannot be looked at are in strata of their own."""
    shown = evaluation_settings().sample.candidates
    sensitive = "false" if with_sensitive else "t.sensitive or coalesce(c.sensitive, false)"
    return Step(
        "unit",
        f"""
with near as (
  select query_id, max(match_weight) as weight, bool_or(sensitive) as sensitive from candidates
  where place <= {shown} group by 1)
select t.query_id, t.nhs_number, t.nhs_number is not null as linked, t.outcome,
  case when {sensitive} then {literal(SENSITIVE)} || case when t.nhs_number is null then ', no link' else ', linked' end
    when t.nhs_number is not null then t.outcome || ', ' || coalesce({weight_band_sql("t.match_weight")}, {literal(EXACT)})
    when c.query_id is null then t.outcome || ', ' || {literal(NO_CANDIDATE)}
    else t.outcome || ', ' || {weight_band_sql("c.weight")} end as stratum,
  not ({sensitive}) and (t.nhs_number is not null or c.query_id is not null) as reviewable
from trace t left join near c using (query_id)""",
    )


def _drawn_step(engine: Engine, plan: SamplePlan) -> Step:
    """``drawn``: the queries of the sample; ``allocated`` is made on the way."""
    sizes = dict(
        engine.rows(Step("sizes", "select stratum, count(*) from unit where reviewable group by 1 order by 1"))
    )
    if not sizes:
        raise InputError("Nobody in this trace has a link or a candidate: there is nothing to look at.")
    settings = evaluation_settings().sample
    drawn = allocation(sizes, plan.size or settings.size, settings.least_per_stratum)
    engine.register(
        "allocated",
        pa.table({"stratum": list(drawn), "sampled": list(drawn.values()), "people": [sizes[name] for name in drawn]}),
    )
    return Step(
        "drawn",
        """
select u.*, a.sampled, a.people, row_number() over (order by md5($seed || '/order/' || u.query_id), u.query_id) as number
from (select *, row_number() over (partition by stratum order by md5($seed || '/' || query_id), query_id) as turn
  from unit where reviewable) u
join allocated a using (stratum) where u.turn <= a.sampled""",
        {"seed": str(plan.seed)},
    )


def _pair_step() -> Step:
    """``pair``: one row per record to be compared with a drawn query: its link, or its best candidates."""
    shown = evaluation_settings().sample.candidates
    return Step(
        "pair",
        f"""
with joined as (
  select number, query_id, nhs_number, 1 as place, stratum, linked, people, sampled from drawn where linked
  union all
  select d.number, d.query_id, c.candidate_nhs_number, c.place, d.stratum, false, d.people, d.sampled
  from drawn d join candidates c using (query_id) where not d.linked and c.place <= {shown})
select lpad(number::varchar, 5, '0') || '-' || place as pair, * from joined""",
    )


def _load_people(engine: Engine, people: TracedPeople, scratch: Path) -> None:
    """``asked``: the drawn people as their file has them. Raises InputError when one is not there."""
    headings = dict(people.columns.headings) | ({"query_id": people.id_column} if people.id_column else {})
    found = load_source(
        engine, "people_file", Source(people.path, ColumnMap(headings), scratch), ("query_id", *_FIELDS)
    )
    identifier = "query_id" if "query_id" in found else "row_number::varchar as query_id"
    rows = f"select {identifier}, {', '.join(_FIELDS)} from people_file"
    engine.run(Step("asked", f"select * from ({rows}) semi join drawn using (query_id)"))
    missing = engine.count("drawn") - engine.count("asked")
    if missing:
        raise InputError(
            f"{people.path}: {missing} people of the trace are not in this file (or stand there twice). Give the file that was "
            "traced, with the same --id."
        )


def _register_steps(files: str) -> list[Step]:
    """``held``: the latest version of every record to be compared, with its earlier names and postcodes."""
    return [
        Step(
            "versions",
            """
select v.*, row_number() over (partition by nhs_number order by coalesce(valid_from, '') desc, valid_to nulls first,
    given_name, family_name, postcode) as age
from read_parquet($versions) v semi join pair using (nhs_number)""",
            {"versions": files},
        ),
        Step(
            "held",
            f"""
with latest as (select * from versions where age = 1),
earlier as (
  select v.nhs_number,
    string_agg(distinct concat_ws(' ', v.given_name, v.family_name), '; ' order by concat_ws(' ', v.given_name, v.family_name))
      filter (where concat_ws(' ', v.given_name, v.family_name) <> concat_ws(' ', l.given_name, l.family_name))
      as earlier_names,
    string_agg(distinct v.postcode, '; ' order by v.postcode) filter (where v.postcode <> l.postcode) as earlier_postcodes
  from versions v join latest l using (nhs_number) group by 1)
select {", ".join(f"l.{name}" for name in _FIELDS)}, earlier_names, earlier_postcodes, l.date_of_death
from latest l join earlier using (nhs_number)""",
        ),
    ]


def _shown_step() -> Step:
    """``shown``: what the reviewer sees, one row per pair in an order that tells nothing, with room for the judgement."""
    sides = ", ".join(
        f"{guarded_sql(f'{table}.{name}')} as {side}_{name}"
        for name in _FIELDS
        for side, table in (("asked", "a"), ("register", "h"))
    )
    more = ", ".join(f"{guarded_sql(f'h.{name}::varchar')} as register_{name}" for name in _REGISTER_ONLY)
    return Step(
        "shown",
        f"""
select p.pair, '' as judgement, '' as comment, {sides}, {more}
from pair p join asked a using (query_id) left join held h on h.nhs_number = p.nhs_number order by p.number, p.place""",
    )


def _counts(engine: Engine) -> dict[str, int]:
    row = engine.rows(
        Step(
            "count_sample",
            """
select count(*), count(distinct stratum), count(*) filter (where not reviewable),
  (select count(*) from drawn), (select count(*) from pair) from unit""",
        )
    )[0]
    names = ("people", "strata", "people_not_reviewable", "people_drawn", "pairs_to_judge")
    return dict(zip(names, map(int, row), strict=True))


def _write(engine: Engine, staging: Path) -> None:
    restricted = staging / RESTRICTED
    restricted.mkdir()
    everything = Step("write_pairs", "select * from shown order by pair")
    engine.write_csv(everything, restricted / f"{PAIRS}.csv")
    table: Any = engine.arrow(everything)
    columns = [ExcelColumn(name, 24 if "earlier" in name or name == "comment" else 16) for name in table.column_names]
    write_workbook(restricted / f"{PAIRS}.xlsx", "Pairs to judge", [Sheet("pairs", columns, table)])
    engine.write_csv(
        Step(
            "write_design",
            f"""
select pair, {guarded_sql("query_id")} as query_id, nhs_number, stratum, linked, people, sampled from pair order by pair""",
        ),
        restricted / DESIGN,
    )
    engine.write_csv(
        Step(
            "write_strata",
            """
select u.stratum, any_value(u.linked) as linked, count(*) as people, coalesce(any_value(a.sampled), 0) as sampled,
  round(count(*) / any_value(a.sampled), 4) as weight
from unit u left join allocated a on a.stratum = u.stratum and u.reviewable group by 1 order by 1""",
        ),
        staging / STRATA,
    )
