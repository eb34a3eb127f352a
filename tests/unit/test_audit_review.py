"""A log is looked at, and that somebody looked is in it, signed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from linkage.audited import manifest_hash
from pseudo.audit import AuditLog
from pseudo.audit_entry import Action, KeyUse
from pseudo.audit_report import month_of
from pseudo.custody import INSECURE_FAST_FOR_TESTS, create_signing_key
from pseudo.errors import AuditValueError
from tests.main_job import cldlink

PASSPHRASE = "reviewers have one too"
TRACE = Action("a.analyst", "trace", "Quarterly tracing of CLD", "2022-23 Q4")
KEY = KeyUse("root-a", "01ab23cd")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("made")
    log = AuditLog(at / "audit")
    log.append(replace(TRACE, outcome="started"))
    log.append(replace(TRACE, of=1))
    log.append(replace(TRACE, outcome="started"))
    log.append(replace(TRACE, command="release make", outcome="refused", actor="r.releaser", key=KEY))
    (at / "passphrase").write_text(PASSPHRASE)
    create_signing_key(at / "r.key", PASSPHRASE.encode(), key_id="reviewer", public_path=at / "r.pub",
                       profile=INSECURE_FAST_FOR_TESTS)  # fmt: skip
    return at


@pytest.fixture
def at(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "at")
    return tmp_path / "at"


def test_a_month_says_what_was_done_by_whom_and_what_has_no_end(at: Path) -> None:
    entries = AuditLog(at / "audit").entries()
    month = month_of(entries, entries[0].time[:7])
    assert month.entries == 4
    assert month.commands == {"trace": {"done": 1}, "release make": {"refused": 1}}
    assert month.actors == {"a.analyst": 1, "r.releaser": 1}
    assert (month.keys, month.not_done, month.unfinished) == ({"root-a 01ab23cd": 1}, [4], [3])
    assert month_of(entries, "2001-01").entries == 0


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-11-01", "november"])
def test_a_month_is_a_month(at: Path, month: str) -> None:
    with pytest.raises(AuditValueError, match="YYYY-MM"):
        month_of(AuditLog(at / "audit").entries(), month)


def signed(at: Path) -> list[object]:
    return ["--signing-key", at / "r.key", "--passphrase-file", at / "passphrase"]


def test_a_review_is_an_entry_under_a_signed_checkpoint(at: Path) -> None:
    ran = cldlink("audit", "review", at / "audit", "--of", "2026-11", "--note", "Nothing unusual", *signed(at), "--by",
                  "v.viewer", "--json")  # fmt: skip
    assert (ran.code, ran.results) == (0, {"entry": 5, "entries_reviewed": 4}), ran.err
    entry = AuditLog(at / "audit").entries()[4]
    assert (entry.action.command, entry.action.purpose, entry.action.actor) == (
        "audit review",
        "Nothing unusual",
        "v.viewer",
    )
    AuditLog(at / "audit").append(TRACE)
    proved = cldlink("audit", "verify", at / "audit", "--public-key", at / "r.pub", "--json")
    assert proved.results == {"faults": [], "unchecked": [], "entries": 6, "signed_up_to": 5}
    said = cldlink("audit", "report", at / "audit", "--month", entry.time[:7]).out
    assert "reviews: 5" in said and "without an end: 3" in said and "failed or refused: 4" in said


def test_a_log_that_does_not_verify_is_not_reviewed(at: Path) -> None:
    path = at / "audit" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a.analyst", b"b.analyst"))
    ran = cldlink("audit", "review", at / "audit", "--of", "2026-11", "--note", "Nothing unusual", *signed(at))
    assert ran.code == 6 and not (at / "audit" / "checkpoints.jsonl").exists()


def test_a_signed_checkpoint_by_command_finds_a_cut_end(at: Path) -> None:
    made = cldlink("audit", "checkpoint", at / "audit", "--out", at / "kept.json", *signed(at), "--json")
    assert made.code == 0 and made.results["entries"] == 4 and len(made.results["signers"]) == 1, made.err
    shutil.rmtree(at / "audit")
    for action in (replace(TRACE, outcome="started"), replace(TRACE, of=1)):
        AuditLog(at / "audit").append(action)
    assert cldlink("audit", "verify", at / "audit").code == 0
    ran = cldlink("audit", "verify", at / "audit", "--checkpoint", at / "kept.json", "--public-key", at / "r.pub")
    assert ran.code == 6 and "knows 4 entries, the log has 2" in ran.out


def test_a_release_of_which_the_log_knows_nothing_is_told(at: Path) -> None:
    for name, known in (("known", True), ("unknown", False)):
        (at / name).mkdir()
        (at / name / "manifest.json").write_text(name)
        if known:
            AuditLog(at / "audit").append(replace(TRACE, manifest=manifest_hash(at / name)))
    assert cldlink("audit", "verify", at / "audit", "--made", at / "known").code == 0
    ran = cldlink("audit", "verify", at / "audit", "--made", at / "known", "--made", at / "unknown")
    assert (ran.code, ran.out.count("knows nothing of it")) == (6, 1) and "unknown" in ran.out
