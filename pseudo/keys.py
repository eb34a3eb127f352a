"""Opaque key handles: a root key derives domain keys, a domain key makes message authentication codes.

A handle shows its id and its key check value and nothing else: no key bytes in ``repr``, in an exception, in a pickle
or in a copy.
"""

import os
from array import array
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pseudo.domain import SUITE, Domain, require_name
from pseudo.errors import KeyCustodyError
from pseudo.handle import Handle
from pseudo.known_answers import ARGON2ID, HKDF_SHA256, HMAC_SHA256, PSEUDONYM

ROOT_KEY_BYTES = 32
MAC_BYTES = 16

_KCV_MESSAGE = b"cldlink-kcv-1"
_KCV_BYTES = 4
_AT_ONCE = (
    1024  # codes held one by one at a time: so few stay in the processor's cache, which saves a fifth of the time
)


class Pipe(Protocol):
    """A way to another process, one byte string at a time."""

    def send_bytes(self, data: bytes, /) -> None:
        """Send one byte string."""

    def recv_bytes(self) -> bytes:
        """Wait for one byte string."""


class DomainKey(Handle):
    """The key of one domain. Made by ``RootKey.derive`` only; gives 16-byte codes, never the key."""

    __slots__ = ("_keyed", "_secret", "domain", "kcv")

    def __init__(self, secret: bytes, domain: Domain) -> None:
        self._secret: bytes | None = bytes(secret)
        self._keyed: HMAC | None = HMAC(secret, SHA256())
        self.domain = domain
        self.kcv = self.mac(_KCV_MESSAGE)[:_KCV_BYTES].hex()

    def __repr__(self) -> str:
        return f"<DomainKey field={self.domain.field} kcv={self.kcv}>"

    def __enter__(self) -> "DomainKey":
        return self

    def mac(self, message: bytes) -> bytes:
        """The first 16 bytes of HMAC-SHA-256 of one message."""
        return self.mac_many((message,))

    def mac_many(self, messages: Iterable[bytes]) -> bytes:
        """The 16-byte codes of many messages, one after the other in one buffer, in the order given.

        128 bits: among 60 million people the odds that any two share a code are about 5 in 10^24.
        """
        keyed = self._keyed
        if keyed is None:
            raise KeyCustodyError("This key has been closed. Derive it again from the root key.")
        left = iter(messages)
        some = iter(lambda: _digests(keyed, islice(left, _AT_ONCE)), b"")
        return b"".join(map(_first_halves, some))

    def hand_over(self, worker: Pipe) -> None:
        """Send the key down the pipe of a process that this one started, and nowhere else: it calls ``receive``."""
        if self._secret is None:
            raise KeyCustodyError("This key has been closed. Derive it again from the root key.")
        worker.send_bytes(self._secret)

    @classmethod
    def receive(cls, pipe: Pipe, domain: Domain) -> "DomainKey":
        """The key that the process at the other end hands over."""
        return cls(pipe.recv_bytes(), domain)

    def close(self) -> None:
        """Drop the key. Any later use of the handle raises KeyCustodyError."""
        self._keyed = self._secret = None


class RootKey(Handle):
    """The key that a custodian keeps. It derives domain keys and does nothing else.

    Raises KeyCustodyError when the secret is not 32 bytes or the self test of the cryptography fails.
    """

    __slots__ = ("_secret", "kcv", "key_id")

    def __init__(self, secret: bytes, key_id: str) -> None:
        self_test()
        if len(secret) != ROOT_KEY_BYTES:
            raise KeyCustodyError(f"A root key has {ROOT_KEY_BYTES} bytes.")
        self._secret: bytes | None = bytes(secret)
        self.key_id = require_name("key id", key_id)
        self.kcv = _hkdf(self._secret, _KCV_MESSAGE)[:_KCV_BYTES].hex()

    @classmethod
    def generate(cls, key_id: str) -> "RootKey":
        """A new random root key that exists in memory only."""
        return cls(os.urandom(ROOT_KEY_BYTES), key_id)

    def __repr__(self) -> str:
        return f"<RootKey {self.key_id} kcv={self.kcv}>"

    def __enter__(self) -> "RootKey":
        return self

    def derive(self, domain: Domain) -> DomainKey:
        """The key of one domain, by HKDF-SHA-256 over the eight values. Nothing is stored.

        Raises KeyCustodyError for a closed handle or a suite that this version does not make.
        """
        if self._secret is None:
            raise KeyCustodyError("This key has been closed. Open the keystore again.")
        if domain.suite != SUITE:
            raise KeyCustodyError(f"This version makes pseudonyms of the suite {SUITE} only.")
        return DomainKey(_hkdf(self._secret, domain.info()), domain)

    def close(self) -> None:
        """Drop the key. Any later use of the handle raises KeyCustodyError."""
        self._secret = None


def _digests(keyed: HMAC, messages: Iterable[bytes]) -> bytes:
    """The 32 bytes of every message, end to end."""
    fresh = keyed.copy
    digests: list[bytes] = []
    add = digests.append
    for message in messages:
        code = fresh()
        code.update(message)
        add(code.finalize())
    return b"".join(digests)


def _first_halves(digests: bytes) -> bytes:
    """The first 16 of every 32 bytes. Without numpy, which a worker would need a tenth of a second to import.

    >>> _first_halves(bytes(range(64))) == bytes([*range(16), *range(32, 48)])
    True
    """
    words = array("Q", digests)
    halves = array("Q", bytes(len(digests) // 2))
    halves[0::2], halves[1::2] = words[0::4], words[1::4]
    return halves.tobytes()


def _hkdf(secret: bytes, info: bytes, salt: bytes | None = None, length: int = ROOT_KEY_BYTES) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


@cache
def self_test() -> None:
    """Compare the cryptography of this machine with published answers, once per process, before any key is used.

    Raises KeyCustodyError on the first difference.
    """
    keyed = HMAC(HMAC_SHA256.key, SHA256())
    keyed.update(HMAC_SHA256.message)
    expand = HKDF_SHA256
    argon = Argon2id(
        salt=ARGON2ID.salt,
        length=len(ARGON2ID.tag),
        iterations=ARGON2ID.iterations,
        lanes=ARGON2ID.lanes,
        memory_cost=ARGON2ID.memory_kib,
        ad=ARGON2ID.associated_data,
        secret=ARGON2ID.secret,
    )
    example = DomainKey(_hkdf(PSEUDONYM.root, PSEUDONYM.domain.info()), PSEUDONYM.domain)
    checks = {
        "HMAC-SHA-256": keyed.finalize() == HMAC_SHA256.mac,
        "HKDF-SHA-256": _hkdf(expand.ikm, expand.info, expand.salt, len(expand.okm)) == expand.okm,
        "Argon2id": argon.derive(ARGON2ID.password) == ARGON2ID.tag,
        "root key check value": _hkdf(PSEUDONYM.root, _KCV_MESSAGE)[:_KCV_BYTES].hex() == PSEUDONYM.root_kcv,
        "key check value": example.kcv == PSEUDONYM.kcv,
        "pseudonym": example.mac(PSEUDONYM.message) == PSEUDONYM.pseudonym,
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise KeyCustodyError(
            f"Self test failed: {', '.join(wrong)}. The cryptography library of this installation gives wrong answers; "
            "no key is opened. Install cldlink again."
        )
