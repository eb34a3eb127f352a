"""Commands of releases: release make, verify, seal, unseal, destroy."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.asking import Audit, By
from linkage.cli.options import Json, Memory, Out, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit, say
from linkage.cli.passphrase import Keystore, PassphraseFd, PassphraseFile, read_passphrase
from linkage.cli.release_options import (
    Identifiers,
    Policy,
    PublicKeyFile,
    Signing,
    SigningPassphraseFile,
    Tables,
    TraceFolder,
    public_key,
    release_inputs,
    signing_key,
)
from linkage.errors import ExitCode

release_app = typer.Typer(
    no_args_is_help=True, help="De-identify tables for one recipient, prove what was released, and end it."
)

_Folder = Annotated[Path, typer.Argument(metavar="RELEASE", help="The folder of a release.")]
_AsAt = Annotated[
    datetime | None,
    typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge expiry and the age of lists by."),
]


@release_app.command("make")
def make(
    out: Out,
    request: Annotated[Path, typer.Option("--request", help="The approved request, in the register of requests.")],
    keystore: Keystore,
    signing: Signing,
    table: Tables,
    trace: TraceFolder = None,
    identifiers: Identifiers = None,
    policy: Policy = "secure",
    postcodes: Annotated[
        Path | None, typer.Option("--postcodes", help="Postcode directory (such as ONS's) for areas and deprivation.")
    ] = None,
    everyone: Annotated[
        Path | None,
        typer.Option("--everyone", help="Everybody known, by nhs_number: no two may share a released whole number."),
    ] = None,
    approver: Annotated[
        list[Path] | None, typer.Option("--approver-key", help="Public key of an approver. Repeatable.")
    ] = None,
    opt_outs: Annotated[
        Path | None, typer.Option("--opt-outs", help="Folder of the lists of people who may not be released.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write each table as CSV too, beside Parquet.")] = False,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    signing_passphrase_file: SigningPassphraseFile = None,
    as_at: _AsAt = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Make a release: what the request approves and nothing else, nobody who opted out, under pseudonyms, signed.

    Example: cldlink release make --request approvals/REQ-1.v1.yaml --approver-key approver.pub --keystore root.keystore
    --signing-key sender.key --trace traced --table social_care=current/events.parquet --table admissions=hes.csv
    --opt-outs lists --out release

    Next: cldlink release verify release --public-key sender.pub
    """
    from linkage import releasing
    from linkage.audited import Asked
    from pseudo.approvals import read_approved
    from pseudo.custody import open_root
    from pseudo.signing import read_public_key

    inputs = replace(release_inputs(table, trace, policy, identifiers, postcodes), everyone=everyone)
    asked_for = releasing.read_request(request) if synthetic else read_approved(request)
    approvers = [read_public_key(path) for path in approver or []]
    with (
        open_root(keystore, read_passphrase(passphrase_file, passphrase_fd, of=keystore)) as key,
        signing_key(signing, signing_passphrase_file or passphrase_file) as signer,
    ):
        made = releasing.release(
            inputs,
            out,
            request=asked_for,
            root_key=key,
            signing_key=signer,
            approvers=approvers,
            opt_outs=opt_outs,
            with_csv=csv,
            asked=Asked(by=by, audit=audit, synthetic=synthetic),
            options=engine_options(memory, threads, temp_dir),
            as_at=as_at.date() if as_at else None,
        )
    rows = {f"{name}_rows": record["counts"]["rows_out"] for name, record in made.manifest["tables"].items()}
    emit("release make", rows, as_json=json)
    if opt_outs:
        say(f"Delete {opt_outs}: the lists may not be kept longer than it takes to apply them.")


