"""Commands of submissions: spec list, spec show, check, submission consolidate."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Memory, Out, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit
from linkage.errors import ExitCode

spec_app = typer.Typer(no_args_is_help=True, help="Look at the submission specifications.")
submission_app = typer.Typer(
    no_args_is_help=True, help="Turn accepted submissions into one current record of every event."
)

Spec = Annotated[
    str | None, typer.Option("--spec", metavar="VERSION", help="Specification version; else told by the headings.")
]
AsAt = Annotated[
    datetime | None,
    typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge future dates by; today if not given."),
]


@spec_app.command("list")
def spec_list(json: Json = False) -> None:
    """List the specification versions that files can be checked against.

    Next: cldlink spec show v4.2
    """
    from linkage.spec import load_specification, versions

    found = {version: load_specification(version) for version in versions()}
    lines = [f"{version:<6} {len(spec.fields):>3} fields  {spec.title}" for version, spec in found.items()]
    emit("spec list", {version: spec.title for version, spec in found.items()}, as_json=json, lines=lines)


@spec_app.command("show")
def spec_show(version: Annotated[str, typer.Argument(help="Such as v4.2 or v6.")], json: Json = False) -> None:
    """Show the fields of a specification in the order of the file; with --json also their lists.

    Example: cldlink spec show v4.2
    """
    from linkage.spec import load_specification

    spec = load_specification(version)
    unsure = spec.open_fields
    lines = [
        f"{number:>3} {field.heading:<46} {field.data_type:<14} {field.requirement}{'  open list' if field.id in unsure else ''}"
        for number, field in enumerate(spec.fields, start=1)
    ]
    results = {
        field.id: {
            "heading": field.heading,
            "type": field.data_type,
            "values": list(spec.values(field.id)) if field.value_list else [],
            "open": field.id in unsure,
        }
        for field in spec.fields
    }
    emit("spec show", results, as_json=json, lines=lines)


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


@submission_app.command("consolidate")
def consolidate(
    files: Annotated[list[Path], typer.Argument(help="Submissions of any authorities, quarters and versions.")],
    out: Out,
    spec: Spec = None,
    synthetic: Synthetic = False,
    as_at: AsAt = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Keep the latest cumulative submission of each authority and year: events.parquet, and persons.parquet to trace.

    Example: cldlink submission consolidate 2022-23_Q*.csv --out current

    Next: cldlink trace current/persons.parquet --register register --out traced
    """
    from linkage import api
    from linkage.intake import CheckOptions

    options = CheckOptions(as_at.date() if as_at else None, engine_options(memory, threads, temp_dir))
    done = api.consolidate_submissions(files, out, spec=spec, synthetic=synthetic, options=options)
    emit("submission consolidate", done.counts, as_json=json)
