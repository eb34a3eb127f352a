"""Commands of keys: create, show, backup, drill, restore."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli import key_life
from linkage.cli.asking import By
from linkage.cli.key_options import (
    Backup,
    KeyAudit,
    KeyId,
    KeyPurpose,
    Ring,
    asked_by,
    facts_of,
    state_lines,
    tell,
)
from linkage.cli.options import Json
from linkage.cli.output import emit, say
from linkage.cli.passphrase import Keystore, PassphraseFd, PassphraseFile, read_passphrase
from linkage.errors import UsageError

keys_app = typer.Typer(
    no_args_is_help=True,
    help="Make, keep, rotate and destroy keys. Key bytes are never shown; every deed is in the audit log.",
)


class _Kind(StrEnum):
    ROOT = "root"
    SIGNING = "signing"
    RECIPIENT = "recipient"


@keys_app.command("create")
def create(
    key_id: Annotated[str, typer.Option("--key-id", help="A name for the key, such as root-2026a.")],
    keystore: Annotated[Path | None, typer.Option("--keystore", help="The new key file.")] = None,
    ring: Annotated[
        Path | None, typer.Option("--ring", help="In place of a file: the folder of a key ring, new or not.")
    ] = None,
    kind: Annotated[
        _Kind,
        typer.Option(
            "--kind",
            metavar="root|signing|recipient",
            help="root makes pseudonyms, signing signs, recipient opens what is sealed for you.",
        ),
    ] = _Kind.ROOT,
    public: Annotated[
        Path | None, typer.Option("--public", help="File for the public half of a signing or recipient's key.")
    ] = None,
    two_people: Annotated[
        bool,
        typer.Option(
            "--two-people", help="Two people give a passphrase each, two different ones; both open the key together."
        ),
    ] = False,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Make a key: in a new encrypted key file, or in a key ring.

    The passphrase comes from a prompt, a file or a file descriptor; never from an argument or the environment. Without
    the passphrase the key cannot be opened by anyone: keep it, and a copy of the file, apart and safe. A key in a ring can be
    used when a restore from a backup has been tried.

    Example: cldlink keys create --ring keyring --key-id root-2026a --two-people

    Example: cldlink keys create --keystore root.keystore --key-id root-2026a

    Example: cldlink keys create --kind signing --keystore sender.key --public sender.pub --key-id sender-2026
    """
    from linkage import key_custody

    if (keystore is None) == (ring is None):
        raise UsageError("Give --keystore for a key file, or --ring for a key ring; one of the two.")
    if (kind == _Kind.ROOT) == (public is not None) or (ring and kind != _Kind.ROOT):
        raise UsageError("A signing or recipient's key needs --keystore and --public; a root key has no public half.")
    of = ring if ring and ring.is_dir() and any(ring.iterdir()) else None
    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=of, two_people=two_people, confirm=of is None)
    asked = asked_by(by, audit, purpose)
    if keystore and public:
        fingerprint = key_custody.create_pair(
            "signing" if kind == _Kind.SIGNING else "recipient",
            keystore,
            passphrase,
            key_id=key_id,
            public_path=public,
            asked=asked,
        )
        emit("keys create", {"key_id": key_id, "fingerprint": fingerprint}, as_json=json)
    elif keystore:
        made = key_custody.create_root(keystore, passphrase, key_id=key_id, asked=asked)
        emit("keys create", {"key_id": made.key_id, "key_check_value": made.kcv}, as_json=json)
    elif ring:
        tell("keys create", key_custody.create_in_ring(ring, passphrase, key_id=key_id, asked=asked), json)
        say("Not active yet. Next: cldlink keys backup, then cldlink keys drill.")


@keys_app.command("show")
def show(
    keystore: Keystore,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    json: Json = False,
) -> None:
    """Open a key file or ring and show each key's name, check value and state: proof that the passphrase fits.

    Example: cldlink keys show --keystore root.keystore
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=keystore)
    records = key_custody.show(keystore, passphrase, asked=asked_by(by, audit, None))
    if keystore.is_dir():
        keys = [facts_of(record) for record in records]
        emit("keys show", {"keys": keys}, as_json=json, lines=state_lines(records))
        if all(record.state == "destroyed" for record in records):
            say("No key is left in this ring: nothing proves the passphrase or these states.")
    else:
        emit("keys show", {"key_id": records[0].key_id, "key_check_value": records[0].kcv}, as_json=json)


@keys_app.command("backup")
def backup(
    ring: Ring,
    key_id: KeyId,
    out: Annotated[Path, typer.Option("--out", help="The backup to write, on other storage than the ring.")],
    copy: Annotated[
        list[str],
        typer.Option(
            "--copy",
            metavar="NAME",
            help="What this copy is called, such as safe-1. Again for each half of the passphrase that is put into a safe.",
        ),
    ],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Copy the sealed file of a key, which the same passphrase opens. Every copy must be named again to destroy the key.

    Example: cldlink keys backup --ring keyring --key-id root-2026a --copy safe-1 --out /mnt/safe1/root-2026a.backup

    Next: cldlink keys drill --ring keyring --backup /mnt/safe1/root-2026a.backup
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=ring)
    asked = asked_by(by, audit, purpose)
    tell("keys backup", key_custody.backup(ring, key_id, out, passphrase, copies=copy, asked=asked), json)


@keys_app.command("drill")
def drill(
    ring: Ring,
    backup: Backup,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Try to restore a key: the backup must open and give its check value. The first key of a ring becomes active by it.

    Example: cldlink keys drill --ring keyring --backup /mnt/safe1/root-2026a.backup
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=backup)
    tell("keys drill", key_custody.drill(ring, backup, passphrase, asked=asked_by(by, audit, purpose)), json)


@keys_app.command("restore")
def restore(
    ring: Ring,
    backup: Backup,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Put the lost or damaged file of a key back from a backup that opens and gives its check value.

    Example: cldlink keys restore --ring keyring --backup /mnt/safe1/root-2026a.backup
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=backup)
    tell("keys restore", key_custody.restore(ring, backup, passphrase, asked=asked_by(by, audit, purpose)), json)


keys_app.command("rotate")(key_life.rotate)
keys_app.command("bridge")(key_life.bridge)
keys_app.command("open-bridge")(key_life.open_bridge)
keys_app.command("retire")(key_life.retire)
keys_app.command("destroy")(key_life.destroy)