@release_app.command("verify")
def verify(
    folder: _Folder, public: PublicKeyFile = None, by: By = None, audit: Audit = None, json: Json = False
) -> None:
    """Verify a release: every byte of every file as it was written, or exactly which file was altered. Code 6 if not.

    Needs no secret: the sender's public key, compared with the sender over the telephone, says whose release it is.

    Example: cldlink release verify release --public-key sender.pub

    Next: cldlink link release --public-key sender.pub --out linked
    """
    from linkage import release_life
    from linkage.audited import Asked
    from pseudo.release_manifest import signer_of

    faults = release_life.verify(folder, public_key(public), asked=Asked(by=by, audit=audit))
    signer = None if faults else signer_of(folder).fingerprint
    lines = faults or [
        f"verified: every file is as it was written, and signed by {signer}"
        if public
        else f"signature not checked: every file is as the manifest says, which names the key {signer}. Anybody can make such a "
        "key: give the sender's with --public-key"
    ]
    results = {"faults": faults, "signer": signer, "signer_checked": public is not None and not faults}
    emit("release verify", results, as_json=json, lines=lines)
    if faults:
        raise typer.Exit(ExitCode.KEY)


@release_app.command("seal")
def seal(
    folder: _Folder,
    recipient: Annotated[Path, typer.Option("--recipient", help="The recipient's public key.")],
    signing: Signing,
    out: Annotated[Path, typer.Option("--out", help="The sealed file to write.")],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    as_at: _AsAt = None,
    by: By = None,
    audit: Audit = None,
    json: Json = False,
) -> None:
    """Seal a release for its recipient: one signed file that nobody else can open and nobody can change unnoticed.

    Only for the recipient's key that the approved request names.

    Example: cldlink release seal release --recipient university.pub --signing-key sender.key --out release.sealed
    """
    from linkage import release_life
    from linkage.audited import Asked
    from pseudo.recipient import read_recipient_public_key

    key = read_recipient_public_key(recipient)
    day = as_at.date() if as_at else None
    with signing_key(signing, passphrase_file, passphrase_fd) as signer:
        sealed = release_life.seal(folder, key, out, signing_key=signer, asked=Asked(by=by, audit=audit), as_at=day)
    emit("release seal", sealed, as_json=json)


@release_app.command("unseal")
def unseal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sealed release.")],
    recipient_key: Annotated[Path, typer.Option("--recipient-key", help="The file of the recipient's own key.")],
    public: Annotated[Path, typer.Option("--public-key", help="The sender's public key.")],
    out: Out,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    as_at: _AsAt = None,
    by: By = None,
    audit: Audit = None,
    json: Json = False,
) -> None:
    """Open a sealed release with the recipient's key and verify it; nothing is left unless it is whole and the sender's.

    Example: cldlink release unseal release.sealed --recipient-key university.key --public-key sender.pub --out release
    """
    from linkage import release_life
    from linkage.audited import Asked
    from pseudo.custody import open_recipient_key
    from pseudo.signing import read_public_key

    sender = read_public_key(public)
    asked, day = Asked(by=by, audit=audit), as_at.date() if as_at else None
    with open_recipient_key(recipient_key, read_passphrase(passphrase_file, passphrase_fd, of=recipient_key)) as key:
        opened = release_life.unsealed(file, key, out, sender=sender, asked=asked, as_at=day)
    rows = {f"{name}_rows": record["counts"]["rows_out"] for name, record in opened.manifest["tables"].items()}
    emit("release unseal", rows, as_json=json)


@release_app.command("destroy")
def destroy(
    folder: _Folder,
    signing: Signing,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who destroys it.")],
    witness: Annotated[str, typer.Option("--witness", metavar="NAME", help="Who sees it; somebody else.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in words that identify nobody.")],
    request: Annotated[
        Path | None, typer.Option("--request", help="Its approved request: nothing is made for it any more.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    audit: Audit = None,
    json: Json = False,
) -> None:
    """Destroy a release: its files are removed, a signed certificate stays. It cannot be opened or made again.

    Example: cldlink release destroy release --signing-key sender.key --by Custodian --witness Auditor
    --reason "The agreement ended" --request approvals/REQ-1.v1.yaml
    """
    from linkage import release_life
    from linkage.audited import Asked
    from pseudo.approvals import read_approved

    approved = read_approved(request) if request else None
    with signing_key(signing, passphrase_file, passphrase_fd) as signer:
        made = release_life.destroy(
            folder,
            signing_key=signer,
            by=by,
            witness=witness,
            reason=reason,
            request=approved,
            asked=Asked(audit=audit),
        )
    results = {"files_destroyed": len(made.document["files"]), "certificate": str(folder / "destroyed.json")}
    emit("release destroy", results, as_json=json)
