"""What is asked of the national service is on record, and its answers obey what authorities have decided."""

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage import api
from linkage.audited import Asked, manifest_hash
from linkage.errors import InputError, UsageError
from linkage.feedback.decisions import Decision, decisions_beside, store_decisions
from linkage.feedback.pack import PackSources, write_feedback
from linkage.runs import read_manifest, verify_manifest
from linkage.trace.national.layouts import layout
from linkage.trace.national.request import ASKED
from pseudo.audit import AuditLog
from tests.unit.traced_people import write_register

WHY = api.TraceRequest(asked=Asked("Quarterly tracing", "2026-27 Q2", by="tester"))
NUMBERS = {
    "ann": "9990000018", "bob": "9990000026", "cat": "9990000034", "new": "9990000042", "eve": "9990000050",
    "amy": "9990000069",
}  # fmt: skip
# Whom each is asked about, with the number given; what the service answers: code and number.
GIVEN = {"991/a": "", "991/b": "", "991/c": "", "991/d": "ann", "991/e": "", "991/w": ""}
ANSWERED = {
    "991/a": ("00", "amy"),
    "991/b": ("98", ""),
    "991/c": ("00", "cat"),
    "991/d": ("90", "new"),
    "991/e": ("00", "eve"),
}
LEVELS = {"given_name": "exact", "family_name": "exact", "date_of_birth": "exact"}


def decision(query: str, name: str, word: str, **levels: str) -> Decision:
    return Decision(query, NUMBERS[name], word, "Team 1", "2026-10-01", "Seen the letter", levels)


def asked_in(folder: Path) -> Path:
    people = pa.table({
        "query_id": list(GIVEN),
        "nhs_number": [NUMBERS.get(name) for name in GIVEN.values()],
        "date_of_birth": [f"1950-01-{day:02}" for day in range(1, 1 + len(GIVEN))],
    })  # fmt: skip
    pq.write_table(people, folder / "people.parquet")
    stamp = datetime(2026, 11, 21, 15, 30)
    api.ask_national(folder / "people.parquet", folder / "asked", layout="mesh", stamp=stamp, request=WHY)
    return folder / "asked"


