"""The manifest: what went in, what came out, with which code and configuration. No identifying value.

Everything but the ``run`` block (time, machine) is the same for the same input, byte for byte.
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.errors import InputError, UsageError
from linkage.runs.outputs import MANIFEST

FORMAT = "cldlink-manifest-1"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What one command did. ``counts`` are rows or people by step; ``settings`` are options that shape the result."""

    command: str
    inputs: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int | float]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Hash every file of ``folder`` and write ``manifest.json`` there."""
        document = {
            "format": FORMAT,
            "command": self.command,
            "cldlink": version("cldlink"),
            "libraries": {name: version(name) for name in ("duckdb", "splink", "pyarrow", "cryptography")},
            "inputs": [dict(record) for record in self.inputs],
            "settings": dict(self.settings),
            "counts": dict(self.counts),
            "outputs": [file_record(path, folder) for path in _files(folder)],
            "run": {
                "finished_utc": datetime.now(UTC).isoformat(timespec="seconds"),
                "python": platform.python_version(),
                "system": platform.system(),
            },
        }
        text = json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def file_record(path: Path, relative_to: Path | None = None) -> dict[str, Any]:
    """Name, size in bytes and SHA-256 of a file. Only the name is kept, or the path inside ``relative_to``."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    name = path.relative_to(relative_to).as_posix() if relative_to else path.name
    return {"name": name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder. Raises UsageError when there is none, InputError when it is not one of ours."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder.")
    if not path.is_file():
        raise UsageError(f"{folder}: no manifest.json here. This is not a complete output of cldlink.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(f"{path}: the manifest is damaged. Run the command that made this folder again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            f"{folder}: this folder was not made by the command that this one follows. "
            "(A release is opened by 'cldlink link'.) See the map of files in docs/reference/files.md."
        )
    return document


def verify_manifest(folder: Path) -> list[str]:
    """Faults found when the files of a folder are compared with its manifest; empty when all is as it was written."""
    recorded = {record["name"]: record for record in read_manifest(folder)["outputs"]}
    faults = []
    for name, record in recorded.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name}: missing")
        elif file_record(path)["sha256"] != record["sha256"]:
            faults.append(f"{name}: altered")
    present = {path.relative_to(folder).as_posix() for path in _files(folder)}
    return faults + [f"{name}: not in the manifest" for name in sorted(present - recorded.keys())]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
