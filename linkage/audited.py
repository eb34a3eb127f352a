"""Why something is done with data about people, and its entry in the audit log.

A purpose and the submission (or request) it serves are needed for real data. The log is a folder ``audit`` beside the
register, or where the caller says; see ``pseudo.audit``.
"""

import getpass
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from linkage.errors import MachineError, RefusedError, UsageError
from linkage.runs import file_record
from linkage.runs.outputs import MANIFEST
from pseudo.audit import AuditLog
from pseudo.audit_entry import Action, Entry, KeyUse, require_form
from pseudo.errors import AuditPathError, PolicyError
from pseudo.signing import SigningKey

AUDIT = "audit"
_SYNTHETIC = ("Work with synthetic data", "synthetic")
_NO_PURPOSE = (
    "Say what it is for and for which submission or request: --purpose TEXT and --submission REF. Both go into the audit "
    "log. Only for synthetic data may they be left out, with --synthetic."
)


@dataclass(frozen=True)
class Asked:
    """Who asks for something, what for, and where it is recorded.

    ``purpose`` and ``submission`` may be left out for synthetic data only. ``by`` is the user of the system if not given,
    ``audit`` the folder of the log, beside the register if not given.
    """

    purpose: str | None = None
    submission: str | None = None
    by: str | None = None
    audit: Path | None = None
    synthetic: bool = False

    def action(self, command: str) -> Action:
        """What the log will say. Raises UsageError without a purpose, AuditValueError for words that it does not take."""
        default = _SYNTHETIC if self.synthetic else (None, None)
        purpose, submission = self.purpose or default[0], self.submission or default[1]
        if not purpose or not submission:
            raise UsageError(_NO_PURPOSE)
        require_form("purpose", purpose)
        require_form("reference", submission)
        return Action(self.by or _user(), command, purpose, submission)

    def log(self, beside: Path) -> AuditLog:
        """The audit log: the folder given, or ``audit`` beside a register (or another folder)."""
        return AuditLog(Path(self.audit) if self.audit else beside.resolve().parent / AUDIT)


@dataclass
class Done:
    """What the entry will say when the work is done; filled in by whoever does it.

    ``key`` is the key that was used or changed: in the entry of work that failed, too, if it was known by then. ``copies`` are
    the names of its backups or shares that were made or accounted for.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    manifest: str | None = None
    key: KeyUse | None = None
    copies: Sequence[str] = ()


@contextmanager
def audited(
    command: str,
    asked: Asked,
    beside: Path,
    made_from: Sequence[str] = (),
    *,
    signer: SigningKey | None = None,
    begun: Done | None = None,
) -> Iterator[Done]:
    """Record that something starts, and how it ended. Nothing starts whose entry cannot be written.

    With a ``signer`` the end gets a signed checkpoint: what a release and a key action leave, so that the log up to it cannot
    be written anew. ``begun`` is what the entry of the start says already: what must be known even if no end is written.
    """
    action, log, done = replace(asked.action(command), made_from=made_from), asked.log(beside), begun or Done()
    started = record(log, replace(action, outcome="started", key=done.key, copies=done.copies))
    log.signer = signer
    ended = replace(action, of=started.seq)
    try:
        yield done
    except BaseException as error:
        refused = isinstance(error, RefusedError | PolicyError)
        record(log, replace(ended, outcome="refused" if refused else "failed", key=done.key))
        raise
    end = replace(ended, counts=done.counts, manifest=done.manifest, key=done.key, copies=done.copies)
    record(log, end, checkpoint=True)


def reviewed(log_folder: Path, asked: Asked, signer: SigningKey | None) -> Entry:
    """Note that somebody looked at a log: an entry that says at how many entries, under a signed checkpoint.

    Raises AuditError when the log is not as it was written.
    """
    log = AuditLog(log_folder, signer)
    looked_at = len(log.entries())
    action = replace(asked.action("audit review"), counts={"entries": looked_at})
    return record(log, action, checkpoint=True)


def record(log: AuditLog, action: Action, *, checkpoint: bool = False) -> Entry:
    """Write one entry; where the log has a signer, signed if ``checkpoint``.

    Raises MachineError when the folder of the log cannot be written.
    """
    try:
        return log.append(action, checkpoint=checkpoint)
    except OSError:
        raise MachineError(
            f"{log.folder}: the audit log cannot be written, and nothing is done without it. "
            "Give --audit a folder that can be written."
        ) from None


def not_in_log(log: AuditLog, folders: Sequence[Path]) -> list[str]:
    """Which folders with a manifest, such as releases, have no entry in a log that says they were made."""
    made = {entry.action.manifest for entry in log.entries()}
    return [f"{folder}: the log knows nothing of it" for folder in folders if manifest_hash(folder) not in made]


def recorded(log: AuditLog) -> tuple[Entry, ...]:
    """The entries of a log, none where there is no log yet. Raises AuditError when it is not as it was written."""
    try:
        return log.entries()
    except AuditPathError:
        return ()


def asked_for(asked: Asked, log: AuditLog, made_from: str) -> Asked:
    """``asked`` with the purpose and submission under which ``made_from`` was made, as the log has them, if it gives none."""
    if asked.purpose or asked.submission:
        return asked
    found = [entry.action for entry in recorded(log) if entry.action.manifest == made_from]
    return replace(asked, purpose=found[-1].purpose, submission=found[-1].reference) if found else asked


def manifest_hash(folder: Path) -> str:
    """The SHA-256 of a folder's manifest: how the log names what was made."""
    return str(file_record(folder / MANIFEST)["sha256"])


def _user() -> str:
    """The user as the system knows it, in the characters that the log takes."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
    return re.sub(r"[^A-Za-z0-9 ._@\\-]", "_", name).lstrip(" ._@\\-")[:64] or "unknown"
