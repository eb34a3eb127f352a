"""Who wrote it: Ed25519 signatures over a purpose and a document, and the public keys that check them.

What is signed is the purpose, a line feed and the document, so that a signature made for one purpose is none for another.
Public keys are PEM files, as every cryptographic tool reads them; a key is named by its fingerprint, the SHA-256 of its 32
bytes, which two people compare over the telephone.
"""

import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from pseudo.domain import require_name
from pseudo.errors import KeyCustodyError
from pseudo.handle import Handle
from pseudo.known_answers import ED25519

RELEASE = "cldlink-release-1"
CHECKPOINT = "cldlink-checkpoint-1"
BRIDGE = "cldlink-bridge-1"
CERTIFICATE = "cldlink-certificate-1"
REQUEST = "cldlink-request-1"
SEAL = "cldlink-sealed-1"

_PURPOSE = re.compile(r"cldlink-[a-z]+-[0-9]+")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_FILE_LIMIT_BYTES = 4096


@dataclass(frozen=True)
class Signature:
    """A signature as a value: whose (``fingerprint`` of the public key) and the 64 bytes in hexadecimal digits."""

    fingerprint: str
    signature_hex: str

    def as_dict(self) -> dict[str, str]:
        """As it stands in a JSON document."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Signature":
        """From a JSON document. Raises KeyCustodyError when it is not the form of one."""
        found = document if isinstance(document, Mapping) else {}
        fingerprint, signature = str(found.get("fingerprint")), str(found.get("signature_hex"))
        if not _FINGERPRINT.fullmatch(fingerprint) or not _SIGNATURE.fullmatch(signature):
            raise KeyCustodyError("What stands in place of a signature is not one: the document was altered.")
        return cls(fingerprint, signature)


@dataclass(frozen=True)
class PublicKey:
    """The key that checks signatures: 32 bytes, no secret."""

    raw: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes, in hexadecimal digits."""
        return hashlib.sha256(self.raw).hexdigest()

    def verify(self, purpose: str, document: bytes, signature: Signature) -> bool:
        """Whether the holder of this key signed exactly this document for exactly this purpose."""
        if signature.fingerprint != self.fingerprint:
            return False
        with contextlib.suppress(InvalidSignature, ValueError):
            key = Ed25519PublicKey.from_public_bytes(self.raw)
            key.verify(bytes.fromhex(signature.signature_hex), _signed(purpose, document))
            return True
        return False


class SigningKey(Handle):
    """The key that signs. Raises KeyCustodyError when the secret is not 32 bytes."""

    __slots__ = ("_private", "key_id", "public")

    def __init__(self, secret: bytes, key_id: str) -> None:
        self_test()
        if len(secret) != 32:
            raise KeyCustodyError("A signing key has 32 bytes.")
        self._private: Ed25519PrivateKey | None = Ed25519PrivateKey.from_private_bytes(secret)
        self.key_id = require_name("key id", key_id)
        self.public = PublicKey(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"<SigningKey {self.key_id} fingerprint={self.public.fingerprint[:8]}>"

    def __enter__(self) -> "SigningKey":
        return self

    def sign(self, purpose: str, document: bytes) -> Signature:
        """Sign a document for a purpose such as ``cldlink-release-1``. The same document gives the same signature."""
        if self._private is None:
            raise KeyCustodyError("This key has been closed. Open the key file again.")
        return Signature(self.public.fingerprint, self._private.sign(_signed(purpose, document)).hex())

    def close(self) -> None:
        """Drop the key. Any later use of the handle raises KeyCustodyError."""
        self._private = None


def write_public_key(path: Path, key: PublicKey) -> None:
    """Write a public key as PEM. Raises KeyCustodyError when the file exists with another key or cannot be written."""
    pem = Ed25519PublicKey.from_public_bytes(key.raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_public_pem(path, pem)


def read_public_key(path: Path) -> PublicKey:
    """The public key of a PEM file. Raises KeyCustodyError when there is none, or it is not one for signatures."""
    key = load_public_pem(path)
    if not isinstance(key, Ed25519PublicKey):
        raise KeyCustodyError(f"{path}: this public key is not one that checks signatures (Ed25519).")
    return PublicKey(key.public_bytes_raw())


def load_public_pem(path: Path) -> object:
    """Whatever public key a PEM file holds. Raises KeyCustodyError when it cannot be read."""
    try:
        content = path.read_bytes()
        if len(content) <= _FILE_LIMIT_BYTES:
            return load_pem_public_key(content)
    except OSError:
        raise KeyCustodyError(f"{path}: the public key cannot be read. Check the path.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyCustodyError(f"{path}: this is not a public key in a PEM file.") from None
    raise KeyCustodyError(f"{path}: this is not a public key in a PEM file.")


def write_public_pem(path: Path, pem: bytes) -> None:
    """Write a PEM file, never over another key."""
    try:
        if path.exists() and path.read_bytes() != pem:
            raise KeyCustodyError(f"{path}: another file is here already and is not overwritten. Give another name.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pem)
    except OSError:
        raise KeyCustodyError(f"{path}: the public key cannot be written. Check the folder and its rights.") from None


def _signed(purpose: str, document: bytes) -> bytes:
    if not _PURPOSE.fullmatch(purpose):
        raise KeyCustodyError("A signature is made for a purpose such as cldlink-release-1.")
    return f"{purpose}\n".encode() + document


@cache
def self_test() -> None:
    """Compare Ed25519 of this machine with the published answer, once per process, before any key is used."""
    private = Ed25519PrivateKey.from_private_bytes(ED25519.secret)
    public = private.public_key().public_bytes_raw()
    if public != ED25519.public or private.sign(ED25519.message) != ED25519.signature:
        raise KeyCustodyError(
            "Self test failed: Ed25519. The cryptography library of this installation gives wrong answers; no key is "
            "opened. Install cldlink again."
        )
