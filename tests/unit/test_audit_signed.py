"""Signed checkpoints: whoever writes the log anew, with every hash fitting, is found out; and which key was used for what."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pseudo import audit
from pseudo.audit import HEAD, LOG, AuditLog
from pseudo.audit_checkpoint import CHECKPOINTS
from pseudo.audit_entry import Action, KeyUse
from pseudo.domain import Domain
from pseudo.errors import AuditError, AuditValueError
from pseudo.signing import SigningKey, write_public_key
from tests.main_job import cldlink

SIGNER = SigningKey(bytes(range(32)), "sign-1")
FORGER = SigningKey(bytes(range(1, 33)), "sign-2")
ACTION = Action("a.analyst", "trace", "Quarterly tracing of CLD", "2022-23 Q4")
DOMAIN = Domain(
    controller="dscro", recipient="uni", project="P-1", field="nhs_number", opt_out="ndo-applied", key_version="2"
)


def written(folder: Path, *actors: str, signer: SigningKey | None = None, every: int = 0) -> AuditLog:
    log = AuditLog(folder, signer)
    for number, actor in enumerate(actors, 1):
        log.append(replace(ACTION, actor=actor), checkpoint=bool(every) and number % every == 0)
    return log


def public(folder: Path, key: SigningKey) -> Path:
    path = folder / f"{key.public.fingerprint[:8]}.pub"
    if not path.exists():
        write_public_key(path, key.public)
    return path


@pytest.fixture(scope="module", autouse=True)
def one_moment() -> Iterator[None]:
    """Every entry of one time: a log that is written anew differs in what is said, not in when."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "utc_now", lambda: "2026-11-21T12:00:00Z")
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six entries, signed after the second, fourth and sixth, with an exported copy of the last checkpoint."""
    at = tmp_path_factory.mktemp("made")
    written(at / "audit", *"abcdef", signer=SIGNER, every=2)
    AuditLog(at / "audit").checkpoint().signed_by(SIGNER).write(at / "kept.json")
    return at


@pytest.fixture
def log(made: Path, tmp_path: Path) -> AuditLog:
    shutil.copytree(made / "audit", tmp_path / "audit")
    shutil.copy(made / "kept.json", tmp_path)
    return AuditLog(tmp_path / "audit")


def test_a_signed_log_is_as_it_was_written(log: AuditLog, tmp_path: Path) -> None:
    assert log.verify([tmp_path / "kept.json"], [SIGNER.public]) == []


def test_the_past_written_anew_is_found_and_placed(log: AuditLog, tmp_path: Path) -> None:
    signed = (log.folder / CHECKPOINTS).read_bytes()
    shutil.rmtree(log.folder)
    written(log.folder, *"abXdef")
    (log.folder / CHECKPOINTS).write_bytes(signed)
    assert log.verify([], [SIGNER.public]) == [
        "entry 4 is not the one that checkpoints.jsonl, line 2, knows: the log was altered at or after entry 3",
        "entry 6 is not the one that checkpoints.jsonl, line 3, knows: the log was altered at or after entry 3",
    ]


def test_the_past_written_anew_and_signed_by_somebody_else_is_found(log: AuditLog, tmp_path: Path) -> None:
    shutil.rmtree(log.folder)
    written(log.folder, *"abXdef", signer=FORGER, every=2)
    assert log.verify() == [], "the hashes fit"
    assert "no checkpoint is signed by a key that was given" in log.verify([], [SIGNER.public])[0]
    assert FORGER.public.fingerprint in log.unchecked([], [SIGNER.public])[0]
    assert log.verify([], [FORGER.public, SIGNER.public]) == []
    assert log.verify([tmp_path / "kept.json"], [FORGER.public, SIGNER.public]) == [
        "entry 6 is not the one that kept.json knows: the log was altered"
    ]


def test_a_checkpoint_of_another_signer_is_told_and_no_fault(log: AuditLog, tmp_path: Path) -> None:
    """An approver's checkpoints stand beside a sender's: whoever has the sender's key only is not told of an attack."""
    written(log.folder, "g", signer=FORGER, every=1)
    AuditLog(log.folder, FORGER).checkpoint().write(tmp_path / "approver.json")
    assert log.verify([], [SIGNER.public]) == []
    ran = cldlink("audit", "verify", log.folder, "--public-key", public(tmp_path, SIGNER))
    assert ran.code == 0 and "signed up to entry 6 by the keys given" in ran.out, ran.err
    assert (
        "checkpoints.jsonl, line 4 and 1 more: signed by another key (fingerprint "
        f"{FORGER.public.fingerprint}), not checked" in ran.out
    )
    both = ["--public-key", public(tmp_path, SIGNER), "--public-key", public(tmp_path, FORGER)]
    ran = cldlink("audit", "verify", log.folder, "--checkpoint", tmp_path / "approver.json", *both)
    assert ran.code == 0 and "entry 7" in ran.out and "not checked" not in ran.out
    path = log.folder / CHECKPOINTS
    path.write_bytes(path.read_bytes().replace(b'"entries":7', b'"entries":6'))
    ran = cldlink("audit", "verify", log.folder, *both)
    assert ran.code == 6 and "line 4, was forged or altered" in ran.out


def test_checkpoints_without_signature_are_told_where_a_key_is_given(log: AuditLog, tmp_path: Path) -> None:
    log.checkpoint().write(tmp_path / "plain.json")
    assert log.verify([tmp_path / "plain.json"]) == []
    assert log.verify([tmp_path / "plain.json"], [SIGNER.public]) == ["plain.json is not signed"]


