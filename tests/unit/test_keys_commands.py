"""Keys by command: from the first key to its certificate of destruction; every deed in the log, no key byte anywhere."""

import hashlib
import io
import json
import shutil
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage import key_custody
from linkage.audited import Asked
from linkage.errors import UsageError
from pseudo.audit import AuditLog
from pseudo.audit_entry import Action, KeyUse, canonical
from pseudo.certificate import outstanding
from pseudo.custody import (
    INSECURE_FAST_FOR_TESTS,
    KeyRing,
    create_keystore,
    create_recipient_key,
    create_signing_key,
    open_signing_key,
)
from pseudo.errors import KeyCustodyError, PolicyError
from pseudo.release import Release
from pseudo.request import ReleaseRequest
from pseudo.signing import CERTIFICATE, Signature, SigningKey, write_public_key
from tests.main_job import cldlink

FAST = INSECURE_FAST_FOR_TESTS
PASSPHRASE = (b"seven quiet herons", b"under the old bridge")
ASKED = Asked(by="k.keeper")
SIGNED = b"the passphrase of the signing key"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring whose first key is retired and whose second is active, each with a backup, as the log knows."""
    at = tmp_path_factory.mktemp("made")
    (at / "one").write_bytes(PASSPHRASE[0] + b"\n")
    (at / "two").write_bytes(PASSPHRASE[1] + b"\n")
    (at / "signed").write_bytes(SIGNED + b"\n")
    create_signing_key(at / "sign.key", SIGNED, key_id="sign-1", public_path=at / "sign.pub", profile=FAST)
    for key_id in ("root-a", "root-b"):
        key_custody.create_in_ring(at / "ring", PASSPHRASE, key_id=key_id, asked=ASKED, profile=FAST)
        copies = [f"safe-{key_id}", f"half-1-{key_id}"]
        key_custody.backup(at / "ring", key_id, at / f"{key_id}.backup", PASSPHRASE, copies=copies, asked=ASKED)
        key_custody.drill(at / "ring", at / f"{key_id}.backup", PASSPHRASE, asked=ASKED)
    key_custody.rotate(at / "ring", "root-b", PASSPHRASE, asked=ASKED)
    return at


@pytest.fixture
def at(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "at")
    return tmp_path / "at"


def passphrases(at: Path) -> list[object]:
    return ["--passphrase-file", at / "one", "--passphrase-file", at / "two"]


def entries(at: Path) -> list[Action]:
    return [entry.action for entry in AuditLog(at / "audit").entries()]


def destroyed(at: Path, *copies: str, witness: str = "w.witness") -> None:
    with open_signing_key(at / "sign.key", SIGNED) as signer:
        key_custody.destroy(at / "ring", "root-a", PASSPHRASE, out=at / "certificate.json", copies=copies,
                            witness=witness, signer=signer, asked=ASKED)  # fmt: skip


def test_every_deed_is_in_the_log_with_the_key_it_was_done_to(at: Path) -> None:
    done = [action for action in entries(at) if action.outcome == "done"]
    assert [(action.command, action.key.key_id if action.key else None) for action in done] == [
        ("keys create", "root-a"), ("keys backup", "root-a"), ("keys drill", "root-a"),
        ("keys create", "root-b"), ("keys backup", "root-b"), ("keys drill", "root-b"), ("keys rotate", "root-b"),
    ]  # fmt: skip
    kcv = {record.key_id: record.kcv for record in KeyRing(at / "ring").records()}
    assert all(action.key and kcv[action.key.key_id] == action.key.kcv for action in done)
    assert done[1].copies == ["safe-root-a", "half-1-root-a"] and done[0].actor == "k.keeper"


def test_a_failed_deed_is_in_the_log_too(at: Path) -> None:
    ran = cldlink("keys", "retire", "--ring", at / "ring", "--key-id", "root-b", "--passphrase-file", at / "one",
                  "--passphrase-file", at / "one", "--by", "k.keeper")  # fmt: skip
    assert ran.code == 6 and "passphrase is wrong" in ran.err
    assert (entries(at)[-1].command, entries(at)[-1].outcome) == ("keys retire", "failed")


def test_the_keys_of_a_ring_are_shown_with_their_states(at: Path) -> None:
    ran = cldlink("keys", "show", "--keystore", at / "ring", *passphrases(at), "--json")
    assert ran.code == 0, ran.err
    assert [(key["key_id"], key["state"]) for key in ran.results["keys"]] == [
        ("root-a", "retired"),
        ("root-b", "active"),
    ]


@pytest.mark.parametrize("state", ["pre-active", "retired"])
def test_showing_a_ring_proves_the_passphrase_where_no_key_is_active_too(at: Path, state: str) -> None:
    if state == "retired":
        KeyRing(at / "ring").retire("root-b", PASSPHRASE)
    else:
        KeyRing.create(at / "new", PASSPHRASE, key_id="root-c", profile=FAST)
    ring = at / ("ring" if state == "retired" else "new")
    for wrong in (PASSPHRASE[0], PASSPHRASE[::-1], (PASSPHRASE[0], b"some other passphrase")):
        with pytest.raises(KeyCustodyError):
            key_custody.show(ring, wrong, asked=ASKED)
    assert key_custody.show(ring, PASSPHRASE, asked=ASKED)[-1].state == state
    assert entries(at)[-1].key is not None


@pytest.mark.parametrize("becomes", ["retired", "destroyed"])
def test_a_state_that_was_forged_is_not_shown(at: Path, becomes: str) -> None:
    path = at / "ring" / "ring.json"
    path.write_text(path.read_text().replace('"active"', f'"{becomes}"'))
    with pytest.raises(KeyCustodyError, match="altered"):
        key_custody.show(at / "ring", PASSPHRASE, asked=ASKED)
    path.write_text(path.read_text().replace('"retired",', '"destroyed",'))
    with pytest.raises(KeyCustodyError, match="altered"):
        key_custody.show(at / "ring", PASSPHRASE, asked=ASKED)


def test_a_key_with_copies_left_is_not_destroyed(at: Path) -> None:
    for copies in ((), ("safe-root-a",)):
        with pytest.raises(PolicyError, match="half-1-root-a"):
            destroyed(at, *copies)
    assert not (at / "certificate.json").exists() and (at / "ring" / "root-a.keystore").exists()
    assert entries(at)[-1].outcome == "refused"


@pytest.mark.parametrize("witness", ["k.keeper", "K.Keeper", "K Keeper", "kkeeper"])
def test_who_destroys_cannot_be_the_witness(at: Path, witness: str) -> None:
    with pytest.raises(PolicyError, match="witness"):
        destroyed(at, "safe-root-a", "half-1-root-a", witness=witness)


def test_a_log_that_does_not_know_the_key_gives_no_certificate(at: Path) -> None:
    shutil.rmtree(at / "audit")
    with pytest.raises(PolicyError, match="knows nothing of key root-a"):
        destroyed(at)
    assert (at / "ring" / "root-a.keystore").exists()


def test_the_certificate_says_what_was_destroyed_and_what_it_had_been_used_for(at: Path) -> None:
    (record, _) = KeyRing(at / "ring").records()
    used = KeyUse(record.key_id, record.kcv, "1", "hmac-sha256", "dscro/uni/P-1/ndo-applied")
    log = AuditLog(at / "audit")
    log.append(Action("a.analyst", "release make", "A release", "REQ-1", manifest="a" * 64, key=used))
    AuditLog(at / "other").append(Action("a.analyst", "release make", "Another", "REQ-2", manifest="b" * 64, key=used))
    ran = cldlink("keys", "destroy", "--ring", at / "ring", "--key-id", "root-a", "--out", at / "certificate.json",
                  "--signing-key", at / "sign.key", "--signing-passphrase-file", at / "signed", "--witness", "w.witness",
                  "--destroyed", "safe-root-a", "--destroyed", "half-1-root-a", "--log", at / "other", *passphrases(at),
                  "--by", "k.keeper", "--json")  # fmt: skip
    assert (ran.code, ran.results.get("state")) == (0, "destroyed"), ran.err
    certificate: dict[str, Any] = json.loads((at / "certificate.json").read_text())
    assert (certificate["key_id"], certificate["key_check_value"]) == ("root-a", record.kcv)
    assert [what["name"] for what in certificate["what"]] == ["root-a.keystore", "safe-root-a", "half-1-root-a"]
    assert [release["request"] for release in certificate["releases"]] == ["REQ-1", "REQ-2"]
    assert (certificate["by"], certificate["witness"]) == ("k.keeper", "w.witness") and certificate["first_use"]
    assert "still exist" in certificate["remains"]
    signature = Signature.from_dict(certificate.pop("signature"))
    with open_signing_key(at / "sign.key", SIGNED) as signer:
        assert signer.public.verify(CERTIFICATE, canonical(certificate), signature)
        assert not signer.public.verify(CERTIFICATE, canonical({**certificate, "witness": "x"}), signature)
        assert log.verify([], [signer.public]) == [], "the destruction got a signed checkpoint"
    with pytest.raises(KeyCustodyError, match="destroyed"):
        KeyRing(at / "ring").open_version("root-a", PASSPHRASE)


def test_the_certificate_names_the_damaged_file_that_a_restore_put_aside(at: Path) -> None:
    (at / "ring" / "root-a.keystore").write_bytes(b"damaged")
    key_custody.restore(at / "ring", at / "root-a.backup", PASSPHRASE, asked=ASKED)
    (aside,) = (at / "ring").glob("root-a.keystore.damaged-*")
    destroyed(at, "safe-root-a", "half-1-root-a")
    what = json.loads((at / "certificate.json").read_text())["what"]
    assert [one["name"] for one in what][:2] == ["root-a.keystore", aside.name] and not aside.exists()
    assert what[1]["sha256"] == hashlib.sha256(b"damaged").hexdigest()


def test_a_certificate_can_be_written_again(at: Path) -> None:
    destroyed(at, "safe-root-a", "half-1-root-a")
    (at / "certificate.json").unlink()
    destroyed(at, "safe-root-a", "half-1-root-a")
    assert json.loads((at / "certificate.json").read_text())["key_id"] == "root-a"


def test_copies_have_names_of_their_own(at: Path) -> None:
    for copies in (["safe-root-a"], ["safe-2", "safe-2"]):
        with pytest.raises(UsageError, match="already"):
            key_custody.backup(at / "ring", "root-a", at / "x", PASSPHRASE, copies=copies, asked=ASKED)
    record = KeyRing(at / "ring").records()[0]
    assert outstanding(AuditLog(at / "audit").entries(), record) == ["safe-root-a", "half-1-root-a"]


def test_a_backup_that_was_begun_and_has_no_end_must_be_accounted_for(
    at: Path,
) -> None:
    record = KeyRing(at / "ring").records()[0]
    with pytest.raises(KeyCustodyError):
        key_custody.backup(at / "ring", "root-a", at / "root-b.backup", PASSPHRASE, copies=["failed"], asked=ASKED)
    assert "failed" not in outstanding(AuditLog(at / "audit").entries(), record), "nothing was written"
    begun = Action("k.keeper", "keys backup", "Keeping of keys", "root-a", "started", copies=["cut-off"],
                   key=KeyUse(record.key_id, record.kcv))  # fmt: skip
    AuditLog(at / "audit").append(begun)
    assert "cut-off" in outstanding(AuditLog(at / "audit").entries(), record)


@pytest.mark.parametrize(
    "wrong",
    [["--keystore", "k", "--ring", "r"], [], ["--ring", "r", "--kind", "signing"], ["--keystore", "k", "--public", "p"],
     ["--keystore", "k", "--kind", "recipient"]],
)  # fmt: skip
def test_what_a_key_cannot_be_made_of_is_told(at: Path, wrong: list[str]) -> None:
    ran = cldlink("keys", "create", "--key-id", "x", *wrong, *passphrases(at))
    assert (ran.code, "Give --keystore" in ran.err or "needs --keystore" in ran.err) == (2, True)


def test_a_key_pair_by_command(at: Path) -> None:
    ran = cldlink("keys", "create", "--kind", "recipient", "--keystore", at / "r.key", "--public", at / "r.pub",
                  "--key-id", "r-1", "--passphrase-file", at / "one", "--json")  # fmt: skip
    assert ran.code == 0 and len(ran.results["fingerprint"]) == 64, ran.err
    assert entries(at)[-1].key == KeyUse("r-1", ran.results["fingerprint"][:8])


@pytest.fixture
def bridge(at: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A command for a bridge of somebody in a release under root-a; the passphrases and old key are left to say."""
    request = ReleaseRequest(
        controller="dscro", recipient="uni", project="P-1", opt_out="none", key_version="1", release_id="R1"
    )
    manifest = {"request": request.record(), "key": {"root_key_check_value": KeyRing(at / "ring").records()[0].kcv}}
    file = at / "release" / "events.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"person_pseudonym": ["a" * 26], "person_id_type": ["nhs_number"]}), file)
    (at / "release" / "manifest.json").write_text(json.dumps(manifest))
    release = Release(at / "release", manifest, {"events": file})
    monkeypatch.setattr("linkage.key_bridge.open_unvouched", lambda _: release)
    (at / "people.csv").write_text("nhs_number\n9990000018\n")
    create_recipient_key(at / "r.key", SIGNED, key_id="r-1", public_path=at / "r.pub", profile=FAST)
    return ["keys", "bridge", "--people", at / "people.csv", "--release", at / "release", "--recipient-key", at / "r.pub",
            "--signing-key", at / "sign.key", "--signing-passphrase-file", at / "signed", "--out", at / "bridge.sealed",
            "--json"]  # fmt: skip


