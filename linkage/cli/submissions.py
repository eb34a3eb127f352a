"""Commands of submissions: check."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import AsAt, Json, Memory, Spec, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit
from linkage.errors import ExitCode


def check(
    file: Annotated[Path, typer.Argument(help="A CLD submission as CSV.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for findings, rejects and summary.")] = None,
    spec: Spec = None,
    synthetic: Synthetic = False,
    as_at: AsAt = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Check a submission against the rules of its specification, offline, in words a team can act on.

    The findings name people and rows and go to a file marked IDENTIFIABLE; what is printed holds counts only. Ends with
    code 3 when the file would not be accepted; it is checked to the end all the same.

    Example: cldlink check submission.csv --out checked
    """
    from linkage import api
    from linkage.intake import CheckOptions, summary_text

    options = CheckOptions(as_at.date() if as_at else None, engine_options(memory, threads, temp_dir))
    result = api.check(file, out, spec=spec, synthetic=synthetic, options=options)
    counts = {f"{count.rule} {count.part}".strip(): count.findings for count in result.counts}
    results = {
        "accepted": result.accepted,
        "version": result.version,
        "rows_read": result.rows_read,
        "findings": counts,
    }
    emit("check", results, as_json=json, lines=summary_text(result, written=bool(out)).splitlines())
    if not result.accepted:
        raise typer.Exit(ExitCode.INPUT_REJECTED)
