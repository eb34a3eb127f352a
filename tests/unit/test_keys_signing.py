"""Signatures: whose, for what; public keys as files that other tools read."""

import copy
import json
import pickle
from pathlib import Path

import pytest

from pseudo.errors import KeyCustodyError
from pseudo.recipient import RecipientKey, read_recipient_public_key, write_recipient_public_key
from pseudo.signing import CERTIFICATE, RELEASE, Signature, SigningKey, read_public_key, write_public_key

VECTORS = Path(__file__).parents[1] / "vectors" / "pseudonym_vectors.json"
ANSWER = next(
    group["tests"][0] for group in json.loads(VECTORS.read_text())["groups"] if group["id"] == "rfc8032"
)  # fmt: skip
KEY = SigningKey(bytes.fromhex(ANSWER["secret_key_hex"]), "sign-1")
OTHER = SigningKey(bytes(range(32)), "sign-2")


def test_the_public_half_is_the_published_one() -> None:
    assert KEY.public.raw.hex() == ANSWER["public_key_hex"]


def test_a_signature_holds_for_its_document_purpose_and_key_only() -> None:
    signature = KEY.sign(RELEASE, b"a manifest")
    assert KEY.public.verify(RELEASE, b"a manifest", signature)
    assert not KEY.public.verify(RELEASE, b"a manifesT", signature)
    assert not KEY.public.verify(CERTIFICATE, b"a manifest", signature)
    assert not OTHER.public.verify(RELEASE, b"a manifest", signature)
    assert not KEY.public.verify(RELEASE, b"a manifest", Signature(OTHER.public.fingerprint, signature.signature_hex))


def test_the_same_document_gives_the_same_signature() -> None:
    assert KEY.sign(RELEASE, b"x") == KEY.sign(RELEASE, b"x")


def test_a_signature_travels_as_json() -> None:
    signature = KEY.sign(RELEASE, b"x")
    assert Signature.from_dict(json.loads(json.dumps(signature.as_dict()))) == signature


@pytest.mark.parametrize("document", [{}, {"fingerprint": "a", "signature_hex": "b"}, None, [], "text"])
def test_what_is_no_signature_is_told(document: object) -> None:
    with pytest.raises(KeyCustodyError, match="altered"):
        Signature.from_dict(document)  # type: ignore[arg-type]


def test_a_purpose_is_one_of_ours() -> None:
    with pytest.raises(KeyCustodyError):
        KEY.sign("cldlink-release-1\nother", b"x")


def test_public_keys_are_pem_files(tmp_path: Path) -> None:
    write_public_key(tmp_path / "s.pem", KEY.public)
    assert read_public_key(tmp_path / "s.pem") == KEY.public
    assert (tmp_path / "s.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    write_public_key(tmp_path / "s.pem", KEY.public)
    with pytest.raises(KeyCustodyError, match="not overwritten"):
        write_public_key(tmp_path / "s.pem", OTHER.public)


def test_a_key_for_sealing_is_none_for_signatures(tmp_path: Path) -> None:
    recipient = RecipientKey(bytes(range(32)), "r")
    write_public_key(tmp_path / "s.pem", KEY.public)
    write_recipient_public_key(tmp_path / "r.pem", recipient.public)
    assert read_recipient_public_key(tmp_path / "r.pem") == recipient.public
    with pytest.raises(KeyCustodyError, match="Ed25519"):
        read_public_key(tmp_path / "r.pem")
    with pytest.raises(KeyCustodyError, match="X25519"):
        read_recipient_public_key(tmp_path / "s.pem")


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"x" * 10_000])
def test_a_file_that_is_no_public_key_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "k.pem").write_bytes(content)
    with pytest.raises(KeyCustodyError):
        read_public_key(tmp_path / "k.pem")


@pytest.mark.parametrize("key", [KEY, RecipientKey(bytes(range(32)), "r")], ids=["signing", "recipient"])
def test_a_handle_is_neither_pickled_nor_copied(key: object) -> None:
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(KeyCustodyError):
            act(key)


def test_a_closed_key_signs_nothing() -> None:
    with SigningKey(bytes(range(32)), "s") as key:
        pass
    with pytest.raises(KeyCustodyError, match="closed"):
        key.sign(RELEASE, b"x")
