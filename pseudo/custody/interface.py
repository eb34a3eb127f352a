"""What a place that keeps root keys offers, whatever it is: a file, a ring of files, later a hardware token or a key service.

Whatever keeps the key gives an opaque ``RootKey``; for a token, ``passphrase`` is its PIN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pseudo.custody.file import open_keystore
from pseudo.custody.ring import KeyRing, is_ring
from pseudo.custody.ring_file import KeyRecord
from pseudo.custody.sealed_file import Passphrase, read_key_file
from pseudo.errors import KeyCustodyError
from pseudo.keys import RootKey


class Custody(Protocol):
    """Where root keys are kept. Every method raises KeyCustodyError when it cannot do what it says."""

    def records(self) -> Sequence[KeyRecord]:
        """Every key and its state; needs no passphrase and shows no secret."""

    def people(self) -> int:
        """How many people must give a passphrase: one or two."""

    def open(self, passphrase: Passphrase) -> RootKey:
        """The active key: the one that releases are made under."""

    def open_version(self, key_id: str, passphrase: Passphrase) -> RootKey:
        """A key by its name, active or retired: for bridges and checks of what was made under it."""

    def prove(self, passphrase: Passphrase) -> RootKey | None:
        """A key that proves the passphrase and what ``records`` says, active or not; None where no key is left."""


@dataclass(frozen=True)
class KeystoreFile:
    """One key in one file: active from the start, never retired."""

    path: Path

    def records(self) -> Sequence[KeyRecord]:
        """The one key."""
        about = read_key_file(self.path)
        return (KeyRecord(about.key_id, about.kcv, "active", about.created),)

    def people(self) -> int:
        """How many people must give a passphrase."""
        return read_key_file(self.path).people

    def open(self, passphrase: Passphrase) -> RootKey:
        """The key."""
        return open_keystore(self.path, passphrase)

    def open_version(self, key_id: str, passphrase: Passphrase) -> RootKey:
        """The key, if that is its name."""
        if read_key_file(self.path).key_id != key_id:
            raise KeyCustodyError(f"{self.path}: this file does not hold the key of that name.")
        return self.open(passphrase)

    def prove(self, passphrase: Passphrase) -> RootKey:
        """The key."""
        return self.open(passphrase)


def custody_at(path: Path) -> Custody:
    """The custody at a path: the folder of a ring, or a keystore file."""
    return KeyRing(path) if is_ring(path) else KeystoreFile(path)


def open_root(path: Path, passphrase: Passphrase) -> RootKey:
    """The active root key of a ring or of a keystore file."""
    return custody_at(path).open(passphrase)
