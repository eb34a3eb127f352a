"""Key pairs in sealed files: signing keys (Ed25519) and recipients' keys (X25519). The public half is a PEM file."""

import secrets
from pathlib import Path

from pseudo.custody.sealed_file import (
    SECRET_BYTES,
    STANDARD,
    KdfProfile,
    Kind,
    Passphrase,
    about_new,
    open_sealed,
    require_new,
    write_sealed,
)
from pseudo.errors import KeyCustodyError
from pseudo.recipient import RecipientKey, write_recipient_public_key
from pseudo.signing import SigningKey, write_public_key


def create_signing_key(
    path: Path, passphrase: Passphrase, *, key_id: str, public_path: Path, profile: KdfProfile = STANDARD
) -> SigningKey:
    """Make a new key that signs: sealed to ``path``, its public half to ``public_path``. Neither is overwritten.

    Raises KeyCustodyError when a file exists or cannot be written, or the passphrase is too weak.
    """
    require_new(path, passphrase, key_id)
    _require_free(public_path)
    secret = secrets.token_bytes(SECRET_BYTES)
    key = SigningKey(secret, key_id)
    _write(path, secret, passphrase, ("signing", key_id, key.public.fingerprint), profile)
    write_public_key(public_path, key.public)
    return key


def open_signing_key(path: Path, passphrase: Passphrase) -> SigningKey:
    """The signing key of a file. Raises KeyCustodyError as ``open_keystore`` does."""
    about, secret = open_sealed(path, passphrase, "signing")
    key = SigningKey(secret, about.key_id)
    _require_check_value(path, about.kcv, key.public.fingerprint)
    return key


def create_recipient_key(
    path: Path, passphrase: Passphrase, *, key_id: str, public_path: Path, profile: KdfProfile = STANDARD
) -> RecipientKey:
    """Make a new key that opens sealed packages: sealed to ``path``, its public half, to give away, to ``public_path``.

    Raises KeyCustodyError when a file exists or cannot be written, or the passphrase is too weak.
    """
    require_new(path, passphrase, key_id)
    _require_free(public_path)
    secret = secrets.token_bytes(SECRET_BYTES)
    key = RecipientKey(secret, key_id)
    _write(path, secret, passphrase, ("recipient", key_id, key.public.fingerprint), profile)
    write_recipient_public_key(public_path, key.public)
    return key


def open_recipient_key(path: Path, passphrase: Passphrase) -> RecipientKey:
    """The recipient's key of a file. Raises KeyCustodyError as ``open_keystore`` does."""
    about, secret = open_sealed(path, passphrase, "recipient")
    key = RecipientKey(secret, about.key_id)
    _require_check_value(path, about.kcv, key.public.fingerprint)
    return key


def _write(
    path: Path, secret: bytes, passphrase: Passphrase, named: tuple[Kind, str, str], profile: KdfProfile
) -> None:
    kind, key_id, fingerprint = named
    about = about_new(kind, key_id, fingerprint[:8], passphrase)
    write_sealed(path, secret, passphrase, about=about, profile=profile)


def _require_free(public_path: Path) -> None:
    if public_path.exists():
        raise KeyCustodyError(f"{public_path}: a file is here already and is not overwritten. Give another name.")


def _require_check_value(path: Path, kcv: str, fingerprint: str) -> None:
    if not fingerprint.startswith(kcv):
        raise KeyCustodyError(f"{path}: the key does not have the check value of its file. Restore it from backup.")
