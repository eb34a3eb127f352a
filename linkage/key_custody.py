"""What is done with keys, each deed an entry of the audit log: make, back up, try a restore, rotate, retire, destroy.

The log is the folder ``audit`` beside the ring or key file, unless another is given; one log for keys and releases lets a
certificate of destruction name every release.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from linkage.audited import Asked, Done, audited, recorded
from linkage.errors import UsageError
from pseudo.audit import AuditLog
from pseudo.audit_entry import KeyUse
from pseudo.certificate import Ended, destruction_certificate, outstanding
from pseudo.custody import (
    STANDARD,
    KdfProfile,
    KeyRecord,
    KeyRing,
    Passphrase,
    create_keystore,
    create_recipient_key,
    create_signing_key,
    custody_at,
    require_strength,
)
from pseudo.custody.sealed_file import Kind
from pseudo.errors import KeyCustodyError
from pseudo.signing import SigningKey


def create_root(
    keystore: Path, passphrase: Passphrase, *, key_id: str, asked: Asked, profile: KdfProfile = STANDARD
) -> KeyUse:
    """A root key in a file of its own, active at once."""
    require_strength(passphrase)
    with _deed("keys create", asked, keystore, key_id) as done:
        with create_keystore(keystore, passphrase, key_id=key_id, profile=profile) as key:
            done.key = KeyUse(key.key_id, key.kcv)
        return done.key


def create_in_ring(
    folder: Path, passphrase: Passphrase, *, key_id: str, asked: Asked, profile: KdfProfile = STANDARD
) -> KeyRecord:
    """A pre-active root key: in the ring of a folder, or in a new ring where there is none."""
    require_strength(passphrase)
    with _deed("keys create", asked, folder, key_id) as done:
        if folder.is_dir() and any(folder.iterdir()):
            record = KeyRing(folder).add(key_id, passphrase, profile=profile)
        else:
            (record,) = KeyRing.create(folder, passphrase, key_id=key_id, profile=profile).records()
        done.key = _use(record)
    return record


def create_pair(
    kind: Kind,
    path: Path,
    passphrase: Passphrase,
    *,
    key_id: str,
    public_path: Path,
    asked: Asked,
    profile: KdfProfile = STANDARD,
) -> str:
    """A signing key or a recipient's key, its public half in a file to give away. Gives the fingerprint."""
    require_strength(passphrase)
    make: Callable[..., Any] = create_signing_key if kind == "signing" else create_recipient_key
    with _deed("keys create", asked, path, key_id) as done:
        with make(path, passphrase, key_id=key_id, public_path=public_path, profile=profile) as key:
            fingerprint = str(key.public.fingerprint)
        done.key = KeyUse(key_id, fingerprint[:8])
    return fingerprint


def show(path: Path, passphrase: Passphrase, *, asked: Asked) -> Sequence[KeyRecord]:
    """The keys of a ring or key file, after opening the active one, or else the first that is left, which proves them."""
    custody = custody_at(path)
    records = custody.records()
    active = next((record for record in records if record.state == "active"), None)
    with _deed("keys show", asked, path, (active or records[0]).key_id) as done:
        if opened := custody.prove(passphrase):
            with opened as key:
                done.key = KeyUse(key.key_id, key.kcv)
    return records


def backup(
    folder: Path, key_id: str, out: Path, passphrase: Passphrase, *, copies: Sequence[str], asked: Asked
) -> KeyRecord:
    """Copy the sealed file of a key. ``copies`` are the names of this copy and of the shares that are kept with it, such as
    the halves of the passphrase in two safes; each must be accounted for before the key can be destroyed.
    """
    ring = KeyRing(folder)
    used = outstanding(recorded(asked.log(folder)), _record(ring, key_id))
    again = sorted({*copies} & {*used}) or sorted({copy for copy in copies if [*copies].count(copy) > 1})
    if again:
        raise UsageError(
            f"There is a backup or share named {', '.join(again)} already. Give each copy a name of its own."
        )
    begun = Done(key=_use(_record(ring, key_id)), copies=copies)
    with audited("keys backup", _named(asked, key_id), folder, begun=begun):
        return ring.backup(key_id, out, passphrase)


