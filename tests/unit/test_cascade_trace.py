"""A trace with the profile mps against a prepared register: its files, what is withheld, who is found by the index."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage import api
from linkage.errors import InputError, UsageError
from linkage.trace.cascade.trace import DIAGNOSTICS, SENSITIVE_DIAGNOSTICS, UNMATCHED, reference_of
from linkage.trace.register import build_register

FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode", "valid_from", "valid_to",
          "confidentiality", "superseded_by", "gp_practice_code")  # fmt: skip
PEOPLE = [
    ("9990000018", "Mary", "Oakes", "1938-02-03", "2", "LS1 4AP", "1990-01-01", "2001-04-30", "", "", "X1"),
    ("9990000018", "Mary", "Bishop", "1938-02-03", "2", "LS2 2BB", "2001-05-01", "", "", "", "X1"),
    ("9990000026", "Ruth", "Ash", "1941-08-21", "2", "LS3 1AA", "1990-01-01", "2010-01-01", "", "9990000034", ""),
    ("9990000034", "Ruth", "Ash", "1941-08-21", "2", "LS3 1AA", "2010-01-02", "", "", "", ""),
    ("9990000042", "Sue", "Shade", "1960-04-05", "2", "LS4 1AB", "", "", "S", "", ""),
    ("9990000050", "Tom", "Gone", "1962-04-05", "1", "LS5 1AA", "", "", "I", "", ""),
    ("9990000069", "Ivy", "Larch", "1950-09-09", "2", "LS6 1AA", "", "", "", "", ""),
    ("9990000077", "Violet", "Larch", "1950-09-09", "2", "LS6 1AA", "", "", "", "", ""),
]
ASKED = ("query_id", "nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode")
QUERIES: list[tuple[str, str, str, str, str, str, str, str, str, str | None]] = [
    ("cached", "9990000018", "", "", "3/2/1938", "", "", "confirmed", "cross_check", "9990000018"),
    ("live", "9990000018", "M", "Bishops", "2/3/1938", "", "", "confirmed", "cross_check", "9990000018"),
    ("superseded", "9990000026", "", "", "1941-08-21", "", "", "superseded", "cross_check", "9990000034"),
    ("by all that was sent", "", "Marie", "Bishop", "1938-02-03", "F", "", "found", "alphanumeric", "9990000018"),
    ("block of both names", "", "Mary", "Oakes", "1938-02-03", "1", "LS9 9ZZ", "found", "algorithmic", "9990000018"),
    ("block of the family name", "", "Zoe", "Oakes", "1938-02-03", "2", "LS2 2BB", "found", "algorithmic", "9990000018"),
    ("block of the given name", "", "Mary", "Zorn", "1938-02-03", "2", "LS1 4AP", "found", "algorithmic", "9990000018"),
    ("block of the postcode", "", "", "", "1938-02-03", "2", "LS1 4AP", "found", "algorithmic", "9990000018"),
    ("another's number", "9990000069", "Ruth", "Ash", "1941-08-21", "2", "LS3 1AA", "corrected", "alphanumeric", "9990000034"),
    ("sensitive", "", "Sue", "Shade", "1960-04-05", "2", "LS4 1AB", "found", "alphanumeric", None),
    ("invalidated", "9990000050", "Tom", "Gone", "1962-04-05", "1", "LS5 1AA", "invalidated", "none", None),
    ("twin", "", "", "Larch", "1950-09-09", "2", "LS6 1AA", "multiple", "none", None),
    ("nobody", "", "Ned", "None", "1970-01-02", "1", "LS1 4AP", "not_found", "none", None),
    ("too little", "", "Ned", "", "", "", "", "not_enough_data", "none", None),
    ("year only", "", "Mary", "Bishop", "1938", "2", "", "not_enough_data", "none", None),
    ("number known, nobody found", "9990000069", "Ned", "Nunn", "1970-01-02", "1", "", "conflict", "none", None),
]  # fmt: skip
NAMES = [query[0] for query in QUERIES]


def write(path: Path, heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(heading)
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register, a file of people, and their trace."""
    folder = tmp_path_factory.mktemp("cascade")
    build_register([write(folder / "people.csv", FIELDS, PEOPLE)], folder / "register")
    write(folder / "asked.csv", ASKED, [query[:7] for query in QUERIES])
    trace(folder, "traced", csv=True)
    return folder