def test_a_bridge_by_command_leads_from_the_retired_key_to_the_active_one(at: Path, bridge: list[object]) -> None:
    ring = ["--keystore", at / "ring", *passphrases(at)]
    wrong = cldlink(*bridge, *ring, "--key-version", "2")
    assert wrong.code == 6 and "another root key" in wrong.err and not (at / "bridge.sealed").exists()
    ran = cldlink(*bridge, *ring, "--old-key-id", "root-a")
    assert (ran.code, ran.results) == (0, {"without_successor": 1}), ran.err
    assert (at / "bridge.sealed").is_file()
    done, kcv = entries(at)[-1], KeyRing(at / "ring").records()[1].kcv
    assert (done.command, done.outcome) == ("keys bridge", "done")
    assert done.key == KeyUse("root-b", kcv, "1", "hmac-sha256", "dscro/uni/P-1/none")
    opening = ["keys", "open-bridge", at / "bridge.sealed", "--recipient-key", at / "r.key", "--out", at / "bridge",
               "--passphrase-file", at / "signed", "--json"]  # fmt: skip
    forged = at / "other.pub"
    write_public_key(forged, SigningKey(bytes(range(32)), "forger").public)
    assert cldlink(*opening, "--public-key", forged).code == 6 and not (at / "bridge").exists()
    ran = cldlink(*opening, "--public-key", at / "sign.pub")
    assert (ran.code, ran.results) == (0, {"pairs": 0}), ran.err
    assert (at / "bridge" / "bridge.csv").is_file()


