"""What an entry of the audit log may hold. Every value has a strict form, and none identifies a person.

A purpose and a reference are the only words that somebody types: they are short, in plain characters, and refused when
they hold what looks like an NHS number or a postcode; a purpose also for a day, in figures or with the month's name, and for
six digits in a row. The name of a person cannot be told from other words.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pseudo.domain import Domain
from pseudo.errors import AuditValueError

Outcome = Literal["started", "done", "failed", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("started", "done", "failed", "refused")

_FORMS = {
    "actor": re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@\\-]{0,63}"),
    "command": re.compile(r"[a-z][a-z ]{1,39}"),
    "purpose": re.compile(r"[A-Za-z][A-Za-z0-9 ,.;:()&'/+-]{2,199}"),
    "reference": re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}"),
    "authority": re.compile(r"[0-9]{3}"),
    "hash": re.compile(r"[0-9a-f]{64}"),
    "key": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    "context": re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,259}"),
    "check value": re.compile(r"[0-9a-f]{8}"),
    "count": re.compile(r"[a-z][a-z0-9_]{0,63}"),
}
_SAID = {
    "actor": "letters, digits and . _ @ - \\, 64 at most",
    "command": "small letters",
    "purpose": "3 to 200 letters, digits and , . ; : ( ) & ' / + -, beginning with a letter",
    "reference": "up to 100 letters, digits and . _ : / -",
    "authority": "three digits",
    "hash": "64 hexadecimal digits",
    "key": "a plain name of letters, digits and . _ -",
    "context": "plain names separated by /",
    "check value": "8 hexadecimal digits",
    "count": "a name in small letters and a whole number",
}
_TEN_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?![0-9])")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_TH = "(?:st|nd|rd|th)?"
_DAY = re.compile(
    r"(?<![0-9])([0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}|[0-9]{4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2})(?![0-9])"
    rf"|(?<![0-9])[0-9]{{1,2}}{_TH}[ ./-]*(?:of )?{_MONTH}(?![a-z])"
    rf"|(?<![a-z]){_MONTH}[ .,/-]*(?:the )?[0-9]{{1,2}}{_TH}(?![0-9a-z])",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"[0-9]{6}")
_POSTCODE = re.compile(r"(?<![A-Z0-9])[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}(?![A-Z0-9])", re.IGNORECASE)
_MOST = 1 << 53


@dataclass(frozen=True)
class KeyUse:
    """Which key something was done with or to: its id and check value (of a key pair: the first 8 digits of the
    fingerprint); where pseudonyms were made, also the version of the domain, the suite and the context, which is controller,
    recipient, project and opt-out treatment, separated by ``/``.
    """

    key_id: str
    kcv: str
    key_version: str | None = None
    suite: str | None = None
    context: str | None = None

    @classmethod
    def of(cls, domain: Domain, *, key_id: str, kcv: str) -> "KeyUse":
        """The use of a root key for the pseudonyms of a domain, whatever the field."""
        context = "/".join((domain.controller, domain.recipient, domain.project, domain.opt_out))
        return cls(key_id, kcv, domain.key_version, domain.suite, context)

    def facts(self) -> dict[str, str]:
        """The values as an entry has them, without those that are not known. Raises AuditValueError for another form."""
        forms = {"key_id": "key", "kcv": "check value", "key_version": "key", "suite": "key", "context": "context"}
        found = {name: value for name in forms if (value := getattr(self, name)) is not None}
        for name, value in found.items():
            require_form(forms[name], value)
        return found


@dataclass(frozen=True)
class Action:
    """What is to be recorded: who did what, why, for which submission or request, and how it ended.

    ``manifest`` is the SHA-256 of the manifest of what was made, ``made_from`` those of what it was made from;
    ``authority`` the code of whom it is for; ``of`` the number of the entry that said that this had started; ``key`` the key
    that was used or changed; ``copies`` the names of the backups or shares of that key that were made or accounted for.
    """

    actor: str
    command: str
    purpose: str
    reference: str
    outcome: Outcome = "done"
    counts: Mapping[str, int] = field(default_factory=dict)
    manifest: str | None = None
    made_from: Sequence[str] = ()
    authority: str | None = None
    of: int | None = None
    key: KeyUse | None = None
    copies: Sequence[str] = ()

    def facts(self) -> dict[str, Any]:
        """The values as an entry has them. Raises AuditValueError when one does not have its form."""
        for name in ("actor", "command", "purpose", "reference"):
            require_form(name, getattr(self, name))
        for digest in (*self.made_from, *([self.manifest] if self.manifest else [])):
            require_form("hash", digest)
        if self.authority is not None:
            require_form("authority", self.authority)
        for name, count in self.counts.items():
            if not _FORMS["count"].fullmatch(name) or type(count) is not int or not 0 <= count < _MOST:
                raise AuditValueError(f"The audit log takes as a count: {_SAID['count']}.")
        for copy in self.copies:
            require_form("key", copy)
        if self.outcome not in OUTCOMES:
            raise AuditValueError(f"The audit log knows the outcomes {', '.join(OUTCOMES)}.")
        later = {"key": self.key.facts() if self.key else None, "copies": list(self.copies)}
        return {
            "actor": self.actor,
            "command": self.command,
            "purpose": self.purpose,
            "reference": self.reference,
            "outcome": self.outcome,
            "counts": dict(self.counts),
            "manifest": self.manifest,
            "made_from": list(self.made_from),
            "authority": self.authority,
            "of": self.of,
            **{name: value for name, value in later.items() if value},
        }


@dataclass(frozen=True)
class Entry:
    """One entry: its number from 1, when, the action, the hash of the entry before and its own."""

    seq: int
    time: str
    action: Action
    prev: str
    sha256: str


def require_form(name: str, value: str) -> None:
    """Raise AuditValueError when a value does not have the form of its kind, or holds what could identify a person."""
    if not _FORMS[name].fullmatch(value):
        raise AuditValueError(f"The {name} for the audit log must be {_SAID[name]}.")
    if name not in ("purpose", "reference"):
        return
    held = [
        ("ten digits, as an NHS number has", bool(_TEN_DIGITS.search(value))),
        ("a day", name == "purpose" and bool(_DAY.search(value))),
        ("a long number", name == "purpose" and bool(_LONG_NUMBER.search(value))),
        ("a postcode", bool(_POSTCODE.search(value))),
    ]
    for what, there in held:
        if there:
            raise AuditValueError(f"The {name} holds {what}. The audit log must not identify anybody: leave it out.")


def same_name(one: str, other: str) -> bool:
    """Whether two actors are one by their names: case, spaces and punctuation do not make two people of one."""
    first, second = (re.sub(r"[\W_]", "", name.casefold()) for name in (one, other))
    return first == second


def entry_of(document: Mapping[str, Any], digest: str) -> Entry:
    """An entry from its JSON object. Raises KeyError or TypeError when it is none."""
    names = (
        "actor",
        "command",
        "purpose",
        "reference",
        "outcome",
        "counts",
        "manifest",
        "made_from",
        "authority",
        "of",
    )
    key = KeyUse(**document["key"]) if "key" in document else None
    action = Action(**{name: document[name] for name in names}, key=key, copies=document.get("copies", ()))
    return Entry(int(document["seq"]), str(document["time"]), action, str(document["prev"]), digest)


def canonical(document: Mapping[str, Any]) -> bytes:
    """A JSON object as the bytes that are hashed: keys sorted, no blanks, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def utc_now() -> str:
    """The time, to the second: ``2026-11-21T15:30:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
