"""Tracing at national size: a register built from a large extract, and people traced against it.

``python -m tests.benchmarks.national FOLDER [PEOPLE] [WORK]``: FOLDER holds ``register.parquet`` as ``cldlink synth
--register-only --format parquet`` makes it. The register is built in WORK (and taken from there if it is there already),
PEOPLE (20,000) people are drawn from it, damaged as care records are, and traced by the command line in a process of its
own; the same again with a national year (1,500,000) if ``--year`` is given. One person is asked through the Python API.
The floor is one scan of the register's linking columns joined to the queries. ``--plain`` gives Splink alone the same two
tables for fifteen minutes.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linkage.engine import Step, open_engine
from linkage.trace.register import open_register

_CLI = (sys.executable, "-m", "linkage.cli")
_LIMIT_SECONDS = 900


def measured(command: Sequence[str], limit: float | None = None) -> dict[str, Any]:
    """Seconds on the clock, seconds of processor, and the most memory of a process with its children, from its start to
    its end.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    try:
        done = subprocess.run(
            ["/usr/bin/env", "python3", "-c", _PEAK, *command], capture_output=True, text=True, timeout=limit
        )
        ended, said = "done" if done.returncode == 0 else f"failed: {done.stderr[-300:]}", done.stdout
        peak = float(done.stderr.rsplit("peak=", 1)[-1].split()[0]) if "peak=" in done.stderr else None
    except subprocess.TimeoutExpired as late:
        ended, peak, said = f"not done in {limit:.0f} s", None, (late.stdout or b"").decode()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = {"seconds": round(seconds, 1), "processor_seconds": round(processor, 1), "peak_gb": peak, "ended": ended}
    return result if said.startswith("{") else result | {"said": said.splitlines()}


# Runs a command and says the most memory that any one process of it held.
_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(f"peak={resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9:.2f}", file=sys.stderr)
sys.exit(code)
"""


def draw_people(extract: Path, out: Path, people: int) -> None:
    """Write ``queries.parquet`` and ``truth.csv``: people of the extract, damaged, and people who are not in it.

    Of every hundred: 30 without a number, 2 with another valid number, 5 absent; a letter of a name wrong in 8, day and
    month exchanged in 2, a digit of the date wrong in 3, a postcode that the register never had in 10 and the first one that
    it had in 20, the first family name in 4, given and family name exchanged in 1, no given name in 1.
    """
    with open_engine(folders=[extract.parent, out]) as engine:
        rows = engine.rows(Step("rows", "select count(*) from read_parquet($file)", {"file": str(extract)}))[0][0]
        engine.run(Step("drawn", _DRAWN, {"file": str(extract), "share": min(1.0, 1.2 * people / (0.6 * rows))}))
        engine.run(Step("asked", _ASKED, {"people": people}))
        engine.write_parquet(Step("write_queries", _QUERIES), out / "queries.parquet")
        truth = "select query_id, true_nhs_number from asked order by query_id"
        engine.write_csv(Step("write_truth", truth), out / "truth.csv")


# Chance is a hash of the number and a name for what it decides: the same people and faults every time.
_DRAWN = """
with chosen as (
  select * replace (cast(date_of_birth as varchar) as date_of_birth), hash(nhs_number || 'chosen') as place
  from read_parquet($file) where hash(nhs_number || 'chosen') / 18446744073709551616.0 < $share)
select nhs_number, arg_max(given_name, rank) as given, arg_max(family_name, rank) as family,
  arg_min(family_name, rank) as first_family, arg_max(date_of_birth, rank) as dob, arg_max(gender, rank) as gender,
  arg_max(postcode, rank) as postcode, arg_min(postcode, rank) as first_postcode,
  arg_max(coalesce(confidentiality, ''), rank) as confidentiality,
  arg_max(coalesce(superseded_by, ''), rank) as superseded_by, min(place) as place
from (select *, row_number() over (partition by nhs_number order by valid_from, valid_to nulls last) as rank from chosen)
group by nhs_number"""

_ASKED = """
with numbered as (
  select *, row_number() over (order by place) as n from drawn where superseded_by = '' and confidentiality <> 'I'
  qualify n <= $people),
thrown as (
  select *, lead(nhs_number, 7, '') over (order by n) as other_number, lead(postcode, 3) over (order by n) as other_postcode,
    lead(dob, 11) over (order by n) as other_dob, lead(given, 17) over (order by n) as other_given,
    {throws} from numbered),
absent as (select *, c_absent < 0.05 as is_absent from thrown)
select printf('Q%07d', n) as query_id,
  case when not is_absent then nhs_number end as true_nhs_number,
  case when is_absent or c_number < 0.30 then null when c_number < 0.32 then nullif(other_number, '') else nhs_number end
    as nhs_number,
  case when is_absent then other_given when c_cross < 0.01 then family when c_cross < 0.02 then null
    when c_given < 0.04 then {typo_given} else given end as given_name,
  case when c_cross < 0.01 then given when c_family < 0.04 then {typo_family} when c_family < 0.08 then first_family
    else family end as family_name,
  case when is_absent then other_dob
    when c_dob < 0.02 and substr(dob, 9, 2) <= '12' then substr(dob, 1, 5) || substr(dob, 9, 2) || '-' || substr(dob, 6, 2)
    when c_dob < 0.05 then substr(dob, 1, 9) || cast((cast(substr(dob, 10, 1) as int) + 3) % 10 as varchar)
    else dob end as date_of_birth,
  case when is_absent or c_postcode < 0.10 then other_postcode when c_postcode < 0.30 then first_postcode
    else postcode end as postcode, gender
