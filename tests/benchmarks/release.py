"""Speed of pseudonyms and releases: distinct numbers, a table from Parquet to Parquet, and a national year.

``python -m tests.benchmarks.release numbers|rows|year [ROWS] [FOLDER]`` prints one line of JSON, with the load average of the
machine before it began. ``run()`` does the first two at a tenth of their size.
"""

import hmac
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.configs import packaged
from linkage.releasing import _listed_values
from pseudo.columns import open_source
from pseudo.deidentify import derive_keys
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, TablePolicy, load_policy
from pseudo.pseudonym import nhs_number_messages, pseudonyms
from pseudo.release import make_release
from pseudo.release_tables import write_table
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey

REQUEST = ReleaseRequest(
    controller="bench", recipient="bench", project="bench", opt_out="none", key_version="1", release_id="bench"
)
ROWS, PEOPLE = 5_000_000, 1_200_000
YEAR_ROWS, YEAR_PEOPLE = 20_000_000, 2_000_000
TABLE = "social_care"

_BATCH = 500_000
_SMALL = (
    "la_code", "traced_nhs_number", "record_id", "link_quality", "gender", "ethnicity", "date_of_birth",
    "primary_support_reason", "accommodation_status", "event_type", "event_start_date", "event_end_date", "event_outcome",
    "service_type", "service_component", "delivery_mechanism", "unit_cost", "cost_frequency",
)  # fmt: skip
_CODES = {"gp_practice_code": ("A{:05d}", 7000), "provider_cqc_location_id": ("1-{:09d}", 40_000)}
_TEXTS = {
    "la_name": "Authority {:03d}", "first_name": "First{:05d}", "last_name": "Last{:06d}", "gp_practice_name": "Surgery {:04d}",
    "event_description": "What was agreed, number {:06d}", "provider_cqc_location_name": "Home {:05d}",
}  # fmt: skip
_SERVICE = ("service_", "delivery_", "provider_", "unit_cost", "cost_frequency", "planned_")
_REVIEW = ("review_", "method_of_review")


