"""The key ring: states and what leads from one to the next, and what a lost, damaged or forged ring says."""

import json
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from pseudo.custody import (
    INSECURE_FAST_FOR_TESTS,
    KeyRecord,
    KeyRing,
    create_keystore,
    custody_at,
    open_keystore,
    open_root,
)
from pseudo.custody.ring_file import RingFile, write_ring
from pseudo.errors import KeyCustodyError, PolicyError

PASSPHRASE = (b"seven quiet herons", b"under the old bridge")
FAST = INSECURE_FAST_FOR_TESTS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring in each of three stages, with the backups of its keys."""
    at = tmp_path_factory.mktemp("made")
    ring = KeyRing.create(at / "ring", PASSPHRASE, key_id="root-a", profile=FAST)
    shutil.copytree(at / "ring", at / "new")
    ring.backup("root-a", at / "a.backup", PASSPHRASE)
    ring.drill(at / "a.backup", PASSPHRASE)
    shutil.copytree(at / "ring", at / "drilled")
    ring.add("root-b", PASSPHRASE, profile=FAST)
    ring.backup("root-b", at / "b.backup", PASSPHRASE)
    ring.drill(at / "b.backup", PASSPHRASE)
    ring.rotate("root-b", PASSPHRASE)
    ring.folder.rename(at / "rotated")
    return at


def copied(made: Path, stage: str, to: Path) -> KeyRing:
    shutil.copytree(made / stage, to / "ring")
    for backup in made.glob("*.backup"):
        shutil.copy(backup, to)
    return KeyRing(to / "ring")


@pytest.fixture
def new(made: Path, tmp_path: Path) -> KeyRing:
    return copied(made, "new", tmp_path)


@pytest.fixture
def ring(made: Path, tmp_path: Path) -> KeyRing:
    """A ring with an active key."""
    return copied(made, "drilled", tmp_path)


@pytest.fixture
def rotated(made: Path, tmp_path: Path) -> KeyRing:
    return copied(made, "rotated", tmp_path)


def states(ring: KeyRing) -> dict[str, str]:
    return {record.key_id: record.state for record in ring.records()}


def allowed(_: KeyRecord, __: Mapping[str, str]) -> None:
    return None


def refused(_: KeyRecord, __: Mapping[str, str]) -> None:
    raise PolicyError("a backup is not accounted for")


def test_a_new_key_is_not_active_until_a_restore_has_given_its_check_value(new: KeyRing, tmp_path: Path) -> None:
    assert states(new) == {"root-a": "pre-active"}
    with pytest.raises(KeyCustodyError, match="no key of this ring is active"):
        new.open(PASSPHRASE)
    with pytest.raises(KeyCustodyError, match="no restore of it has been tried"):
        new.open_version("root-a", PASSPHRASE)
    new.backup("root-a", tmp_path / "safe" / "a.backup", PASSPHRASE)
    drilled = new.drill(tmp_path / "safe" / "a.backup", PASSPHRASE)
    assert states(new) == {"root-a": "active"} and drilled.drilled and drilled.activated
    assert new.open(PASSPHRASE).kcv == drilled.kcv


def test_a_restored_ring_makes_the_same_keys(ring: KeyRing, tmp_path: Path) -> None:
    kcv = ring.open(PASSPHRASE).kcv
    file = ring.folder / "root-a.keystore"
    file.unlink()
    with pytest.raises(KeyCustodyError, match=r"lost.*keys restore"):
        ring.open(PASSPHRASE)
    ring.restore(tmp_path / "a.backup", PASSPHRASE)
    assert ring.open(PASSPHRASE).kcv == kcv


def test_the_whole_folder_can_be_copied_and_used_elsewhere(ring: KeyRing, tmp_path: Path) -> None:
    shutil.copytree(ring.folder, tmp_path / "elsewhere")
    assert KeyRing(tmp_path / "elsewhere").open(PASSPHRASE).kcv == ring.open(PASSPHRASE).kcv


def test_a_second_key_takes_the_place_of_the_first(rotated: KeyRing) -> None:
    assert states(rotated) == {"root-a": "retired", "root-b": "active"}
    assert rotated.open(PASSPHRASE).key_id == "root-b"
    assert rotated.open_version("root-a", PASSPHRASE).key_id == "root-a"


def test_a_key_without_drill_cannot_become_active(ring: KeyRing) -> None:
    ring.add("root-b", PASSPHRASE, profile=FAST)
    with pytest.raises(KeyCustodyError, match="no restore"):
        ring.rotate("root-b", PASSPHRASE)
    assert states(ring) == {"root-a": "active", "root-b": "pre-active"}


def test_a_drill_with_another_rings_backup_or_a_damaged_one_fails(ring: KeyRing, tmp_path: Path) -> None:
    other = KeyRing.create(tmp_path / "other", PASSPHRASE, key_id="root-a", profile=FAST)
    other.backup("root-a", tmp_path / "other.backup", PASSPHRASE)
    with pytest.raises(KeyCustodyError, match="check value is another"):
        ring.drill(tmp_path / "other.backup", PASSPHRASE)
    damaged = (tmp_path / "a.backup").read_text().replace('ciphertext_hex": "', 'ciphertext_hex": "0')
    (tmp_path / "a.backup").write_text(damaged)
    with pytest.raises(KeyCustodyError):
        ring.drill(tmp_path / "a.backup", PASSPHRASE)


def test_a_retired_key_can_be_destroyed_and_nothing_opens_it_again(rotated: KeyRing, tmp_path: Path) -> None:
    record = rotated.destroy("root-a", PASSPHRASE, allowed)
    assert states(rotated) == {"root-a": "destroyed", "root-b": "active"} and record.destroyed
    assert not (rotated.folder / "root-a.keystore").exists()
    for act in (
        lambda: rotated.open_version("root-a", PASSPHRASE),
        lambda: rotated.restore(tmp_path / "a.backup", PASSPHRASE),
        lambda: rotated.drill(tmp_path / "a.backup", PASSPHRASE),
        lambda: rotated.rotate("root-a", PASSPHRASE),
    ):
        with pytest.raises(KeyCustodyError, match="destroyed"):
            act()
    assert rotated.open(PASSPHRASE).key_id == "root-b"


@pytest.mark.parametrize("key_id", ["root-a", "root-b"])
def test_only_a_retired_key_is_destroyed_and_only_if_allowed(rotated: KeyRing, key_id: str) -> None:
    with pytest.raises(KeyCustodyError if key_id == "root-b" else PolicyError):
        rotated.destroy(key_id, PASSPHRASE, refused)
    assert states(rotated) == {"root-a": "retired", "root-b": "active"}
    assert rotated.open_version("root-a", PASSPHRASE).key_id == "root-a"


def test_a_lost_key_can_be_declared_destroyed(rotated: KeyRing) -> None:
    (rotated.folder / "root-a.keystore").unlink()
    seen: list[Mapping[str, str]] = []
    record = rotated.destroy("root-a", PASSPHRASE, lambda _, files: seen.append(files))
    assert (record.state, seen) == ("destroyed", [{}])


def test_an_interrupted_destruction_is_finished_by_the_next(rotated: KeyRing, tmp_path: Path) -> None:
    rotated.destroy("root-a", PASSPHRASE, allowed)
    shutil.copy(tmp_path / "a.backup", rotated.folder / "root-a.keystore")
    rotated.destroy("root-a", PASSPHRASE, allowed)
    assert not (rotated.folder / "root-a.keystore").exists()


def test_retiring_the_only_key_leaves_nothing_to_release_under(ring: KeyRing) -> None:
    ring.retire("root-a", PASSPHRASE)
    with pytest.raises(KeyCustodyError, match="no key of this ring is active"):
        ring.open(PASSPHRASE)
    with pytest.raises(KeyCustodyError, match="retired already"):
        ring.retire("root-a", PASSPHRASE)


@pytest.mark.parametrize(
    "wrong",
    [(b"seven quiet herons", b"under the old bridgE"), (b"under the old bridge", b"seven quiet herons"),
     (b"seven quiet heronsu", b"nder the old bridge"), b"seven quiet heronsunder the old bridge"],
)  # fmt: skip
def test_both_people_are_needed_in_their_order(ring: KeyRing, wrong: bytes | tuple[bytes, bytes]) -> None:
    before = {path.name: path.read_bytes() for path in ring.folder.iterdir()}
    with pytest.raises(KeyCustodyError, match=r"wrong|two people"):
        ring.open(wrong)
    with pytest.raises(KeyCustodyError):
        ring.add("root-b", wrong, profile=FAST)
    with pytest.raises(KeyCustodyError):
        ring.retire("root-a", wrong)
    assert before == {path.name: path.read_bytes() for path in ring.folder.iterdir() if path.name != "ring.lock"} | {
        "ring.lock": b""
    }


def test_a_weak_half_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="weak"):
        KeyRing.create(tmp_path / "ring", (PASSPHRASE[0], b"short"), key_id="a", profile=FAST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("was", "becomes"), [('"retired"', '"active"'), ('"active"', '"pre-active"'), ('"drilled": "2', '"drilled": "1')]
)
def test_a_state_cannot_be_changed_without_the_passphrase(rotated: KeyRing, was: str, becomes: str) -> None:
    path = rotated.folder / "ring.json"
    path.write_text(path.read_text().replace(was, becomes, 1))
    for key_id in ("root-a", "root-b"):
        with pytest.raises(KeyCustodyError):
            rotated.open_version(key_id, PASSPHRASE)
    with pytest.raises(KeyCustodyError):
        rotated.retire("root-b", PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "cldlink-ring-1"}', b"\xff", b"[" * 100_000, None])
def test_a_damaged_ring_says_so(ring: KeyRing, content: bytes | None) -> None:
    path = ring.folder / "ring.json"
    path.unlink() if content is None else path.write_bytes(content)
    for act in (lambda: ring.open(PASSPHRASE), ring.records, lambda: ring.add("b", PASSPHRASE, profile=FAST)):
        with pytest.raises(KeyCustodyError, match="Restore the folder"):
            act()


def test_where_there_is_no_ring_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="no key ring here"):
        open_root(tmp_path, PASSPHRASE)


def test_a_key_file_of_a_ring_is_not_opened_past_its_state(rotated: KeyRing) -> None:
    with pytest.raises(KeyCustodyError, match="belongs to a key ring"):
        open_keystore(rotated.folder / "root-a.keystore", PASSPHRASE)


def test_two_keys_cannot_have_one_name(ring: KeyRing) -> None:
    with pytest.raises(KeyCustodyError, match="already"):
        ring.add("root-a", PASSPHRASE, profile=FAST)


def test_a_ring_is_not_made_over_anything(ring: KeyRing) -> None:
    with pytest.raises(KeyCustodyError, match="not overwritten"):
        KeyRing.create(ring.folder, PASSPHRASE, key_id="b", profile=FAST)


def test_a_folder_whose_ring_was_never_finished_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pseudo.custody.ring.write_ring", stopped)
    with pytest.raises(KeyboardInterrupt):
        KeyRing.create(tmp_path / "ring", PASSPHRASE, key_id="a", profile=FAST)
    assert list(tmp_path.iterdir()) == []


DEEDS = {
    "add": lambda ring: ring.add("root-c", PASSPHRASE, profile=FAST),
    "rotate": lambda ring: ring.rotate("root-c", PASSPHRASE),
    "retire": lambda ring: ring.retire("root-b", PASSPHRASE),
    "destroy": lambda ring: ring.destroy("root-a", PASSPHRASE, allowed),
}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_that_is_interrupted_leaves_the_ring_as_it_was_or_as_it_was_to_become(
    rotated: KeyRing, monkeypatch: pytest.MonkeyPatch, deed: str, before: bool
) -> None:
    if deed == "rotate":
        rotated.add("root-c", PASSPHRASE, profile=FAST)
        rotated.drill(rotated.folder / "root-c.keystore", PASSPHRASE)
    was = states(rotated)

    def interrupted(folder: Path, ring: RingFile) -> None:
        if not before:
            write_ring(folder, ring)
        raise KeyboardInterrupt

    monkeypatch.setattr("pseudo.custody.ring.write_ring", interrupted)
    with pytest.raises(KeyboardInterrupt):
        DEEDS[deed](rotated)
    monkeypatch.undo()
    assert (states(rotated) == was) is before
    for key_id, state in states(rotated).items():
        if state in ("active", "retired") and (before or deed != "add"):
            assert rotated.open_version(key_id, PASSPHRASE).key_id == key_id


def test_what_a_restore_put_aside_is_destroyed_with_the_key(rotated: KeyRing, tmp_path: Path) -> None:
    rotated.restore(tmp_path / "a.backup", PASSPHRASE)
    files = {path.name for path in rotated.folder.glob("root-a*")}
    assert len(files) == 2
    told: set[str] = set()
    rotated.destroy("root-a", PASSPHRASE, lambda _, files: told.update(files))
    assert list(rotated.folder.glob("*root-a*")) == [] and told == files


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_a_ring_is_its_owners_alone(ring: KeyRing) -> None:
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((ring.folder / name).stat().st_mode) for name in ("ring.json", "root-a.keystore")} == {0o600}


def test_a_single_keystore_file_is_custody_too(tmp_path: Path) -> None:
    made = create_keystore(tmp_path / "k.keystore", PASSPHRASE, key_id="root-k", profile=FAST)
    custody = custody_at(tmp_path / "k.keystore")
    assert [(one.key_id, one.kcv, one.state) for one in custody.records()] == [("root-k", made.kcv, "active")]
    assert custody.people() == 2
    assert custody.open(PASSPHRASE).kcv == custody.open_version("root-k", PASSPHRASE).kcv == made.kcv
    with pytest.raises(KeyCustodyError):
        custody.open_version("other", PASSPHRASE)


def test_no_file_of_a_ring_holds_the_key(rotated: KeyRing) -> None:
    secret = rotated.open(PASSPHRASE)._secret
    assert secret is not None
    for path in rotated.folder.iterdir():
        assert secret not in path.read_bytes() and secret.hex().encode() not in path.read_bytes()
    assert json.loads((rotated.folder / "ring.json").read_text())["keys"][0]["key_id"] == "root-a"
