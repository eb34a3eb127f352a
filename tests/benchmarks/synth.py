"""Speed and memory of the synthetic world. ``python -m tests.benchmarks.synth [PEOPLE] [--register-only]`` shows figures.

The command runs as a user would run it; memory is the sum over its processes of the memory that is theirs (proportional set
size), looked at five times a second. The floor is reading the files and writing them again, in one process.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

_LOOK_EVERY = 0.2


def run(people: int = 1_000_000, *, register_only: bool = False, profile: str = "realistic") -> dict[str, Any]:
    """Figures of one world, made by the command line with two workers."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "world"
        command = [sys.executable, "-m", "linkage.cli", "synth", "--profile", profile, "--people", str(people)]
        command += ["--out", str(out), "--format", "parquet", "--workers", "2", "--synthetic", "--json"]
        command += ["--register-only"] if register_only else []
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(_LOOK_EVERY)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(process.returncode)
        counts = json.loads(process.stdout.read() if process.stdout else "{}")["results"]
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        floor = _rewriting(out, Path(scratch) / "again")
    return {
        "people": counts["people"],
        "rows": sum(rows for name, rows in counts.items() if name != "people"),
        "seconds": round(seconds, 1),
        "people_per_second": round(counts["people"] / seconds),
        "peak_memory_gb": round(peak / 1e9, 2),
        "output_gb": round(size / 1e9, 2),
        "times_reading_and_writing_the_files": round(seconds / floor, 1),
    }


def _rewriting(world: Path, copy: Path) -> float:
    """Seconds to read every file of a world and write it again."""
    copy.mkdir()
    started = time.perf_counter()
    for path in (path for path in world.rglob("*") if path.is_file()):
        if path.suffix != ".parquet":
            shutil.copy(path, copy / path.name)
            continue
        source = pq.ParquetFile(path)
        with pq.ParquetWriter(copy / path.name, source.schema_arrow, compression="zstd") as writer:
            for group in range(source.num_row_groups):
                writer.write_table(source.read_row_group(group))
    return time.perf_counter() - started


def _memory(session: int) -> int:
    """Memory of all processes of a session, in bytes; shared pages count once. Linux only."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                line = next(
                    text for text in (entry / "smaps_rollup").read_text().splitlines() if text.startswith("Pss:")
                )
                total += int(line.split()[1]) * 1024
        except (OSError, StopIteration):
            continue
    return total


if __name__ == "__main__":
    size = next((int(text) for text in sys.argv[1:] if text.isdigit()), 1_000_000)
    print(json.dumps(run(size, register_only="--register-only" in sys.argv), indent=1))