def valid_numbers(count: int) -> pa.Array:
    """Distinct valid NHS numbers of the 9-series, as text, in no order."""
    bodies = np.arange(900_000_001, 900_000_001 + count * 11 // 10 + 11, dtype=np.int64)
    weighted = sum((bodies // 10**place % 10 * (place + 2) for place in range(9)), np.zeros(len(bodies), np.int64))
    check = (11 - weighted % 11) % 11
    numbers = (bodies[check != 10] * 10 + check[check != 10])[:count]
    return pa.array(np.random.default_rng(0).permutation(numbers)).cast(pa.string())


@dataclass(frozen=True)
class Events:
    """Invented events under the packaged policy: as many columns as wanted, rows in the order of authorities."""

    rows: int
    people: int
    columns: tuple[str, ...]

    def write(self, path: Path, policy: TablePolicy) -> None:
        """Write them as Parquet."""
        random = np.random.default_rng(1)
        numbers = valid_numbers(self.people)
        lists = _listed_values()
        writer = None
        for start in range(0, self.rows, _BATCH):
            count = min(_BATCH, self.rows - start)
            table = self._batch(start, count, random, numbers, policy, lists)
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=122_880)
        assert writer is not None
        writer.close()

    def _batch(
        self,
        start: int,
        count: int,
        random: np.random.Generator,
        numbers: pa.Array,
        policy: TablePolicy,
        lists: Mapping[str, Any],
    ) -> pa.Table:
        person = random.integers(0, self.people, count)
        la = np.array([f"{code:03d}" for code in range(100, 253)], dtype=object)[person % 153]
        kind = random.integers(0, 4, count)
        row = np.arange(start, start + count)
        made: dict[str, Any] = {}
        for name in self.columns:
            treatment = policy.columns[name]
            made[name] = _column(name, treatment, person, row, random, numbers, la, lists)
            if name.startswith(_SERVICE):
                made[name] = _null_where(made[name], kind > 1)
            if name.startswith(_REVIEW):
                made[name] = _null_where(made[name], kind != 2)
        return pa.table(made)


def _column(
    name: str,
    treatment: Any,
    person: Any,
    row: Any,
    random: np.random.Generator,
    numbers: pa.Array,
    la: Any,
    lists: Mapping[str, Any],
) -> pa.Array:
    """One column of invented values: of the person, of the event, or picked from the list of the specification."""
    if name in ("traced_nhs_number", "nhs_number"):
        return _null_where(numbers.take(pa.array(person)), person % 50 == 0)
    if name == "la_code":
        return pa.array(la, pa.string())
    if name == "link_quality":
        return pa.array(["confirmed", "found", "not_found"]).take(pa.array(np.where(person % 50 == 0, 2, person % 2)))
    if name == "person_unique_identifier" or "linked_person_id" in name:
        who = person if name == "person_unique_identifier" else person % 153 + 153 * (person * 7 % 9000)
        ids = _written("P{:08d}", who)
        return ids if name == "person_unique_identifier" else _null_where(ids, random.integers(0, 20, len(person)) > 0)
    if name in ("record_id", "row_number", "event_reference", "submission"):
        return _written("{:d}" if name == "row_number" else "E{:09d}", row // (row.size if name == "submission" else 1))
    if name in _CODES or name in _TEXTS:
        form, size = _CODES.get(name) or (_TEXTS[name], 90_000)
        return _written(form, person % size)
    if name == "postcode":
        return _written("ZX{:d} 1AA", person % 9 + 1)
    if name == "date_of_birth":
        return pa.array((-(person * 7919 % 36_500) + 12_000).astype(np.int32)).cast(pa.date32())
    if name == "date_of_death":
        return _null_where(pa.array((person % 700 + 18_800).astype(np.int32)).cast(pa.date32()), person % 30 > 0)
    if getattr(treatment, "type", None) == "date":
        return _null_where(pa.array(random.integers(18_300, 19_400, len(person)).astype(np.int32)).cast(pa.date32()),
                           random.integers(0, 3, len(person)) == 0 if "end" in name else None)  # fmt: skip
    if getattr(treatment, "type", None) in ("number", "integer"):
        whole = treatment.type == "integer"
        values = random.integers(0, 20 if whole else 9000, len(person))
        return pa.array(values if whole else values / 10)
    values = lists.get(name) or getattr(treatment, "values", None) or ["2025"]
    return pa.array(list(values)).take(pa.array(random.integers(0, len(values), len(person))))


def _written(form: str, numbers: Any) -> pa.Array:
    """Numbers written into a form, once for each distinct one."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return pa.array([form.format(number) for number in distinct.tolist()]).take(pa.array(places))


def _null_where(values: pa.Array, rows: Any) -> pa.Array:
    return values if rows is None else pc.if_else(pa.array(rows), None, values)


def numbers(count: int = ROWS) -> dict[str, float]:
    """Million distinct numbers a second, column in, column out, and the ratio to a plain loop over ``hmac``."""
    column = pa.chunked_array([valid_numbers(count)])
    with RootKey.generate("bench").derive(REQUEST.domain("nhs_number")) as key:
        started = time.perf_counter()
        made = pseudonyms(nhs_number_messages(column), key)
        seconds = time.perf_counter() - started
    assert len(made.dictionary) == count and made.null_count == 0
    sample = column.slice(0, 200_000).to_pylist()
    secret = os.urandom(32)
    started = time.perf_counter()
    for value in sample:
        hmac.new(secret, value.encode(), "sha256").digest()
    plain = (time.perf_counter() - started) * count / len(sample)
    return {"million_a_second": count / seconds / 1e6, "seconds": seconds, "times_a_plain_loop": plain / seconds}


def rows(count: int = ROWS, people: int = PEOPLE, folder: Path | None = None) -> dict[str, float]:
    """Million rows a second, Parquet to Parquet in released order, and the ratio to a bare copy of the file."""
    policy = _policy().policy.tables[TABLE]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source = Path(name) / "events.parquet"
        Events(count, people, _SMALL).write(source, policy)
        started = time.perf_counter()
        pq.write_table(pq.read_table(source), Path(name) / "copy.parquet", compression="zstd")
        copy = time.perf_counter() - started
        small = policy.model_copy(
            update={"person": policy.person.model_copy(update={"la_person_id": None}), "derived": {}}
        )
        with closing(derive_keys(RootKey.generate("bench"), REQUEST)) as keys:
            started = time.perf_counter()
            done = write_table(Path(name), open_source(TABLE, source), small, keys=keys, listed=_listed_values())
            seconds = time.perf_counter() - started
    assert done["counts"]["rows_out"] == count
    return {
        "million_rows_a_second": count / seconds / 1e6,
        "seconds": seconds,
        "times_a_bare_copy": seconds / copy,
        "columns": len(_SMALL),
    }


def year(count: int = YEAR_ROWS, people: int = YEAR_PEOPLE, folder: Path | None = None) -> dict[str, float]:
    """Seconds of a whole release of a national year (policy ``secure``, verified at the end), and the peak of memory in GB."""
    loaded = _policy()
    policy = loaded.policy.tables[TABLE]
    columns = tuple(policy.columns)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source = Path(name) / "events.parquet"
        made = os.fork()
        if made == 0:
            Events(count, people, columns).write(source, policy)
            os._exit(0)
        assert os.waitpid(made, 0)[1] == 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        release = make_release(
            {TABLE: source}, loaded, root_key=RootKey.generate("bench"), signing_key=SigningKey(os.urandom(32), "bench"),
            request=REQUEST, out_dir=Path(name) / "release", listed_values={TABLE: _listed_values()},
        )  # fmt: skip
        seconds = time.perf_counter() - started
        size = release.tables[TABLE].stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert peak > before
    return {
        "seconds": seconds,
        "peak_gb": peak / 2**20,
        "rows": count,
        "columns": len(columns),
        "released_gb": size / 2**30,
    }


def _policy() -> LoadedPolicy:
    return load_policy(packaged("release/secure.yaml"))


def run() -> dict[str, dict[str, float]]:
    """The first two benchmarks at a tenth of their size."""
    return {"numbers": numbers(ROWS // 10), "rows": rows(ROWS // 10, PEOPLE // 10)}


def main(words: list[str]) -> None:
    """One benchmark by its name; how many rows and the folder for its files may follow."""
    load = os.getloadavg()[0]
    size = int(words[1]) if len(words) > 1 else None
    folder = Path(words[2]) if len(words) > 2 else None
    if words[0] == "numbers":
        made = numbers(size or ROWS)
    elif words[0] == "rows":
        made = rows(size or ROWS, (size or ROWS) * PEOPLE // ROWS, folder)
    else:
        made = year(size or YEAR_ROWS, (size or YEAR_ROWS) * YEAR_PEOPLE // YEAR_ROWS, folder)
    print(json.dumps({"benchmark": words[0], "load_average": load, **made}))


if __name__ == "__main__":
    main(sys.argv[1:])
