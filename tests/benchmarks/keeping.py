"""Consolidating four quarters of 150 authorities from a store of submissions.

``python -m tests.benchmarks.keeping [ROWS] [AUTHORITIES]``. The store is synthetic: the four rolling files of the ``realistic``
world's third authority, checked and kept once, are repeated under other person identifiers to the wanted size and under
other authority codes, and their kept rows written directly (checking is another benchmark). Every file is hashed and
read when the record is made, in a process of its own, whose peak memory is measured.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from linkage.engine import Engine, Step, open_engine
from linkage.intake.keeping.add import Incoming, add_submission
from linkage.intake.keeping.store import ADDED, ROWS, Entry, Store, open_store
from linkage.runs import Manifest, file_record
from linkage.synth import load_profile, synth

MEMORY = "4GB"


def run(rows: int = 2_000_000, number: int = 150) -> dict[str, Any]:
    """Rows and submissions in the store, seconds and peak memory (MB) of consolidating it, rows of the record."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        base = _base(root)
        store = _repeated(base, root / "store", rows, number)
        started = time.perf_counter()
        spill = root / "spill"
        spill.mkdir()
        command = ["submission", "consolidate", "--store", store.root, "--out", root / "out", "--memory", MEMORY]
        ran = subprocess.run(
            [sys.executable, "-m", "linkage.cli", *map(str, command), "--temp-dir", str(spill), "--json"],
            check=True,
            capture_output=True,
        )
        seconds = time.perf_counter() - started
        counts = json.loads(ran.stdout)["results"]
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        size = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file()) // 1_000_000
        return {"store_mb": size, "consolidate_seconds": round(seconds, 1), "peak_mb": peak, **counts}


def _base(root: Path) -> Store:
    """A store with the four files of one authority."""
    synth(load_profile("realistic"), root / "world", people=20_000, synthetic=True)
    for path in sorted((root / "world" / "submissions").glob("993_*.csv")):
        add_submission(path, root / "base", Incoming(synthetic=True))
    return open_store(root / "base")


def _repeated(base: Store, root: Path, rows: int, number: int) -> Store:
    """The store of many authorities; ``rows`` in all."""
    store = open_store(root, create=True)
    entries = base.entries()
    times = max(1, round(rows / number / sum(entry.rows_kept for entry in entries)))
    with open_engine(folders=[base.root, root]) as engine:
        for quarter, entry in enumerate(entries):
            engine.read_parquet("kept", [base.folder(entry) / ROWS])
            engine.run(_many_step(times))
            for authority in range(number):
                mine = replace(entry, la_code=f"S{authority:03d}", rows_kept=entry.rows_kept * times, kinds={})
                mine = replace(
                    mine, id=f"{mine.la_code}_{mine.period_end}_v1", rows_read=mine.rows_kept, rows_rejected=0
                )
                _write(engine, store, replace(mine, rows_blank=0, sha256=f"{quarter}-{authority}"))
    return store


def _many_step(times: int) -> Step:
    return Step(
        "many",
        f"""select k.* replace (k.row_number + r.n * (select max(row_number) from kept) as row_number,
    k.person_unique_identifier || '-' || r.n as person_unique_identifier)
from kept as k cross join range({times}) as r(n) order by row_number""",
    )


def _write(engine: Engine, store: Store, entry: Entry) -> None:
    """The kept rows of one submission, straight into the store."""
    folder = store.folder(entry)
    folder.mkdir(parents=True)
    renamed = f"select * replace ('{entry.la_code}' as la_code) from many order by row_number"
    engine.write_parquet(Step("write_rows", renamed), folder / ROWS)
    Manifest("submission add", [], {}).write(folder)
    store.record(ADDED, replace(entry, manifest_sha256=file_record(folder / "manifest.json")["sha256"]).facts)


if __name__ == "__main__":
    print(json.dumps(run(*(int(argument) for argument in sys.argv[1:3])), indent=1))