def trace(folder: Path, out: str, **how: Any) -> Path:
    columns = {field: field for field in ASKED if field != "query_id"}
    settings: dict[str, Any] = {"as_at": date(2026, 6, 30), "profile": "mps", "synthetic": True} | how
    request = api.TraceRequest("query_id", columns, **settings)
    api.traced(folder / "asked.csv", folder / "register", folder / out, request)
    return folder / out


def rows(path: Path) -> dict[str, dict[str, Any]]:
    return {row["query_id"]: row for row in pq.read_table(path).to_pylist()}


@pytest.mark.parametrize("query", QUERIES, ids=NAMES)
def test_the_trace_table_has_outcome_step_and_number(folder: Path, query: tuple[Any, ...]) -> None:
    row = rows(folder / "traced" / "trace.parquet")[query[0]]
    assert (row["outcome"], row["step"], row["nhs_number"]) == query[7:]
    assert row["match_probability"] is None


def test_every_row_is_answered_in_the_order_of_the_file(folder: Path) -> None:
    for name in ("trace.parquet", DIAGNOSTICS):
        assert pq.read_table(folder / "traced" / name)["query_id"].to_pylist() == NAMES


def test_a_sensitive_record_is_whole_in_the_restricted_file_only(folder: Path) -> None:
    (name,) = rows(folder / "traced" / "restricted" / SENSITIVE_DIAGNOSTICS)
    whole = rows(folder / "traced" / "restricted" / SENSITIVE_DIAGNOSTICS)[name]
    shown = rows(folder / "traced" / DIAGNOSTICS)[name]
    withheld = ("matched_nhs_no", "person_id", "nhs_number_history_list", "mps_match_score")
    assert (name, whole["matched_nhs_no"], whole["code"], shown["code"]) == ("sensitive", "9990000042", "92", "92")
    assert [shown[column] for column in withheld] == [None] * len(withheld)
    assert rows(folder / "traced" / "trace.parquet")[name]["mps_match_score"] is None


def test_unmatched_people_are_known_again(folder: Path) -> None:
    first = rows(folder / "traced" / DIAGNOSTICS)["nobody"]["person_id"]
    write(folder / "later.csv", ASKED, [("x", *QUERIES[NAMES.index("nobody")][1:7])])
    request = api.TraceRequest(
        "query_id", {}, "mps", synthetic=True, unmatched=folder / "traced" / "restricted" / UNMATCHED
    )
    api.traced(folder / "later.csv", folder / "register", folder / "later", request)
    (row,) = rows(folder / "later" / DIAGNOSTICS).values()
    assert (row["person_id"], row["person_id_type"]) == (first, "MPS_ID")


def test_ids_of_unmatched_people_are_unique_and_no_national_ones(folder: Path) -> None:
    ids = [row["person_id"] for row in rows(folder / "traced" / DIAGNOSTICS).values() if not row["pds_match_flag"]]
    assert len(set(ids)) == len(ids) == 6
    assert {identifier[0] for identifier in ids} == {"L", "X"}


def test_the_as_at_date_decides_which_name_is_current(folder: Path) -> None:
    steps = {
        day.year: rows(trace(folder, f"at_{day.year}", as_at=day) / "trace.parquet")["by all that was sent"]["step"]
        for day in (date(2000, 1, 1), date(2002, 1, 1))
    }
    assert steps == {2000: "none", 2002: "alphanumeric"}


def test_the_same_trace_gives_the_same_files(folder: Path) -> None:
    again = trace(folder, "again", csv=True)
    for name in ("trace.parquet", "trace.csv", DIAGNOSTICS, f"restricted/{UNMATCHED}"):
        assert (again / name).read_bytes() == (folder / "traced" / name).read_bytes()


def test_what_does_not_go_with_the_profile_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="no weights"):
        trace(folder, "refused", min_weight=3.0)
    with pytest.raises(UsageError, match="profile mps"):
        trace(folder, "refused", profile="default")
    with pytest.raises(InputError, match="unmatched records"):
        trace(folder, "refused", unmatched=folder / "traced" / "trace.parquet")


def test_a_table_and_a_file_have_references_of_their_own(folder: Path) -> None:
    table = pa.table({"query_id": ["1"], "family_name": ["Ash"]})
    others = (folder / "asked.csv", folder / "people.csv", table, table.set_column(1, "family_name", pa.array(["Elm"])))
    assert len({reference_of(people) for people in others}) == len(others)
