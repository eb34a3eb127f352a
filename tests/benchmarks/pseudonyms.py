"""Speed of pseudonyms and of a release. ``run()`` returns figures; ``python -m tests.benchmarks.pseudonyms`` shows them."""

import hmac
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.pseudonym import nhs_number_messages, pseudonyms
from pseudo.release import make_release
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey

REQUEST = ReleaseRequest(
    controller="bench", recipient="bench", project="bench", opt_out="none", key_version="1", release_id="bench"
)
POLICY = """
name: bench
version: "1"
description: CLD-like rows
tables:
  events:
    description: One row per event.
    person: {nhs_number: traced_nhs_number, la_code: la_code, la_person_id: person_unique_identifier, record_id: record_id}
    columns:
      traced_nhs_number: {treatment: pseudonymise, field: nhs_number}
      person_unique_identifier: {treatment: pseudonymise, field: la_person_id}
      record_id: drop
      la_code: {treatment: keep, pattern: "[0-9]{3}"}
      gender: {treatment: keep, values: [Female, Male]}
      service_type: {treatment: keep, pattern: "[a-z0-9 ]+"}
      date_of_birth: birth_month
      postcode: {treatment: area, level: postcode_area}
      event_start_date: {treatment: keep, type: date}
      unit_cost: {treatment: keep, type: number, minimum: 0, maximum: 10000}
"""


def valid_numbers(count: int) -> pa.Array:
    """Distinct valid NHS numbers of the 9-series, as text."""
    bodies = np.arange(900_000_000, 900_000_000 + count * 11 // 10 + 11, dtype=np.int64)
    digits = np.stack([bodies // 10**place % 10 for place in range(8, -1, -1)], axis=1)
    check = (11 - (digits * np.arange(10, 1, -1)).sum(axis=1) % 11) % 11
    numbers = bodies[check != 10] * 10 + check[check != 10]
    return pa.array(numbers[:count]).cast(pa.string())


def events(rows: int, people: int) -> pa.Table:
    """CLD-like rows: every tenth person has no NHS number."""
    random = np.random.default_rng(1)
    person = random.integers(0, people, rows)
    numbers = valid_numbers(people).take(pa.array(person))
    days = pa.array(random.integers(0, 700, rows).astype(np.int32))
    return pa.table(
        {
            "traced_nhs_number": pa.array(
                np.where(person % 10 == 0, None, np.asarray(numbers, dtype=object)), pa.string()
            ),
            "person_unique_identifier": pa.array(person).cast(pa.string()),
            "record_id": pa.array(np.arange(rows)).cast(pa.string()),
            "la_code": pa.array(["001", "002", "003"]).take(pa.array(person % 3)),
            "gender": pa.array(["Female", "Male"]).take(pa.array(person % 2)),
            "service_type": pa.array([f"service {n}" for n in range(40)]).take(pa.array(random.integers(0, 40, rows))),
            "date_of_birth": pa.array((-person % 30_000).astype(np.int32)).cast(pa.date32()),
            "postcode": pa.array([f"ZX{n} 1AA" for n in range(1, 10)]).take(pa.array(person % 9)),
            "event_start_date": days.cast(pa.date32()),
            "unit_cost": pa.array(random.integers(0, 900, rows) / 10),
        }
    )


def distinct_numbers(count: int) -> dict[str, float]:
    """Million distinct numbers a second, column in, column out, and the ratio to a plain loop over ``hmac``."""
    column = pa.chunked_array([valid_numbers(count)])
    with RootKey.generate("bench").derive(REQUEST.domain("nhs_number")) as key:
        started = time.perf_counter()
        pseudonyms(nhs_number_messages(column), key)
        seconds = time.perf_counter() - started
    sample = column.slice(0, 100_000).to_pylist()
    secret = os.urandom(32)
    started = time.perf_counter()
    for value in sample:
        hmac.digest(secret, value.encode(), "sha256")
    plain = (time.perf_counter() - started) * count / len(sample)
    return {"million_numbers_per_second": count / seconds / 1e6, "times_as_fast_as_a_plain_loop": plain / seconds}


def whole_release(rows: int, people: int) -> dict[str, float]:
    """Million rows a second, Parquet to a verified release, and the ratio to a bare copy of the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bench.yaml").write_text(POLICY, encoding="utf-8", newline="\n")
        source = folder / "events.parquet"
        pq.write_table(events(rows, people), source)
        started = time.perf_counter()
        pq.write_table(pq.read_table(source), folder / "copy.parquet", compression="zstd")
        copy = time.perf_counter() - started
        started = time.perf_counter()
        make_release(
            {"events": source},
            load_policy(folder / "bench.yaml"),
            root_key=RootKey.generate("bench"),
            signing_key=SigningKey(bytes(32), "bench"),
            request=REQUEST,
            out_dir=folder / "release",
        )
        seconds = time.perf_counter() - started
    return {"million_rows_per_second": rows / seconds / 1e6, "times_a_bare_copy": seconds / copy, "seconds": seconds}


def run() -> dict[str, dict[str, float]]:
    """1 million distinct numbers, and a release of 5 million rows about 1.2 million people."""
    return {
        "distinct_numbers_1m": distinct_numbers(1_000_000),
        "release_5m_rows_1_2m_people": whole_release(5_000_000, 1_200_000),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
