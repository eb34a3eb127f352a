"""The key pair of a recipient: packages are sealed with the public half, and only the private half opens them (X25519)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pseudo.domain import require_name
from pseudo.errors import KeyCustodyError
from pseudo.handle import Handle
from pseudo.signing import load_public_pem, write_public_pem

WRAPPED_BYTES = 80  # 32 bytes of encapsulation, 32 of key, 16 of tag
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class RecipientPublicKey:
    """What a recipient gives away: 32 bytes, no secret."""

    raw: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes, in hexadecimal digits; compared over the telephone before anything is sealed."""
        return hashlib.sha256(self.raw).hexdigest()

    def wrap(self, data_key: bytes, info: bytes) -> bytes:
        """A data key for this recipient, bound to ``info``. HPKE in base mode: it does not say who wrapped it."""
        return _SUITE.encrypt(data_key, X25519PublicKey.from_public_bytes(self.raw), info)


class RecipientKey(Handle):
    """The private half. It unwraps data keys and does nothing else."""

    __slots__ = ("_private", "key_id", "public")

    def __init__(self, secret: bytes, key_id: str) -> None:
        if len(secret) != 32:
            raise KeyCustodyError("A recipient's key has 32 bytes.")
        self._private: X25519PrivateKey | None = X25519PrivateKey.from_private_bytes(secret)
        self.key_id = require_name("key id", key_id)
        self.public = RecipientPublicKey(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"<RecipientKey {self.key_id} fingerprint={self.public.fingerprint[:8]}>"

    def __enter__(self) -> "RecipientKey":
        return self

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes | None:
        """The data key; None when it was wrapped for somebody else, under other ``info``, or altered."""
        if self._private is None:
            raise KeyCustodyError("This key has been closed. Open the key file again.")
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except (InvalidTag, ValueError):
            return None

    def close(self) -> None:
        """Drop the key. Any later use of the handle raises KeyCustodyError."""
        self._private = None


def write_recipient_public_key(path: Path, key: RecipientPublicKey) -> None:
    """Write a public key as PEM. Raises KeyCustodyError when the file exists with another key or cannot be written."""
    public = X25519PublicKey.from_public_bytes(key.raw)
    write_public_pem(path, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def read_recipient_public_key(path: Path) -> RecipientPublicKey:
    """The public key of a PEM file. Raises KeyCustodyError when there is none, or it is not one that seals."""
    key = load_public_pem(path)
    if not isinstance(key, X25519PublicKey):
        raise KeyCustodyError(f"{path}: this public key is not one of a recipient (X25519).")
    return RecipientPublicKey(key.public_bytes_raw())
