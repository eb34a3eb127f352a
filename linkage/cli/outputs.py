"""Commands of the output checker: outputs check, outputs sign."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json
from linkage.cli.output import emit
from linkage.errors import RefusedError

outputs_app = typer.Typer(no_args_is_help=True, help="Check tables before they leave, and sign them off.")

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of 'tables' or 'study run'.")]


@outputs_app.command("check")
def check(folder: _Folder, json: Json = False) -> None:
    """Show what the disclosure gate did to each table, and prove that no file was altered or added; exit code 4 if one was.

    Example: cldlink outputs check tables

    Next: cldlink outputs sign tables --by NAME
    """
    from linkage.cohort.outputs import check_outputs

    record, faults = check_outputs(folder)
    lines = [
        f"{one['file']:<24} {one['policy']}, {one['cells']:,} cells, {one['suppressed']:,} hidden, {one['rounded']:,} rounded: "
        f"{one['status']}"
        for one in record["outputs"]
    ]
    signed = record["checked_by"]
    lines.append(f"Signed off at {record['checked_at']} by {signed}." if signed else "Not signed off yet.")
    emit(
        "outputs check",
        {"outputs": record["outputs"], "checked_by": signed, "faults": faults},
        as_json=json,
        lines=lines,
    )
    if faults:
        raise RefusedError(f"{folder}: not as the disclosure gate wrote it: {'; '.join(faults)}.")


@outputs_app.command("sign")
def sign(
    folder: _Folder,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who checked the tables and answers for it.")],
    audit: Annotated[
        Path | None, typer.Option("--audit", help="Folder of the audit log; else 'audit' beside the folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Sign tables off for release: name and time go into the record of the folder, and an entry into the audit log.

    Example: cldlink outputs sign tables --by "A. Checker"
    """
    from linkage.audited import Asked, audited, manifest_hash
    from linkage.cohort.outputs import check_outputs, sign_outputs

    check_outputs(folder)
    asked = Asked("Output check before release", "disclosure record", by=by, audit=audit)
    with audited("outputs sign", asked, folder) as done:
        record = sign_outputs(folder, by)
        done.counts, done.manifest = {"tables": len(record["outputs"])}, manifest_hash(folder)
    line = f"{len(record['outputs'])} tables signed off by {by}; package {record['package_sha256'][:16]}."
    emit("outputs sign", {"checked_by": by, "package_sha256": record["package_sha256"]}, as_json=json, lines=[line])