from absent"""


def _ask() -> str:
    names = ("absent", "number", "cross", "given", "family", "dob", "postcode")
    throws = ", ".join(f"hash(nhs_number || '{name}') / 18446744073709551616.0 as c_{name}" for name in names)
    typo = "substr({0}, 1, 2) || 'e' || substr({0}, 4)"
    return _ASKED.format(throws=throws, typo_given=typo.format("given"), typo_family=typo.format("family"))


_ASKED = _ask()
_QUERIES = "select * exclude (true_nhs_number) from asked order by query_id"


def floor_seconds(extract_queries: Path, register: Path) -> float:
    """One scan of the register's linking columns joined to the queries on date of birth and on postcode."""
    opened = open_register(register)
    start = time.perf_counter()
    with open_engine(folders=[register, extract_queries.parent]) as engine:
        engine.read_parquet("q", [extract_queries])
        sql = """
select count(*), count(p.given), count(p.family), count(p.gender), count(p.nhs_number)
from read_parquet($people) p semi join q
  on cast(p.dob as varchar) = q.date_of_birth and p.postcode = q.postcode"""
        engine.rows(Step("floor", sql, {"people": opened.person_files()}))
    return time.perf_counter() - start


def one_person(register: Path, queries: Path, asked: int = 100) -> dict[str, Any]:
    """Seconds to open the register, and seconds of a single question through the Python API: median and worst of all, median
    of those that the given number answers and of those for whom candidates are looked for.
    """
    import linkage

    with open_engine(folders=[queries.parent]) as engine:
        rows = engine.arrow(
            Step("some", "select * from read_parquet($q) order by query_id limit $n", {"q": str(queries), "n": asked})
        )
    start = time.perf_counter()
    with linkage.open_register(register, synthetic=True) as session:
        session.trace_one({"given_name": "Nobody", "family_name": "Here", "date_of_birth": "1950-01-01"})
        opened = time.perf_counter() - start
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for row in rows.to_pylist():
            start = time.perf_counter()
            answer = session.trace_one({name: value for name, value in row.items() if name != "query_id"})
            seconds[answer.step == "cross_check"].append(time.perf_counter() - start)
    every = [*seconds[True], *seconds[False]]
    return {
        "open_seconds": round(opened, 2),
        "median_seconds": round(statistics.median(every), 3),
        "median_by_number": round(statistics.median(seconds[True]), 3),
        "median_by_candidates": round(statistics.median(seconds[False]), 3),
        "by_candidates": len(seconds[False]),
        "worst_seconds": round(max(every), 3),
    }


def traced(work: Path, register: Path, people: int, extract: Path, *limits: str) -> dict[str, Any]:
    """Draw people, trace them by the command line with limits as options, and compare with the truth."""
    folder = work / f"people_{people}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "queries.parquet").is_file():
        draw_people(extract, folder, people)
    command = [*_CLI, "trace", "--register", str(register), "--out", str(folder / "traced"), "--synthetic", "--json"]
    result = measured([*command, *limits, str(folder / "queries.parquet")])
    floor = floor_seconds(folder / "queries.parquet", register)
    quality = subprocess.run(
        [*_CLI, "evaluate", str(folder / "traced"), "--truth", str(folder / "truth.csv"), "--json"],
        capture_output=True,
        text=True,
    )
    counts = json.loads((folder / "traced" / "manifest.json").read_text())["counts"]
    result |= {
        "floor_seconds": round(floor, 1),
        "times_the_floor": round(result["seconds"] / floor, 1),
        "counts": counts,
    }
    if quality.returncode == 0:
        result["quality"] = json.loads(quality.stdout)["results"]
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("people", type=int, nargs="?", default=20_000)
    parser.add_argument("work", type=Path, nargs="?", default=Path("national"))
    parser.add_argument("--year", action="store_true")
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    extract, register = given.folder / "register.parquet", given.work / "register"
    given.work.mkdir(parents=True, exist_ok=True)
    if not (register / "manifest.json").is_file():
        show("build", measured([*_CLI, "register", "build", str(extract), "--out", str(register), "--json"]))
    size = sum(path.stat().st_size for path in register.rglob("*") if path.is_file())
    show("register", {"people": open_register(register).people, "gb": round(size / 1e9, 2)})
    show("trace", traced(given.work, register, given.people, extract))
    show("one_person", one_person(register, given.work / f"people_{given.people}" / "queries.parquet"))
    if given.year:
        show("national_year", traced(given.work, register, 1_500_000, extract, "--memory", "8GB"))
    if given.plain:
        queries = given.work / f"people_{given.people}" / "queries.parquet"
        command = [sys.executable, "-m", "tests.benchmarks.plain_splink", str(extract), str(queries)]
        show("plain_splink", measured(command, _LIMIT_SECONDS))


def show(name: str, result: dict[str, Any]) -> None:
    """One line of JSON for each thing measured."""
    print(json.dumps({name: result}), flush=True)


if __name__ == "__main__":
    main()
