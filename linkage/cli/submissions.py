"""Commands of submissions: check."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.cli.options import AsAt, Json, Memory, Spec, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit
from linkage.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from linkage.intake import CheckResult


def check(
    file: Annotated[Path, typer.Argument(help="A CLD submission: CSV, or an Excel workbook (.xlsx).")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for findings, rejects and reports.")] = None,
    teams: Annotated[
        Path | None, typer.Option("--teams", help="CSV with team (and worker) by event reference or person identifier.")
    ] = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option(
            "--previous", help="An earlier submission or the folder of its check; once for each, oldest first."
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="File of severities of your own and of rules switched off.")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option("--reference", help="Folder with lists to look postcodes, practices and providers up in."),
    ] = None,
    submitted: Annotated[
        datetime | None, typer.Option("--submitted", formats=["%Y-%m-%d"], help="The day the file is or was sent.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Worksheet of a workbook; else the first that fits.")
    ] = None,
    spec: Spec = None,
    synthetic: Synthetic = False,
    as_at: AsAt = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Check a submission against the rules of its specification, offline, in words a team can act on.

    The findings name people and rows and go to files marked IDENTIFIABLE: a workbook, CSV and Parquet. The data-quality
    report and what is printed hold counts only. Ends with code 3 when the file would not be accepted; it is checked to
    the end all the same.

    Example: cldlink check submission.csv --out checked --previous checked_Q3
    """
    from linkage import api
    from linkage.intake import CheckOptions, summary_text
    from linkage.intake.rules.side_inputs import SideInputs

    if previous and not out and (len(previous) > 1 or not _last_file(previous)):
        raise UsageError(
            "--previous with a folder, or more than once, is for the trend in the report: give --out as well."
        )
    inputs = SideInputs(reference, _last_file(previous or ()), submitted.date() if submitted else None)
    options = CheckOptions(
        as_at.date() if as_at else None,
        engine_options(memory, threads, temp_dir),
        rules=rules,
        inputs=inputs,
        sheet=sheet,
    )
    if out:
        done = api.checked(
            file, out, spec=spec, synthetic=synthetic, options=options, teams=teams, previous=previous or ()
        )
        result, summary, more = done.result, done.summary, done.as_dict()
    elif teams:
        raise UsageError("--teams shapes what is written: give --out FOLDER as well.")
    else:
        result, more = api.check(file, spec=spec, synthetic=synthetic, options=options), {}
        summary = summary_text(result, written=False)
    emit("check", {**_results(result), **more}, as_json=json, lines=summary.splitlines())
    if not result.accepted:
        raise typer.Exit(ExitCode.INPUT_REJECTED)


def _last_file(previous: Sequence[Path]) -> Path | None:
    """The last of the earlier submissions that is given as a file: the one whose events and people are compared."""
    return next((path for path in reversed(previous) if not path.is_dir() and path.suffix != ".json"), None)


def _results(result: "CheckResult") -> dict[str, Any]:
    return {
        "accepted": result.accepted,
        "version": result.version,
        "version_why": result.why,
        "rows_read": result.rows_read,
        "findings": {f"{count.rule} {count.part}".strip(): count.findings for count in result.counts},
    }
