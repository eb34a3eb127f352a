"""The end of a release: its files are removed and a signed certificate stands in their place.

The certificate says what was destroyed, by the hash of every file, why, by whom and before which witness. It is written
before the first file goes, and a folder that holds one is never opened again. It speaks of this folder only: a recipient
destroys every copy, and certifies each.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pseudo.audit_entry import canonical, require_form, same_name, utc_now
from pseudo.errors import PolicyError, ReleaseError, ReleasePathError, ReleaseWriteError
from pseudo.release_manifest import DESTROYED, MANIFEST, faults_of, file_record, read_manifest
from pseudo.signing import CERTIFICATE, PublicKey, Signature, SigningKey

FORMAT = "cldlink-destruction-1"
_STATEMENT = (
    "The files named were removed from this folder. Copies elsewhere, backups and what the disk keeps of removed files are not "
    "covered. The key was not destroyed: the same data under the same key would give the same pseudonyms."
)


@dataclass(frozen=True)
class Destruction:
    """A certificate: the document that was signed and its signature."""

    document: dict[str, Any]
    signature: Signature

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether this key signed exactly this certificate."""
        return key.verify(CERTIFICATE, canonical(self.document), self.signature)

    def text(self) -> bytes:
        """The certificate as a file."""
        content = {**self.document, "signature": self.signature.as_dict()}
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def destroy_release(
    folder: Path, *, signing_key: SigningKey, by: str, witness: str, reason: str, on: date
) -> Destruction:
    """Remove every file of a release and leave the certificate. Called again, it removes what an interruption left.

    Raises ReleasePathError when there is no such folder, ReleaseError when it is not a release, PolicyError when the witness
    is who does it or the reason is missing, ReleaseWriteError when a file cannot be removed.
    """
    for person in (by, witness):
        require_form("actor", person)
    require_form("purpose", reason)
    if same_name(by, witness):
        raise PolicyError("Somebody else than who destroys must witness it.")
    if not folder.is_dir():
        raise ReleasePathError(f"{folder}: there is no such folder.")
    try:
        if (folder / DESTROYED).exists():
            made = read_certificate(folder / DESTROYED)
        else:
            made = _certificate(folder, signing_key, by=by, witness=witness, reason=reason, on=on)
            aside = folder / f".{DESTROYED}.part"
            aside.write_bytes(made.text())
            aside.rename(folder / DESTROYED)
        for name in [entry["name"] for entry in made.document["files"]]:
            (folder / name).unlink(missing_ok=True)
    except OSError:
        raise ReleaseWriteError(
            f"{folder}: not every file could be removed. Check the rights, that no file is open elsewhere, and run it again."
        ) from None
    return made


def read_certificate(path: Path) -> Destruction:
    """A certificate as a file. Raises ReleaseError when it is not one."""
    try:
        document = json.loads(path.read_bytes())
        signature = Signature.from_dict(document.pop("signature"))
        if document["format"] != FORMAT or not all(_is_plain(entry["name"]) for entry in document["files"]):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ReleaseError(f"{path}: this is not a certificate of destruction as it was written.") from None
    return Destruction(document, signature)


def _certificate(folder: Path, signing_key: SigningKey, *, by: str, witness: str, reason: str, on: date) -> Destruction:
    manifest = read_manifest(folder)
    files = [file_record(path) for path in sorted(folder.iterdir()) if path.is_file()]
    document = {
        "format": FORMAT,
        "request": manifest["request"],
        "approval": manifest.get("approval"),
        "manifest_sha256": file_record(folder / MANIFEST)["sha256"],
        "files": files,
        "faults_before": faults_of(folder, None),
        "reason": reason,
        "by": by,
        "witness": witness,
        "on": on.isoformat(),
        "time_utc": utc_now(),
        "statement": _STATEMENT,
    }
    return Destruction(document, signing_key.sign(CERTIFICATE, canonical(document)))


def _is_plain(name: object) -> bool:
    return isinstance(name, str) and bool(name) and not set(name) & {"/", "\\", ":"} and name not in (".", "..")
