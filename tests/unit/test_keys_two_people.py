"""A key that two people keep is never opened by one of them alone: not by one passphrase, nor by one given twice."""

import os
from datetime import date
from pathlib import Path

import pytest

from linkage.cli.passphrase import read_passphrase
from linkage.errors import UsageError
from pseudo.audit_entry import same_name
from pseudo.custody import INSECURE_FAST_FOR_TESTS, KeyRing, create_keystore, create_signing_key, require_strength
from pseudo.destruction import destroy_release
from pseudo.errors import KeyCustodyError, PolicyError
from pseudo.signing import SigningKey
from tests.main_job import cldlink

FIRST, SECOND = b"seven quiet herons", b"under the old bridge"


@pytest.fixture
def at(tmp_path: Path) -> Path:
    (tmp_path / "one").write_bytes(FIRST + b"\n")
    (tmp_path / "copy").write_bytes(FIRST + b"\r\nnot read\n")
    (tmp_path / "two").write_bytes(SECOND + b"\n")
    return tmp_path


@pytest.mark.parametrize("files", [["one"], ["one", "one"], ["one", "copy"]], ids=" and ".join)
@pytest.mark.parametrize("where", ["--ring", "--keystore"])
def test_one_passphrase_makes_no_key_of_two_people(at: Path, where: str, files: list[str]) -> None:
    given = [part for name in files for part in ("--passphrase-file", at / name)]
    ran = cldlink("keys", "create", where, at / "new", "--key-id", "root-a", "--two-people", *given)
    assert ran.code == (2 if len(files) == 1 else 6), ran.err
    assert ("give --passphrase-file" in ran.err) if len(files) == 1 else ("same passphrase" in ran.err)
    assert not (at / "new").exists() and not (at / "audit").exists()


def test_nor_do_one_descriptor_or_two_of_one_file(at: Path) -> None:
    with pytest.raises(UsageError, match="Two people"):
        read_passphrase(None, [os.open(at / "one", os.O_RDONLY)], two_people=True)
    once = os.open(at / "one", os.O_RDONLY)
    with pytest.raises(UsageError, match="could not be read"):
        read_passphrase(None, [once, once], two_people=True)
    twice = [os.open(at / "one", os.O_RDONLY) for _ in range(2)]
    with pytest.raises(KeyCustodyError, match="same passphrase"):
        require_strength(read_passphrase(None, twice, two_people=True))


def test_two_prompts_ask_two_people(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda label, **_: asked.append(label) or FIRST.decode())
    with pytest.raises(KeyCustodyError, match="same passphrase"):
        require_strength(read_passphrase(None, two_people=True, confirm=True))
    assert asked == ["Passphrase, first person", "Passphrase, second person"]


def test_custody_itself_refuses_equal_parts(at: Path) -> None:
    same, fast = (FIRST, FIRST), INSECURE_FAST_FOR_TESTS
    for make in (
        lambda: KeyRing.create(at / "new", same, key_id="root-a", profile=fast),
        lambda: create_keystore(at / "new", same, key_id="root-a", profile=fast),
        lambda: create_signing_key(at / "new", same, key_id="s", public_path=at / "s.pub", profile=fast),
    ):
        with pytest.raises(KeyCustodyError, match="same passphrase"):
            make()
    assert not (at / "new").exists()


@pytest.mark.parametrize("witness", ["A. Keeper", "a. keeper", "AKEEPER", "a_keeper", "A-Keeper "])
def test_one_person_in_two_spellings_is_no_witness_of_a_release_either(tmp_path: Path, witness: str) -> None:
    signer = SigningKey(bytes(range(32)), "sign-1")
    with pytest.raises(PolicyError, match="Somebody else"):
        destroy_release(
            tmp_path, signing_key=signer, by="A. Keeper", witness=witness, reason="The end", on=date(2026, 11, 21)
        )
    assert not same_name("A. Keeper", "B. Keeper") and list(tmp_path.iterdir()) == []


def test_two_different_passphrases_make_a_ring_that_neither_opens_alone(at: Path) -> None:
    ring = KeyRing.create(at / "ring", (FIRST, SECOND), key_id="root-a", profile=INSECURE_FAST_FOR_TESTS)
    assert ring.people() == 2
    for alone in ("one", "two"):
        ran = cldlink("keys", "show", "--keystore", at / "ring", "--passphrase-file", at / alone)
        assert ran.code == 6 and "two people" in ran.err
