"""The register of release requests: a folder with each approved request beside the signature that approves it.

    REQ-1.v2.yaml            the request as it was approved, byte for byte
    REQ-1.v2.approval.json   who approved it, when, and the signature over the hash of the request
    REQ-1.v2.withdrawn.json  signed in the same way, if it was withdrawn
    REQ-1.v2.destroyed.json  left by the destruction of the release

A request is good for a release only while its approval is signed by a key that the custodian trusts, no newer version
is approved, and it has neither expired nor been withdrawn nor its release destroyed. The last two are said by the files above
or by the audit log beside the register: a file that somebody removed does not bring a request back.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pseudo.audit import AuditLog
from pseudo.audit_entry import canonical, require_form
from pseudo.config_file import config_hash
from pseudo.errors import AuditPathError, ConfigError, KeyCustodyError, PolicyError, ReleaseWriteError
from pseudo.request_file import RequestDocument, read_request_document
from pseudo.signing import REQUEST, PublicKey, Signature, SigningKey

FORMAT = "cldlink-approval-1"
State = Literal["not approved", "altered", "current", "not begun", "expired", "superseded", "withdrawn", "destroyed"]

_APPROVAL, _WITHDRAWN, _DESTROYED = "approval", "withdrawn", "destroyed"
_ENDS = {
    "request withdraw": _WITHDRAWN,
    "release destroy": _DESTROYED,
}  # what a deed of the audit log ends a request as


@dataclass(frozen=True)
class Approval:
    """What an approver signed: which request, who, when, and a note (the reason of a withdrawal)."""

    kind: str
    request: str
    request_sha256: str
    by: str
    on: date
    note: str
    signature: Signature

    def body(self) -> dict[str, str]:
        """What is signed."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "request": self.request,
            "request_sha256": self.request_sha256,
            "by": self.by,
            "on": self.on.isoformat(),
            "note": self.note,
        }

    def is_signed_by(self, approvers: Sequence[PublicKey]) -> bool:
        """Whether one of the approvers signed exactly this."""
        return any(key.verify(REQUEST, canonical(self.body()), self.signature) for key in approvers)