def responses(folder: Path) -> list[Path]:
    references = {row["query_id"]: row for row in pq.read_table(folder / "asked" / ASKED).to_pylist()}
    columns = layout("mesh").response
    rows = [
        {
            "UNIQUE REFERENCE": references[query]["unique_reference"],
            "ERROR/SUCCESS_CODE": code,
            "MATCHED_NHS_NO": NUMBERS.get(name, "0000000000"),
            "MATCHED_ALGORITHM_INDICATOR": "4",
            "GP_PRACTICE_CODE": f"GP{name}",
        }
        for query, (code, name) in ANSWERED.items()
    ]
    with (folder / "response.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([columns, *([row.get(name, "") for name in columns] for row in rows)])
    return [folder / "response.csv"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A request and its answers, imported with decisions to obey and no register; all of it in one folder."""
    folder = tmp_path_factory.mktemp("national")
    request = asked_in(folder)
    standing = [
        decision("991/a", "amy", "reject", **LEVELS),
        decision("991/b", "bob", "accept"),
        decision("991/c", "cat", "reject"),
        decision("991/c", "bob", "accept"),
        decision("991/d", "ann", "accept"),
        decision("991/e", "bob", "accept"),
        decision("991/w", "eve", "accept"),
    ]
    store_decisions(decisions_beside(request), "list received", standing, {})
    api.import_national(responses(folder), request, folder / "answered")
    return folder


@pytest.fixture(scope="module")
def rows(made: Path) -> dict[str, tuple[str | None, str, str]]:
    found = pq.read_table(made / "answered" / "trace.parquet").to_pylist()
    return {row["query_id"]: (row["nhs_number"], row["outcome"], row["step"]) for row in found}


@pytest.mark.parametrize(
    ("query", "becomes"),
    [
        ("991/a", (None, "rejected", "national_algorithmic")),
        ("991/b", (NUMBERS["bob"], "found", "accepted")),
        ("991/c", (NUMBERS["bob"], "found", "accepted")),
        ("991/d", (NUMBERS["new"], "superseded", "national_algorithmic")),
        ("991/e", (None, "conflict", "national_algorithmic")),
        ("991/w", (None, "outstanding", "none")),
    ],
    ids=["rejected", "kept", "the accepted instead of the rejected", "replaced since", "contradicted", "outstanding"],
)
def test_an_answer_obeys_what_the_authority_decided(
    rows: dict[str, tuple[str | None, str, str]], query: str, becomes: tuple[str | None, str, str]
) -> None:
    assert rows[query] == becomes


def test_the_counts_are_those_after_the_decisions(made: Path) -> None:
    counts = read_manifest(made / "answered")["counts"]
    assert {name: n for name, n in counts.items() if name.startswith(("outcome", "decisions", "withheld"))} == {
        "outcome_conflict": 1, "outcome_found": 2, "outcome_outstanding": 1, "outcome_rejected": 1,
        "outcome_superseded": 1, "withheld_sensitive": 0,
        "decisions_agreed": 1, "decisions_contradicted": 1, "decisions_kept": 2, "decisions_rejected": 1,
    }  # fmt: skip
    assert verify_manifest(made / "answered") == []


def test_details_of_a_person_who_is_not_the_link_are_not_told(made: Path) -> None:
    details = pq.read_table(made / "answered" / "restricted" / "national_IDENTIFIABLE.parquet").to_pylist()
    told = {row["query_id"]: row["national_gp_practice_code"] for row in details}
    assert told == {"991/a": None, "991/b": None, "991/c": None, "991/d": "GPnew", "991/e": None}


def test_request_and_answer_are_in_the_audit_log_and_the_answer_names_what_it_was_made_from(made: Path) -> None:
    entries = [entry.action for entry in AuditLog(made / "audit").entries()]
    assert [(one.command, one.outcome, one.purpose, one.reference) for one in entries[:4]] == [
        ("trace request", "started", "Quarterly tracing", "2026-27 Q2"),
        ("trace request", "done", "Quarterly tracing", "2026-27 Q2"),
        ("trace import", "started", "Quarterly tracing", "2026-27 Q2"),
        ("trace import", "done", "Quarterly tracing", "2026-27 Q2"),
    ]
    assert entries[1].manifest == manifest_hash(made / "asked")
    assert entries[3].made_from == [manifest_hash(made / "asked")]
    assert entries[3].manifest == manifest_hash(made / "answered")
    assert entries[1].counts["rows_sent"] == 6
    log = (made / "audit" / "log.jsonl").read_text(encoding="utf-8")
    assert not any(word in log for word in (*NUMBERS.values(), *GIVEN, "1950"))


def test_feedback_on_an_answer_needs_no_register_and_no_other_purpose(made: Path, tmp_path: Path) -> None:
    assert write_feedback(PackSources(made / "answered"), tmp_path / "packs") == {"991": 6}
    last = AuditLog(made / "audit").entries()[-1].action
    assert (last.command, last.reference) == ("feedback", "2026-27 Q2")


def test_nothing_is_asked_without_a_purpose(made: Path, tmp_path: Path) -> None:
    stamp = datetime(2026, 11, 21, 15, 30)
    with pytest.raises(UsageError, match="Say what it is for"):
        api.ask_national(made / "people.parquet", tmp_path / "asked", layout="mesh", stamp=stamp)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_to_a_request_that_no_log_knows_needs_a_purpose(made: Path, tmp_path: Path) -> None:
    elsewhere = api.TraceRequest(asked=Asked(audit=tmp_path / "audit"))
    with pytest.raises(UsageError, match="Say what it is for"):
        api.import_national([made / "response.csv"], made / "asked", tmp_path / "answered", request=elsewhere)
    assert not (tmp_path / "answered").exists()


def test_log_and_decisions_are_those_beside_a_register_if_there_is_one(made: Path, tmp_path: Path) -> None:
    people = [(NUMBERS[name], "1950-01-01", "", "") for name in NUMBERS]
    register = write_register(tmp_path / "register", people, invalidated=[NUMBERS["bob"]])
    store_decisions(decisions_beside(register), "list received", [decision("991/b", "bob", "accept")], {})
    answered = [made / "response.csv"]
    counts = api.import_national(answered, made / "asked", tmp_path / "answered", register=register, request=WHY)
    assert counts["outcome_not_found"] == 1, "an accepted person whose record was invalidated is not kept"
    assert len(AuditLog(tmp_path / "audit").entries()) == 2
    altered = replace(WHY, decisions=made / "decisions" / "nothing.jsonl")
    with pytest.raises(UsageError, match="the file of decisions"):
        api.import_national(answered, made / "asked", tmp_path / "answered", request=altered)


def test_a_damaged_register_is_called_that_when_decisions_are_followed(made: Path, tmp_path: Path) -> None:
    register = write_register(tmp_path / "register", [(NUMBERS["bob"], "1950-01-01", "", "")])
    store_decisions(decisions_beside(register), "list received", [decision("991/b", "bob", "accept")], {})
    people = register / "person" / "000.parquet"
    people.write_bytes(people.read_bytes()[:-9] + b"\0" * 9)
    with pytest.raises(InputError, match=r"the register is damaged: person/000\.parquet"):
        api.import_national(
            [made / "response.csv"], made / "asked", tmp_path / "answered", register=register, request=WHY
        )
