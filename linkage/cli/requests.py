"""Commands of requests and opt-outs: request template, approve, show, list, withdraw; optout list."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.cli.asking import Audit, By
from linkage.cli.options import Json, Memory, TempDir, Threads, engine_options
from linkage.cli.output import emit, say
from linkage.cli.passphrase import PassphraseFd, PassphraseFile
from linkage.cli.release_options import (
    Identifiers,
    Policy,
    Signing,
    Tables,
    TraceFolder,
    public_key,
    release_inputs,
    signing_key,
)

if TYPE_CHECKING:
    from pseudo.approvals import ApprovedRequest

request_app = typer.Typer(no_args_is_help=True, help="What a recipient asked for and a custodian approves.")
optout_app = typer.Typer(no_args_is_help=True, help="Ask the national service who opted out.")

_Request = Annotated[Path, typer.Argument(metavar="REQUEST", help="A request, in the register of requests.")]
_ApproverKey = Annotated[
    Path | None, typer.Option("--approver-key", help="Public key of the approver, to check the signature as well.")
]
_AsAt = Annotated[
    datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge it by; today if not given.")
]


@request_app.command("template")
def template(
    out: Annotated[Path, typer.Option("--out", help="The YAML file to write.")],
    policy: Policy = "secure",
    json: Json = False,
) -> None:
    """Write a request to fill in, with every table and column that a de-identification policy releases.

    Example: cldlink request template --policy secure --out request.yaml

    Next: cldlink request approve request.yaml --register approvals --signing-key approver.key
    """
    from linkage.requesting import write_template

    write_template(out, policy)
    emit("request template", {"file": str(out)}, as_json=json)


@request_app.command("approve")
def approve(
    request: Annotated[Path, typer.Argument(metavar="REQUEST", help="A request, filled in.")],
    register: Annotated[Path, typer.Option("--register", help="Folder of the register of requests.")],
    signing: Signing,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: Audit = None,
    json: Json = False,
) -> None:
    """Approve a request: it goes into the register word for word, signed, and releases may be made for it.

    Example: cldlink request approve request.yaml --register approvals --signing-key approver.key --by "Caldicott Guardian"
    """
    from linkage.audited import Asked
    from linkage.requesting import approved

    with signing_key(signing, passphrase_file, passphrase_fd) as key:
        made = approved(request, register, signing_key=key, asked=Asked(by=by, audit=audit))
        fingerprint = key.public.fingerprint
    results = {"request": made.name, "file": str(made.path), "sha256": made.sha256, "signed_by": fingerprint}
    emit("request approve", results, as_json=json)


@request_app.command("show")
def show(request: _Request, approver: _ApproverKey = None, as_at: _AsAt = None, json: Json = False) -> None:
    """Show a request: what it approves, who approved it, whether it may be used.

    Example: cldlink request show approvals/REQ-1.v1.yaml --approver-key approver.pub
    """
    from pseudo.approvals import read_approved

    found = read_approved(request)
    document = found.document
    approval = found.approval
    results: dict[str, Any] = {
        **_summary(found, approver, as_at),
        "purpose": document.purpose,
        "approved_by": approval.by if approval else None,
        "approved_on": approval.on.isoformat() if approval else None,
        "authorities": [entry.code for entry in document.authorities],
        "period": f"{document.period.starts} to {document.period.ends}",
        "columns": {name: len(table.columns) for name, table in document.tables.items()},
        "opt_outs": {entry.name: entry.tables or f"nobody: {entry.reason}" for entry in document.opt_outs},
        "destroy_by": document.destroy_by.isoformat(),
        "sha256": found.sha256,
    }
    lines = [f"{name.replace('_', ' '):<14} {_said(value)}" for name, value in results.items()]
    emit("request show", results, as_json=json, lines=lines)


@request_app.command("list")
def list_(
    register: Annotated[Path, typer.Argument(metavar="REGISTER", help="Folder of the register of requests.")],
    approver: _ApproverKey = None,
    as_at: _AsAt = None,
    json: Json = False,
) -> None:
    """List the requests of a register and whether each may be used.

    Example: cldlink request list approvals --approver-key approver.pub
    """
    from pseudo.approvals import read_register

    found = [_summary(one, approver, as_at) for one in read_register(register)]
    lines = [
        f"{one['request']:<20} {one['state']:<13} {one['recipient']:<24} expires {one['expires']}" for one in found
    ]
    emit("request list", {"requests": found}, as_json=json, lines=lines or ["0 requests"])


@request_app.command("withdraw")
def withdraw(
    request: _Request,
    signing: Signing,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the request.")],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    by: By = None,
    audit: Audit = None,
    json: Json = False,
) -> None:
    """Withdraw an approval for good: nothing is released for the request any more.

    Example: cldlink request withdraw approvals/REQ-1.v1.yaml --signing-key approver.key --reason "The study ended"
    """
    from linkage.audited import Asked
    from linkage.requesting import withdrawn

    with signing_key(signing, passphrase_file, passphrase_fd) as key:
        withdrawn(request, signing_key=key, reason=reason, asked=Asked(by=by, audit=audit))
    emit("request withdraw", {"request": request.stem, "state": "withdrawn"}, as_json=json)


@optout_app.command("list")
def optout_list(
    request: Annotated[Path, typer.Option("--request", help="The request, in the register of requests.")],
    table: Tables,
    mailbox: Annotated[str, typer.Option("--mailbox", help="The MESH mailbox that the answer comes back to.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the lists; give it to 'release make' as --opt-outs.")],
    trace: TraceFolder = None,
    identifiers: Identifiers = None,
    policy: Policy = "secure",
    by: By = None,
    audit: Audit = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Write the list of NHS numbers for the national data opt-out service, for a request that applies opt-outs.

    Example: cldlink optout list --request approvals/REQ-1.v1.yaml --trace traced --table social_care=current/events.parquet
    --mailbox X26OT01 --out lists

    Next: send it, save the answer (.dat) in the same folder, then cldlink release make ... --opt-outs lists
    """
    from linkage.audited import Asked
    from linkage.releasing import write_opt_out_lists
    from pseudo.approvals import read_approved

    inputs = release_inputs(table, trace, policy, identifiers)
    asked = Asked(by=by, audit=audit)
    options = engine_options(memory, threads, temp_dir)
    counts = write_opt_out_lists(
        inputs, out, request=read_approved(request), mailbox=mailbox, asked=asked, options=options
    )
    emit("optout list", {f"{name}_numbers": numbers for name, numbers in counts.items()}, as_json=json)
    say(f"Send the .dat file below {out} and save the answer beside it, under a name of its own.")


def _summary(found: "ApprovedRequest", approver: Path | None, as_at: datetime | None) -> dict[str, Any]:
    key = public_key(approver)
    day = (as_at or datetime.now(UTC)).date()
    return {
        "request": found.name,
        "state": found.state(day, [key] if key else []),
        "signature": "checked" if key else "not checked: give --approver-key",
        "recipient": found.document.domain.recipient,
        "release": found.document.release_id,
        "expires": found.document.expires.isoformat(),
    }


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(
            f"{name} {', '.join(part) if isinstance(part, list) else part}" for name, part in value.items()
        )
    return ", ".join(value) if isinstance(value, list) else str(value)
