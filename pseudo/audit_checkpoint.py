"""Checkpoints of an audit log: how far it had come, signed, so that nobody can write the past anew and be believed.

The signed checkpoints that the program makes by itself stand in ``checkpoints.jsonl`` beside the log, one a line. Whoever may
write to that folder can remove them with the end of the log: copies are kept elsewhere.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pseudo.audit_entry import Entry, canonical
from pseudo.errors import AuditPathError, KeyCustodyError
from pseudo.signing import CHECKPOINT, PublicKey, Signature, SigningKey

CHECKPOINTS = "checkpoints.jsonl"
CHECKPOINT_FORMAT = CHECKPOINT
_TRIES = 50


@dataclass(frozen=True)
class Checkpoint:
    """How far a log had come: its first entry's hash (which names the log), its entries, the hash of the last; when."""

    log: str
    entries: int
    head: str
    time: str
    signatures: tuple[Signature, ...] = field(default=())

    def signed_by(self, key: SigningKey) -> "Checkpoint":
        """The same, signed. What is signed names the signer, too."""
        signature = key.sign(CHECKPOINT, self._signed(key.public.fingerprint))
        return Checkpoint(self.log, self.entries, self.head, self.time, (signature,))

    def is_signed_by(self, keys: Iterable[PublicKey]) -> bool:
        """Whether one of the keys signed it, and every signature that names one of them is right."""
        known = {key.fingerprint: key for key in keys}
        theirs = [one for one in self.signatures if one.fingerprint in known]
        return bool(theirs) and all(
            known[one.fingerprint].verify(CHECKPOINT, self._signed(one.fingerprint), one) for one in theirs
        )

    @property
    def signers(self) -> tuple[str, ...]:
        """The fingerprints of who signed."""
        return tuple(signature.fingerprint for signature in self.signatures)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "format": CHECKPOINT_FORMAT,
            "log": self.log,
            "entries": self.entries,
            "head": self.head,
            "time": self.time,
            "signatures": [signature.as_dict() for signature in self.signatures],
        }

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        aside = path.with_name(f"{path.name}.part")
        with aside.open("wb") as handle:
            handle.write(canonical(self.document()) + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        _replace(aside, path)

    def _signed(self, signer: str) -> bytes:
        body = self.document()
        del body["signatures"]
        return canonical({**body, "signer": signer})


@dataclass(frozen=True)
class Kept:
    """A checkpoint and where it was kept."""

    name: str
    checkpoint: Checkpoint


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint from its file. Raises AuditPathError when it is none."""
    with contextlib.suppress(OSError):
        found = _checkpoint(path.read_bytes())
        if found:
            return found
    raise AuditPathError(f"{path}: this is not a readable checkpoint of an audit log.") from None


def signed_checkpoints(folder: Path) -> tuple[list[Kept], list[str]]:
    """The checkpoints beside a log, and what is wrong with the file they stand in. A last line cut off does not count."""
    path = folder / CHECKPOINTS
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    found: list[Kept] = []
    for number, line in enumerate(lines, 1):
        checkpoint = _checkpoint(line)
        if checkpoint is None or canonical(json.loads(line)) != line:
            return found, [f"{CHECKPOINTS}: line {number} was altered"]
        found.append(Kept(f"{CHECKPOINTS}, line {number},", checkpoint))
    return found, []


def add_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write one more line, flushed to the disk, in place of one that an interrupted command cut off."""
    path = folder / CHECKPOINTS
    whole = path.read_bytes().rfind(b"\n") + 1 if path.is_file() else 0
    with path.open("r+b" if path.is_file() else "wb") as handle:
        handle.truncate(whole)
        handle.seek(whole)
        handle.write(canonical(checkpoint.document()) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def signature_faults(kept: Sequence[Kept], keys: Sequence[PublicKey]) -> list[str]:
    """Which checkpoints are not signed, or wrongly in the name of one of the keys; also that none of the keys signed any.

    One that names other signers only cannot be checked and is no fault by itself: see ``unchecked_signers``.
    """
    if not keys:
        return []
    known = {key.fingerprint for key in keys}
    faults: list[str] = []
    for one in kept:
        if not one.checkpoint.signers:
            faults.append(f"{one.name} is not signed")
        elif known & {*one.checkpoint.signers} and not one.checkpoint.is_signed_by(keys):
            faults.append(f"{one.name} was forged or altered: its signature is not that of the key it names")
    if not faults and not any(one.checkpoint.is_signed_by(keys) for one in kept):
        faults.append(
            "no checkpoint is signed by a key that was given: a log written anew cannot be told from the true one"
        )
    return faults


def unchecked_signers(kept: Sequence[Kept], keys: Sequence[PublicKey]) -> list[str]:
    """Who else signed checkpoints: a line for each signer whose key was not given, with the first checkpoint and how many."""
    if not keys:
        return []
    known = {key.fingerprint for key in keys}
    theirs: dict[str, list[str]] = {}
    for one in kept:
        for signer in sorted({*one.checkpoint.signers} - known):
            theirs.setdefault(signer, []).append(one.name.rstrip(","))
    return [
        f"{names[0]}{f' and {len(names) - 1:,} more' if names[1:] else ''}: signed by another key (fingerprint {signer}), "
        "not checked. Give that key too: --public-key"
        for signer, names in theirs.items()
    ]


def disagreements(entries: Sequence[Entry], kept: Sequence[Kept], *, whole: bool = True) -> list[str]:
    """Where the entries are not those that the checkpoints know.

    ``whole``: no fault was found in the entries themselves; else those after the fault are not there to be compared.
    """
    faults: list[str] = []
    agreed: dict[tuple[str, ...], int] = {}
    for one in sorted(kept, key=lambda kept: kept.checkpoint.entries):
        known = one.checkpoint
        if len(entries) < known.entries:
            if whole:
                faults.append(
                    f"{one.name} knows {known.entries} entries, the log has {len(entries)}: its end was cut off"
                )
            continue
        if known.entries > 0 and (entries[known.entries - 1].sha256, entries[0].sha256) == (known.head, known.log):
            agreed[known.signers] = known.entries
            continue
        since = f" at or after entry {agreed[known.signers] + 1}" if known.signers in agreed else ""
        faults.append(f"entry {known.entries} is not the one that {one.name} knows: the log was altered{since}")
    return faults


def _checkpoint(line: bytes) -> Checkpoint | None:
    try:
        given: Mapping[str, Any] = json.loads(line)
        if given["format"] != CHECKPOINT_FORMAT:
            return None
        signatures = tuple(Signature.from_dict(one) for one in given.get("signatures", ()))
        return Checkpoint(str(given["log"]), int(given["entries"]), str(given["head"]), str(given["time"]), signatures)
    except (ValueError, KeyError, TypeError, RecursionError, KeyCustodyError):
        return None


def _replace(aside: Path, path: Path) -> None:
    """Rename into place; on Windows that must wait for whoever is reading the old file."""
    for _ in range(_TRIES):
        try:
            aside.replace(path)
            return
        except PermissionError:
            time.sleep(0.02)
    aside.replace(path)
