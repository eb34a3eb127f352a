"""After a release is made: verified, sealed, opened, destroyed; damage anywhere is found, and each step is in the log."""

import os
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from linkage.audited import Asked
from linkage.errors import RefusedError
from linkage.feedback.wrong import went_into
from linkage.release_life import destroy, seal, unsealed, verify
from linkage.requesting import withdrawn
from pseudo.approvals import approve, read_approved, read_register
from pseudo.audit import AuditLog
from pseudo.destruction import destroy_release, read_certificate
from pseudo.errors import PolicyError, ReleaseError, ReleasePathError
from pseudo.grounds import Grounds
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, load_policy
from pseudo.recipient import RecipientKey
from pseudo.release import make_release, open_release, verify_release
from pseudo.staging import clear_left
from tests.unit.release_requests import DOMAIN, approver, request_of, sender, write_request

DAY = date(2023, 6, 1)
POLICY = """
name: small
version: "1"
description: d
tables:
  gp:
    description: One row per registration.
    person: {nhs_number: nhs}
    columns:
      nhs: {treatment: pseudonymise, field: nhs_number}
      kind: {treatment: keep, values: [a, b], description: Kind}
"""


def recipient(number: int = 1) -> RecipientKey:
    return RecipientKey(bytes([number] * 32), "recipient")


def policy(folder: Path) -> LoadedPolicy:
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return load_policy(folder / "policy.yaml")


def released(folder: Path, **changes: Any) -> Path:
    """A release for an approved request that names the recipient's key."""
    loaded = policy(folder)
    document = request_of(loaded, recipient_key=recipient().public.fingerprint, authorities=[], **changes)
    file = write_request(folder / "request.yaml", document)
    request = approve(file, folder / "approvals", signing_key=approver(), by="Guardian", on=date(2023, 2, 1))
    make_release(
        {"gp": pa.table({"nhs": ["9990000018", None], "kind": ["a", "b"]})},
        loaded,
        root_key=RootKey(bytes(range(32)), "root-1"),
        signing_key=sender(),
        request=request.document.release_request(),
        out_dir=folder / "release",
        grounds=Grounds(request, made_from={"trace": "a" * 64}),
        as_at=DAY,
    )
    return folder / "release"


def commands(folder: Path) -> list[tuple[str, str]]:
    """Command and outcome of the entries of the log, without those that say that something starts."""
    actions = [entry.action for entry in AuditLog(folder / "audit").entries()]
    return [(action.command, action.outcome) for action in actions if action.outcome != "started"]


def test_a_sealed_release_opens_for_its_recipient(tmp_path: Path) -> None:
    folder = released(tmp_path)
    sealed = seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)
    assert (sealed["package"], sealed["recipient"]) == ("R1", recipient().public.fingerprint)
    opened = unsealed(tmp_path / "r.sealed", recipient(), tmp_path / "got", sender=sender().public, as_at=DAY)
    assert [path.name for path in sorted(folder.iterdir())] == [path.name for path in sorted(opened.folder.iterdir())]
    assert all((folder / path.name).read_bytes() == path.read_bytes() for path in opened.folder.iterdir())
    assert commands(tmp_path) == [("release seal", "done"), ("release unseal", "done")]


def test_a_release_is_sealed_for_the_approved_key_only(tmp_path: Path) -> None:
    folder = released(tmp_path)
    with pytest.raises(RefusedError, match="Seal for the key that was approved"):
        seal(folder, recipient(2).public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)
    assert not (tmp_path / "r.sealed").exists()
    assert commands(tmp_path) == [("release seal", "refused")]


def test_an_altered_or_expired_release_is_not_sealed(tmp_path: Path) -> None:
    folder = released(tmp_path)
    with pytest.raises(PolicyError, match="expired"):
        seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=date(2024, 1, 1))
    (folder / "dictionary.csv").write_text("x", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"dictionary\.csv: altered"):
        seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)


def test_a_sealed_release_of_another_sender_leaves_nothing(tmp_path: Path) -> None:
    folder = released(tmp_path)
    seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)
    with pytest.raises(Exception, match="sign"):
        unsealed(tmp_path / "r.sealed", recipient(), tmp_path / "got", sender=approver().public, as_at=DAY)
    with pytest.raises(PolicyError, match="expired"):
        unsealed(tmp_path / "r.sealed", recipient(), tmp_path / "got", sender=sender().public, as_at=date(2024, 1, 1))
    assert not (tmp_path / "got").exists()


