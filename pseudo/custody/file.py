"""A root key in a file of its own: the simplest custody. For keys that are rotated and retired see ``pseudo.custody.ring``."""

import secrets
from pathlib import Path

from pseudo.custody.sealed_file import (
    IN_RING,
    INSECURE_FAST_FOR_TESTS,
    MINIMUM_PASSPHRASE_BYTES,
    STANDARD,
    KdfProfile,
    Passphrase,
    about_new,
    open_sealed,
    require_new,
    write_sealed,
)
from pseudo.errors import KeyCustodyError
from pseudo.keys import ROOT_KEY_BYTES, RootKey

__all__ = [
    "INSECURE_FAST_FOR_TESTS",
    "MINIMUM_PASSPHRASE_BYTES",
    "STANDARD",
    "KdfProfile",
    "create_keystore",
    "open_keystore",
]


def create_keystore(path: Path, passphrase: Passphrase, *, key_id: str, profile: KdfProfile = STANDARD) -> RootKey:
    """Make a new random root key, write it sealed to ``path`` (owner-only where the system has such rights), return it.

    Never overwrites. Raises KeyCustodyError when the file exists, cannot be written, or the passphrase has fewer than
    12 bytes; PolicyError when ``key_id`` is not a plain name.
    """
    return create_root_file(path, passphrase, key_id=key_id, profile=profile, state="active")


def open_keystore(path: Path, passphrase: Passphrase) -> RootKey:
    """The root key of a keystore file.

    Raises KeyCustodyError when the file is missing, is not a keystore, is damaged, is not active, or the passphrase is
    wrong (damage to the sealed part cannot be told from a wrong passphrase).
    """
    root, state = open_root_file(path, passphrase)
    if state == IN_RING:
        raise KeyCustodyError(f"{path}: this key belongs to a key ring. Give the ring's folder in place of the file.")
    if state != "active":
        raise KeyCustodyError(f"{path}: this key is not active and cannot be used for a release.")
    return root


def create_root_file(path: Path, passphrase: Passphrase, *, key_id: str, profile: KdfProfile, state: str) -> RootKey:
    """A new root key in a new file of the given state."""
    require_new(path, passphrase, key_id)
    secret = secrets.token_bytes(ROOT_KEY_BYTES)
    root = RootKey(secret, key_id)
    write_sealed(
        path, secret, passphrase, about=about_new("root", key_id, root.kcv, passphrase, state), profile=profile
    )
    return root


def open_root_file(path: Path, passphrase: Passphrase) -> tuple[RootKey, str]:
    """The root key of a file, whatever its state, and the state."""
    about, secret = open_sealed(path, passphrase, "root")
    root = RootKey(secret, about.key_id)
    if root.kcv != about.kcv:
        raise KeyCustodyError(f"{path}: the key does not have the check value of its file. Restore it from backup.")
    return root, about.state
