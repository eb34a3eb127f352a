"""A folder sealed for one recipient: a single file that nobody else can read and nobody can change unnoticed.

A fresh 256-bit data key is wrapped for the recipient by HPKE (X25519, HKDF-SHA-256, AES-256-GCM), bound to the package's name
and the recipient's fingerprint. The files travel as a tar stream, cut into chunks of AES-256-GCM under the data key: the
number of a chunk and whether it is the last are its nonce, so none can be changed, moved, left out or cut off. Sealing alone
does not say who sealed; a signature over the header does (``signer``).

The file: a line with the format, a line with the header (JSON), the chunks, each followed by its 16-byte tag.
"""

import hashlib
import json
import os
import re
import secrets
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pseudo.domain import require_name
from pseudo.errors import KeyCustodyError, PolicyError, ReleaseError, ReleasePathError, ReleaseWriteError
from pseudo.recipient import WRAPPED_BYTES, RecipientKey, RecipientPublicKey
from pseudo.signing import SEAL, PublicKey, Signature, SigningKey
from pseudo.staging import staged_folder

FORMAT = "cldlink-sealed-1"

_CHUNK = 1 << 20
_TAG = 16
_HEADER_LIMIT_BYTES = 1 << 14
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SealedPackage:
    """What a sealed file says of itself: the package's name, for whom it is and who signed it (None: unsigned)."""

    package: str
    recipient: str
    signer: str | None


@dataclass(frozen=True)
class _Header:
    package: str
    recipient: str
    signer: str | None
    wrapped_key: bytes
    signature: Signature | None = None

    def signed(self) -> bytes:
        """What is signed: all but the signature, in canonical form."""
        return _canonical(
            {
                "package": self.package,
                "recipient": self.recipient,
                "signer": self.signer,
                "wrapped_key_hex": self.wrapped_key.hex(),
            }
        )

    def line(self) -> bytes:
        """The header as it is written and bound to every chunk."""
        signature = self.signature.as_dict() if self.signature else None
        return _canonical({**json.loads(self.signed()), "signature": signature}) + b"\n"


def seal_folder(
    folder: Path, recipient: RecipientPublicKey, out: Path, *, package: str, signer: SigningKey | None = None
) -> SealedPackage:
    """Seal every file below a folder into ``out``, in bounded memory; ``out`` appears whole or not at all.

    ``package`` is the release id or another plain name. Every sealed file is another one, even of the same folder. Raises
    ReleasePathError when the folder is not there or ``out`` is, ReleaseError when it holds anything but files and folders,
    ReleaseWriteError when the file cannot be written.
    """
    if not folder.is_dir():
        raise ReleasePathError(f"{folder}: there is no such folder.")
    if out.exists():
        raise ReleasePathError(f"{out}: something is here already and is not overwritten. Give another name.")
    data_key = secrets.token_bytes(32)
    wrapped = recipient.wrap(data_key, _info(require_name("package", package), recipient.fingerprint))
    header = _Header(package, recipient.fingerprint, signer.public.fingerprint if signer else None, wrapped)
    if signer:
        header = replace(header, signature=signer.sign(SEAL, header.signed()))
    aside = out.with_name(f".{out.name}.part-{secrets.token_hex(6)}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("xb") as handle:
            handle.write(f"{FORMAT}\n".encode() + header.line())
            _write_tar(folder, _Sealer(handle, AESGCM(data_key), header.line()))
            handle.flush()
            os.fsync(handle.fileno())
        aside.rename(out)
    except OSError:
        raise ReleaseWriteError(f"{out}: the package cannot be written. Check the path, rights and space.") from None
    finally:
        aside.unlink(missing_ok=True)
    return SealedPackage(header.package, header.recipient, header.signer)


def unseal(file: Path, key: RecipientKey, out: Path, *, signer: PublicKey | None = None) -> SealedPackage:
    """Open a sealed file into the folder ``out``, which appears whole or, when a single bit is wrong, not at all.

    With ``signer`` only what that key signed is opened. Raises ReleasePathError when the file is not there or ``out`` is,
    KeyCustodyError when it is sealed for another recipient or not signed by ``signer``, ReleaseError when it was altered.
    """
    if not file.is_file():
        raise ReleasePathError(f"{file}: there is no such file.")
    with file.open("rb") as handle:
        header = _read_header(handle, file)
        _require_signed(header, signer, file)
        if header.recipient != key.public.fingerprint:
            raise KeyCustodyError(f"{file}: this package is sealed for another recipient's key than the one given.")
        data_key = key.unwrap(header.wrapped_key, _info(header.package, header.recipient))
        if data_key is None:
            raise _altered(file)
        with staged_folder(out, may_replace=lambda _: False) as folder:
            try:
                _extract(_Opener(handle, AESGCM(data_key), header.line()), folder)
            except (InvalidTag, tarfile.TarError, EOFError, ValueError, FileExistsError):
                raise _altered(file) from None
    return SealedPackage(header.package, header.recipient, header.signer)


def read_sealed(file: Path) -> SealedPackage:
    """What a sealed file says of itself, before anything of it is proved. Raises as ``unseal`` does."""
    if not file.is_file():
        raise ReleasePathError(f"{file}: there is no such file.")
    with file.open("rb") as handle:
        header = _read_header(handle, file)
    return SealedPackage(header.package, header.recipient, header.signer)


def _require_signed(header: _Header, signer: PublicKey | None, file: Path) -> None:
    if signer is None:
        return
    if header.signature is None or not signer.verify(SEAL, header.signed(), header.signature):
        raise KeyCustodyError(f"{file}: this package is not signed by the holder of the public key given.")


class _Sealer:
    """A file to write plain bytes to; sealed chunks come out."""

    def __init__(self, handle: BinaryIO, cipher: AESGCM, bound: bytes) -> None:
        self._handle, self._cipher, self._bound = handle, cipher, hashlib.sha256(bound).digest()
        self._number, self._held = 0, bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        while len(self._held) > _CHUNK:
            self._put(bytes(self._held[:_CHUNK]), last=False)
            del self._held[:_CHUNK]
        return len(content)

    def close(self) -> None:
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._handle.write(self._cipher.encrypt(_nonce(self._number, last), plain, self._bound))
        self._number += 1


class _Opener:
    """A file to read plain bytes from; raises InvalidTag at the first chunk that is not as it was sealed."""

    def __init__(self, handle: BinaryIO, cipher: AESGCM, bound: bytes) -> None:
        self._chunks = self._plain(handle, cipher, hashlib.sha256(bound).digest())
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._held) < size and (chunk := next(self._chunks, b"")):
            self._held += chunk
        found = bytes(self._held[:size])
        del self._held[:size]
        return found

    def drain(self) -> None:
        """Read to the end, so that the last chunk is proved too."""
        for _ in self._chunks:
            pass

    @staticmethod
    def _plain(handle: BinaryIO, cipher: AESGCM, bound: bytes) -> Iterator[bytes]:
        number, sealed = 0, handle.read(_CHUNK + _TAG)
        while True:
            following = handle.read(_CHUNK + _TAG)
            if len(sealed) < _TAG:
                raise EOFError
            yield cipher.decrypt(_nonce(number, not following), sealed, bound)
            if not following:
                return
            number, sealed = number + 1, following