@dataclass(frozen=True)
class ApprovedRequest:
    """A request of the register with what was signed about it. ``approval`` is None where nobody has approved it.

    ``ended`` is what audit logs say of it: withdrawn, destroyed, both or nothing.
    """

    path: Path
    document: RequestDocument
    sha256: str
    approval: Approval | None
    withdrawn: Approval | None
    destroyed: bool
    newest: int
    ended: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Id and version: ``REQ-1.v2``."""
        return f"{self.document.id}.v{self.document.version}"

    def state(self, as_at: date, approvers: Sequence[PublicKey] = ()) -> State:
        """Whether it may be used on a day. Signatures are checked where ``approvers`` are given."""
        if self.approval is None:
            return "not approved"
        signed = not approvers or self.approval.is_signed_by(approvers)
        if self.approval.request_sha256 != self.sha256 or not signed:
            return "altered"
        if self.destroyed or _DESTROYED in self.ended:
            return "destroyed"
        if self.withdrawn is not None or _WITHDRAWN in self.ended:
            return "withdrawn"
        if self.newest > self.document.version:
            return "superseded"
        if as_at < max(self.document.agreement.starts, self.approval.on):
            return "not begun"
        return "expired" if as_at > self.document.expires else "current"

    def as_logged(self, log: Path) -> "ApprovedRequest":
        """The request with what the audit log in a folder says of its end. Raises AuditError when the log is altered."""
        return replace(self, ended=self.ended | _ends_in(log).get(self.sha256, frozenset()))

    def require_current(self, as_at: date, approvers: Sequence[PublicKey]) -> None:
        """Raise PolicyError unless the request may be used on this day, and KeyCustodyError when no key vouches for it."""
        if not approvers:
            raise KeyCustodyError("Give the public key of the approver, so that the approval can be checked.")
        state = self.state(as_at, approvers)
        document = self.document
        refusals: dict[str, str] = {
            "not approved": "nobody has approved it. Have it approved: cldlink request approve",
            "altered": "the approval does not fit: the request was altered since, or another key signed. Have it approved again",
            "destroyed": "its release was destroyed; nothing is made for it any more",
            "withdrawn": "its approval was withdrawn",
            "superseded": f"version {self.newest} of it is approved. Use that",
            "not begun": f"it is not in force before {_first_day(self).isoformat()}",
            "expired": f"it expired on {document.expires.isoformat()}. Ask for its renewal",
        }
        if state != "current":
            raise PolicyError(f"The request {self.name} cannot be used: {refusals[state]}.")


def approve(
    request: Path, register: Path, *, signing_key: SigningKey, by: str, on: date, note: str = ""
) -> ApprovedRequest:
    """Put a request into the register and sign it. ``by`` is a role or user, ``on`` the day.

    Raises ConfigError when the request has faults, PolicyError when this version is there with other words or a newer
    one is, ReleaseWriteError when the register cannot be written.
    """
    document, digest = read_request_document(request)
    name = f"{document.id}.v{document.version}"
    target = register / f"{name}.yaml"
    if target.is_file() and config_hash(target) != digest:
        raise PolicyError(f"{name} is approved with other words. Give the changed request a new version number.")
    newest = _newest(register, document.id)
    if newest > document.version:
        raise PolicyError(
            f"Version {newest} of {document.id} is approved already. Give this one a higher version number."
        )
    _write(target, request.read_bytes())
    _sign(target, _APPROVAL, name, digest, signing_key=signing_key, by=by, on=on, note=note)
    return read_approved(target)


def withdraw(request: ApprovedRequest, *, signing_key: SigningKey, by: str, on: date, reason: str) -> None:
    """Withdraw an approval for good. Raises PolicyError without a reason or when there is nothing to withdraw."""
    if not reason.strip():
        raise PolicyError("Say why the approval is withdrawn.")
    if request.approval is None or request.withdrawn is not None:
        raise PolicyError(f"{request.name} has no approval that could be withdrawn.")
    _sign(request.path, _WITHDRAWN, request.name, request.sha256, signing_key=signing_key, by=by, on=on, note=reason)


def mark_destroyed(request: ApprovedRequest, certificate: bytes) -> None:
    """Leave the certificate of the destruction of its release beside a request."""
    _write(_beside(request.path, _DESTROYED), certificate)


def log_beside(register: Path) -> Path:
    """The folder of the audit log that belongs to a register: ``audit`` beside it."""
    return register.resolve().parent / "audit"


def read_approved(path: Path) -> ApprovedRequest:
    """A request of a register, or a file that nobody has approved yet, with what is signed and logged about it.

    Raises ConfigError when the request has faults, KeyCustodyError when an approval beside it is damaged, AuditError when
    the log beside the register is altered.
    """
    found = _read(path)
    return found.as_logged(log_beside(path.parent)) if found.approval else found


def _read(path: Path) -> ApprovedRequest:
    document, digest = read_request_document(path)
    return ApprovedRequest(
        path=path,
        document=document,
        sha256=digest,
        approval=_signed(_beside(path, _APPROVAL)),
        withdrawn=_signed(_beside(path, _WITHDRAWN)),
        destroyed=_beside(path, _DESTROYED).exists(),
        newest=_newest(path.parent, document.id),
    )


def read_register(register: Path) -> list[ApprovedRequest]:
    """Every request of a register by id and version. Raises ConfigError when there is no such folder."""
    if not register.is_dir():
        raise ConfigError(f"{register}: there is no register of requests here. 'cldlink request approve' makes one.")
    ends = _ends_in(log_beside(register))
    read = [_read(path) for path in register.glob("*.v*.yaml")]
    found = [replace(one, ended=ends.get(one.sha256, frozenset())) for one in read]
    return sorted(found, key=lambda one: (one.document.id, one.document.version))


def _ends_in(log: Path) -> dict[str, frozenset[str]]:
    """How the requests that a log knows of ended, by their hash; nothing where there is no log."""
    try:
        actions = [entry.action for entry in AuditLog(log).entries()]
    except AuditPathError:
        return {}
    found: dict[str, frozenset[str]] = {}
    for action in actions:
        if action.outcome == "done" and action.command in _ENDS:
            for digest in action.made_from:
                found[digest] = found.get(digest, frozenset()) | {_ENDS[action.command]}
    return found


def _first_day(request: ApprovedRequest) -> date:
    starts = request.document.agreement.starts
    return max(starts, request.approval.on) if request.approval else starts


def _newest(register: Path, request_id: str) -> int:
    """The highest approved version of a request in a folder, 0 if none."""
    versions = [0]
    for path in register.glob(f"{request_id}.v*.{_APPROVAL}.json"):
        with suppress(ValueError):
            versions.append(int(path.name.removeprefix(f"{request_id}.v").removesuffix(f".{_APPROVAL}.json")))
    return max(versions)


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name.removesuffix('.yaml')}.{kind}.json")


def _sign(
    path: Path, kind: str, name: str, digest: str, *, signing_key: SigningKey, by: str, on: date, note: str
) -> None:
    require_form("actor", by)
    blank = Signature(signing_key.public.fingerprint, "")
    unsigned = Approval(kind, name, digest, by, on, note, blank)
    signature = signing_key.sign(REQUEST, canonical(unsigned.body()))
    content = json.dumps({**unsigned.body(), "signature": signature.as_dict()}, indent=1, ensure_ascii=False) + "\n"
    _write(_beside(path, kind), content.encode("utf-8"))


def _signed(path: Path) -> Approval | None:
    if not path.is_file():
        return None
    try:
        found: Mapping[str, Any] = json.loads(path.read_bytes())
        signature = Signature.from_dict(found["signature"])
        kind, request, digest, by, note = (
            str(found[name]) for name in ("kind", "request", "request_sha256", "by", "note")
        )
        return Approval(kind, request, digest, by, date.fromisoformat(found["on"]), note, signature)
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyCustodyError(
            f"{path}: this is not an approval as it was written. Restore it, or have it approved again."
        ) from None


def _write(path: Path, content: bytes) -> None:
    """Write aside and rename, so that no half of a file is ever there."""
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise ReleaseWriteError(
            f"{path}: the register of requests cannot be written. Check the path and the rights."
        ) from None
