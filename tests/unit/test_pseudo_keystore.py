"""The keystore: what is written, what opens it, and what every damaged or wrong one says."""

import json
import os
import pickle
import stat
from pathlib import Path

import pytest

from pseudo.custody import INSECURE_FAST_FOR_TESTS, STANDARD, create_keystore, open_keystore
from pseudo.errors import KeyCustodyError, PolicyError
from pseudo.keys import RootKey

PASSPHRASE = b"correct horse battery staple"


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "root.keystore"
    create_keystore(path, PASSPHRASE, key_id="root-2026a", profile=INSECURE_FAST_FOR_TESTS)
    return path


def test_the_opened_key_is_the_created_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "root.keystore"
    made = create_keystore(path, PASSPHRASE, key_id="root-2026a", profile=INSECURE_FAST_FOR_TESTS)
    opened = open_keystore(path, PASSPHRASE)
    assert (opened.key_id, opened.kcv) == ("root-2026a", made.kcv)


def test_the_file_has_the_documented_form(keystore: Path) -> None:
    document = json.loads(keystore.read_text(encoding="utf-8"))
    assert set(document) == {
        "format", "key_id", "kcv", "state", "created", "kdf", "cipher", "nonce_hex", "ciphertext_hex",
    }  # fmt: skip
    assert (document["format"], document["state"], document["cipher"]) == (
        "cldlink-keystore-1",
        "active",
        "aes-256-gcm",
    )
    assert document["kdf"]["name"] == "argon2id"
    assert len(document["ciphertext_hex"]) == 2 * (32 + 16)


def test_two_keystores_hold_different_keys(tmp_path: Path) -> None:
    first, second = (
        create_keystore(tmp_path / name, PASSPHRASE, key_id="a", profile=INSECURE_FAST_FOR_TESTS) for name in "ab"
    )
    assert first.kcv != second.kcv


@pytest.mark.skipif(os.name != "posix", reason="owner-only rights are a POSIX matter")
def test_only_the_owner_may_read_it(keystore: Path) -> None:
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(keystore: Path) -> None:
    assert [path.name for path in keystore.parent.iterdir()] == ["root.keystore"]


def test_the_standard_profile_is_256_mib_and_three_passes() -> None:
    assert (STANDARD.memory_kib, STANDARD.iterations, STANDARD.lanes) == (262_144, 3, 4)


def test_an_existing_file_is_never_overwritten(keystore: Path) -> None:
    before = keystore.read_bytes()
    with pytest.raises(KeyCustodyError, match="exists already"):
        create_keystore(keystore, PASSPHRASE, key_id="b", profile=INSECURE_FAST_FOR_TESTS)
    assert keystore.read_bytes() == before


@pytest.mark.parametrize("passphrase", [b"", b"short", b"eleven char", b"aaaaaaaaaaaaaaaaaaaa"])
def test_a_weak_passphrase_is_refused(tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(KeyCustodyError, match="too weak"):
        create_keystore(tmp_path / "k", passphrase, key_id="a", profile=INSECURE_FAST_FOR_TESTS)
    assert list(tmp_path.iterdir()) == []


def test_a_key_id_must_be_a_plain_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="key id"):
        create_keystore(tmp_path / "k", PASSPHRASE, key_id="../x", profile=INSECURE_FAST_FOR_TESTS)


def test_a_wrong_passphrase_says_so_and_nothing_more(keystore: Path) -> None:
    with pytest.raises(KeyCustodyError, match="passphrase is wrong") as caught:
        open_keystore(keystore, b"a wrong passphrase")
    assert caught.value.__cause__ is None and "a wrong passphrase" not in str(caught.value)


def test_a_missing_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="cldlink keys create"):
        open_keystore(tmp_path / "none", PASSPHRASE)


def test_a_folder_is_not_a_keystore(tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="cannot be read"):
        open_keystore(tmp_path, PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff\xfe\x00", b"[" * 60_000])
def test_other_files_are_not_keystores(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k"
    path.write_bytes(content)
    with pytest.raises(KeyCustodyError, match="not a keystore"):
        open_keystore(path, PASSPHRASE)


@pytest.mark.parametrize("name", ["key_id", "kcv", "state", "created", "cipher", "nonce_hex", "ciphertext_hex"])
def test_no_value_of_the_file_can_be_changed(keystore: Path, name: str) -> None:
    document = json.loads(keystore.read_text(encoding="utf-8"))
    document[name] = document[name][:-1] + ("0" if document[name][-1] != "0" else "1")
    keystore.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(KeyCustodyError):
        open_keystore(keystore, PASSPHRASE)


@pytest.mark.parametrize(
    ("name", "value"), [("iterations", 2), ("memory_kib", 128), ("lanes", 2), ("salt_hex", "00" * 16)]
)
def test_no_cost_of_the_file_can_be_changed(keystore: Path, name: str, value: object) -> None:
    document = json.loads(keystore.read_text(encoding="utf-8"))
    document["kdf"][name] = value
    keystore.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(KeyCustodyError):
        open_keystore(keystore, PASSPHRASE)


@pytest.mark.parametrize("memory_kib", [1 << 40, 0, -1, True, "64"])
def test_a_forged_cost_cannot_exhaust_the_machine(keystore: Path, memory_kib: object) -> None:
    document = json.loads(keystore.read_text(encoding="utf-8"))
    document["kdf"]["memory_kib"] = memory_kib
    keystore.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(KeyCustodyError, match="damaged"):
        open_keystore(keystore, PASSPHRASE)


def test_no_handle_shows_its_key() -> None:
    secret = bytes(range(32))
    root = RootKey(secret, "root-1")
    for text in (repr(root), str(root), f"{root}"):
        assert secret.hex() not in text and repr(secret) not in text
    assert repr(root) == "<RootKey root-1 kcv=cc4a7fc4>"


def test_a_handle_cannot_be_pickled_or_copied() -> None:
    import copy

    root = RootKey(bytes(range(32)), "root-1")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(KeyCustodyError, match="cannot be pickled or copied"):
            attempt(root)


def test_a_root_key_has_32_bytes() -> None:
    with pytest.raises(KeyCustodyError, match="32 bytes"):
        RootKey(b"short", "root-1")
