"""The manifest of a release: its one text form, its digest, and the code under the custodian's key.

A manifest is written in exactly one way, so that a changed space is as visible as a changed number.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pseudo.errors import PolicyError, ReleaseError
from pseudo.keys import DomainKey, RootKey
from pseudo.request import ReleaseRequest

FORMAT = "cldlink-release-1"
MANIFEST = "manifest.json"
DICTIONARY = "dictionary.csv"

_CHUNK = 1 << 20
_MAC = "manifest_mac"
_DIGEST = "manifest_sha256"
_TABLE_NAME = re.compile(r"[A-Za-z0-9_]+")


def file_record(path: Path) -> dict[str, Any]:
    """Name, size in bytes and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def sealed(document: Mapping[str, Any], key: DomainKey) -> bytes:
    """The manifest as it is written: the document, its code under ``key``, and the SHA-256 of both."""
    body = {"format": FORMAT, **document}
    coded = {**body, _MAC: key.mac(_text(body)).hex()}
    return _text({**coded, _DIGEST: hashlib.sha256(_text(coded)).hexdigest()})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release, unverified. Raises ReleaseError when there is none or it is not one of ours."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_bytes())
    except OSError:
        raise ReleaseError(f"{folder}: no readable manifest.json here. This is not a complete release.") from None
    except (ValueError, RecursionError):
        raise ReleaseError(f"{path}: the manifest is damaged. Ask for the release again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReleaseError(f"{path}: this is not a release of a format this version knows ({FORMAT}).")
    return document


def request_of(manifest: Mapping[str, Any]) -> ReleaseRequest:
    """The request that a release was made for."""
    record = dict(manifest["request"])
    record["expires"] = date.fromisoformat(record["expires"]) if record["expires"] else None
    return ReleaseRequest(**record)


def faults_of(folder: Path, root_key: RootKey | None) -> list[str]:
    """Every difference between a folder and its manifest, the manifest's own first."""
    if not (folder / MANIFEST).is_file():
        return [f"{MANIFEST}: missing"]
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return [f"{MANIFEST}: altered"]
    faults = _manifest_faults(folder, manifest, root_key)
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
    return faults + [f"{name}: not in the manifest" for name in sorted(present - recorded.keys() - {MANIFEST})]


def _manifest_faults(folder: Path, manifest: dict[str, Any], root_key: RootKey | None) -> list[str]:
    digest = manifest.pop(_DIGEST, None)
    as_written = _text({**manifest, _DIGEST: digest}) == (folder / MANIFEST).read_bytes()
    if not as_written or hashlib.sha256(_text(manifest)).hexdigest() != digest:
        return [f"{MANIFEST}: altered"]
    code = manifest.pop(_MAC, None)
    if not _is_complete(manifest):
        return [f"{MANIFEST}: altered"]
    if root_key is None:
        return []
    if manifest["key"].get("root_key_check_value") != root_key.kcv:
        return [f"{MANIFEST}: made under another root key than the one given"]
    with root_key.derive(request_of(manifest).domain("manifest")) as key:
        return [] if key.mac(_text(manifest)).hex() == code else [f"{MANIFEST}: not written by the holder of the key"]


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