def _write_tar(folder: Path, out: _Sealer) -> None:
    with tarfile.open(mode="w|", fileobj=cast(BinaryIO, out), format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ReleaseError(f"{folder}: it holds something that is neither file nor folder and is not sealed.")
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            if path.is_dir():
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
                continue
            entry.size = path.stat().st_size
            with path.open("rb") as handle:
                tar.addfile(entry, handle)
    out.close()


def _extract(opener: _Opener, folder: Path) -> None:
    with tarfile.open(mode="r|", fileobj=cast(BinaryIO, opener)) as tar:
        for entry in tar:
            target = folder / _safe(entry.name)
            if entry.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            content = tar.extractfile(entry) if entry.isreg() else None
            if content is None:
                raise ValueError
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as handle:
                while part := content.read(_CHUNK):
                    handle.write(part)
    opener.drain()


def _safe(name: str) -> PurePosixPath:
    """A path that leads nowhere but below its folder. Raises ValueError otherwise."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or set(name) & {"\\", ":", "\0"}:
        raise ValueError
    return path


def _read_header(handle: BinaryIO, file: Path) -> _Header:
    try:
        if handle.readline(64) != f"{FORMAT}\n".encode():
            raise ReleaseError(f"{file}: this is not a sealed package of a format this version knows ({FORMAT}).")
        line = handle.readline(_HEADER_LIMIT_BYTES)
        document: dict[str, Any] = json.loads(line)
        given = document["signature"]
        header = _Header(
            require_name("package", document["package"]),
            _matched(document["recipient"]),
            _matched(document["signer"]) if document["signer"] else None,
            bytes.fromhex(document["wrapped_key_hex"]),
            Signature.from_dict(given) if given else None,
        )
        if header.line() != line or len(header.wrapped_key) != WRAPPED_BYTES:
            raise ValueError
        if (header.signature.fingerprint if header.signature else None) != header.signer:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, KeyCustodyError, PolicyError):
        raise _altered(file) from None
    return header


def _matched(fingerprint: str) -> str:
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ValueError
    return fingerprint


def _altered(file: Path) -> ReleaseError:
    return ReleaseError(
        f"{file}: the package was altered, cut off or damaged on its way. Nothing of it was written. Ask for it again."
    )


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _info(package: str, recipient: str) -> bytes:
    """What the wrapped data key is bound to, each value preceded by its length."""
    values = (FORMAT.encode(), package.encode(), recipient.encode())
    return b"".join(len(value).to_bytes(2, "big") + value for value in values)


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
