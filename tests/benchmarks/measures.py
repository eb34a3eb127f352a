"""Speed and memory of the official measures. ``python -m tests.benchmarks.measures FOLDER|ROWS [--only ID,…|ascof]``

ROWS makes a linked folder of so many rows first (20000000: the country; fewer than 400,000: one authority) and throws it away;
FOLDER is a linked folder, or one made with ``python -m tests.benchmarks.measures ROWS --make FOLDER``. ``--only ascof`` takes
LTS001 and the ASCOF measures. ``cldlink tables official`` runs as a user would run it; one line of JSON tells seconds,
processor seconds and the peak of memory of the process, with the seconds of a scan of the columns that are read.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linkage.cohort.derive.coded import DETAILS, GROUP_COLUMNS
from linkage.cohort.derive.source import linked_file
from linkage.cohort.measures.registry import MEASURES
from linkage.engine import Step, ident, open_engine
from tests.benchmarks.measures_data import make_linked

YEAR = ("2023-04-01", "2024-03-31")
_READ = (
    "la_code", "person_pseudonym", "birth_month", "date_of_death", "event_start_date", "event_end_date", "unit_cost",
    "planned_units_per_week", *GROUP_COLUMNS, *DETAILS,
)  # fmt: skip


def run(folder: Path, measures: Sequence[str] = ()) -> dict[str, Any]:
    """Figures of one run over a linked folder; ``measures``: ids, all when none is named."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "linkage.cli", "tables", "official", str(folder), "--out", f"{scratch}/out"]
        command += ["--period-start", YEAR[0], "--period-end", YEAR[1]]
        command += [word for name in measures for word in ("--measure", name)]
        whole = _measured(command)
        tables = len(list(Path(scratch, "out").glob("*.csv")))
    floor = _measured([sys.executable, "-m", __spec__.name, "--scan", str(folder)])
    return {
        "rows": _rows(folder),
        "measures": len(measures) or len(MEASURES),
        "files_of_figures": tables,
        **{name: round(value, 2) for name, value in whole.items()},
        "scan_seconds": round(floor["seconds"], 2),
        "times_a_scan": round(whole["seconds"] / floor["seconds"], 1),
        "load_average": round(load, 2),
    }


def _measured(command: Sequence[str]) -> dict[str, float]:
    """Seconds, processor seconds and peak memory in GB of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    return {
        "seconds": seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_gb": usage.ru_maxrss / 2**20,
    }


def _scan(folder: Path) -> None:
    """Count what is filled in each column that the measures read."""
    with open_engine(folders=[folder]) as engine:
        source = linked_file(engine, folder / "social_care.parquet")
        counts = ", ".join(f"count({ident(name)})" for name in _READ if name in source.columns)
        engine.rows(Step("scan", f"select {counts} from {source.rows}", source.values))


def _rows(folder: Path) -> int:
    with open_engine(folders=[folder]) as engine:
        source = linked_file(engine, folder / "social_care.parquet")
        return int(engine.value(Step("rows", f"select count(*) from {source.rows}", source.values)))


def _chosen(only: str) -> list[str]:
    if only == "ascof":
        return [name for name in MEASURES if name.startswith(("salt_lts001", "ascof"))]
    return only.split(",") if only else []


def main(words: Sequence[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("--only", default="")
    parser.add_argument("--make", type=Path)
    parser.add_argument("--scan", action="store_true")
    asked = parser.parse_args(words)
    if asked.scan:
        _scan(Path(asked.source))
    elif asked.make:
        make_linked(asked.make, int(asked.source))
    elif asked.source.isdigit():
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "linked"
            make_linked(made, int(asked.source))
            print(json.dumps(run(made, _chosen(asked.only))))
    else:
        print(json.dumps(run(Path(asked.source), _chosen(asked.only))))


if __name__ == "__main__":
    main(sys.argv[1:])
