"""Speed and memory of a check. ``python -m tests.benchmarks.check [ROWS]`` shows seconds by stage and the peak of memory.

The file has the 50 columns of Release 1: a synthetic submission repeated, each time with other people and events. The
check runs as a user would run it. The floor is one scan of the file by DuckDB that counts what is filled in each column.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from linkage.engine.duckdb import duckdb
from linkage.normalise.nhs_number import check_digit
from linkage.spec import load_specification
from linkage.synth.block import load_setting, make_blocks
from linkage.synth.profile import load_profile
from linkage.synth.submissions.files import block_submissions

VERSION = "release1"
_PART = "--part"
_PEOPLE = 20_000
_AS_AT = date(2024, 4, 30)


def run(rows: int = 1_000_000) -> dict[str, Any]:
    """Figures of one check of so many rows."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "993_2023-24_Q4.csv"
        write_file(source, rows)
        stages = _measured("stages", source)
        whole = _measured("whole", source, Path(scratch) / "checked")
        floor = _measured("floor", source)["seconds"]
        size = source.stat().st_size
    return {
        "rows": rows,
        "columns": len(load_specification(VERSION).ids),
        "file_mb": round(size / 1e6),
        **{name: round(value, 2) for name, value in stages.items()},
        "check_and_report_seconds": round(whole["seconds"], 1),
        "check_and_report_peak_memory_gb": round(whole["peak_memory_gb"], 2),
        "floor_seconds": round(floor, 2),
        "times_the_floor": round(whole["seconds"] / floor, 1),
    }


def write_file(path: Path, rows: int) -> None:
    """A Release 1 submission of so many rows; a person or event that comes again is another one, with a number of its own."""
    specification = load_specification(VERSION)
    table = _submission()
    person, event, number = (
        specification.ids.index(name) for name in ("person_unique_identifier", "event_reference", "nhs_number")
    )
    people = {name: place for place, name in enumerate(dict.fromkeys(row[person] for row in table))}
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(specification.headings)
        for place in range(rows):
            again, row = place // len(table), list(table[place % len(table)])
            row[number] = _number(again * len(people) + people[row[person]]) if row[number] else ""
            row[person], row[event] = f"{row[person]}-{again}", f"{row[event]}-{again}" if row[event] else ""
            writer.writerow(row)


def _submission() -> list[list[str]]:
    """The last file of the authority that sends Release 1, in the realistic world."""
    profile = load_profile("realistic").model_copy(update={"people": _PEOPLE})
    setting = load_setting(profile)
    rows: list[list[str]] = []
    for block in make_blocks(setting):
        for file, columns in block_submissions(setting, block):
            if file.authority.spec == VERSION and file.quarter == 4:
                rows += [list(row) for row in zip(*(columns[name].tolist() for name in file.columns), strict=True)]
    return rows


def _number(place: int) -> str:
    """A valid number of the range that is never issued (999…), another one for each place of the first 900,000."""
    first_nine = f"999{place % 900_000:06d}"
    return first_nine + (check_digit(first_nine) or "0")


def _measured(what: str, *paths: Path) -> dict[str, float]:
    """Figures of one part, in a process of its own, with the peak of its memory."""
    command = [sys.executable, "-m", "tests.benchmarks.check", _PART, what, *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = (process.stdout.read() if process.stdout else "").splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the part '{what}' failed")
    figures: dict[str, float] = json.loads(told[-1])
    return figures | {"peak_memory_gb": usage.ru_maxrss / 1e6}


def _stages(source: Path) -> Iterator[tuple[str, float]]:
    """Seconds of reading, of making ready for the rules, and of the rules."""
    from linkage.engine import open_engine
    from linkage.intake.check import CheckOptions, check_into
    from linkage.intake.prepare import prepare
    from linkage.intake.read import read_submission
    from linkage.intake.values import Closeness

    small = source.with_name("small.csv")
    with source.open("rb") as lines:
        small.write_bytes(b"".join(islice(lines, 1_000)))
    with open_engine() as engine:
        # Specifications and rules are loaded once; without this the first part below would bear their cost.
        check_into(engine, small, synthetic=True, options=CheckOptions(as_at=_AS_AT))
    with open_engine() as engine:
        started = time.perf_counter()
        reading = read_submission(source)
        read = time.perf_counter()
        prepare(engine, reading, Closeness(0.85, 0.6), _AS_AT)
        prepared = time.perf_counter()
    yield "read_seconds", read - started
    yield "prepare_seconds", prepared - read
    del reading
    with open_engine() as engine:
        again = time.perf_counter()
        check_into(engine, source, synthetic=True, options=CheckOptions(as_at=_AS_AT))
        yield "rules_seconds", time.perf_counter() - again - (prepared - started)


def _whole(source: Path, out: Path) -> Iterator[tuple[str, float]]:
    """Seconds of ``cldlink check --out``."""
    from linkage.cli import main

    sys.argv = ["cldlink", "check", str(source), "--out", str(out), "--synthetic", "--as-at", f"{_AS_AT}"]
    started = time.perf_counter()
    try:
        main()
    except SystemExit:
        yield "seconds", time.perf_counter() - started
    else:
        yield "seconds", time.perf_counter() - started


def _floor(source: Path) -> Iterator[tuple[str, float]]:
    """Seconds of one scan."""
    started = time.perf_counter()
    duckdb.execute(
        "select count(columns(*)) from read_csv(?, all_varchar = true, header = true)", [str(source)]
    ).fetchall()
    yield "seconds", time.perf_counter() - started


_PARTS = {"stages": _stages, "whole": _whole, "floor": _floor}


if __name__ == "__main__":
    if _PART in sys.argv:
        _, part, *paths = sys.argv[sys.argv.index(_PART) :]
        print(json.dumps(dict(_PARTS[part](*map(Path, paths)))))
    else:
        size = next((int(text) for text in sys.argv[1:] if text.isdigit()), 1_000_000)
        print(json.dumps(run(size), indent=1))
