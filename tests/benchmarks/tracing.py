"""How well people are found, on synthetic worlds whose truth is known: precision, recall of the traceable, wrong numbers.

``python -m tests.benchmarks.tracing [--people 1000000] [--submitted 2] [--seed 911] [--absent 0.05,0.3,0.6]
[--profile realistic] [--trace default,mps] [--keep FOLDER]`` makes a world for each share of absent people (the seed goes
up by one each time), prepares its register, consolidates the submissions, takes numbers away until 30% of the people have
none, traces with each profile and prints one line of JSON for each. ``--keep`` leaves the prepared worlds in a folder and
uses those that are there. Development worlds have the seeds 700 to 799; none of them is measured in ``docs/benchmarks.md``.

*Traceable* is whoever is in the register and not of the difficulty ``impossible``: for these the truth says that no tracer
can decide. Their expected outcome names the reason: ``not_enough_data`` (a bare record, or neither names nor a place),
``multiple`` (a twin without a given name, a namesake at home without a date of birth), ``conflict`` (all that the record
says of number and birth is another person's) and ``invalidated``. A number that is another's is *detected* when it is not
confirmed, among records with details enough to say anything.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from linkage import api
from linkage.intake import CheckOptions
from linkage.synth import Making, load_profile, synth
from linkage.trace.register import build_register

WITHOUT_NUMBER = 0.30
DEVELOPMENT_SEED, MEASURED_SEED = 700, 911
AS_AT = date(2024, 4, 28)
# The share of adults without long-term conditions who are service users is multiplied by this: 50,000 people of a million.
SUBMITTED = 2.0


def prepare(folder: Path, *, profile: str, people: int, seed: int, absent: float, submitted: float = SUBMITTED) -> Path:
    """``folder`` with register, people.parquet (30% without a number) and truth.parquet; made unless it is there."""
    if (folder / "people.parquet").is_file():
        return folder
    made_of = load_profile(profile)
    by_age = {age: min(0.9, share * submitted) for age, share in made_of.coverage.by_age.items()}
    made_of = made_of.model_copy(update={"coverage": made_of.coverage.model_copy(update={"by_age": by_age})})
    world = folder / "world"
    synth(made_of, world, synthetic=True, people=people, seed=seed, absent=absent, making=Making("parquet", workers=2))
    build_register([world / "register.parquet"], folder / "register")
    files = sorted((world / "submissions").glob("*.csv"))
    api.consolidate_submissions(files, folder / "current", synthetic=True, options=CheckOptions(as_at=AS_AT))
    _fewer_numbers(folder)
    shutil.rmtree(world)
    shutil.rmtree(folder / "current")
    return folder


def _fewer_numbers(folder: Path) -> None:
    """Numbers taken away, the same people every time, until 30% have none; the truth says ``missing`` of them."""
    with duckdb.connect() as con:
        con.execute(
            f"""
create table truth as select la_code || '/' || person_unique_identifier as query_id, true_nhs_number, given_number, faults,
  difficulty, expected_outcome from read_parquet('{folder / "world/truth/submitted_people.parquet"}')"""
        )
        con.execute(f"create table people as from read_parquet('{folder / 'current' / api.PERSONS}')")
        con.execute(
            f"""
create table taken as select query_id from people where nhs_number is not null order by hash(query_id)
limit (select greatest(0, cast({WITHOUT_NUMBER} * count(*) - count(*) + count(nhs_number) as bigint)) from people)"""
        )
        con.execute("update people set nhs_number = null where query_id in (select query_id from taken)")
        con.execute(
            """
update truth set given_number = 'missing' where query_id in (select query_id from people where nhs_number is null)"""
        )
        con.execute("delete from truth where query_id not in (select query_id from people)")
        con.execute(f"copy (from truth order by query_id) to '{folder / 'truth.parquet'}'")
        con.execute(f"copy (from people order by query_id) to '{folder / 'people.parquet'}'")


def trace(
    folder: Path, out: Path, profile: str, *, min_weight: float | None = None, min_gap: float | None = None
) -> float:
    """Trace the people of a prepared folder; seconds taken."""
    start = time.perf_counter()
    request = api.TraceRequest(profile=profile, min_weight=min_weight, min_gap=min_gap, synthetic=True)
    api.traced(folder / "people.parquet", folder / "register", out, request)
    return time.perf_counter() - start


def compared(con: duckdb.DuckDBPyConnection, folder: Path, traced: Path) -> None:
    """Make table ``compared``: the truth beside the trace, with what was withheld of sensitive records."""
    con.execute(
        f"""
create or replace table compared as
with trace as (
  select * from read_parquet('{traced / api.TRACE}') where not sensitive
  union all by name select * from read_parquet('{traced / "restricted/sensitive.parquet"}'))
