"""Small traces, registers and consolidated submissions made by hand, for tests of feedback."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.runs import Manifest
from linkage.trace.comparisons import COMPARED_FIELDS

_TEXTS = ("query_id", "nhs_number_given", "nhs_number", "outcome", "step", "reason")
_LEVELS = tuple(f"agree_{field}" for field in COMPARED_FIELDS)
TRACE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS[:5]),
        *((name, pa.float64()) for name in ("match_weight", "gap", "match_probability")),
        *((name, pa.string()) for name in _LEVELS),
        ("sensitive", pa.bool_()),
        ("reason", pa.string()),
        ("notes", pa.string()),
    ]
)
_PERSON = pa.schema(
    [("person_id", pa.int64()), ("nhs_number", pa.string()), ("sensitive", pa.bool_()), ("invalidated", pa.bool_())]
)
_SUCCESSION = pa.schema(
    [("nhs_number", pa.string()), ("current_nhs_number", pa.string()), ("current_sensitive", pa.bool_())]
)
_VERSION = ("date_of_birth", "gp_practice_code", "date_of_death")


def linked(query_id: str, number: str | None, outcome: str = "found", **more: Any) -> dict[str, Any]:
    """One row of a trace."""
    exact = dict.fromkeys(_LEVELS, "exact") if number else {}
    row = {
        "query_id": query_id,
        "nhs_number": number,
        "outcome": outcome,
        "step": "probabilistic" if number else "none",
    }
    return {
        **row,
        "sensitive": False,
        "reason": "A reason.",
        "match_probability": 0.99 if number else None,
        **exact,
        **more,
    }


def write_trace(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A trace as 'cldlink trace' leaves it: of a sensitive row, the number is in the restricted file only."""
    (folder / "restricted").mkdir(parents=True, exist_ok=True)
    hidden = dict.fromkeys(("nhs_number", "match_probability", *_LEVELS))
    public = [{**row, **hidden} if row["sensitive"] else dict(row) for row in rows]
    pq.write_table(pa.Table.from_pylist(public, schema=TRACE_SCHEMA), folder / "trace.parquet")
    sensitive = pa.Table.from_pylist([dict(row) for row in rows if row["sensitive"]], schema=TRACE_SCHEMA)
    pq.write_table(sensitive, folder / "restricted" / "sensitive.parquet")
    Manifest("trace", [], {"queries": len(rows)}).write(folder)
    return folder


def write_register(folder: Path, people: Sequence[tuple[str, str, str, str]], **marks: Sequence[str]) -> Path:
    """A register of (number, date of birth, GP practice, date of death); ``marks``: numbers that are ``sensitive``, …,
    and ``replaced``, pairs of an earlier and the current number.
    """
    for part in ("person", "version"):
        (folder / part).mkdir(parents=True)
    sensitive = marks.get("sensitive", ())
    replaced = dict(pair.split(">") for pair in marks.get("replaced", ()))
    numbers = [*(person[0] for person in people), *replaced]
    rows = [
        {"person_id": place, "nhs_number": number,
         "sensitive": number in sensitive, "invalidated": number in marks.get("invalidated", ())}
        for place, number in enumerate(numbers)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=_PERSON), folder / "person" / "000.parquet")
    successions = [
        {"nhs_number": number, "current_nhs_number": current, "current_sensitive": current in sensitive}
        for number, current in replaced.items()
    ]
    pq.write_table(pa.Table.from_pylist(successions, schema=_SUCCESSION), folder / "succession.parquet")
    versions = [
        {"nhs_number": number, **dict(zip(_VERSION, values, strict=True))}
        for number, *now in people
        for values in (("1900-01-01", "OLD01", None), [value or None for value in now])
    ]
    schema = pa.schema([(name, pa.string()) for name in ("nhs_number", *_VERSION)])
    pq.write_table(pa.Table.from_pylist(versions, schema=schema), folder / "version" / "000.parquet")
    Manifest("register build", [], {"people": len(people)}).write(folder)
    return folder


def write_current(folder: Path, people: Sequence[Mapping[str, Any]]) -> Path:
    """Consolidated submissions: one event and one row of persons for each of ``people`` (la_code, id and what is given)."""
    folder.mkdir(parents=True)
    persons, events = [], []
    for place, person in enumerate(people):
        code, identifier = person["query_id"].split("/")
        key = {"la_code": code, "person_unique_identifier": identifier, "nhs_number": person.get("nhs_number")}
        persons.append({"query_id": person["query_id"], **key, "date_of_birth": person.get("date_of_birth")})
        events.append({
            **key, "submission": "s.csv", "row_number": place + 1, "event_start_date": date(2022, 5, 1),
            "reporting_period_end_date": date(2023, 3, 31), "gp_practice_code": person.get("gp_practice_code"),
            "date_of_death": person.get("date_of_death"),
        })  # fmt: skip
    texts = ("la_code", "person_unique_identifier", "nhs_number")
    person_schema = pa.schema([(name, pa.string()) for name in ("query_id", *texts, "date_of_birth")])
    event_schema = pa.schema(
        [*((name, pa.string()) for name in (*texts, "submission")), ("row_number", pa.int64()),
         ("event_start_date", pa.date32()), ("reporting_period_end_date", pa.date32()), ("gp_practice_code", pa.string()),
         ("date_of_death", pa.date32())]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(persons, schema=person_schema), folder / "persons.parquet")
    pq.write_table(pa.Table.from_pylist(events, schema=event_schema), folder / "events.parquet")
    return folder
