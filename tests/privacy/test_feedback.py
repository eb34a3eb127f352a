"""Feedback: each authority reads of its own people only, and of the register only what an accepted link gives."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from linkage.trace.outcomes import accepted_outcomes
from tests.main_job import Chain

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def files(chain: Chain) -> dict[str, Rows]:
    return {path.name[:3]: read(path) for path in (chain.folder / "feedback").glob("*/*_feedback_IDENTIFIABLE.csv")}


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
            told = [cell for name, cell in row.items() if name != "nhs_number_history_list"]
            numbers = {cell for cell in told if cell in on_register} - {given}
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
