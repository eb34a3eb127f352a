"""The log of a store: one JSON line per action, each chained to the one before by its hash; only ever added to.

A line that was cut off while it was being written does not count and goes when the next one is written. Lines hold counts,
hashes, days, codes and the reasons people gave; nothing that identifies a person.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkage.errors import InputError

_START = "0" * 64


@dataclass(frozen=True)
class LogLine:
    """One action: its number from 1, when it was done (UTC), what, and the facts about it."""

    number: int
    at: str
    action: str
    facts: Mapping[str, Any]
    sha256: str


def read_log(path: Path) -> tuple[LogLine, ...]:
    """Every complete line. Raises InputError when a line was altered, removed or put in."""
    lines: list[LogLine] = []
    for text in _complete(path).splitlines():
        previous = lines[-1].sha256 if lines else _START
        try:
            document = json.loads(text)
            digest = document.pop("sha256")
            right = digest == _digest(document) and document["previous"] == previous
            line = LogLine(document["number"], document["at"], document["action"], document["facts"], digest)
        except (ValueError, KeyError, TypeError, AttributeError):
            right = False
        if not right or line.number != len(lines) + 1:
            raise InputError(
                f"{path}: line {len(lines) + 1} of the log is not as it was written. The store cannot be trusted: "
                "restore it from a backup."
            )
        lines.append(line)
    return tuple(lines)


def append_line(path: Path, action: str, facts: Mapping[str, Any]) -> LogLine:
    """Add one line and put it safely on the disk. The caller holds the store's lock."""
    lines = read_log(path)
    document = {
        "number": len(lines) + 1,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "action": action,
        "facts": json.loads(json.dumps(dict(facts), default=str)),
        "previous": lines[-1].sha256 if lines else _START,
    }
    digest = _digest(document)
    with path.open("r+b" if path.exists() else "w+b") as handle:
        handle.truncate(len(_complete(path).encode()))
        handle.seek(0, os.SEEK_END)
        handle.write((json.dumps({**document, "sha256": digest}, ensure_ascii=False) + "\n").encode())
        handle.flush()
        os.fsync(handle.fileno())
    return LogLine(len(lines) + 1, str(document["at"]), action, dict(facts), digest)


def _complete(path: Path) -> str:
    """The text up to the last line end."""
    if not path.exists():
        return ""
    text = path.read_bytes()
    return text[: text.rfind(b"\n") + 1].decode(errors="replace")


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
