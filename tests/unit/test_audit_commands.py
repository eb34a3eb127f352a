"""Every trace is in the audit log, and the log can be looked at and proved; the commands of feedback."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from linkage import api
from linkage.audited import Asked, manifest_hash
from linkage.errors import InputError, MachineError, UsageError
from linkage.runs import Manifest
from linkage.trace.run import TraceResult
from pseudo.audit import AuditLog
from pseudo.errors import AuditValueError
from tests.main_job import cldlink
from tests.unit.traced_people import linked, write_current, write_register, write_trace

ANN, BOB = "9990000018", "9990000026"
ASKED = Asked("Quarterly tracing", "2022-23 Q4", by="tester")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    folder = write_register(tmp_path / "register", [(ANN, "1940-01-01", "", ""), (BOB, "1950-01-01", "", "")])
    Manifest("register build", [], {}).write(folder)
    return folder


@pytest.fixture
def tracing(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Tracing that always finds the same two people; the list says what it was asked to write."""
    called: list[Path | None] = []

    def trace_queries(queries: Any, register: Path, out: Path | None, **_: Any) -> TraceResult:
        called.append(out)
        if queries.table is not None and queries.table.num_rows == 0:
            raise InputError("nobody")
        rows = [linked("991/a", ANN), linked("991/b", BOB, "confirmed", nhs_number_given=BOB)]
        folder = write_trace(out or register.parent / "unseen", rows)
        return TraceResult(pq.read_table(folder / "trace.parquet"), {"queries": 2, "outcome_found": 1})

    monkeypatch.setattr(api, "trace_queries", trace_queries)
    return called


def people(rows: int = 2) -> Any:
    import pyarrow as pa

    return pa.table({"query_id": pa.array([f"991/{n}" for n in range(rows)], pa.string())})


def entries(folder: Path) -> list[dict[str, Any]]:
    return [entry.action.facts() | {"seq": entry.seq} for entry in AuditLog(folder).entries()]


def test_a_trace_leaves_its_start_and_its_end_in_the_log(
    tmp_path: Path, register: Path, tracing: list[Path | None]
) -> None:
    api.traced(people(), register, tmp_path / "traced", api.TraceRequest(asked=ASKED))
    started, done = entries(tmp_path / "audit")
    assert (started["outcome"], done["outcome"], done["of"]) == ("started", "done", started["seq"])
    assert (done["actor"], done["purpose"], done["reference"]) == ("tester", "Quarterly tracing", "2022-23 Q4")
    assert (done["counts"], done["manifest"]) == (
        {"queries": 2, "outcome_found": 1},
        manifest_hash(tmp_path / "traced"),
    )


def test_a_trace_that_writes_nothing_is_in_the_log_too(
    tmp_path: Path, register: Path, tracing: list[Path | None]
) -> None:
    api.trace(people(), register, purpose="One person asked", submission="T-1", audit=tmp_path / "elsewhere")
    assert [(one["purpose"], one["manifest"]) for one in entries(tmp_path / "elsewhere")] == [
        ("One person asked", None)
    ] * 2


def test_a_trace_that_fails_is_in_the_log(tmp_path: Path, register: Path, tracing: list[Path | None]) -> None:
    with pytest.raises(InputError):
        api.traced(people(0), register, None, api.TraceRequest(asked=ASKED))
    assert [one["outcome"] for one in entries(tmp_path / "audit")] == ["started", "failed"]


@pytest.mark.parametrize("asked", [Asked(), Asked("A purpose"), Asked(submission="R1")])
def test_without_purpose_and_submission_nothing_is_traced(
    tmp_path: Path, register: Path, tracing: list[Path | None], asked: Asked
) -> None:
    with pytest.raises(UsageError, match="--purpose"):
        api.traced(people(), register, None, api.TraceRequest(asked=asked))
    assert not tracing and not (tmp_path / "audit").exists()


def test_a_purpose_that_names_a_number_is_refused_before_anything_is_traced(
    register: Path, tracing: list[Path | None]
) -> None:
    with pytest.raises(AuditValueError):
        api.traced(people(), register, None, api.TraceRequest(asked=Asked(f"Who is {ANN}", "R1")))
    assert not tracing


