"""Feedback: each authority reads of its own people only, and of the register only what an accepted link gives."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.trace.feedback import write_feedback
from linkage.trace.outcomes import accepted_outcomes
from tests.main_job import Chain

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def files(chain: Chain) -> dict[str, Rows]:
    return {path.name[:3]: read(path) for path in (chain.folder / "feedback").glob("*_feedback_IDENTIFIABLE.csv")}


@pytest.fixture(scope="module")
def trace(chain: Chain) -> Rows:
    table = pq.read_table(chain.folder / "traced" / "trace.parquet").to_pylist()
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in table]


def test_every_authority_gets_all_of_its_people_and_nobody_else(files: dict[str, Rows], trace: Rows) -> None:
    sent = {row["query_id"] for row in trace}
    told = {f"{code}/{row['person_unique_identifier']}" for code, rows in files.items() for row in rows}
    assert (set(files), told) == ({"991", "992"}, sent)
    assert sum(map(len, files.values())) == len(trace)


def test_a_number_of_the_register_is_told_only_for_an_accepted_link(chain: Chain, files: dict[str, Rows]) -> None:
    on_register = {row["nhs_number"] for row in read(chain.world / "register.csv")}
    for rows in files.values():
        for row in rows:
            given = row["nhs_number_given"].replace(" ", "")
            numbers = {cell for cell in row.values() if cell in on_register} - {given}
            assert numbers <= {row["nhs_number_traced"]}
            assert not row["nhs_number_traced"] or row["outcome"] in accepted_outcomes()


def test_no_candidate_stands_in_feedback(chain: Chain, files: dict[str, Rows]) -> None:
    candidates = pq.read_table(chain.folder / "traced" / "restricted" / "candidates.parquet").to_pylist()
    shown = {f"{code}/{row['person_unique_identifier']}": row for code, rows in files.items() for row in rows}
    assert candidates
    for candidate in candidates:
        row = shown[candidate["query_id"]]
        assert candidate["candidate_nhs_number"] not in set(row.values()) - {row["nhs_number_given"].replace(" ", "")}


def test_the_other_authority_is_never_named(files: dict[str, Rows]) -> None:
    own = {code: {row["person_unique_identifier"] for row in rows} for code, rows in files.items()}
    for code, other in (("991", "992"), ("992", "991")):
        cells = {cell for row in files[code] for name, cell in row.items() if name != "person_unique_identifier"}
        assert not cells & own[other]


def row(query_id: str, given: str | None, number: str | None, outcome: str, sensitive: bool) -> dict[str, object]:
    return {"query_id": query_id, "nhs_number_given": given, "nhs_number": number, "outcome": outcome, "step": "none",
            "match_probability": None, "sensitive": sensitive, "reason": "A reason."}  # fmt: skip


def test_of_a_sensitive_record_nothing_is_told(tmp_path: Path) -> None:
    rows = [
        row("991/1", "9990000018", None, "found", True),
        row("991/=2", "@9990000026", "9990000034", "found", False),
        row("992/1", None, "9990000034", "found", False),
    ]
    columns = pa.schema(
        [*((name, pa.string()) for name in ("query_id", "nhs_number_given", "nhs_number", "outcome", "step")),
         ("match_probability", pa.float64()), ("sensitive", pa.bool_()), ("reason", pa.string())]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=columns), tmp_path / "trace.parquet")
    assert write_feedback(tmp_path / "trace.parquet", tmp_path / "out") == {"991": 2, "992": 1}
    first, formula = sorted(
        read(tmp_path / "out" / "991_feedback_IDENTIFIABLE.csv"), key=lambda r: r["nhs_number_traced"]
    )
    assert (first["nhs_number_traced"], first["what_to_do"]) == ("", "Ask the tracing team.")
    assert formula["ids_with_this_number"] == "1", "the people of another authority are not counted"
    assert (formula["person_unique_identifier"], formula["nhs_number_given"]) == ("'=2", "'@9990000026")
