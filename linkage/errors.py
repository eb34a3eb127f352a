"""Errors of the linkage package, and the one place where exit codes are assigned.

Every message says what went wrong, where, and what to do. No message carries an identifying value: text from a
database, a parser or a library is never passed on (see ``docs/explanation/privacy.md``).
"""

from enum import IntEnum

import pseudo.errors


class LinkageError(Exception):
    """Base of every error that ``linkage`` raises on purpose; safe to show to anyone."""


class UsageError(LinkageError):
    """The caller asked for something impossible: a wrong path, option, column map or configuration file."""


class InputError(LinkageError):
    """The data given cannot be accepted as they are: unreadable, empty, duplicate ids, missing columns."""


class RefusedError(LinkageError):
    """A policy, an approval, an expiry or the disclosure gate refuses the operation."""


class MachineError(LinkageError):
    """The machine cannot do it: disk full, no permission, out of memory, file in use."""


class DiskFullError(MachineError):
    """The disk is full; nothing is wrong with what was read."""


class InternalError(LinkageError):
    """A fault of cldlink itself; names the step and never the data."""


class ExitCode(IntEnum):
    """Exit codes of every ``cldlink`` command (documented in ``docs/reference/exit_codes.md``)."""

    DONE = 0
    THRESHOLD_BREACHED = 1
    USAGE = 2
    INPUT_REJECTED = 3
    REFUSED = 4
    KEY = 6
    MACHINE = 7
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


# The first class that fits counts: a class stands before the one it is derived from.
_EXIT_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (pseudo.errors.ConfigError, ExitCode.USAGE),
    (pseudo.errors.SourcePathError, ExitCode.USAGE),
    (pseudo.errors.ReleasePathError, ExitCode.USAGE),
    (pseudo.errors.ReleaseWriteError, ExitCode.MACHINE),
    (pseudo.errors.AuditPathError, ExitCode.USAGE),
    (pseudo.errors.AuditValueError, ExitCode.USAGE),
    (InputError, ExitCode.INPUT_REJECTED),
    (pseudo.errors.AuditError, ExitCode.KEY),
    (pseudo.errors.IdentifierError, ExitCode.INPUT_REJECTED),
    (RefusedError, ExitCode.REFUSED),
    (pseudo.errors.PolicyError, ExitCode.REFUSED),
    (pseudo.errors.ReleaseError, ExitCode.KEY),
    (pseudo.errors.KeyCustodyError, ExitCode.KEY),
    (MachineError, ExitCode.MACHINE),
    (pseudo.errors.FileInUseError, ExitCode.MACHINE),
    (pseudo.errors.WorkerError, ExitCode.MACHINE),
    (MemoryError, ExitCode.MACHINE),
    (OSError, ExitCode.MACHINE),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)


def exit_code(error: BaseException) -> ExitCode:
    """The exit code for an error that reached the command line; anything unforeseen is an internal fault."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.INTERNAL)
