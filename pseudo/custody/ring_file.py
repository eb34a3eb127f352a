"""``ring.json``: which keys a ring has, in which state each is, and the codes that prove that a key holder wrote it.

All states stand in one file that is replaced in one step, so that no interrupted command leaves two active keys or none. The
file has a code under every key that is not destroyed: whoever has no passphrase cannot change a state unnoticed. An older
``ring.json`` put back in its place is not noticed by it; the audit log shows that.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pseudo.domain import Domain, require_name
from pseudo.errors import KeyCustodyError, PolicyError
from pseudo.keys import RootKey

FORMAT = "cldlink-ring-1"
RING = "ring.json"

State = Literal["pre-active", "active", "retired", "destroyed"]

_CODED = Domain(
    controller="cldlink", recipient="custodian", project="ring", field="ring", opt_out="none", key_version="1"
)
_FILE_LIMIT_BYTES = 1 << 20
_MOMENTS = ("drilled", "activated", "retired", "destroyed")


@dataclass(frozen=True)
class KeyRecord:
    """One key of a ring and when (UTC) it entered each state; ``drilled``: when a restore last gave its check value."""

    key_id: str
    kcv: str
    state: State
    created: str
    drilled: str | None = None
    activated: str | None = None
    retired: str | None = None
    destroyed: str | None = None

    def now(self, state: State) -> "KeyRecord":
        """The key in another state from now on."""
        moment = {"active": "activated", "retired": "retired", "destroyed": "destroyed"}[state]
        return replace(self, state=state, **{moment: utc_now()})


@dataclass(frozen=True)
class RingFile:
    """The keys in the order they were made, and the codes by key id."""

    keys: tuple[KeyRecord, ...]
    codes: Mapping[str, str]

    def record(self, key_id: str) -> KeyRecord:
        """One key. Raises KeyCustodyError when the ring has none of that name."""
        found = [record for record in self.keys if record.key_id == key_id]
        if not found:
            raise KeyCustodyError(f"The ring has no key '{require_name('key id', key_id)}'. See 'cldlink keys show'.")
        return found[0]

    def active(self) -> KeyRecord | None:
        """The key that releases are made under, if there is one."""
        return next((record for record in self.keys if record.state == "active"), None)

    def having(self, *changed: KeyRecord) -> tuple[KeyRecord, ...]:
        """The keys with some of them changed."""
        by_id = {record.key_id: record for record in changed}
        return tuple(by_id.get(record.key_id, record) for record in self.keys)

    def require_written_by(self, root: RootKey, folder: Path) -> None:
        """Raise KeyCustodyError when the file was not written by a holder of this key."""
        if self.codes.get(root.key_id) != code(root, self.keys):
            raise _damaged(folder / RING, "was altered by somebody without the passphrase")


def code(root: RootKey, keys: tuple[KeyRecord, ...]) -> str:
    """The code of a ring's keys under one of them."""
    with root.derive(_CODED) as key:
        return key.mac(_canonical([asdict(record) for record in keys])).hex()


def read_ring(folder: Path) -> RingFile:
    """The ring of a folder, unproved. Raises KeyCustodyError when there is none or it is damaged."""
    path = folder / RING
    try:
        if not path.is_file():
            raise _missing(folder)
        if path.stat().st_size > _FILE_LIMIT_BYTES:
            raise ValueError
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError
        ring = RingFile(tuple(_record(given) for given in document["keys"]), dict(document["codes"]))
    except OSError:
        raise KeyCustodyError(f"{path}: the key ring cannot be read. Check its rights.") from None
    except (ValueError, KeyError, TypeError, RecursionError, PolicyError):
        raise _damaged(path, "is damaged") from None
    names = [record.key_id for record in ring.keys]
    if len(set(names)) < len(names) or sum(record.state == "active" for record in ring.keys) > 1:
        raise _damaged(path, "is damaged")
    return ring


def write_ring(folder: Path, ring: RingFile) -> None:
    """Replace the ring file in one step, flushed to the disk."""
    path, aside = folder / RING, folder / f".{RING}.part-{secrets.token_hex(6)}"
    document = {"format": FORMAT, "keys": [asdict(record) for record in ring.keys], "codes": dict(ring.codes)}
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write((json.dumps(document, indent=1) + "\n").encode())
            handle.flush()
            os.fsync(handle.fileno())
        aside.replace(path)
    except OSError:
        raise KeyCustodyError(f"{path}: the key ring cannot be written. Check the folder and its rights.") from None
    finally:
        aside.unlink(missing_ok=True)


def utc_now() -> str:
    """The time, to the second: ``2026-11-21T15:30:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(given: Mapping[str, Any]) -> KeyRecord:
    record = KeyRecord(**given)
    require_name("key id", record.key_id)
    texts = (record.kcv, record.created)
    moments = (getattr(record, name) for name in _MOMENTS)
    if record.state not in get_args(State) or not all(isinstance(text, str) for text in texts):
        raise ValueError
    if not all(moment is None or isinstance(moment, str) for moment in moments):
        raise ValueError
    return record


def _missing(folder: Path) -> KeyCustodyError:
    if any(folder.glob("*.keystore")):
        return _damaged(folder / RING, "is missing beside its keys")
    return KeyCustodyError(f"{folder}: there is no key ring here. Make one with 'cldlink keys create --ring'.")


def _damaged(path: Path, how: str) -> KeyCustodyError:
    return KeyCustodyError(f"{path}: the file of the key ring {how}. Restore the folder from its backup.")


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
