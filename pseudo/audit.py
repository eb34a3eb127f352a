"""The audit log: who did what with data about people, for which purpose; only ever added to, and chained by hashes.

A log is a folder: ``log.jsonl`` (one entry a line), ``head.json`` (how many entries there are and the hash of the last)
and ``audit.lock``. An entry is one JSON object in canonical form: keys sorted, no blanks between, UTF-8, whole numbers,
UTC times ending in Z. Its hash is SHA-256 of a zero byte and the line; ``prev`` is the hash of the entry before, 64 zeros
for the first. ``verify`` finds an altered, removed or inserted entry by the chain and a cut tail by the head; whoever may
write to the folder can cut both, so copies of the head (checkpoints) are kept elsewhere and given to ``verify``.

No entry identifies a person about whom data are: every value has a strict form (``pseudo.audit_entry``). Keys that later
versions add to an entry or a checkpoint, such as signatures, are part of what is hashed and do not disturb this one.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pseudo.audit_entry import Action, Entry, canonical, entry_of, utc_now
from pseudo.errors import AuditError, AuditPathError
from pseudo.lock_file import waiting_lock

LOG, HEAD, LOCK = "log.jsonl", "head.json", "audit.lock"
CHECKPOINT_FORMAT = "cldlink-checkpoint-1"
_START = "0" * 64
_LONGEST = 1 << 16
_TRIES = 50


@dataclass(frozen=True)
class Checkpoint:
    """How far a log had come: its first entry's hash (which names the log), its entries, the hash of the last; when."""

    log: str
    entries: int
    head: str
    time: str

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        document = {"format": CHECKPOINT_FORMAT, **asdict(self), "signatures": []}
        aside = path.with_name(f"{path.name}.part")
        with aside.open("wb") as handle:
            handle.write(canonical(document) + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        _replace(aside, path)


class AuditLog:
    """A log in a folder; made by the first entry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, action: Action) -> Entry:
        """Add one entry and return when it is safely on the disk.

        Raises AuditValueError when a value does not have its form, AuditError when the end of the log is not as it was
        left, FileInUseError when another process holds the log for too long.
        """
        facts = action.facts()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with waiting_lock(self.folder / LOCK):
            head, size = self._end()
            document = {
                **facts,
                "seq": (head.entries if head else 0) + 1,
                "time": utc_now(),
                "prev": head.head if head else _START,
            }
            line = canonical(document)
            if len(line) >= _LONGEST:
                raise AuditError(f"{self.folder}: the entry is too long for the audit log.")
            with (self.folder / LOG).open("r+b" if size else "wb") as handle:
                handle.truncate(size)
                handle.seek(size)
                handle.write(line + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            digest = _digest(line)
            now = Checkpoint(head.log if head else digest, document["seq"], digest, document["time"])
            now.write(self.folder / HEAD)
        return entry_of(document, digest)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry. Raises AuditError when the log is not as it was written, AuditPathError when there is none."""
        entries, faults = self._read()
        if faults:
            raise AuditError(f"{self.folder}: {faults[0]}. The audit log cannot be relied on: restore it from a copy.")
        return entries

    def verify(self, checkpoints: Sequence[Path] = ()) -> list[str]:
        """What is wrong with the log, also compared with checkpoints kept elsewhere; empty when all is as written."""
        known = [(path.name, read_checkpoint(path)) for path in checkpoints]
        entries, faults = self._read()
        return faults + [fault for name, kept in known if (fault := _compared(entries, kept, name))]

    def checkpoint(self) -> Checkpoint:
        """The log as it stands, for safe keeping elsewhere. Raises AuditError when it is not as it was written."""
        entries = self.entries()
        return Checkpoint(entries[0].sha256, len(entries), entries[-1].sha256, utc_now())

    def _read(self) -> tuple[tuple[Entry, ...], list[str]]:
        """The entries up to the first that is not as it was written, and what is wrong. The head is read first: entries
        that another process adds meanwhile are no fault.
        """
        if not (self.folder / LOG).is_file() and not (self.folder / HEAD).is_file():
            raise AuditPathError(f"{self.folder}: there is no audit log in this folder.")
        head_path = self.folder / HEAD
        head = read_checkpoint(head_path) if head_path.is_file() else None
        path = self.folder / LOG
        lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
        entries: list[Entry] = []
        for line in lines:
            previous = entries[-1].sha256 if entries else _START
            entry = _entry(line)
            if entry is None or (entry.seq, entry.prev) != (len(entries) + 1, previous):
                return tuple(entries), [f"entry {len(entries) + 1} was altered, removed or put in another place"]
            entries.append(entry)
        if head is None:
            return tuple(entries), [] if len(entries) == 1 else [f"{HEAD} is missing"]
        fault = _compared(entries, head, HEAD)
        return tuple(entries), [fault] if fault else []

    def _end(self) -> tuple[Checkpoint | None, int]:
        """The state to go on from and the bytes of complete entries. What an interrupted command left is mended: a line
        cut off in the middle does not count; a head that is one entry behind is moved on.
        """
        path = self.folder / LOG
        head = read_checkpoint(self.folder / HEAD) if (self.folder / HEAD).is_file() else None
        last, size = _last_line(path) if path.is_file() else (None, 0)
        entry = _entry(last) if last is not None else None
        if head is None and last is None:
            return None, 0
        if entry is not None:
            log = head.log if head else entry.sha256
            before = (head.entries, head.head) if head else (0, _START)
            if (entry.seq, entry.sha256) == before or (entry.seq, entry.prev) == (before[0] + 1, before[1]):
                return Checkpoint(log, entry.seq, entry.sha256, entry.time), size
        raise AuditError(
            f"{self.folder}: the end of the audit log is not as it was left, and nothing is done that it would not record. "
            "Run 'cldlink audit verify', and restore the log from a copy."
        )


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint from its file. Raises AuditPathError when it is none."""
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != CHECKPOINT_FORMAT:
            raise ValueError
        return Checkpoint(str(document["log"]), int(document["entries"]), str(document["head"]), str(document["time"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise AuditPathError(f"{path}: this is not a readable checkpoint of an audit log.") from None


def _compared(entries: Sequence[Entry], kept: Checkpoint, name: str) -> str | None:
    """How the entries disagree with a checkpoint, if they do."""
    if len(entries) < kept.entries:
        return f"{name} knows {kept.entries} entries, the log has {len(entries)}: its end was cut off"
    same = kept.entries > 0 and entries[kept.entries - 1].sha256 == kept.head and entries[0].sha256 == kept.log
    return None if same else f"entry {kept.entries} is not the one that {name} knows: the log was altered"


def _entry(line: bytes) -> Entry | None:
    """An entry from its line; None when the line is not one in canonical form."""
    try:
        document: dict[str, Any] = json.loads(line)
        return entry_of(document, _digest(line)) if canonical(document) == line else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _last_line(path: Path) -> tuple[bytes | None, int]:
    """The last complete line and the size of the file up to its end."""
    with path.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        start = max(0, size - 2 * _LONGEST)
        handle.seek(start)
        tail = handle.read()
    end = tail.rfind(b"\n")
    if end < 0:
        return None, 0
    return tail[tail.rfind(b"\n", 0, end) + 1 : end], start + end + 1


def _digest(line: bytes) -> str:
    return hashlib.sha256(b"\0" + line).hexdigest()


def _replace(aside: Path, path: Path) -> None:
    """Rename into place; on Windows that must wait for whoever is reading the old file."""
    for _ in range(_TRIES):
        try:
            aside.replace(path)
            return
        except PermissionError:
            time.sleep(0.02)
    aside.replace(path)
