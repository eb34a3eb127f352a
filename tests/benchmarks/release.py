"""Speed of pseudonyms and releases: distinct numbers, a table from Parquet to Parquet, and a national year.

``python -m tests.benchmarks.release numbers|rows|narrow|year [ROWS] [FOLDER]`` prints one line of JSON, with the load average of
the machine before it began. ``run()`` does the first two at a tenth of their size.
"""

import hmac
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.configs import packaged
from linkage.releasing import _listed_values
from pseudo.columns import open_source
from pseudo.deidentify import derive_keys
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, load_policy
from pseudo.pseudonym import nhs_number_pseudonyms
from pseudo.release import make_release
from pseudo.release_tables import write_table
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey
from tests.benchmarks.release_events import valid_numbers, write_events

REQUEST = ReleaseRequest(
    controller="bench", recipient="bench", project="bench", opt_out="none", key_version="1", release_id="bench"
)
ROWS, ROWS_PER_PERSON = 5_000_000, 25 / 6  # 1.2 million people
YEAR_ROWS, YEAR_ROWS_PER_PERSON = 20_000_000, 10
TABLE = "social_care"

_COLUMNS = (
    "la_code", "traced_nhs_number", "record_id", "link_quality", "gender", "ethnicity", "date_of_birth",
    "primary_support_reason", "event_type", "event_start_date", "service_type", "unit_cost",
)  # fmt: skip


_NARROW = ("la_code", "traced_nhs_number", "link_quality", "gender", "event_type", "event_start_date")


def numbers(count: int = ROWS) -> dict[str, float]:
    """Million distinct numbers a second, column in, column out, and the ratio to a plain loop over ``hmac``."""
    column = pa.chunked_array([valid_numbers(count)])
    with RootKey.generate("bench").derive(REQUEST.domain("nhs_number")) as key:
        started = time.perf_counter()
        made = nhs_number_pseudonyms(column, key)
        seconds = time.perf_counter() - started
    assert len(made.dictionary) == count and made.null_count == 0
    sample = column.slice(0, 200_000).to_pylist()
    secret = os.urandom(32)
    started = time.perf_counter()
    for value in sample:
        hmac.new(secret, value.encode(), "sha256").digest()
    plain = (time.perf_counter() - started) * count / len(sample)
    return {"seconds": seconds, "million_a_second": count / seconds / 1e6, "times_a_plain_loop": plain / seconds}


def rows(count: int = ROWS, folder: Path | None = None, columns: tuple[str, ...] = _COLUMNS) -> dict[str, float]:
    """Million rows a second, Parquet to Parquet in released order, and the ratio to a bare copy of the file."""
    policy = _policy().policy.tables[TABLE]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source = Path(name) / "events.parquet"
        write_events(source, policy, columns, count, int(count / ROWS_PER_PERSON))
        started = time.perf_counter()
        pq.write_table(pq.read_table(source), Path(name) / "copy.parquet", compression="zstd")
        copy = time.perf_counter() - started
        record_id = policy.person.record_id if "record_id" in columns else None
        person = policy.person.model_copy(update={"la_person_id": None, "record_id": record_id})
        by_number, listed = policy.model_copy(update={"person": person, "derived": {}}), _listed_values()
        with closing(derive_keys(RootKey.generate("bench"), REQUEST)) as keys:
            started = time.perf_counter()
            done = write_table(Path(name), open_source(TABLE, source), by_number, keys=keys, listed=listed)
            seconds = time.perf_counter() - started
    assert done["counts"]["rows_out"] == count
    return {
        "seconds": seconds,
        "million_rows_a_second": count / seconds / 1e6,
        "seconds_of_a_bare_copy": copy,
        "times_a_bare_copy": seconds / copy,
        "columns": len(columns),
    }


def year(count: int = YEAR_ROWS, folder: Path | None = None) -> dict[str, float]:
    """Seconds of a whole release of a national year (policy ``secure``, verified at the end), and the peak of memory.

    Gigabytes are those of this process and of the largest worker.
    """
    loaded = _policy()
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source = Path(name) / "events.parquet"
        subprocess.run([sys.executable, "-m", __spec__.name, "events", str(count), str(source)], check=True)
        started = time.perf_counter()
        made = make_release(
            {TABLE: source}, loaded, root_key=RootKey.generate("bench"), signing_key=SigningKey(os.urandom(32), "bench"),
            request=REQUEST, out_dir=Path(name) / "release", listed_values={TABLE: _listed_values()},
        )  # fmt: skip
        seconds = time.perf_counter() - started
        released = made.tables[TABLE].stat().st_size
        given = source.stat().st_size
    return {
        "seconds": seconds,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "rows": count,
        "columns": len(loaded.policy.tables[TABLE].columns),
        "file_gb": given / 2**30,
        "released_gb": released / 2**30,
    }


def _policy() -> LoadedPolicy:
    return load_policy(packaged("release/secure.yaml"))


def run() -> dict[str, dict[str, float]]:
    """The first two benchmarks at a tenth of their size."""
    return {"numbers": numbers(ROWS // 10), "rows": rows(ROWS // 10)}


def main(words: list[str]) -> None:
    """One benchmark by its name; how many rows and the folder for its files may follow."""
    load = os.getloadavg()[0]
    size = int(words[1]) if len(words) > 1 else None
    folder = Path(words[2]) if len(words) > 2 else None
    if words[0] == "events" and size and folder:
        policy = _policy().policy.tables[TABLE]
        write_events(folder, policy, tuple(policy.columns), size, size // YEAR_ROWS_PER_PERSON)
        return
    made = {
        "numbers": lambda: numbers(size or ROWS),
        "rows": lambda: rows(size or ROWS, folder),
        "narrow": lambda: rows(size or ROWS, folder, _NARROW),
        "year": lambda: year(size or YEAR_ROWS, folder),
    }[words[0]]()
    print(json.dumps({"benchmark": words[0], "load_average": load, **made}))


if __name__ == "__main__":
    main(sys.argv[1:])
