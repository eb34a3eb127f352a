"""Errors of the pseudonymisation package.

Every message says what went wrong, where, and what to do, and carries no identifying value and no key material.
The exit code of each class is assigned in ``linkage.errors``.
"""


class PseudoError(Exception):
    """Base of every error that ``pseudo`` raises on purpose; safe to show to anyone."""


class ConfigError(PseudoError):
    """A configuration file is wrong; the message lists every fault with file, line and key."""


class IdentifierError(PseudoError):
    """A value handed over for pseudonymisation does not have its canonical form (the value itself is never shown)."""


class SourceError(IdentifierError):
    """A table handed over for release is missing, unreadable or not the table its policy describes."""


class SourcePathError(SourceError):
    """The path of a table handed over for release does not lead to a file."""


class PolicyError(PseudoError):
    """A policy, approval, expiry or disclosure rule refuses the operation."""


class KeyCustodyError(PseudoError):
    """A key is missing, its passphrase is wrong, or a signature or key check value does not verify."""


class ReleaseError(PseudoError):
    """A release folder is missing, incomplete or altered."""


class ReleasePathError(ReleaseError):
    """The path of a release does not lead to a folder, or something else is already there."""


class ReleaseWriteError(ReleaseError):
    """The machine could not write a release: no right, disk full, or a file open elsewhere."""


class AuditError(PseudoError):
    """An audit log is not as it was written: an entry was altered, removed or cut off, or a file of it is missing."""


class AuditPathError(AuditError):
    """The path of an audit log, or of a checkpoint of one, does not lead to one."""


class OutputRecordError(PolicyError):
    """Outputs are not as they left the disclosure gate, or cannot be signed off."""


class LedgerError(AuditError):
    """A disclosure ledger is not as it was written."""


class AuditValueError(PseudoError):
    """A value for the audit log does not have its form, or looks like an identifier of a person."""


class FileInUseError(PseudoError):
    """Another process writes to the same files, and did not end in time."""


class WorkerError(PseudoError):
    """A process that worked for this one was stopped from outside, mostly for want of memory."""
