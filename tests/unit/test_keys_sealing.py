"""Sealed packages: what goes in comes out for the recipient, and a single wrong bit brings out nothing."""

import io
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pseudo import sealing
from pseudo.errors import KeyCustodyError, ReleaseError, ReleasePathError
from pseudo.recipient import RecipientKey
from pseudo.sealing import read_sealed, seal_folder, unseal
from pseudo.signing import SigningKey

RECIPIENT = RecipientKey(bytes(range(32)), "recipient-1")
OTHER = RecipientKey(bytes(range(1, 33)), "recipient-2")
SIGNER = SigningKey(bytes(range(2, 34)), "sign-1")
FORGER = SigningKey(bytes(range(3, 35)), "sign-2")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_CHUNK", 1024)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "release"
    (made / "data").mkdir(parents=True)
    (made / "manifest.json").write_text('{"release": "R1"}')
    (made / "data" / "people.parquet").write_bytes(bytes(range(256)) * 20)
    (made / "data" / "empty.csv").write_bytes(b"")
    return made


@pytest.fixture
def sealed(folder: Path) -> Path:
    seal_folder(folder, RECIPIENT.public, folder.parent / "r1.sealed", package="R1", signer=SIGNER)
    return folder.parent / "r1.sealed"


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_goes_in_comes_out(folder: Path, sealed: Path, tmp_path: Path) -> None:
    said = unseal(sealed, RECIPIENT, tmp_path / "out", signer=SIGNER.public)
    assert contents(tmp_path / "out") == contents(folder)
    assert (said.package, said.recipient, said.signer) == (
        "R1",
        RECIPIENT.public.fingerprint,
        SIGNER.public.fingerprint,
    )
    assert read_sealed(sealed) == said


def test_nothing_of_the_content_can_be_read_in_the_file(sealed: Path) -> None:
    content = sealed.read_bytes()
    assert b"people.parquet" not in content and bytes(range(64)) not in content


def test_the_same_folder_sealed_twice_is_two_different_files(folder: Path, sealed: Path) -> None:
    seal_folder(folder, RECIPIENT.public, folder.parent / "again", package="R1")
    assert (folder.parent / "again").read_bytes()[-64:] != sealed.read_bytes()[-64:]


def test_any_flipped_bit_is_found_and_nothing_is_written(sealed: Path, tmp_path: Path) -> None:
    whole = sealed.read_bytes()
    before = set(tmp_path.iterdir())
    header = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    places = {*range(0, header, 3), header, header + 1, *range(header, len(whole), 97), len(whole) - 1}
    for place in places:
        sealed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((ReleaseError, KeyCustodyError)):
            unseal(sealed, RECIPIENT, tmp_path / "out")
        assert set(tmp_path.iterdir()) == before, place


def test_chunks_cannot_be_cut_off_swapped_repeated_or_added(sealed: Path, tmp_path: Path) -> None:
    whole = sealed.read_bytes()
    start = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    size = 1024 + 16
    head, body = whole[:start], whole[start:]
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert len(chunks) > 4
    changed = {
        "the last left out": chunks[:-1],
        "one left out": chunks[:1] + chunks[2:],
        "two swapped": [chunks[1], chunks[0], *chunks[2:]],
        "one repeated": [chunks[0], *chunks],
        "something added": [*chunks, b"x"],
        "only the header": [],
        "the last one cut": [*chunks[:-1], chunks[-1][:-1]],
    }
    for what, given in changed.items():
        sealed.write_bytes(head + b"".join(given))
        with pytest.raises(ReleaseError, match="altered"):
            unseal(sealed, RECIPIENT, tmp_path / "out")
        assert not (tmp_path / "out").exists(), what


def test_another_recipient_cannot_open_it(sealed: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="another recipient"):
        unseal(sealed, OTHER, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_package_of_somebody_else_is_not_taken_for_the_custodians(folder: Path, tmp_path: Path) -> None:
    for name, signer in (("unsigned", None), ("forged", FORGER)):
        seal_folder(folder, RECIPIENT.public, tmp_path / name, package="R1", signer=signer)
        with pytest.raises(KeyCustodyError, match="not signed"):
            unseal(tmp_path / name, RECIPIENT, tmp_path / "out", signer=SIGNER.public)


def test_a_signature_cannot_be_taken_off(sealed: Path, tmp_path: Path) -> None:
    content = sealed.read_bytes()
    start = content.index(b'"signature":')
    end = content.index(b"}", start) + 1
    sealed.write_bytes(content[:start] + b'"signature":null' + content[end:])
    with pytest.raises(ReleaseError, match="altered"):
        unseal(sealed, RECIPIENT, tmp_path / "out")


def test_nothing_is_overwritten(folder: Path, sealed: Path) -> None:
    with pytest.raises(ReleasePathError):
        seal_folder(folder, RECIPIENT.public, sealed, package="R1")
    with pytest.raises(ReleasePathError):
        unseal(sealed, RECIPIENT, folder)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a\\b", "C:x"])
def test_a_package_that_would_write_elsewhere_writes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def hostile(_: Path, out: sealing._Sealer) -> None:
        with tarfile.open(mode="w|", fileobj=out) as tar:
            entry = tarfile.TarInfo(name)
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))
        out.close()

    monkeypatch.setattr(sealing, "_write_tar", hostile)
    seal_folder(folder, RECIPIENT.public, tmp_path / "hostile", package="R1")
    with pytest.raises(ReleaseError):
        unseal(tmp_path / "hostile", RECIPIENT, tmp_path / "out")
    assert not (tmp_path / "out").exists() and not (tmp_path / "outside").exists()


def test_a_link_in_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(folder / "manifest.json")
    with pytest.raises(ReleaseError, match="neither file nor folder"):
        seal_folder(folder, RECIPIENT.public, tmp_path / "x", package="R1")
    assert not (tmp_path / "x").exists()


def test_each_chunk_is_sealed_once_under_its_own_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[bytes] = []

    class Watched:
        def __init__(self, key: bytes) -> None:
            self._cipher = AESGCM(key)

        def encrypt(self, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
            used.append(nonce)
            return self._cipher.encrypt(nonce, plain, bound)

    monkeypatch.setattr(sealing, "AESGCM", Watched)
    seal_folder(folder, RECIPIENT.public, folder.parent / "watched", package="R1")
    assert len(used) == len(set(used)) > 4
    assert [nonce[-1] for nonce in used] == [0] * (len(used) - 1) + [1]
