"""The log of a store: one JSON line per action, each chained to the one before by its hash; only ever added to.

A line that was cut off while it was being written does not count and goes when the next one is written. ``log.head`` beside
it holds the number and hash of the last line, so that a log that lost its last lines is noticed; it is written after the line,
so the log may be one line ahead of it. Lines hold counts, hashes, days, codes and the reasons people gave; nothing that
identifies a person.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkage.errors import InputError

_START = "0" * 64
ASIDE = ".part-"
"""How the names of what is not finished begin."""


@dataclass(frozen=True)
class LogLine:
    """One action: its number from 1, when it was done (UTC), what, and the facts about it."""

    number: int
    at: str
    action: str
    facts: Mapping[str, Any]
    sha256: str


def read_log(path: Path) -> tuple[LogLine, ...]:
    """Every complete line. Raises InputError when a line was altered, removed or put in, or lines at the end are gone."""
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
    _compare_with_head(path, lines)
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
    write_whole(_head(path), {"number": len(lines) + 1, "sha256": digest})
    return LogLine(len(lines) + 1, str(document["at"]), action, dict(facts), digest)


def write_whole(path: Path, document: Mapping[str, Any]) -> None:
    """Write a small JSON file so that at any moment the old or the new one is there, whole."""
    aside = path.with_name(f"{ASIDE}{path.name}")
    with aside.open("wb") as handle:
        handle.write((json.dumps(document) + "\n").encode())
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)


def _compare_with_head(path: Path, lines: Sequence[LogLine]) -> None:
    """Raise InputError unless the log has the line that was its last when it was last written; without a head there is at
    most the first line, whose writing was interrupted.
    """
    try:
        head = json.loads(_head(path).read_text(encoding="utf-8")) if _head(path).exists() else None
        right = len(lines) <= 1 if head is None else lines[head["number"] - 1].sha256 == head["sha256"]
    except (ValueError, KeyError, TypeError, IndexError):
        right = False
    if not right:
        raise InputError(
            f"{path}: the log does not end as it was written: the last lines, or log.head beside it, are gone or altered. "
            "The store cannot be trusted: restore it from a backup."
        )


def _head(path: Path) -> Path:
    return path.with_name("log.head")


def _complete(path: Path) -> str:
    """The text up to the last line end."""
    if not path.exists():
        return ""
    text = path.read_bytes()
    return text[: text.rfind(b"\n") + 1].decode(errors="replace")


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