def test_who_signed_a_checkpoint_is_shown_in_words(log: AuditLog, tmp_path: Path) -> None:
    ran = cldlink("audit", "checkpoint", log.folder, "--out", tmp_path / "new.json")
    assert ran.code == 0 and "none" in ran.out and "(" not in ran.out


def test_a_head_that_was_written_over_is_found_and_nothing_is_added(log: AuditLog) -> None:
    (log.folder / HEAD).write_bytes(b"{}")
    assert log.verify() == ["head.json was altered"]
    for act in (lambda: log.append(ACTION), log.entries):
        with pytest.raises(AuditError, match=r"head\.json was altered"):
            act()


def test_checkpoints_removed_or_altered_are_found(log: AuditLog) -> None:
    path = log.folder / CHECKPOINTS
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"entries":4', b'"entries":3'))
    assert log.verify([], [SIGNER.public])
    path.write_bytes(whole.replace(b"{", b"[", 1))
    assert log.verify() == ["checkpoints.jsonl: line 1 was altered"]
    path.unlink()
    assert log.verify() == [] and "no checkpoint is signed" in log.verify([], [SIGNER.public])[0]


def test_a_checkpoint_that_was_being_written_goes_with_the_next(log: AuditLog) -> None:
    path = log.folder / CHECKPOINTS
    with path.open("ab") as handle:
        handle.write(b'{"entries":6')
    assert log.verify([], [SIGNER.public]) == []
    AuditLog(log.folder, SIGNER).checkpoint()
    assert log.verify([], [SIGNER.public]) == [] and path.read_bytes().count(b"\n") == 4


def test_an_end_cut_off_with_everything_beside_it_is_found_by_an_exported_copy(log: AuditLog, tmp_path: Path) -> None:
    lines = (log.folder / CHECKPOINTS).read_bytes().splitlines(keepends=True)
    shutil.rmtree(log.folder)
    written(log.folder, *"abcd", signer=SIGNER, every=2)
    assert len(lines) == 3 and log.verify([], [SIGNER.public]) == []
    assert "kept.json" in log.verify([tmp_path / "kept.json"], [SIGNER.public])[0]


def test_a_checkpoint_with_a_wrong_signature_is_no_proof(log: AuditLog, tmp_path: Path) -> None:
    document = json.loads((tmp_path / "kept.json").read_text())
    document["time"] = "2031-01-01T00:00:00Z"
    (tmp_path / "kept.json").write_text(json.dumps(document))
    assert log.verify([tmp_path / "kept.json"], [SIGNER.public]) == [
        "kept.json was forged or altered: its signature is not that of the key it names"
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b'"c"', b'"x"'), *lines[3:]], "entry 3 was altered"),
        (lambda lines: lines[:2] + lines[3:], "entry 3 was altered"),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "entry 4 was altered"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "entry 3 was altered"),
        (lambda lines: lines[:3], "its end was cut off"),
        (lambda lines: [], "its end was cut off"),
    ],
    ids=["changed", "deleted", "inserted", "swapped", "cut", "emptied"],
)
def test_every_change_of_the_log_is_found_and_its_entry_named(log: AuditLog, change, named: str) -> None:  # type: ignore[no-untyped-def]
    path = log.folder / LOG
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    assert named in log.verify([], [SIGNER.public])[0]


def test_any_byte_of_the_log_that_changes_is_found(log: AuditLog) -> None:
    path = log.folder / LOG
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert log.verify([], [SIGNER.public]), place


def test_a_log_is_signed_when_many_entries_have_no_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_SIGNED_EVERY", 3)
    written(tmp_path / "audit", *"ab")
    log = written(tmp_path / "audit", *"cdefg", signer=SIGNER)
    known = [json.loads(line)["entries"] for line in (log.folder / CHECKPOINTS).read_bytes().splitlines()]
    assert known == [3, 6]


def test_logs_without_signatures_still_verify(tmp_path: Path) -> None:
    log = written(tmp_path / "audit", *"abc")
    assert log.verify() == [] and not (log.folder / CHECKPOINTS).exists()
    assert json.loads((log.folder / HEAD).read_text())["signatures"] == []


def test_an_entry_says_which_key_was_used_for_what(tmp_path: Path) -> None:
    used = KeyUse.of(DOMAIN, key_id="root-a", kcv="01ab23cd")
    log = AuditLog(tmp_path / "audit")
    log.append(replace(ACTION, command="release make", key=used, copies=("safe-1",)))
    (entry,) = log.entries()
    assert entry.action.key == used and entry.action.facts()["key"] == {
        "key_id": "root-a",
        "kcv": "01ab23cd",
        "key_version": "2",
        "suite": "hmac-sha256",
        "context": "dscro/uni/P-1/ndo-applied",
    }
    assert entry.action.facts()["copies"] == ["safe-1"]


def test_entries_without_a_key_are_written_as_before(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit")
    log.append(ACTION)
    assert not {"key", "copies"} & set(json.loads((log.folder / LOG).read_bytes()))


@pytest.mark.parametrize(
    "wrong", [KeyUse("root a", "01ab23cd"), KeyUse("a", "01AB23CD"), KeyUse("a", "0" * 64), KeyUse("", "01ab23cd")]
)
def test_nothing_but_names_and_check_values_of_keys_is_taken(tmp_path: Path, wrong: KeyUse) -> None:
    with pytest.raises(AuditValueError):
        AuditLog(tmp_path / "audit").append(replace(ACTION, key=wrong))


def test_a_checkpoint_of_a_damaged_log_is_not_made(log: AuditLog) -> None:
    (log.folder / LOG).write_bytes((log.folder / LOG).read_bytes()[:-1])
    with pytest.raises(AuditError):
        AuditLog(log.folder, SIGNER).checkpoint()