def test_the_answer_of_verify_is_in_the_log(tmp_path: Path) -> None:
    folder = released(tmp_path)
    assert verify(folder, sender().public) == []
    (folder / "gp.parquet").write_bytes(b"")
    assert verify(folder, sender().public) == ["gp.parquet: altered"]
    assert [entry.action.counts for entry in AuditLog(tmp_path / "audit").entries()[1::2]] == [
        {"faults": 0},
        {"faults": 1},
    ]
    with pytest.raises(ReleasePathError, match="no such folder"):
        verify(tmp_path / "none")


def test_every_byte_of_every_file_counts(tmp_path: Path) -> None:
    folder = released(tmp_path)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in {0, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            (fault,) = verify_release(folder, sender().public)
            assert fault.startswith(f"{path.name}: altered")
        path.write_bytes(whole)
    assert verify_release(folder, sender().public) == []


def test_a_release_without_one_of_its_files_is_half_written_and_does_not_open(tmp_path: Path) -> None:
    folder = released(tmp_path)
    for name in [path.name for path in folder.iterdir()]:
        (folder / name).rename(tmp_path / "aside")
        with pytest.raises(ReleaseError, match=f"{name}: missing"):
            open_release(folder, as_at=DAY, public_key=sender().public)
        (tmp_path / "aside").rename(folder / name)


@pytest.mark.skipif(os.name != "posix", reason="rights of the folder above hold")
def test_only_its_owner_may_read_a_release(tmp_path: Path) -> None:
    folder = released(tmp_path)
    seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)
    opened = unsealed(tmp_path / "r.sealed", recipient(), tmp_path / "got", sender=sender().public, as_at=DAY).folder
    for made in (folder, opened):
        assert made.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="links need a right of their own on Windows")
