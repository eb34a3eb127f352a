"""A bridge by command: the keys of a ring or key file, the people as files, what the recipient has as release folders."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from linkage.audited import Asked, audited, manifest_hash
from linkage.errors import UsageError
from pseudo.audit_entry import KeyUse
from pseudo.bridge import Bridge, BridgeEnd, make_bridge, read_bridge
from pseudo.columns import open_source
from pseudo.custody import Passphrase, custody_at
from pseudo.keys import RootKey
from pseudo.recipient import RecipientKey, RecipientPublicKey
from pseudo.release import open_unvouched
from pseudo.release_manifest import request_of
from pseudo.sealing import read_sealed, unseal
from pseudo.signing import PublicKey, SigningKey


@dataclass(frozen=True)
class BridgeKeys:
    """What the new pseudonyms are made under: the active key of ``keystore``, and the domain's version, the old one's if
    not given. The releases were made under the active key too, unless ``old_key_id`` names another of that ring, or
    ``old`` is the ring or key file (with its passphrase) in which the old key is.
    """

    keystore: Path
    passphrase: Passphrase
    key_version: str | None = None
    old_key_id: str | None = None
    old: tuple[Path, Passphrase] | None = None

    def open(self, stack: ExitStack) -> tuple[RootKey, RootKey]:
        """The old and the new key, for as long as the stack lasts."""
        custody = custody_at(self.keystore)
        new = stack.enter_context(custody.open(self.passphrase))
        if self.old is None and self.old_key_id is None:
            return new, new
        path, passphrase = self.old or (self.keystore, self.passphrase)
        before = custody_at(path)
        old = before.open_version(self.old_key_id, passphrase) if self.old_key_id else before.open(passphrase)
        return stack.enter_context(old), new


def bridge(
    people: Sequence[Path],
    releases: Sequence[Path],
    out: Path,
    *,
    keys: BridgeKeys,
    signer: SigningKey,
    recipient: RecipientPublicKey,
    asked: Asked,
) -> Bridge:
    """Make the bridge of what a recipient has, sealed for the recipient; an entry of the audit log beside ``out``."""
    if not people or not releases:
        raise UsageError("A bridge needs --people, who it is about, and --release, what the recipient has.")
    opened = [open_unvouched(folder) for folder in releases]
    request = request_of(opened[0].manifest)
    new_request = replace(request, key_version=keys.key_version or request.key_version)
    named = replace(
        asked, purpose=asked.purpose or "Bridge after a rotation", submission=asked.submission or request.project
    )
    made_from = [manifest_hash(folder) for folder in releases]
    with audited("keys bridge", named, out, made_from, signer=signer) as done, ExitStack() as stack:
        old, new = keys.open(stack)
        done.key = KeyUse.of(new_request.domain("nhs_number"), key_id=new.key_id, kcv=new.kcv)
        made = make_bridge(
            [open_source(path.name, path) for path in people],
            opened,
            old=BridgeEnd(old, request),
            new=BridgeEnd(new, new_request),
            signer=signer,
            recipient=recipient,
            out=out,
        )
        done.counts = {**made.counts, "without_successor": made.without}
    return made


def open_bridge(file: Path, out: Path, *, key: RecipientKey, signer: PublicKey, asked: Asked) -> int:
    """Open a sealed bridge into the folder ``out``; gives its pairs. Nothing is left there unless it is whole and signed."""
    package = read_sealed(file).package
    named = replace(asked, purpose=asked.purpose or "Opening of a bridge", submission=asked.submission or package)
    with audited("keys open bridge", named, out) as done:
        unseal(file, key, out, signer=signer)
        try:
            pairs = int(read_bridge(out, signer).num_rows)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise
        done.counts = {"pairs": pairs}
    return pairs