select t.*, r.nhs_number_given, r.nhs_number, r.outcome, r.step, r.match_weight, r.gap, r.notes, columns('agree_.*')
from read_parquet('{folder / "truth.parquet"}') t join trace r using (query_id)"""
    )


def quality(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The figures of the bars, from ``compared``."""
    row = con.execute(
        """
select count(*) as people, round(avg(cast(nhs_number_given is null as int)), 3) as without_number,
  count(nhs_number) as links,
  count(*) filter (where nhs_number = true_nhs_number) as right_links,
  count(true_nhs_number) as in_register,
  count(true_nhs_number) filter (where difficulty <> 'impossible') as traceable,
  count(*) filter (where nhs_number = true_nhs_number and difficulty <> 'impossible') as traceable_found,
  count(nhs_number) filter (where true_nhs_number is null) as absent_linked,
  count(*) filter (where true_nhs_number is null) as absent,
  count(*) filter (where nhs_number_given = true_nhs_number and nhs_number <> true_nhs_number) as right_changed,
  count(*) filter (where given_number = 'anothers' and outcome <> 'not_enough_data') as anothers,
  count(*) filter (where given_number = 'anothers' and outcome not in ('not_enough_data', 'confirmed', 'superseded'))
    as anothers_detected,
  count(*) filter (where given_number = 'anothers' and nhs_number = nhs_number_given) as anothers_confirmed
from compared"""
    )
    names = [column[0] for column in row.description or ()]
    figures: dict[str, Any] = dict(zip(names, row.fetchone() or (), strict=True))
    classes = con.execute(
        """
select difficulty, round(avg(cast(nhs_number is not distinct from true_nhs_number as int)), 4) from compared
where true_nhs_number is not null group by 1 order by 1"""
    ).fetchall()
    return figures | {
        "anothers_confirmed_as": _confirmed_as(con),
        "precision": round(figures["right_links"] / max(1, figures["links"]), 5),
        "recall_traceable": round(figures["traceable_found"] / max(1, figures["traceable"]), 4),
        "recall": round(figures["right_links"] / max(1, figures["in_register"]), 4),
        "recall_by_difficulty": dict(classes),
    }


def _confirmed_as(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Numbers of other people that were confirmed, by what the trace says beside: its notes, or that it is *silent*, as when
    given name, date of birth and gender are those of the number's owner, and nothing in the record is the person's alone.
    """
    told = con.execute(
        """
select case when notes is not null then notes
    when agree_given_name in ('exact', 'shared') and agree_date_of_birth in ('exact', 'year')
      and coalesce(agree_family_name <> 'different', true) and coalesce(agree_gender = 'exact', true)
    then 'silent, every detail is the owner''s' else 'silent' end, count(*)
from compared where given_number = 'anothers' and nhs_number = nhs_number_given group by 1 order by 1"""
    ).fetchall()
    return dict(told)


def curve(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """From ``compared`` of a trace without thresholds: for every least weight and gap the links, the false ones, precision
    and recall of the traceable. What the cross-check confirmed is linked whatever the thresholds.
    """
    return con.execute(
        """
with grid as (select w, g from range(4, 17) x(w), (values (0), (3), (5), (8)) y(g)),
linked as (
  select w, g, c.*, nhs_number is not null and (step = 'cross_check' or (match_weight >= w and gap >= g)) as linked,
    true_nhs_number is not null and difficulty <> 'impossible' as traceable
  from compared c, grid)
select w, g, count(*) filter (linked) as links,
  count(*) filter (linked and nhs_number is distinct from true_nhs_number) as false_links,
  round(count(*) filter (linked and nhs_number = true_nhs_number) / count(*) filter (linked), 5) as precision,
  round(count(*) filter (linked and traceable and nhs_number = true_nhs_number) / count(*) filter (traceable), 4) as recall
from linked group by w, g order by g, w"""
    ).fetchall()


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--submitted", type=float, default=SUBMITTED)
    parser.add_argument("--seed", type=int, default=MEASURED_SEED)
    parser.add_argument("--absent", default="0.05,0.3,0.6")
    parser.add_argument("--profile", default="realistic")
    parser.add_argument("--trace", default="default")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args(arguments)
    with _kept(asked.keep) as root:
        for number, absent in enumerate(float(share) for share in asked.absent.split(",")):
            seed = asked.seed + number
            folder = root / f"{asked.profile}-{asked.people}-{seed}-{absent}"
            prepare(
                folder, profile=asked.profile, people=asked.people, seed=seed, absent=absent, submitted=asked.submitted
            )
            for profile in asked.trace.split(","):
                with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as con:
                    seconds = trace(folder, Path(scratch) / "traced", profile)
                    compared(con, folder, Path(scratch) / "traced")
                    measured = {"profile": profile, "seed": seed, "absent_share": absent, "seconds": round(seconds, 1)}
                    print(json.dumps(measured | quality(con)), flush=True)


if __name__ == "__main__":
    main()
