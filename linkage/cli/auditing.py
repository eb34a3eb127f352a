"""Commands of the audit log: audit show, verify, checkpoint, report, review."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.asking import By
from linkage.cli.options import Json
from linkage.cli.output import emit, say
from linkage.cli.passphrase import PassphraseFd, PassphraseFile, read_passphrase
from linkage.errors import ExitCode

if TYPE_CHECKING:
    from pseudo.signing import SigningKey

audit_app = typer.Typer(
    no_args_is_help=True,
    help="Look at the record of who did what with people's data and with keys, and prove it whole.",
)

_Log = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the log: 'audit', beside the register.")]

_Signing = Annotated[Path | None, typer.Option("--signing-key", help="The file of the key that signs the checkpoint.")]


@audit_app.command("show")
def show(
    log: _Log,
    last: Annotated[int | None, typer.Option("--last", min=1, help="Only so many entries, the newest.")] = None,
    json: Json = False,
) -> None:
    """List the entries of an audit log: when, who, what, why, for which submission, how it ended.

    Example: cldlink audit show audit --last 20
    """
    from pseudo.audit import AuditLog

    entries = AuditLog(log).entries()
    shown = [
        {"seq": entry.seq, "time": entry.time, **entry.action.facts()} for entry in entries[-last if last else 0 :]
    ]
    lines = [
        f"{one['seq']:>6}  {one['time']}  {one['actor']}  {one['command']} {one['outcome']}  {one['reference']}: {one['purpose']}"
        for one in shown
    ]
    emit("audit show", {"entries": shown}, as_json=json, lines=lines)


@audit_app.command("verify")
def verify(
    log: _Log,
    checkpoints: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="A checkpoint kept elsewhere. Repeatable.")
    ] = None,
    public_keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--public-key",
            help="Of whoever signs releases, approvals, reviews, checkpoints: once for each. Others are told, not checked.",
        ),
    ] = None,
    made: Annotated[
        list[Path] | None,
        typer.Option("--made", help="A folder, such as a release, that must be in the log. Repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Prove that no entry was altered, removed or cut off, or name the one that was; exit code 6 then.

    A log that somebody wrote anew, every hash fitting, is found with --public-key; one whose end was cut off with everything
    beside it, only with a checkpoint that was kept elsewhere.

    Example: cldlink audit verify audit --public-key sender.pub --public-key approver.pub --checkpoint safe/checkpoint.json
    """
    from linkage.audited import not_in_log
    from pseudo.audit import AuditLog
    from pseudo.signing import read_public_key

    keys = [read_public_key(path) for path in public_keys or ()]
    faults = AuditLog(log).verify(checkpoints or (), keys)
    faults = faults or not_in_log(AuditLog(log), made or ())
    unchecked = AuditLog(log).unchecked(checkpoints or (), keys)
    found: dict[str, object] = {"faults": faults, **({"unchecked": unchecked} if keys else {})}
    lines = faults or ["The log is as it was written."]
    if keys and not faults:
        entries, signed = AuditLog(log).covered(checkpoints or (), keys)
        found |= {"entries": entries, "signed_up_to": signed}
        lines = [*lines, f"It has {entries} entries, signed up to entry {signed} by the keys given."]
    emit("audit verify", found, as_json=json, lines=[*lines, *unchecked])
    if faults:
        raise typer.Exit(int(ExitCode.KEY))


@audit_app.command("checkpoint")
def checkpoint(
    log: _Log,
    out: Annotated[Path, typer.Option("--out", help="The file to write; keep it on another machine, or print it.")],
    signing: _Signing = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> None:
    """Write how far the log has come, signed, to be kept where nobody who can write the log can write.

    Example: cldlink audit checkpoint audit --signing-key sender.key --out checkpoint.json
    """
    from pseudo.audit import AuditLog

    with _signer(signing, passphrase_file, passphrase_fd) as signer:
        made = AuditLog(log, signer).checkpoint()
    made.write(out)
    say(f"Keep {out.name} apart from the log.")
    signers: object = list(made.signers) if json else ", ".join(made.signers) or "none"
    results = {"log": made.log, "entries": made.entries, "head": made.head, "time": made.time, "signers": signers}
    emit("audit checkpoint", results, as_json=json)


@audit_app.command("report")
def report(
    log: _Log,
    month: Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="The month to report, by UTC.")],
    json: Json = False,
) -> None:
    """A month of the log for whoever reviews it: what was done by whom, under which keys, what failed or has no end.

    Example: cldlink audit report audit --month 2026-11

    Next: cldlink audit review
    """
    from pseudo.audit import AuditLog
    from pseudo.audit_report import month_of

    found = month_of(AuditLog(log).entries(), month)
    lines = [f"{found.entries} entries in {month}"]
    for command, outcomes in found.commands.items():
        lines.append(
            f"  {command:<24} {', '.join(f'{count} {outcome}' for outcome, count in sorted(outcomes.items()))}"
        )
    lines += [f"  by {actor:<21} {count}" for actor, count in found.actors.items()]
    lines += [f"  key {key:<20} {count}" for key, count in found.keys.items()]
    for label, numbers in (("failed or refused", found.not_done), ("without an end", found.unfinished)):
        lines.append(f"{label}: {', '.join(map(str, numbers)) or 'none'}")
    lines.append(f"reviews: {', '.join(map(str, found.reviews)) or 'none'}")
    emit("audit report", vars(found), as_json=json, lines=lines)


@audit_app.command("review")
def review(
    log: _Log,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was found, in words that identify nobody.")],
    of: Annotated[str, typer.Option("--of", metavar="REF", help="What was looked at, such as 2026-11.")],
    signing: Annotated[Path, typer.Option("--signing-key", help="The file of the reviewer's key that signs.")],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Note in the log, signed, that somebody looked at it and what they found. Refused when the log does not verify.

    Example: cldlink audit review audit --of 2026-11 --note "Nothing unusual; entry 214 was a mistyped path"
    --signing-key reviewer.key
    """
    from linkage.audited import Asked, reviewed

    with _signer(signing, passphrase_file, passphrase_fd) as signer:
        entry = reviewed(log, Asked(note, of, by=by), signer)
    emit("audit review", {"entry": entry.seq, "entries_reviewed": entry.action.counts["entries"]}, as_json=json)


@contextmanager
def _signer(
    path: Path | None, passphrase_files: Sequence[Path] | None, descriptors: Sequence[int] | None
) -> "Iterator[SigningKey | None]":
    """The signing key of a file, if one was given."""
    from pseudo.custody import open_signing_key

    if path is None:
        yield None
        return
    with open_signing_key(path, read_passphrase(passphrase_files, descriptors, of=path)) as key:
        yield key