def test_a_bridge_may_lead_into_another_ring_or_key_file(at: Path, bridge: list[object]) -> None:
    create_keystore(at / "later.keystore", SIGNED, key_id="later", profile=FAST)
    ran = cldlink(*bridge, "--keystore", at / "later.keystore", "--passphrase-file", at / "signed",
                  "--old-keystore", at / "ring", "--old-key-id", "root-a", "--old-passphrase-file", at / "one",
                  "--old-passphrase-file", at / "two")  # fmt: skip
    assert ran.code == 0 and (at / "bridge.sealed").is_file(), ran.err
    assert entries(at)[-1].key and entries(at)[-1].key.key_id == "later"


@pytest.mark.parametrize("name", ["ring.json", "root-b.keystore"])
def test_a_lost_or_damaged_file_ends_with_the_code_for_keys_and_a_way_out(at: Path, name: str) -> None:
    whole = (at / "ring" / name).read_bytes()
    for content in (None, b"", whole[:40]):
        (at / "ring" / name).unlink() if content is None else (at / "ring" / name).write_bytes(content)
        ran = cldlink("keys", "show", "--keystore", at / "ring", *passphrases(at))
        assert ran.code == 6 and ("estore" in ran.err or "backup" in ran.err), ran.err
        (at / "ring" / name).write_bytes(whole)


