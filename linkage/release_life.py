"""What happens to a release after it is made: verified, sealed for its recipient, opened again, destroyed. Each is recorded.

The log is a folder ``audit`` beside the release, or where the caller says.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from linkage.audited import Asked, audited, record
from linkage.errors import RefusedError
from linkage.runs import file_record
from pseudo.approvals import ApprovedRequest, log_beside, mark_destroyed
from pseudo.audit import AuditLog
from pseudo.destruction import Destruction, destroy_release
from pseudo.errors import ReleaseError, ReleasePathError
from pseudo.recipient import RecipientKey, RecipientPublicKey
from pseudo.release import Release, open_release, verify_release
from pseudo.release_manifest import MANIFEST, read_manifest
from pseudo.sealing import read_sealed, seal_folder, unseal
from pseudo.signing import PublicKey, SigningKey

_PURPOSES = {
    "release verify": "Check of a release",
    "release seal": "Handing over of a release",
    "release unseal": "Opening of a sealed release",
    "release destroy": "Destruction of a release",
}


def verify(folder: Path, public_key: PublicKey | None = None, *, asked: Asked | None = None) -> list[str]:
    """What is wrong with a release, file by file, as ``pseudo.release.verify_release`` says it; the answer is recorded."""
    given = _asked(asked, "release verify", _existing(folder))
    with audited("release verify", given, folder, made_from=_manifest(folder)) as done:
        faults = verify_release(folder, public_key)
        done.counts = {"faults": len(faults)}
    return faults


def seal(
    folder: Path,
    recipient: RecipientPublicKey,
    out: Path,
    *,
    signing_key: SigningKey,
    asked: Asked | None = None,
    as_at: date | None = None,
) -> dict[str, str]:
    """Seal a release for its recipient into one file, signed; return what was sealed for whom.

    Raises ReleaseError when the release is not whole or not signed by ``signing_key``, RefusedError when the approved
    request names another recipient's key or none.
    """
    with audited(
        "release seal", _asked(asked, "release seal", _existing(folder)), folder, made_from=_manifest(folder)
    ) as done:
        release = open_release(folder, public_key=signing_key.public, as_at=as_at)
        _require_recipient(release, recipient)
        package = seal_folder(folder, recipient, out, package=release.release_id, signer=signing_key)
        done.manifest = str(file_record(out)["sha256"])
    return {"package": package.package, "recipient": package.recipient, "sha256": done.manifest}


def unsealed(
    file: Path,
    key: RecipientKey,
    out: Path,
    *,
    sender: PublicKey,
    asked: Asked | None = None,
    as_at: date | None = None,
) -> Release:
    """Open a sealed release into ``out`` and verify it; nothing is left there unless it is whole and the sender's."""
    if not file.is_file():
        raise ReleasePathError(f"{file}: there is no such file.")
    given = asked or Asked()
    given = replace(given, submission=given.submission or read_sealed(file).package)
    given = replace(given, purpose=given.purpose or _PURPOSES["release unseal"])
    with audited("release unseal", given, out, made_from=_hash(file)) as done:
        unseal(file, key, out, signer=sender)
        try:
            release = open_release(out, public_key=sender, as_at=as_at)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise
        done.manifest = str(file_record(out / MANIFEST)["sha256"])
    return release


def destroy(
    folder: Path,
    *,
    signing_key: SigningKey,
    by: str,
    witness: str,
    reason: str,
    request: ApprovedRequest | None = None,
    asked: Asked | None = None,
    on: date | None = None,
) -> Destruction:
    """Remove the files of a release and leave a signed certificate, in the folder and beside its approved request.

    The request is named in the entry of the log, and in one of the log beside the register where that is another: either
    keeps it ended when the certificate beside it is gone.
    Raises RefusedError when the release was made for another request than the one given.
    """
    given = _asked(replace(asked or Asked(), by=by), "release destroy", _existing(folder))
    made_from = [*_manifest(folder), *([request.sha256] if request else [])]
    with audited("release destroy", given, folder, made_from=made_from, signer=signing_key) as done:
        _require_request(folder, request)
        day = on or datetime.now(UTC).date()
        made = destroy_release(folder, signing_key=signing_key, by=by, witness=witness, reason=reason, on=day)
        if request:
            mark_destroyed(request, made.text())
            _note_beside(request, given, folder, signing_key)
        done.counts = {"files": len(made.document["files"])}
        done.manifest = str(file_record(folder / "destroyed.json")["sha256"])
    return made


def _note_beside(request: ApprovedRequest, asked: Asked, folder: Path, signer: SigningKey) -> None:
    """Note the end of a request in the log beside its register, unless the destruction itself is noted there."""
    log = AuditLog(log_beside(request.path.parent), signer)
    if log.folder != asked.log(folder).folder.resolve():
        action = replace(asked.action("release destroy"), made_from=[request.sha256])
        record(log, action, checkpoint=True)


def _require_recipient(release: Release, recipient: RecipientPublicKey) -> None:
    approval = release.manifest.get("approval")
    if approval is None:
        return
    if approval["recipient_key"] != recipient.fingerprint:
        raise RefusedError(
            "The approved request names "
            + (
                f"the recipient's key {approval['recipient_key'][:16]}…"
                if approval["recipient_key"]
                else "no key of the recipient"
            )
            + f"; the key given is {recipient.fingerprint[:16]}…. Seal for the key that was approved, or have this one approved."
        )


def _require_request(folder: Path, request: ApprovedRequest | None) -> None:
    if request is None or not (folder / MANIFEST).is_file():
        return
    approval = read_manifest(folder).get("approval") or {}
    if (approval.get("request"), approval.get("version")) != (request.document.id, request.document.version):
        raise RefusedError(f"{folder}: this release was not made for the request {request.name}.")


def _asked(asked: Asked | None, command: str, folder: Path) -> Asked:
    """Purpose and reference as given, else those of every such action and the release's own name."""
    given = asked or Asked()
    try:
        named = str(read_manifest(folder)["request"]["release_id"])
    except (ReleaseError, KeyError, TypeError):
        named = "unreadable"
    return replace(given, purpose=given.purpose or _PURPOSES[command], submission=given.submission or named)


def _existing(folder: Path) -> Path:
    """The folder. Raises ReleasePathError, before anything is recorded, when there is none."""
    if not folder.is_dir():
        raise ReleasePathError(f"{folder}: there is no such folder.")
    return folder


def _manifest(folder: Path) -> Sequence[str]:
    return _hash(folder / MANIFEST)


def _hash(path: Path) -> Sequence[str]:
    return [str(file_record(path)["sha256"])] if path.is_file() else []
