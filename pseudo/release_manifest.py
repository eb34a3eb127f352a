"""The manifest of a release and its signature: one text form, one digest, and who vouches for it.

A manifest is written in exactly one way, so that a changed space is as visible as a changed number. The signature stands
in a file of its own and covers every byte of the manifest, which covers every byte of everything else.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pseudo.errors import KeyCustodyError, PolicyError, ReleaseError
from pseudo.request import ReleaseRequest
from pseudo.signing import RELEASE, PublicKey, Signature, SigningKey

FORMAT = "cldlink-release-1"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
DICTIONARY = "dictionary.csv"
DESTROYED = "destroyed.json"

_CHUNK = 1 << 20
_DIGEST = "manifest_sha256"
_TABLE_NAME = re.compile(r"[A-Za-z0-9_]+")


def file_record(path: Path) -> dict[str, Any]:
    """Name, size in bytes and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def write_signed(folder: Path, document: Mapping[str, Any], key: SigningKey) -> None:
    """Write the manifest, which ends with the SHA-256 of all before it, and then its signature."""
    body = {"format": FORMAT, **document}
    content = _text({**body, _DIGEST: hashlib.sha256(_text(body)).hexdigest()})
    (folder / MANIFEST).write_bytes(content)
    signed = {"signature": key.sign(RELEASE, content).as_dict(), "public_key_hex": key.public.raw.hex()}
    (folder / SIGNATURE).write_bytes(_text(signed))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release, unverified. Raises ReleaseError when there is none or it is not one of ours."""
    path = folder / MANIFEST
    refuse_destroyed(folder)
    try:
        document = json.loads(path.read_bytes())
    except OSError:
        raise ReleaseError(f"{folder}: no readable manifest.json here. This is not a complete release.") from None
    except (ValueError, RecursionError):
        raise ReleaseError(f"{path}: the manifest is damaged. Ask for the release again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReleaseError(f"{path}: this is not a release of a format this version knows ({FORMAT}).")
    return document


def refuse_destroyed(folder: Path) -> None:
    """Raise ReleaseError when the certificate of a destruction is in a folder."""
    if (folder / DESTROYED).exists():
        raise ReleaseError(f"{folder}: this release was destroyed; {DESTROYED} says when and by whom.")


def request_of(manifest: Mapping[str, Any]) -> ReleaseRequest:
    """The request that a release was made for."""
    record = dict(manifest["request"])
    record["expires"] = date.fromisoformat(record["expires"]) if record["expires"] else None
    return ReleaseRequest(**record)


def signer_of(folder: Path) -> PublicKey:
    """The key that a release says it is signed with. Raises ReleaseError when the signature cannot be read."""
    try:
        raw = bytes.fromhex(json.loads((folder / SIGNATURE).read_bytes())["public_key_hex"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ReleaseError(f"{folder / SIGNATURE}: the signature cannot be read. Ask for the release again.") from None
    return PublicKey(raw)


def faults_of(folder: Path, public_key: PublicKey | None) -> list[str]:
    """Every difference between a folder and its manifest, the manifest's own and the signature's first.

    A symbolic link is none of the release's files, whatever it leads to: that may be changed after the check.
    """
    links = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink())
    if links:
        return [f"{name}: a symbolic link, not a file of the release" for name in links]
    for name in (MANIFEST, SIGNATURE):
        if not (folder / name).is_file():
            return [f"{name}: missing"]
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return [f"{MANIFEST}: altered"]
    faults = _manifest_faults(folder, manifest) or _signature_faults(folder, public_key)
    if faults:
        return faults
    recorded = {record["name"]: record for record in manifest["files"]}
    for name, record in recorded.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name}: missing")
        elif file_record(path) != record:
            faults.append(f"{name}: altered")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    return faults + [
        f"{name}: not in the manifest" for name in sorted(present - recorded.keys() - {MANIFEST, SIGNATURE})
    ]


def _manifest_faults(folder: Path, manifest: dict[str, Any]) -> list[str]:
    digest = manifest.pop(_DIGEST, None)
    as_written = _text({**manifest, _DIGEST: digest}) == (folder / MANIFEST).read_bytes()
    if not as_written or hashlib.sha256(_text(manifest)).hexdigest() != digest or not _is_complete(manifest):
        return [f"{MANIFEST}: altered"]
    return []


def _signature_faults(folder: Path, public_key: PublicKey | None) -> list[str]:
    altered = f"{SIGNATURE}: altered, or not the signature of this manifest"
    try:
        content = (folder / SIGNATURE).read_bytes()
        document = json.loads(content)
        signature = Signature.from_dict(document["signature"])
        key = signer_of(folder)
    except (ReleaseError, KeyCustodyError, ValueError, KeyError, TypeError, RecursionError):
        return [altered]
    as_written = _text({"signature": signature.as_dict(), "public_key_hex": key.raw.hex()}) == content
    if not as_written or not key.verify(RELEASE, (folder / MANIFEST).read_bytes(), signature):
        return [altered]
    if public_key is not None and public_key != key:
        return [
            f"{SIGNATURE}: signed by another key ({key.fingerprint[:16]}…) than the one given "
            f"({public_key.fingerprint[:16]}…)"
        ]
    return []


def _is_complete(manifest: Mapping[str, Any]) -> bool:
    """Whether the parts that opening relies on are there, and no file name leads out of the folder."""
    try:
        names = [record["name"] for record in manifest["files"]]
        request_of(manifest)
        columns = [column["name"] for table in manifest["tables"].values() for column in table["columns"]]
        plain = all(_TABLE_NAME.fullmatch(table) and f"{table}.parquet" in names for table in manifest["tables"])
    except (KeyError, TypeError, AttributeError, ValueError, PolicyError):
        return False
    flat = all(isinstance(name, str) and not set(name) & {"/", "\\", ":"} for name in names)
    return flat and plain and bool(columns) and isinstance(manifest.get("key"), dict)


def _text(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