def test_synthetic_data_need_no_purpose_and_are_logged_all_the_same(
    tmp_path: Path, register: Path, tracing: list[Path | None]
) -> None:
    api.traced(people(), register, None, api.TraceRequest(synthetic=True))
    assert {one["purpose"] for one in entries(tmp_path / "audit")} == {"Work with synthetic data"}


def test_nothing_is_traced_when_the_log_cannot_be_written(
    tmp_path: Path, register: Path, tracing: list[Path | None]
) -> None:
    (tmp_path / "audit").write_text("a file", encoding="utf-8")
    with pytest.raises(MachineError, match="--audit"):
        api.traced(people(), register, None, api.TraceRequest(asked=ASKED))
    assert not tracing


def test_from_trace_to_decision_to_the_next_trace_by_command(
    tmp_path: Path, register: Path, tracing: list[Path | None]
) -> None:
    current = write_current(tmp_path / "current", [{"query_id": "991/a"}, {"query_id": "991/b"}])
    queries, traced = current / "persons.parquet", tmp_path / "elsewhere" / "traced"
    traced.parent.mkdir()
    asked = ("--purpose", "Quarterly tracing", "--submission", "2022-23 Q4", "--by", "tester")
    run = cldlink("trace", queries, "--register", register, "--out", traced, *asked, "--json")
    assert run.code == 0, run.err
    packs = cldlink(
        "feedback", traced, "--current", current, "--register", register, "--out", tmp_path / "packs", "--json"
    )
    assert packs.results == {"people_991": 2}, packs.err
    inserting = ("processed", current, "--trace", traced, "--out", tmp_path / "processed", "--json")
    astray = cldlink(*inserting, *asked)
    assert astray.code == 2 and "--register" in astray.err, "the log beside the trace is not the one that knows it"
    assert cldlink(*inserting, "--register", register).results["persons_with_traced_number"] == 2
    form = tmp_path / "packs" / "991" / "991_decisions_IDENTIFIABLE.csv"
    filled = form.read_text(encoding="utf-8-sig").replace(f'"{ANN}",,,,', f"{ANN},reject,SW 12,2022-12-01,Not hers")
    form.write_text(filled, encoding="utf-8")
    where = ("--register", register, "--json")
    decided = cldlink("feedback", "decide", form, "--authority", "991", "--trace", traced, *where)
    assert decided.results == {"accept": 0, "reject": 1, "undecided": 0}, decided.err
    again = cldlink("trace", queries, "--register", register, "--out", tmp_path / "again", *asked, "--json")
    assert again.results["outcome_rejected"] == 1 and again.results["decisions_rejected"] == 1
    numbers = pq.read_table(tmp_path / "again" / "trace.parquet")["nhs_number"].to_pylist()
    assert numbers == [None, BOB]
    wrong = cldlink("feedback", "wrong", traced, "--query", "991/a", "--reason", "The twin", *where)
    assert [place["made"] for place in wrong.results["places"]] == ["feedback", "processed"]
    log = tmp_path / "audit"
    assert ANN not in (log / "log.jsonl").read_text(encoding="utf-8")
    assert cldlink("audit", "verify", log, "--json").results == {"faults": []}
    shown = cldlink("audit", "show", log, "--json").results["entries"]
    assert [one["command"] for one in shown if one["outcome"] == "done"] == [
        "trace",
        "feedback",
        "processed",
        "feedback decide",
        "trace",
        "feedback wrong",
    ]
    assert {one["purpose"] for one in shown} == {"Quarterly tracing"}


def test_a_cut_log_is_told_by_command_and_exit_code(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit")
    for _ in range(3):
        log.append(ASKED.action("trace"))
    made = cldlink("audit", "checkpoint", log.folder, "--out", tmp_path / "kept.json")
    assert made.code == 0 and json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))["entries"] == 3
    lines = (log.folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    (log.folder / "log.jsonl").write_bytes(b"".join(lines[:2]))
    ran = cldlink("audit", "verify", log.folder, "--checkpoint", tmp_path / "kept.json")
    assert (ran.code, ran.out.count("cut off")) == (6, 2)
    assert cldlink("audit", "show", log.folder).code == 6
    assert cldlink("audit", "show", tmp_path / "nowhere").code == 2
