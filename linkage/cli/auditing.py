"""Commands of the audit log: audit show, audit verify, audit checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json
from linkage.cli.output import emit, say
from linkage.errors import ExitCode

audit_app = typer.Typer(
    no_args_is_help=True, help="Look at the record of who traced whom for what, and prove it whole."
)

_Log = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the log: 'audit', beside the register.")]


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
    json: Json = False,
) -> None:
    """Prove that no entry was altered, removed or cut off; exit code 3 if one was.

    A cut end is certain to be found only with a checkpoint that was kept elsewhere.

    Example: cldlink audit verify audit --checkpoint safe/checkpoint.json
    """
    from pseudo.audit import AuditLog

    faults = AuditLog(log).verify(checkpoints or ())
    emit("audit verify", {"faults": faults}, as_json=json, lines=faults or ["The log is as it was written."])
    if faults:
        raise typer.Exit(int(ExitCode.INPUT_REJECTED))


@audit_app.command("checkpoint")
def checkpoint(
    log: _Log,
    out: Annotated[Path, typer.Option("--out", help="The file to write; keep it on another machine, or print it.")],
    json: Json = False,
) -> None:
    """Write how far the log has come, to be kept where nobody who can write the log can write.

    Example: cldlink audit checkpoint audit --out checkpoint.json
    """
    from pseudo.audit import AuditLog

    made = AuditLog(log).checkpoint()
    made.write(out)
    say(f"Keep {out.name} apart from the log.")
    emit("audit checkpoint", vars(made), as_json=json)
