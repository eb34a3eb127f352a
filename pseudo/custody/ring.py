"""A key ring: the root keys of a custodian, one of them active, in a folder with one sealed file for each.

A key is made pre-active, becomes active when a restore from a backup has given its check value, is retired when another takes
its place (bridges and verification only from then on), and is destroyed when its certificate may be issued. All keys of a
ring have one passphrase. Nothing is written before every check has passed.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pseudo.custody.file import create_root_file, open_root_file
from pseudo.custody.ring_file import KeyRecord, RingFile, code, read_ring, utc_now, write_ring
from pseudo.custody.sealed_file import IN_RING, STANDARD, KdfProfile, Passphrase, read_key_file, write_new
from pseudo.domain import require_name
from pseudo.errors import KeyCustodyError
from pseudo.keys import RootKey
from pseudo.lock_file import waiting_lock

_LOCK = "ring.lock"


@dataclass(frozen=True)
class KeyRing:
    """The ring in a folder."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, passphrase: Passphrase, *, key_id: str, profile: KdfProfile = STANDARD) -> "KeyRing":
        """A new ring with one pre-active key; the folder appears whole or not at all, and is its owner's alone.

        Raises KeyCustodyError when something is there, or the passphrase is too weak.
        """
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise KeyCustodyError(f"{folder}: something is here already and is not overwritten. Give another folder.")
        aside = folder.with_name(f".{folder.name}.part-{secrets.token_hex(6)}")
        try:
            aside.mkdir(mode=0o700, parents=True)
            cls(aside)._add(RingFile((), {}), key_id, passphrase, profile)
            aside.rename(folder)
        except OSError:
            raise KeyCustodyError(f"{folder}: the key ring cannot be written. Check the path and rights.") from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return cls(folder)

    def records(self) -> Sequence[KeyRecord]:
        """Every key and its state, as the file says; only opening proves it."""
        return read_ring(self.folder).keys

    def people(self) -> int:
        """How many people must give a passphrase, as the file of the first key that is there says."""
        for record in self.records():
            if self._file(record.key_id).is_file():
                return read_key_file(self._file(record.key_id)).people
        return 1

    def open(self, passphrase: Passphrase) -> RootKey:
        """The active key. Raises KeyCustodyError when there is none, or it cannot be opened or proved."""
        active = read_ring(self.folder).active()
        if active is None:
            raise KeyCustodyError(
                f"{self.folder}: no key of this ring is active, so nothing is released under it. A new key becomes active "
                "with its restore drill: 'cldlink keys backup', then 'cldlink keys drill'."
            )
        return self.open_version(active.key_id, passphrase)

    def open_version(self, key_id: str, passphrase: Passphrase) -> RootKey:
        """A key by its name, active or retired; of a retired key only bridges and checks are made.

        Raises KeyCustodyError when it is pre-active, destroyed or lost, or cannot be opened or proved.
        """
        ring = read_ring(self.folder)
        record = ring.record(key_id)
        if record.state == "pre-active":
            raise KeyCustodyError(f"Key {key_id} is not active yet: no restore of it has been tried.")
        return self._opened(ring, record, passphrase)

    def prove(self, passphrase: Passphrase) -> RootKey | None:
        """The active key, else the first that is left, in any state: it proves the passphrase and every state of the ring.

        None when every key was destroyed and no file of one is left; then nothing can be proved. Raises KeyCustodyError when
        the key cannot be opened, does not prove the ring, or is lost.
        """
        ring = read_ring(self.folder)
        living = [record for record in ring.keys if record.state != "destroyed"]
        left = [record for record in living if self._file(record.key_id).is_file()]
        chosen = ring.active() or next(iter(left or living), None)
        if chosen:
            return self._opened(ring, chosen, passphrase)
        for record in ring.keys:
            if self._file(record.key_id).is_file():
                raise KeyCustodyError(
                    f"{self._file(record.key_id)}: the ring says that this key was destroyed, and its file is here. Either a "
                    "destruction was interrupted ('cldlink keys destroy' again ends it), or ring.json was altered: restore it."
                )
        return None

    def add(self, key_id: str, passphrase: Passphrase, *, profile: KdfProfile = STANDARD) -> KeyRecord:
        """A further, pre-active key under the ring's passphrase."""
        with self._locked() as ring:
            if any(record.key_id == require_name("key id", key_id) for record in ring.keys):
                raise KeyCustodyError(f"The ring has a key '{key_id}' already. Give another name.")
            return self._add(ring, key_id, passphrase, profile)

    def backup(self, key_id: str, out: Path, passphrase: Passphrase) -> KeyRecord:
        """Copy the sealed file of a key, which must open, to ``out``. The passphrase is not in it: keep it elsewhere."""
        with self._locked() as ring:
            record = ring.record(key_id)
            with self._opened(ring, record, passphrase):
                write_new(out, self._file(key_id).read_bytes())
        return record

    def drill(self, backup: Path, passphrase: Passphrase) -> KeyRecord:
        """Try to restore a key from a backup: it must open and give the key's check value. Nothing is put in place.

        The first key of a ring becomes active by it; a later one may then take its place with ``rotate``.
        """
        with self._locked() as ring:
            record = self._restored(ring, backup, passphrase)
            record = replace(record, drilled=utc_now())
            if record.state == "pre-active" and ring.active() is None:
                record = record.now("active")
            self._write(ring, passphrase, record)
        return record

    def restore(self, backup: Path, passphrase: Passphrase) -> KeyRecord:
        """Put the file of a lost or damaged key back from a backup that opens and gives the key's check value."""
        with self._locked() as ring:
            record = self._restored(ring, backup, passphrase)
            target = self._file(record.key_id)
            if target.exists():
                target.replace(target.with_name(f"{target.name}.damaged-{secrets.token_hex(3)}"))
            write_new(target, backup.read_bytes())
        return record

    def rotate(self, key_id: str, passphrase: Passphrase) -> KeyRecord:
        """Make a drilled, pre-active key the active one; the one before is retired in the same step."""
        with self._locked() as ring:
            new, old = ring.record(key_id), ring.active()
            if new.state != "pre-active":
                raise KeyCustodyError(f"Key {key_id} is {new.state}; only a pre-active key can become active.")
            if new.drilled is None:
                raise KeyCustodyError(
                    f"Key {key_id} is not made active: no restore of it has been tried. 'cldlink keys backup', then "
                    "'cldlink keys drill'."
                )
            new = new.now("active")
            self._write(ring, passphrase, new, *([old.now("retired")] if old else []))
        return new

    def retire(self, key_id: str, passphrase: Passphrase) -> KeyRecord:
        """Retire the active key, or a pre-active one that is not wanted: nothing is released under it any more."""
        with self._locked() as ring:
            record = ring.record(key_id)
            if record.state not in ("active", "pre-active"):
                raise KeyCustodyError(f"Key {key_id} is {record.state} already.")
            record = record.now("retired")
            self._write(ring, passphrase, record)
        return record

    def destroy(
        self, key_id: str, passphrase: Passphrase, before: Callable[[KeyRecord, Mapping[str, str]], None]
    ) -> KeyRecord:
        """Destroy a retired key for ever: its file, and what restores put aside of it, are overwritten and removed.

        ``before`` is given the key and the SHA-256 of each file that goes, by name (empty: there is none), and raises what
        speaks against it. Done again, it removes what an interrupted command left.
        """
        with self._locked() as ring:
            record = ring.record(key_id)
            if record.state not in ("retired", "destroyed"):
                raise KeyCustodyError(f"Key {key_id} is {record.state}. Retire it before it is destroyed.")
            file = self._file(key_id)
            files = [path for path in (file, *self._remnants(file.name)) if path.is_file()]
            if record.state == "retired" and file in files:
                self._opened(ring, record, passphrase).close()
            before(record, {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
            if record.state == "retired":
                record = record.now("destroyed")
                self._write(ring, passphrase, record)
            for path in files:
                _overwrite_and_remove(path)
        return record

    def _add(self, ring: RingFile, key_id: str, passphrase: Passphrase, profile: KdfProfile) -> KeyRecord:
        with ExitStack() as stack:
            others = self._all(ring, ring.keys, passphrase, stack)
            file = self._file(key_id)
            root = stack.enter_context(
                create_root_file(file, passphrase, key_id=key_id, profile=profile, state=IN_RING)
            )
            record = KeyRecord(key_id, root.kcv, "pre-active", read_key_file(file).created)
            keys = (*ring.keys, record)
            try:
                write_ring(self.folder, RingFile(keys, {key.key_id: code(key, keys) for key in (*others, root)}))
            except BaseException:
                file.unlink(missing_ok=True)
                raise
        return record

    def _write(self, ring: RingFile, passphrase: Passphrase, *changed: KeyRecord) -> None:
        """Write the ring with some keys changed, coded anew under every key that is not destroyed."""
        keys = ring.having(*changed)
        with ExitStack() as stack:
            roots = self._all(ring, keys, passphrase, stack)
            write_ring(self.folder, RingFile(keys, {root.key_id: code(root, keys) for root in roots}))

    def _all(
        self, ring: RingFile, keys: Sequence[KeyRecord], passphrase: Passphrase, stack: ExitStack
    ) -> list[RootKey]:
        """Those of ``keys`` that are not destroyed, opened; each proves the ring as it was read."""
        living = [record for record in keys if record.state != "destroyed"]
        return [stack.enter_context(self._opened(ring, record, passphrase)) for record in living]

    def _opened(self, ring: RingFile, record: KeyRecord, passphrase: Passphrase) -> RootKey:
        if record.state == "destroyed":
            raise _destroyed(record)
        file = self._file(record.key_id)
        if not file.is_file():
            raise KeyCustodyError(
                f"{file}: the file of key {record.key_id} is lost. Put it back from a backup: 'cldlink keys restore'."
            )
        return self._proved(ring, record, file, passphrase)

    def _restored(self, ring: RingFile, backup: Path, passphrase: Passphrase) -> KeyRecord:
        """The record of the key of a backup, which opens and gives its check value."""
        record = ring.record(read_key_file(backup).key_id)
        if record.state == "destroyed":
            raise _destroyed(record)
        self._proved(ring, record, backup, passphrase).close()
        return record

    def _proved(self, ring: RingFile, record: KeyRecord, file: Path, passphrase: Passphrase) -> RootKey:
        root, _ = open_root_file(file, passphrase)
        if (root.key_id, root.kcv) != (record.key_id, record.kcv):
            raise KeyCustodyError(f"{file}: this is not key {record.key_id} of the ring: the check value is another.")
        ring.require_written_by(root, self.folder)
        return root

    def _remnants(self, name: str) -> list[Path]:
        """What a restore put aside and what an interrupted command left of a key file."""
        return sorted(path for form in (f"{name}.damaged-*", f".{name}.part-*") for path in self.folder.glob(form))

    def _file(self, key_id: str) -> Path:
        return self.folder / f"{key_id}.keystore"

    @contextmanager
    def _locked(self) -> Iterator[RingFile]:
        """The ring as it stands, with no other command writing it meanwhile."""
        read_ring(self.folder)
        try:
            with waiting_lock(self.folder / _LOCK):
                yield read_ring(self.folder)
        except OSError:
            raise KeyCustodyError(f"{self.folder}: the key ring cannot be written. Check its rights.") from None


def is_ring(path: Path) -> bool:
    """Whether a path leads to a ring rather than to a keystore file."""
    return path.is_dir()


def _overwrite_and_remove(file: Path) -> None:
    """One pass of zeros and away. A solid-state disk may keep the old blocks: the certificate says what was done."""
    with contextlib.suppress(FileNotFoundError):
        with file.open("rb+") as handle:
            handle.write(bytes(file.stat().st_size))
            handle.flush()
            os.fsync(handle.fileno())
        file.unlink()


def _destroyed(record: KeyRecord) -> KeyCustodyError:
    return KeyCustodyError(f"Key {record.key_id} was destroyed on {(record.destroyed or '')[:10]}. Nothing opens it.")
