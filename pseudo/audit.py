"""The audit log: who did what with data about people, for which purpose; only ever added to, and chained by hashes.

A log is a folder: ``log.jsonl`` (one entry a line), ``head.json`` (how many entries there are and the hash of the last)
and ``audit.lock``. An entry is one JSON object in canonical form: keys sorted, no blanks between, UTF-8, whole numbers,
UTC times ending in Z. Its hash is SHA-256 of a zero byte and the line; ``prev`` is the hash of the entry before, 64 zeros
for the first. Signed checkpoints stand in ``checkpoints.jsonl``. ``verify`` finds an altered, removed or inserted entry by
the chain, a cut tail by the head and a log written anew by the signatures; whoever may write to the folder can cut all
three, so copies of checkpoints are kept elsewhere and given to ``verify``.

No entry identifies a person about whom data are: every value has a strict form (``pseudo.audit_entry``). Keys that later
versions add to an entry or a checkpoint, such as signatures, are part of what is hashed and do not disturb this one.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pseudo.audit_checkpoint import (
    Checkpoint,
    Kept,
    add_checkpoint,
    disagreements,
    read_checkpoint,
    signature_faults,
    signed_checkpoints,
    unchecked_signers,
)
from pseudo.audit_entry import Action, Entry, canonical, entry_of, utc_now
from pseudo.errors import AuditError, AuditPathError, AuditValueError
from pseudo.lock_file import waiting_lock
from pseudo.signing import PublicKey, SigningKey

LOG, HEAD, LOCK = "log.jsonl", "head.json", "audit.lock"
_START = "0" * 64
_LONGEST = 1 << 16
_SIGNED_EVERY = 1000


class AuditLog:
    """A log in a folder; made by the first entry. With a ``signer`` it gets signed checkpoints as it grows."""

    def __init__(self, folder: Path, signer: SigningKey | None = None) -> None:
        self.folder = folder
        self.signer = signer

    def append(self, action: Action, *, checkpoint: bool = False) -> Entry:
        """Add one entry and return when it is safely on the disk; with a signer, signed if ``checkpoint`` or when 1,000
        entries have none.

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
                raise AuditValueError(f"{self.folder}: the entry is too long for the audit log.")
            with (self.folder / LOG).open("r+b" if size else "wb") as handle:
                handle.truncate(size)
                handle.seek(size)
                handle.write(line + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            digest = _digest(line)
            now = Checkpoint(head.log if head else digest, document["seq"], digest, document["time"])
            now.write(self.folder / HEAD)
            if self.signer and (checkpoint or now.entries - self._signed_entries() >= _SIGNED_EVERY):
                add_checkpoint(self.folder, now.signed_by(self.signer))
        return entry_of(document, digest)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry. Raises AuditError when the log is not as it was written, AuditPathError when there is none."""
        entries, fault, head = self._read()
        faults = [fault] if fault else disagreements(entries, head)
        if faults:
            raise AuditError(f"{self.folder}: {faults[0]}. The audit log cannot be relied on: restore it from a copy.")
        return entries

    def verify(self, checkpoints: Sequence[Path] = (), public_keys: Sequence[PublicKey] = ()) -> list[str]:
        """What is wrong with the log, also compared with checkpoints; empty when all is as written.

        ``checkpoints`` are copies kept elsewhere. With ``public_keys`` every checkpoint must be signed, rightly where it names
        one of these keys, and one of them must have signed one. Those of other signers are told by ``unchecked``.
        """
        given = [Kept(path.name, read_checkpoint(path)) for path in checkpoints]
        entries, fault, head = self._read()
        beside, damaged = signed_checkpoints(self.folder)
        kept = [*given, *beside]
        faults = [*([fault] if fault else []), *damaged, *signature_faults(kept, public_keys)]
        return faults + disagreements(entries, [*([] if fault else head), *kept], whole=fault is None)

    def unchecked(self, checkpoints: Sequence[Path], public_keys: Sequence[PublicKey]) -> list[str]:
        """Which checkpoints, beside the log and elsewhere, are signed by keys that were not given: a line for each signer."""
        given = [Kept(path.name, read_checkpoint(path)) for path in checkpoints]
        return unchecked_signers([*given, *signed_checkpoints(self.folder)[0]], public_keys)

    def covered(self, checkpoints: Sequence[Path], public_keys: Sequence[PublicKey]) -> tuple[int, int]:
        """How many entries the log has, and up to which of them one of the keys has signed it."""
        kept = [read_checkpoint(path) for path in checkpoints]
        kept += [one.checkpoint for one in signed_checkpoints(self.folder)[0]]
        return len(self.entries()), max((one.entries for one in kept if one.is_signed_by(public_keys)), default=0)

    def checkpoint(self) -> Checkpoint:
        """The log as it stands, for safe keeping elsewhere; signed, and noted beside the log, where there is a signer.

        Raises AuditError when the log is not as it was written.
        """
        entries = self.entries()
        made = Checkpoint(entries[0].sha256, len(entries), entries[-1].sha256, utc_now())
        if self.signer:
            made = made.signed_by(self.signer)
            with waiting_lock(self.folder / LOCK):
                add_checkpoint(self.folder, made)
        return made

    def _signed_entries(self) -> int:
        """How many entries the newest checkpoint beside the log knows."""
        kept, _ = signed_checkpoints(self.folder)
        return max((one.checkpoint.entries for one in kept), default=0)

    def _read(self) -> tuple[tuple[Entry, ...], str | None, list[Kept]]:
        """The entries up to the first that is not as it was written, what is wrong with that, and the head. The head is read
        first: entries that another process adds meanwhile are no fault.
        """
        if not (self.folder / LOG).is_file() and not (self.folder / HEAD).is_file():
            raise AuditPathError(f"{self.folder}: there is no audit log in this folder.")
        try:
            known = self._head()
        except AuditError:
            return (), f"{HEAD} was altered", []
        head = [Kept(HEAD, known)] if known else []
        path = self.folder / LOG
        lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
        entries: list[Entry] = []
        for line in lines:
            entry = _entry(line)
            if entry is None or not _follows(entry, entries):
                number = len(entries) + (0 if _stands(entry, lines, len(entries)) else 1)
                return tuple(entries), f"entry {number} was altered, removed or put in another place", head
            entries.append(entry)
        return tuple(entries), f"{HEAD} is missing" if not head and len(entries) != 1 else None, head

    def _head(self) -> Checkpoint | None:
        """How far the log had come when the last entry was written; None where no head is there."""
        path = self.folder / HEAD
        try:
            return read_checkpoint(path) if path.is_file() else None
        except AuditPathError:
            raise AuditError(
                f"{path}: {HEAD} was altered. The audit log cannot be relied on: restore it from a copy."
            ) from None

    def _end(self) -> tuple[Checkpoint | None, int]:
        """The state to go on from and the bytes of complete entries. What an interrupted command left is mended: a line
        cut off in the middle does not count; a head that is one entry behind is moved on.
        """
        path = self.folder / LOG
        head = self._head()
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


def _follows(entry: Entry, before: Sequence[Entry]) -> bool:
    return (entry.seq, entry.prev) == (len(before) + 1, before[-1].sha256 if before else _START)


def _stands(entry: Entry | None, lines: Sequence[bytes], at: int) -> bool:
    """Whether an entry that does not follow is itself the one that the next knows: then the one before was altered."""
    following = _entry(lines[at + 1]) if at + 1 < len(lines) else None
    if entry is None or following is None or at == 0:
        return False
    return (entry.seq, following.prev) == (at + 1, entry.sha256)


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
