"""A secret of 32 bytes in a file, sealed under a passphrase: Argon2id makes the sealing key, AES-256-GCM seals.

The header (everything but the ciphertext) is bound to the ciphertext, so no byte of the file can be changed unnoticed.
Whoever has both the file and the passphrase has the key: keep them apart. A passphrase may be of two parts, which two people
keep; then neither can open the file alone.
"""

import contextlib
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pseudo.domain import require_name
from pseudo.errors import KeyCustodyError
from pseudo.keys import self_test

FORMAT = "cldlink-keystore-1"
MINIMUM_PASSPHRASE_BYTES = 12
SECRET_BYTES = 32

Passphrase = bytes | tuple[bytes, bytes]
Kind = Literal["root", "signing", "recipient"]
KINDS: tuple[Kind, ...] = ("root", "signing", "recipient")
IN_RING = "in-ring"

_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FILE_LIMIT_BYTES = 64 * 1024
_HEADER_KEYS = {"format", "key_id", "kcv", "state", "created", "kdf", "cipher", "nonce_hex"}
# Bounds on what a file may ask for, so that a forged header cannot exhaust the machine.
_MAXIMUM_MEMORY_KIB = 4 * 1024 * 1024
_MAXIMUM_ITERATIONS = 64
_MAXIMUM_LANES = 64


@dataclass(frozen=True)
class KdfProfile:
    """Cost of one guess at the passphrase: passes, memory in KiB and parallel lanes of Argon2id."""

    iterations: int
    memory_kib: int
    lanes: int


STANDARD = KdfProfile(iterations=3, memory_kib=256 * 1024, lanes=4)  # 256 MiB, about half a second
INSECURE_FAST_FOR_TESTS = KdfProfile(iterations=1, memory_kib=64, lanes=1)


@dataclass(frozen=True)
class KeyFile:
    """What a key file says of itself without a passphrase: nothing secret, and proved only by opening it.

    ``kcv`` is the check value of a root key, and the first 8 digits of the fingerprint of a key pair.
    """

    kind: Kind
    key_id: str
    kcv: str
    state: str
    created: str
    people: int


def write_sealed(
    path: Path,
    secret: bytes,
    passphrase: Passphrase,
    *,
    about: KeyFile,
    profile: KdfProfile,
) -> None:
    """Write a secret sealed to a new file, owner-only where the system has such rights.

    Raises KeyCustodyError when the file exists, cannot be written, or the passphrase is too weak.
    """
    header: dict[str, Any] = {
        "format": FORMAT,
        "key_id": about.key_id,
        "kcv": about.kcv,
        "state": about.state,
        "created": about.created,
        "kdf": {"name": "argon2id", "salt_hex": secrets.token_hex(_SALT_BYTES), **asdict(profile)},
        "cipher": "aes-256-gcm",
        "nonce_hex": secrets.token_hex(_NONCE_BYTES),
    }
    if about.kind != "root":
        header["kind"] = about.kind
    if about.people > 1:
        header["people"] = about.people
    cipher = _cipher(header, joined(passphrase))
    sealed = cipher.encrypt(bytes.fromhex(header["nonce_hex"]), secret, _canonical(header))
    write_new(path, (json.dumps({**header, "ciphertext_hex": sealed.hex()}, indent=1) + "\n").encode("utf-8"))


def require_strength(passphrase: Passphrase) -> None:
    """Raise KeyCustodyError when a passphrase, or one of its two parts, could be guessed, or the two parts are one."""
    if isinstance(passphrase, tuple) and passphrase[0] == passphrase[1]:
        raise KeyCustodyError(
            "Both people gave the same passphrase: either could open the key alone. Each gives one of their own, in a file of "
            "their own."
        )
    for part in passphrase if isinstance(passphrase, tuple) else (passphrase,):
        if len(part) < MINIMUM_PASSPHRASE_BYTES or len(set(part)) < 4:
            raise KeyCustodyError(
                f"The passphrase is too weak. Give at least {MINIMUM_PASSPHRASE_BYTES} bytes of at least 4 different "
                "characters; four or more unrelated words are good."
            )


def require_new(path: Path, passphrase: Passphrase, key_id: str) -> None:
    """Raise what would stop a new key file, before a key is made for it."""
    require_strength(passphrase)
    self_test()
    require_name("key id", key_id)
    if path.exists():
        raise _exists(path)


def about_new(kind: Kind, key_id: str, kcv: str, passphrase: Passphrase, state: str = "active") -> KeyFile:
    """What the file of a key made now will say of itself."""
    people = len(passphrase) if isinstance(passphrase, tuple) else 1
    return KeyFile(kind, key_id, kcv, state, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), people)


