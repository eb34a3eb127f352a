"""The certificate that a key was destroyed: what was, what it had been used for, and what that does not undo.

It is refused while the audit log shows a backup or a share of the key that is not accounted for, or does not know the key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pseudo.audit_entry import Entry, canonical, require_form, same_name, utc_now
from pseudo.custody.ring_file import KeyRecord
from pseudo.domain import LABEL
from pseudo.errors import PolicyError
from pseudo.signing import CERTIFICATE, SigningKey

FORMAT = "cldlink-key-destruction-1"
_METHOD = "overwritten once with zeros and removed; a solid-state disk may keep the old blocks"
_SAID_DESTROYED = "said to be destroyed by those who sign"
_MEANING = (
    "The pseudonyms of this key can be neither made again nor reversed once no copy of it is left. Data sets that were linked "
    "through its pseudonyms can no longer be joined with newer ones, unless a bridge was given."
)
_REMAINS = (
    "Pseudonyms in recipients' hands still exist, still join with each other within one domain, and stand beside the other "
    "columns of their releases. Copies that were made without this program are not covered."
)


@dataclass(frozen=True)
class Ended:
    """A destruction as two people stand for it: which copies were destroyed, who did it, who watched."""

    copies: Sequence[str]
    by: str
    witness: str


def outstanding(entries: Sequence[Entry], record: KeyRecord) -> list[str]:
    """Backups and shares of a key that the log shows, in the order they were made; also those of a backup without an end."""
    not_made = {entry.action.of for entry in entries if entry.action.outcome in ("failed", "refused")}
    found: dict[str, None] = {}
    for entry in entries:
        if entry.action.command == "keys backup" and _is_of(entry, record) and entry.seq not in not_made:
            found |= dict.fromkeys(entry.action.copies)
    return list(found)


def require_accounted(entries: Sequence[Entry], record: KeyRecord, ended: Ended) -> None:
    """Raise PolicyError when the certificate may not be issued."""
    require_form("actor", ended.by)
    require_form("actor", ended.witness)
    if same_name(ended.by, ended.witness):
        raise PolicyError("Somebody else than who destroys the key must witness it: give another --witness.")
    if not any(_is_of(entry, record) for entry in entries):
        raise PolicyError(
            f"The audit log knows nothing of key {record.key_id}, so nobody can say what copies there are. Give the log that "
            "its making and its releases are in: --audit."
        )
    known = outstanding(entries, record)
    missing = [copy for copy in known if copy not in ended.copies]
    if missing:
        raise PolicyError(
            f"Not accounted for, as the audit log shows: {', '.join(missing)}. Destroy these copies too and name each with "
            "--destroyed; until then the key is not destroyed and no certificate is issued."
        )
    unknown = [copy for copy in ended.copies if copy not in known]
    if unknown:
        raise PolicyError(f"The audit log knows no backup or share of this key named {', '.join(sorted(unknown))}.")


def destruction_certificate(
    logs: Sequence[Sequence[Entry]], record: KeyRecord, files: Mapping[str, str], ended: Ended, signer: SigningKey
) -> bytes:
    """The signed certificate as a JSON file. ``logs`` are the audit log of the ring, and others in which the key was used;
    ``files`` the SHA-256 of every file of the key that goes, by name.

    Raises PolicyError when it may not be issued.
    """
    require_accounted(logs[0], record, ended)
    entries = sorted((entry for log in logs for entry in log), key=lambda entry: entry.time)
    uses = [entry for entry in entries if _is_of(entry, record) and not entry.action.command.startswith("keys ")]
    document = {
        "format": FORMAT,
        "key_id": record.key_id,
        "key_check_value": record.kcv,
        "definition": LABEL,
        "scope": "root and all domains",
        "created": record.created,
        "activated": record.activated,
        "retired": record.retired,
        "destroyed": record.destroyed or utc_now(),
        "what": [*_files(record, files), *(_copy(name) for name in ended.copies)],
        "by": ended.by,
        "witness": ended.witness,
        "first_use": uses[0].time if uses else None,
        "last_use": uses[-1].time if uses else None,
        "releases": [_release(entry) for entry in uses if _is_release(entry)],
        "audit_logs": [{"log": log[0].sha256, "entries": len(log), "head": log[-1].sha256} for log in logs],
        "meaning": _MEANING,
        "remains": _REMAINS,
    }
    signature = signer.sign(CERTIFICATE, canonical(document))
    return (json.dumps({**document, "signature": signature.as_dict()}, indent=1, ensure_ascii=False) + "\n").encode()


def _is_of(entry: Entry, record: KeyRecord) -> bool:
    key = entry.action.key
    return key is not None and (key.key_id, key.kcv) == (record.key_id, record.kcv)


def _is_release(entry: Entry) -> bool:
    return entry.action.command == "release make" and entry.action.outcome == "done"


def _release(entry: Entry) -> dict[str, Any]:
    context = entry.action.key.context if entry.action.key else None
    action = entry.action
    return {"request": action.reference, "context": context, "manifest": action.manifest, "time": entry.time}


def _files(record: KeyRecord, files: Mapping[str, str]) -> list[dict[str, Any]]:
    """The key's own file, there or not, and what stood beside it: damaged files that a restore had put aside."""
    own = f"{record.key_id}.keystore"
    gone = "not there any more when this certificate was written"
    stated = [{"kind": "key file", "name": own, "sha256": files.get(own), "method": _METHOD if own in files else gone}]
    others = sorted(set(files) - {own})
    return stated + [
        {"kind": "earlier key file", "name": name, "sha256": files[name], "method": _METHOD} for name in others
    ]


def _copy(name: str) -> dict[str, Any]:
    return {"kind": "backup or share", "name": name, "method": _SAID_DESTROYED}
