"""A small trace with its restricted files, people, register and truth, made by hand: what an evaluation is tested on.

Twelve people of each of four kinds, ids ``991/…`` and ``992/…`` in turn: linked rightly by an exact step, linked by weight
(one of them wrongly), not found with a candidate (three of them missed), and absent without a candidate.
"""

import itertools
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.normalise import nhs_number
from linkage.runs import Manifest, file_record

EACH = 12
PROFILE = {
    "name": "default",
    "version": 1,
    "description": "As in a test.",
    "model": "default",
    "min_weight": 6.0,
    "min_gap": 5.0,
    "review_weight": 0.0,
}
LEVELS = ("nhs_number", "given_name", "family_name", "date_of_birth", "postcode", "gender")


@dataclass(frozen=True)
class World:
    """Where everything lies. ``numbers``: the true number of each query, None for absent people."""

    trace: Path
    truth: Path
    people: Path
    register: Path
    numbers: dict[str, str | None]


@cache
def number(place: int) -> str:
    """A valid NHS number of the test range that belongs to ``place``."""
    valid = (text for nine in range(999_000_001, 999_001_000) for text in _with_check_digit(nine))
    return next(itertools.islice(valid, place, None))


def _with_check_digit(nine: int) -> list[str]:
    return [f"{nine}{last}" for last in range(10) if nhs_number.is_valid(f"{nine}{last}")]


def made(folder: Path) -> World:
    """Write everything to ``folder``."""
    kinds = [kind for kind in ("exact", "weighed", "missed", "absent") for _ in range(EACH)]
    rows = [_row(place, kind) for place, kind in enumerate(kinds)]
    trace = folder / "traced"
    (trace / "restricted").mkdir(parents=True)
    _write(trace / "trace.parquet", [row["trace"] for row in rows], _TRACE)
    _write(trace / "restricted" / "candidates.parquet", [row["near"] for row in rows if row["near"]], _NEAR)
    register = folder / "register"
    register.mkdir()
    (register / "version").mkdir()
    _write(register / "version" / "000.parquet", [version for row in rows for version in row["versions"]], _VERSION)
    (register / "register.json").write_text("{}", encoding="utf-8")
    extract = {"name": "extract.csv", "sha256": "0" * 64}
    Manifest("register build", [extract], {"last_valid_from": "2020-01-01"}, {"as_at": "2020-02-01"}).write(register)
    counts = {"queries": len(rows), "register_people": 48, "with_postcode": len(rows), "usable_postcode": 40}
    inputs = [{"name": "people.parquet", "sha256": "1" * 64}, file_record(register / "register.json")]
    Manifest("trace", inputs, counts, {"profile": PROFILE}).write(trace)
    _write(folder / "people.parquet", [row["person"] for row in rows], None)
    truth = folder / "truth.csv"
    lines = [f"{row['trace']['query_id']},{row['true'] or ''},{row['class']},{row['given']}" for row in rows]
    truth.write_text("\n".join(["query_id,true_nhs_number,difficulty,given_number", *lines, ""]), encoding="utf-8")
    numbers = {row["trace"]["query_id"]: row["true"] for row in rows}
    return World(trace, truth, folder / "people.parquet", register, numbers)


def _row(place: int, kind: str) -> dict[str, Any]:
    query, own = f"{991 + place % 2}/P{place:03d}", number(place)
    linked, wrong = kind in ("exact", "weighed"), place == EACH
    outcome = {"exact": "confirmed", "weighed": "found"}.get(kind, "not_found")
    weight = {"weighed": 7.0 + place - EACH, "missed": 1.0 + place % 5}.get(kind)
    given = own if kind == "exact" else None
    true = None if kind == "absent" or (kind == "missed" and place % 4) else own
    candidate = number(place + 100) if wrong else own
    told = {
        "query_id": query,
        "nhs_number_given": given,
        "nhs_number": candidate if linked else None,
        "outcome": outcome,
    }
    told |= {"step": "none", "sensitive": False, "reason": "As it is", "gap": 9.0 if kind == "weighed" else None}
    told |= {"match_weight": weight if linked else None, "match_probability": _probability(weight) if linked else None}
    near = {"query_id": query, "outcome": outcome, "candidate_nhs_number": own, "place": 1, "match_weight": weight}
    person = {"query_id": query, "given_name": f"Given{place}", "family_name": "Canaryname", "nhs_number": given}
    person |= {"date_of_birth": f"0{1 + place % 9}/02/19{40 + place % 50}", "postcode": "QX1 1AA"}
    person |= {"gender": ("Male", "Female")[place % 2], "ethnicity": ("Indian", "White Irish", None)[place % 3]}
    return {
        "trace": told | {f"agree_{name}": "exact" if linked else None for name in LEVELS},
        "near": near | {"sensitive": False} if kind == "missed" else None,
        "person": person,
        "versions": [
            _version(candidate, place, "QX9 9ZZ", "1990-01-01"),
            _version(candidate, place, "QX1 1AA", "2020-01-01"),
        ],
        "true": true,
        "class": "hard" if kind == "missed" else kind,
        "given": "ok" if given else "missing",
    }


def _version(of: str, place: int, postcode: str, since: str) -> dict[str, Any]:
    person = {"nhs_number": of, "given_name": f"Given{place}", "other_given_name": None, "family_name": "Canaryname"}
    person |= {
        "date_of_birth": "1950-02-01",
        "gender": "1",
        "postcode": postcode,
        "valid_from": since,
        "valid_to": None,
    }
    return person | {"date_of_death": None}


def _probability(weight: float | None) -> float:
    return 1.0 if weight is None else 1 / (1 + 2**-weight)


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema | None) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


_TEXT, _NUMBER = pa.string(), pa.float64()
_TRACE = pa.schema(
    [
        *((name, _TEXT) for name in ("query_id", "nhs_number_given", "nhs_number", "outcome", "step")),
        *((name, _NUMBER) for name in ("match_weight", "gap", "match_probability")),
        *((f"agree_{name}", _TEXT) for name in LEVELS),
        ("sensitive", pa.bool_()),
        ("reason", _TEXT),
    ]
)
_NEAR = pa.schema(
    [
        *((name, _TEXT) for name in ("query_id", "outcome", "candidate_nhs_number")),
        ("place", pa.int64()),
        ("match_weight", _NUMBER),
        ("sensitive", pa.bool_()),
    ]
)
_VERSION = pa.schema([(name, _TEXT) for name in _version("", 0, "", "")])
