"""Commands of keys later in their life: rotate, bridge, retire, destroy."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.asking import By
from linkage.cli.key_options import KeyAudit, KeyId, KeyPurpose, Ring, asked_by, tell
from linkage.cli.options import Json
from linkage.cli.output import emit
from linkage.cli.passphrase import Keystore, PassphraseFd, PassphraseFile, read_passphrase

_SigningPassphraseFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--signing-passphrase-file", metavar="PATH", help="File of the signing key's passphrase, if it is another."
    ),
]


def rotate(
    ring: Ring,
    key_id: KeyId,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Make a new key of the ring, whose restore has been tried, the active one; the one before is retired.

    Example: cldlink keys rotate --ring keyring --key-id root-2027a

    Next: cldlink keys bridge
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=ring)
    tell("keys rotate", key_custody.rotate(ring, key_id, passphrase, asked=asked_by(by, audit, purpose)), json)


def bridge(
    keystore: Keystore,
    people: Annotated[
        list[Path],
        typer.Option(
            "--people",
            help="CSV or Parquet with nhs_number, or la_code and person_unique_identifier, or both. Repeatable.",
        ),
    ],
    release: Annotated[list[Path], typer.Option("--release", help="A release that the recipient has. Repeatable.")],
    out: Annotated[Path, typer.Option("--out", help="The sealed file to write.")],
    recipient_key: Annotated[Path, typer.Option("--recipient-key", help="The recipient's public key.")],
    signing: Annotated[Path, typer.Option("--signing-key", help="The file of the key that signs.")],
    old_key_id: Annotated[
        str | None, typer.Option("--old-key-id", help="The key that the releases were made under, if it is retired.")
    ] = None,
    old_keystore: Annotated[
        Path | None, typer.Option("--old-keystore", help="Another ring or key file, in which the old key is.")
    ] = None,
    old_passphrase_file: Annotated[
        list[Path] | None,
        typer.Option("--old-passphrase-file", metavar="PATH", help="File of its passphrase, if it is another."),
    ] = None,
    key_version: Annotated[
        str | None, typer.Option("--key-version", help="The new version of the domain, if it was raised.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    signing_passphrase_file: _SigningPassphraseFile = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Write which new pseudonym stands for which old one that the recipient has: signed, sealed, without identifiers.

    Example: cldlink keys bridge --keystore keyring --old-key-id root-2026a --people current/persons.parquet
    --people traced/trace.parquet --release release-q1 --recipient-key uni.pub --signing-key sender.key --out bridge.sealed

    The recipient opens it: cldlink keys open-bridge
    """
    from linkage import key_bridge
    from pseudo.custody import open_signing_key
    from pseudo.recipient import read_recipient_public_key

    recipient = read_recipient_public_key(recipient_key)
    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=keystore)
    old = None
    if old_keystore:
        old = (old_keystore, read_passphrase(old_passphrase_file or passphrase_file, of=old_keystore))
    keys = key_bridge.BridgeKeys(keystore, passphrase, key_version, old_key_id, old)
    with open_signing_key(signing, read_passphrase(signing_passphrase_file or passphrase_file, of=signing)) as signer:
        made = key_bridge.bridge(
            people, release, out, keys=keys, signer=signer, recipient=recipient, asked=asked_by(by, audit, purpose)
        )
    emit("keys bridge", {**made.counts, "without_successor": made.without}, as_json=json)


def open_bridge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sealed bridge.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; not there yet.")],
    recipient_key: Annotated[Path, typer.Option("--recipient-key", help="The file of your own key.")],
    public_key: Annotated[Path, typer.Option("--public-key", help="The sender's public key.")],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    json: Json = False,
) -> None:
    """Open a bridge that was sealed for you: bridge.csv holds old_pseudonym, new_pseudonym and id_type.

    Example: cldlink keys open-bridge bridge.sealed --recipient-key uni.key --public-key sender.pub --out bridge
    """
    from linkage import key_bridge
    from pseudo.custody import open_recipient_key
    from pseudo.signing import read_public_key

    signer = read_public_key(public_key)
    with open_recipient_key(recipient_key, read_passphrase(passphrase_file, passphrase_fd, of=recipient_key)) as key:
        pairs = key_bridge.open_bridge(file, out, key=key, signer=signer, asked=asked_by(by, audit, None))
    emit("keys open-bridge", {"pairs": pairs}, as_json=json)


def retire(
    ring: Ring,
    key_id: KeyId,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Release nothing more under a key. Bridges and checks of what was released are still made with it.

    Example: cldlink keys retire --ring keyring --key-id root-2026a
    """
    from linkage import key_custody

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=ring)
    tell("keys retire", key_custody.retire(ring, key_id, passphrase, asked=asked_by(by, audit, purpose)), json)


def destroy(
    ring: Ring,
    key_id: KeyId,
    out: Annotated[Path, typer.Option("--out", help="The certificate to write.")],
    signing: Annotated[Path, typer.Option("--signing-key", help="The file of the key that signs the certificate.")],
    witness: Annotated[str, typer.Option("--witness", metavar="NAME", help="Who watched; not who does it.")],
    destroyed: Annotated[
        list[str] | None,
        typer.Option("--destroyed", metavar="NAME", help="A backup or share that was destroyed too. Repeatable."),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            "--log", help="A further audit log in which the key was used, such as that of releases. Repeatable."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    signing_passphrase_file: _SigningPassphraseFile = None,
    by: By = None,
    audit: KeyAudit = None,
    purpose: KeyPurpose = None,
    json: Json = False,
) -> None:
    """Destroy a retired key for ever, with a signed certificate; refused while a backup or share is not accounted for.

    Example: cldlink keys destroy --ring keyring --key-id root-2026a --destroyed safe-1 --witness w.witness
    --signing-key sender.key --out certificate.json
    """
    from linkage import key_custody
    from pseudo.custody import open_signing_key

    passphrase = read_passphrase(passphrase_file, passphrase_fd, of=ring)
    with open_signing_key(signing, read_passphrase(signing_passphrase_file or passphrase_file, of=signing)) as signer:
        record = key_custody.destroy(
            ring,
            key_id,
            passphrase,
            out=out,
            copies=destroyed or (),
            witness=witness,
            signer=signer,
            asked=asked_by(by, audit, purpose),
            logs=log or (),
        )
    tell("keys destroy", record, json)
