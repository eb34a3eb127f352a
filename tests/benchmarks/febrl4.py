"""The tracer on Febrl 4: 5,000 people as the register, their 5,000 damaged duplicates as queries without any number.

Febrl 4 has Australian names, dates of birth and four-digit postcodes: postcodes are compared as text. NHS numbers of the
9-series are made up for the register.

``python -m tests.benchmarks.febrl4 FOLDER`` (the folder with febrl4a.csv and febrl4b.csv) prints precision and recall,
also with every fifth person of the register taken away. ``… FOLDER --write OUT`` writes the files for the command line.
"""

import csv
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from linkage.trace.queries import Queries
from linkage.trace.register import build_register
from linkage.trace.run import trace_queries
from linkage.trace.settings import load_profile
from linkage.trace.source import ColumnMap

COLUMNS = ColumnMap({"family_name": "surname"})


def made_up_number(index: int) -> str:
    """The ``index``-th number of the never-issued 9-series that has a valid check digit."""
    stem = 910_000_000 + 7 * index
    while True:
        total = sum(int(digit) * weight for digit, weight in zip(str(stem), range(10, 1, -1), strict=True))
        check = (11 - total % 11) % 11
        if check != 10:
            return f"{stem}{check}"
        stem += 1


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as handle:
        return [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(handle)]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def person(record: dict[str, str]) -> int:
    return int(record["rec_id"].split("-")[1])


def files(folder: Path, out: Path, *, without: int | None = None) -> dict[str, str]:
    """Write register.csv, queries.csv and truth.csv; return the true number of each query that has one there."""
    people = read(folder / "febrl4a.csv")
    kept = [row for row in people if without is None or person(row) % without]
    number = {person(row): made_up_number(person(row)) for row in kept}
    fields = ("given_name", "surname", "date_of_birth", "postcode")
    write(out / "register.csv", [{"nhs_number": number[person(row)]} | {f: row[f] for f in fields} for row in kept])
    asked = read(folder / "febrl4b.csv")
    write(out / "queries.csv", [{"rec_id": row["rec_id"]} | {f: row[f] for f in fields} for row in asked])
    truth = [{"query_id": row["rec_id"], "true_nhs_number": number.get(person(row), "")} for row in asked]
    write(out / "truth.csv", truth)
    return {row["query_id"]: row["true_nhs_number"] for row in truth if row["true_nhs_number"]}


def run(folder: Path, *, without: int | None = None, min_weight: float = 0, min_gap: float = 3) -> dict[str, Any]:
    """Precision, recall and false links among the absent; ``without=5`` takes away a fifth of the register."""
    profile = load_profile("default").model_copy(update={"min_weight": min_weight, "min_gap": min_gap})
    with tempfile.TemporaryDirectory() as scratch:
        truth = files(folder, Path(scratch), without=without)
        start = time.perf_counter()
        build_register(
            [Path(scratch) / "register.csv"], Path(scratch) / "register", columns=COLUMNS, postcode_as="text"
        )
        built = time.perf_counter()
        result = trace_queries(
            Queries(path=Path(scratch) / "queries.csv", columns=COLUMNS, id_column="rec_id"),
            Path(scratch) / "register",
            None,
            profile=profile,
        )
        end = time.perf_counter()
    links = {row["query_id"]: row["nhs_number"] for row in result.table.to_pylist() if row["nhs_number"]}
    right = sum(truth.get(query) == number for query, number in links.items())
    absent_linked = sum(query not in truth for query in links)
    absent = result.table.num_rows - len(truth)
    return {
        "queries": result.table.num_rows,
        "in_register": len(truth),
        "links": len(links),
        "precision": round(right / len(links), 5),
        "recall": round(right / len(truth), 5),
        "absent_linked_per_1000": round(1000 * absent_linked / absent, 2) if absent else None,
        "candidate_pairs": result.counts["candidate_pairs"],
        "build_seconds": round(built - start, 1),
        "trace_seconds": round(end - built, 1),
    }


if __name__ == "__main__":
    data = Path(sys.argv[1])
    if len(sys.argv) > 3:
        for name, fifth in (("whole", None), ("four_fifths", 5)):
            (Path(sys.argv[3]) / name).mkdir(parents=True, exist_ok=True)
            files(data, Path(sys.argv[3]) / name, without=fifth)
    else:
        for fifth in (None, 5):
            print(json.dumps(run(data, without=fifth)))