def drill(folder: Path, backup_file: Path, passphrase: Passphrase, *, asked: Asked) -> KeyRecord:
    """Try a restore from a backup; the first key of a ring becomes active by it."""
    return _changed("keys drill", asked, folder, lambda ring: ring.drill(backup_file, passphrase))


def restore(folder: Path, backup_file: Path, passphrase: Passphrase, *, asked: Asked) -> KeyRecord:
    """Put a lost key file back from a backup."""
    return _changed("keys restore", asked, folder, lambda ring: ring.restore(backup_file, passphrase))


def rotate(folder: Path, key_id: str, passphrase: Passphrase, *, asked: Asked) -> KeyRecord:
    """Make a drilled key the active one and retire the one before."""
    return _changed("keys rotate", asked, folder, lambda ring: ring.rotate(key_id, passphrase), key_id)


def retire(folder: Path, key_id: str, passphrase: Passphrase, *, asked: Asked) -> KeyRecord:
    """Nothing is released under the key any more."""
    return _changed("keys retire", asked, folder, lambda ring: ring.retire(key_id, passphrase), key_id)


def destroy(
    folder: Path,
    key_id: str,
    passphrase: Passphrase,
    *,
    out: Path,
    copies: Sequence[str],
    witness: str,
    signer: SigningKey,
    asked: Asked,
    logs: Sequence[Path] = (),
) -> KeyRecord:
    """Destroy a retired key and write the signed certificate to ``out``; done again, it only writes the certificate again.

    ``logs`` are further audit logs in which the key was used, such as those of releases. Raises PolicyError while the ring's own
    log shows a backup or share that is not among ``copies``.
    """
    if out.exists():
        raise UsageError(f"{out}: a file is here already and is not overwritten. Give another name.")
    ring, aside = KeyRing(folder), out.with_name(f".{out.name}.part-{secrets.token_hex(6)}")
    ended = Ended(copies, _named(asked, key_id).action("keys destroy").actor, witness)

    def certify(record: KeyRecord, files: Mapping[str, str]) -> None:
        known = [asked.log(folder), *(AuditLog(path) for path in logs)]
        aside.write_bytes(destruction_certificate([log.entries() for log in known], record, files, ended, signer))

    with _deed("keys destroy", asked, folder, key_id, signer) as done:
        done.key = _use(_record(ring, key_id))
        try:
            record = ring.destroy(key_id, passphrase, certify)
            aside.rename(out)
        finally:
            aside.unlink(missing_ok=True)
        done.copies = copies
    return record


def _changed(
    command: str, asked: Asked, folder: Path, act: Callable[[KeyRing], KeyRecord], key_id: str = "backup"
) -> KeyRecord:
    with _deed(command, asked, folder, key_id) as done:
        record = act(KeyRing(folder))
        done.key = _use(record)
    return record


@contextmanager
def _deed(command: str, asked: Asked, beside: Path, key_id: str, signer: SigningKey | None = None) -> Iterator[Done]:
    """An audited deed; for what and for which key is said where the caller does not."""
    with audited(command, _named(asked, key_id), beside, signer=signer) as done:
        yield done


def _named(asked: Asked, key_id: str) -> Asked:
    return replace(asked, purpose=asked.purpose or "Keeping of keys", submission=asked.submission or key_id)


def _use(record: KeyRecord) -> KeyUse:
    return KeyUse(record.key_id, record.kcv)


def _record(ring: KeyRing, key_id: str) -> KeyRecord:
    found = [record for record in ring.records() if record.key_id == key_id]
    if not found:
        raise KeyCustodyError("The ring has no key of that name. See 'cldlink keys show'.")
    return found[0]