def open_sealed(path: Path, passphrase: Passphrase, kind: Kind) -> tuple[KeyFile, bytes]:
    """The secret of a key file and what the file says of itself, now proved.

    Raises KeyCustodyError when the file is missing, is no key file of this kind, is damaged, or the passphrase is wrong
    (damage to the sealed part cannot be told from a wrong passphrase).
    """
    self_test()
    header, sealed = _read(path)
    about = _about(header)
    if about.kind != kind:
        raise KeyCustodyError(f"{path}: this is the file of a {about.kind} key; a {kind} key is needed here.")
    if about.people != (len(passphrase) if isinstance(passphrase, tuple) else 1):
        needed = "two people, one passphrase each" if about.people > 1 else "one passphrase"
        raise KeyCustodyError(f"{path}: this key is opened by {needed}.")
    try:
        cipher = _cipher(header, joined(passphrase))
        return about, cipher.decrypt(bytes.fromhex(header["nonce_hex"]), sealed, _canonical(header))
    except InvalidTag:
        raise KeyCustodyError(
            f"{path}: the passphrase is wrong, or the file has been altered. Try again, or restore the file from backup."
        ) from None


def read_key_file(path: Path) -> KeyFile:
    """What a key file says of itself. Raises KeyCustodyError when it is missing, damaged or no key file."""
    return _about(_read(path)[0])


def joined(passphrase: Passphrase) -> bytes:
    """A passphrase as the bytes that are hashed: one part as it is; of two, each preceded by its length (2 bytes).

    >>> joined((b"ab", b"c")) == joined((b"a", b"bc"))
    False
    """
    if isinstance(passphrase, bytes):
        return passphrase
    return b"".join(len(part).to_bytes(2, "big") + part for part in passphrase)


def _about(header: dict[str, Any]) -> KeyFile:
    return KeyFile(
        header.get("kind", "root"),
        header["key_id"],
        header["kcv"],
        header["state"],
        header["created"],
        header.get("people", 1),
    )


def _cipher(header: dict[str, Any], passphrase: bytes) -> AESGCM:
    kdf = header["kdf"]
    argon = Argon2id(
        salt=bytes.fromhex(kdf["salt_hex"]),
        length=32,
        iterations=kdf["iterations"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    )
    return AESGCM(argon.derive(passphrase))


def _canonical(header: dict[str, Any]) -> bytes:
    """The header as bytes that depend on nothing but its values: keys sorted, no spaces, UTF-8."""
    return json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        if path.stat().st_size > _FILE_LIMIT_BYTES:
            raise _not_a_keystore(path)
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise KeyCustodyError(f"{path}: there is no keystore here. Make one with 'cldlink keys create'.") from None
    except OSError:
        raise KeyCustodyError(f"{path}: the keystore cannot be read. Check that it is a file and its rights.") from None
    except (ValueError, RecursionError):
        raise _not_a_keystore(path) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _not_a_keystore(path)
    sealed = document.pop("ciphertext_hex", None)
    if not _is_header(document) or not _is_hex(sealed, SECRET_BYTES + _TAG_BYTES):
        raise KeyCustodyError(f"{path}: the keystore is damaged. Restore it from backup.")
    return document, bytes.fromhex(sealed)


def _is_header(header: dict[str, Any]) -> bool:
    kdf = header.get("kdf")
    return (
        set(header) - {"kind", "people"} == _HEADER_KEYS
        and header.get("kind", "signing") in ("signing", "recipient")
        and header.get("people", 2) == 2
        and all(isinstance(header[name], str) and header[name].isascii() for name in _HEADER_KEYS - {"kdf"})
        and header["cipher"] == "aes-256-gcm"
        and _is_hex(header["nonce_hex"], _NONCE_BYTES)
        and isinstance(kdf, dict)
        and set(kdf) == {"name", "salt_hex", "iterations", "memory_kib", "lanes"}
        and kdf["name"] == "argon2id"
        and _is_hex(kdf["salt_hex"], _SALT_BYTES)
        and _is_between(kdf["lanes"], 1, _MAXIMUM_LANES)
        and _is_between(kdf["iterations"], 1, _MAXIMUM_ITERATIONS)
        and _is_between(kdf["memory_kib"], 8 * kdf["lanes"], _MAXIMUM_MEMORY_KIB)
    )


def _is_hex(value: Any, length_bytes: int) -> bool:
    return isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{2 * length_bytes}}}", value) is not None


def _is_between(value: Any, lowest: int, highest: int) -> bool:
    return type(value) is int and lowest <= value <= highest


def write_new(path: Path, content: bytes) -> None:
    """Write aside, flush to disk and rename; the name appears with the whole file or not at all."""
    aside = path.with_name(f".{path.name}.part-{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        _rename_new(aside, path)
    except OSError:
        raise KeyCustodyError(f"{path}: the keystore cannot be written. Check the folder and its rights.") from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _rename_new(aside: Path, path: Path) -> None:
    """Rename without replacing. A hard link refuses an existing name in one step; not every file system has links."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        if path.exists():
            raise _exists(path) from None
        aside.rename(path)


def _exists(path: Path) -> KeyCustodyError:
    return KeyCustodyError(
        f"{path}: the file exists already and is not overwritten: without it, no release made under it can be repeated. "
        "Give another name."
    )


def _not_a_keystore(path: Path) -> KeyCustodyError:
    return KeyCustodyError(
        f"{path}: this is not a keystore of a format this version knows ({FORMAT}). Check the path, or restore it from backup."
    )