def test_no_file_and_no_message_holds_a_byte_of_a_key(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is a known value; whatever the commands write, print or raise is searched for it."""
    canary = b"CANARYcanaryCANARYcanaryCANARY!!"
    monkeypatch.setattr("pseudo.custody.file.secrets", SimpleNamespace(token_bytes=lambda _: canary))
    key_custody.create_in_ring(at / "new", PASSPHRASE, key_id="root-c", asked=ASKED, profile=FAST)
    monkeypatch.undo()
    said = io.StringIO()
    for act in (
        ("keys", "backup", "--ring", at / "new", "--key-id", "root-c", "--out", at / "c.backup", "--copy", "c-1"),
        ("keys", "drill", "--ring", at / "new", "--backup", at / "c.backup"),
        ("keys", "show", "--keystore", at / "new", "--json"),
        ("keys", "rotate", "--ring", at / "new", "--key-id", "root-c"),
        ("keys", "backup", "--ring", at / "new", "--key-id", "root-c", "--out", at / "c.backup", "--copy", "c-2"),
    ):
        ran = cldlink(*act, *passphrases(at))
        said.write(ran.out + ran.err)
    root = KeyRing(at / "new").open(PASSPHRASE)
    for broken in (lambda: root.derive("x"), lambda: root.__reduce__(), lambda: f"{root:x}", lambda: vars(root)):
        try:
            broken()
        except Exception:
            said.write(traceback.format_exc())
    said.write(f"{root!r} {root} {[root]} {root.__slots__}")
    written = [path.read_bytes() for path in at.rglob("*") if path.is_file()]
    for form in (canary, canary.hex().encode(), canary[:16], canary.hex()[:16].encode(), repr(canary)[2:-1].encode()):
        assert not [content for content in written if form in content]
        assert form.decode() not in said.getvalue()