def test_a_symbolic_link_is_no_file_of_a_release(tmp_path: Path) -> None:
    folder = released(tmp_path)
    for name in ("gp.parquet", "manifest.json", "signature.json"):
        (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        assert verify_release(folder, sender().public) == [f"{name}: a symbolic link, not a file of the release"]
        (tmp_path / name).replace(folder / name)
    (folder / "more").symlink_to(tmp_path)
    assert verify_release(folder, sender().public) == ["more: a symbolic link, not a file of the release"]


def test_swapped_manifests_are_found(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (
        released(tmp_path / "one"),
        released(tmp_path / "two", release_id="R2", domain={**DOMAIN, "project": "q"}),
    )
    for name, fault in (("manifest.json", "signature.json: altered"), ("signature.json", "gp.parquet: altered")):
        kept = (one / name).read_bytes()
        (one / name).write_bytes((two / name).read_bytes())
        (two / name).write_bytes(kept)
        for folder in (one, two):
            assert verify_release(folder, sender().public)[0].startswith(fault)


def test_what_a_killed_process_left_goes_and_what_it_set_aside_comes_back(tmp_path: Path) -> None:
    folder = released(tmp_path)
    folder.rename(tmp_path / ".release.part-a-old")
    (tmp_path / ".release.part-a").mkdir()
    (tmp_path / ".release2.part-a").mkdir()
    clear_left(folder)
    assert verify_release(folder, sender().public) == []
    assert [path.name for path in sorted(tmp_path.glob(".*.part-*"))] == [".release2.part-a"]


def test_a_process_killed_half_way_leaves_nothing_that_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the manifest is there, with no chance to tidy up: as if the machine had lost its power."""
    monkeypatch.setattr("pseudo.staging.shutil.rmtree", lambda *_, **__: None)
    monkeypatch.setattr("pseudo.release.write_signed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        released(tmp_path)
    assert not (tmp_path / "release").exists()
    (left,) = [path for path in tmp_path.iterdir() if ".part-" in path.name]
    with pytest.raises(ReleaseError, match=r"manifest\.json: missing"):
        open_release(left, as_at=DAY, public_key=sender().public)


def destroyed(folder: Path, **changes: Any) -> Path:
    given = {
        "signing_key": sender(),
        "by": "Custodian",
        "witness": "Auditor",
        "reason": "The agreement ended",
        "on": DAY,
    }
    destroy(folder, request=read_approved(folder.parent / "approvals" / "REQ-1.v1.yaml"), **{**given, **changes})
    return folder / "destroyed.json"


def test_a_destroyed_release_leaves_a_signed_certificate_and_is_never_opened_again(tmp_path: Path) -> None:
    folder = released(tmp_path)
    hashes = {entry["name"] for entry in open_release(folder, as_at=DAY, public_key=sender().public).manifest["files"]}
    certificate = read_certificate(destroyed(folder))
    assert [path.name for path in folder.iterdir()] == ["destroyed.json"]
    assert certificate.is_signed_by(sender().public) and not certificate.is_signed_by(approver().public)
    assert {entry["name"] for entry in certificate.document["files"]} == hashes | {"manifest.json", "signature.json"}
    assert (certificate.document["by"], certificate.document["witness"]) == ("Custodian", "Auditor")
    for use in (partial(open_release, public_key=sender().public), verify_release):
        with pytest.raises(ReleaseError, match="was destroyed"):
            use(folder)
    assert commands(tmp_path) == [("release destroy", "done")]


def test_nothing_more_is_made_for_the_request_of_a_destroyed_release(tmp_path: Path) -> None:
    destroyed(released(tmp_path))
    request = read_approved(tmp_path / "approvals" / "REQ-1.v1.yaml")
    with pytest.raises(PolicyError, match="its release was destroyed"):
        request.require_current(DAY, [approver().public])


@pytest.mark.parametrize("log", ["audit", "elsewhere"])
def test_a_destroyed_request_stays_so_without_its_certificate(tmp_path: Path, log: str) -> None:
    destroyed(released(tmp_path), asked=Asked(audit=tmp_path / log))
    file = tmp_path / "approvals" / "REQ-1.v1.yaml"
    file.with_name("REQ-1.v1.destroyed.json").unlink()
    for found in (read_approved(file), *read_register(file.parent)):
        assert found.state(DAY, [approver().public]) == "destroyed"


def test_a_withdrawn_request_stays_so_without_the_withdrawal(tmp_path: Path) -> None:
    released(tmp_path)
    file = tmp_path / "approvals" / "REQ-1.v1.yaml"
    withdrawn(file, signing_key=approver(), reason="The study ended", asked=Asked(by="Guardian"), on=DAY)
    file.with_name("REQ-1.v1.withdrawn.json").unlink()
    with pytest.raises(PolicyError, match="was withdrawn"):
        read_approved(file).require_current(DAY, [approver().public])


def test_a_destruction_has_a_witness_and_a_reason(tmp_path: Path) -> None:
    folder = released(tmp_path)
    with pytest.raises(PolicyError, match="Somebody else"):
        destroyed(folder, witness="Custodian")
    assert verify_release(folder) == []


def test_an_interrupted_destruction_is_brought_to_its_end(tmp_path: Path) -> None:
    folder = released(tmp_path)
    table = (folder / "gp.parquet").read_bytes()
    certificate = destroyed(folder)
    (folder / "gp.parquet").write_bytes(table)
    with pytest.raises(ReleaseError, match="was destroyed"):
        open_release(folder, public_key=sender().public)
    again = destroy_release(folder, signing_key=sender(), by="Custodian", witness="Auditor", reason="Again", on=DAY)
    assert (again.document["reason"], list(folder.iterdir())) == ("The agreement ended", [certificate])


def test_the_certificate_of_an_altered_release_says_so(tmp_path: Path) -> None:
    folder = released(tmp_path)
    (folder / "gp.parquet").write_bytes(b"")
    assert read_certificate(destroyed(folder)).document["faults_before"] == ["gp.parquet: altered"]


def test_another_folder_is_not_destroyed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(ReleaseError, match="not a complete release"):
        destroy(tmp_path / "mine", signing_key=sender(), by="a", witness="b", reason="The end")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_wrong_link_is_followed_into_releases_and_sealed_packages(tmp_path: Path) -> None:
    folder = released(tmp_path)
    from linkage.audited import audited, manifest_hash

    with audited("release make", Asked(synthetic=True), folder, made_from=["a" * 64]) as done:
        done.manifest = manifest_hash(folder)
    seal(folder, recipient().public, tmp_path / "r.sealed", signing_key=sender(), as_at=DAY)
    verify(folder)
    found = went_into(AuditLog(tmp_path / "audit"), ["a" * 64], "991")
    assert [(place.made, place.reference) for place in found] == [("release make", "synthetic"), ("release seal", "R1")]
