"""Commands of local mapping: map check, map make, map ids."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Memory, Out, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit

map_app = typer.Typer(
    no_args_is_help=True, help="Make a submission from the tables of a case system and of finance; replace person ids."
)

ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT", help="The mapping project, a YAML file.")]


@map_app.command("check")
def map_check(
    project: ProjectFile,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Try a mapping project and write nothing: faults of the project and its sheets, then what 'map make' would report.

    Example: cldlink map check project.yaml

    Next: cldlink map make project.yaml --out mapped
    """
    from linkage.intake.mapping import check_project, report_text

    result = check_project(project, synthetic=synthetic, options=engine_options(memory, threads, temp_dir))
    emit("map check", result.counts, as_json=json, lines=report_text(result).splitlines())


@map_app.command("make")
def map_make(
    project: ProjectFile,
    out: Out,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Make one submission from local tables by a mapping project, with a report and a list of unmapped values.

    Every row of every table is accounted for: in the submission, left out by a named filter, not needed, or refused.

    Example: cldlink map make project.yaml --out mapped

    Next: cldlink check mapped/submission_IDENTIFIABLE.csv --out checked
    """
    from linkage.intake.mapping import make_submission, report_text

    result = make_submission(project, out, synthetic=synthetic, options=engine_options(memory, threads, temp_dir))
    emit("map make", result.counts, as_json=json, lines=report_text(result).splitlines())


@map_app.command("ids")
def map_ids(
    file: Annotated[Path, typer.Argument(help="A submission in which old person identifiers stand.")],
    crosswalk: Annotated[
        Path,
        typer.Option(
            "--crosswalk", help="CSV with old_id, new_id, from, la_code (and new_la_code): which became which."
        ),
    ],
    out: Out,
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="VERSION", help="Specification version; else told by the headings.")
    ] = None,
    json: Json = False,
) -> None:
    """Put new person identifiers in place of old ones in a submission, after a case system was replaced or records merged.

    Rows whose reporting period ends before the day in 'from' are changed, linked persons of carers included. People who
    become one are listed; an identifier that would become several is refused. Where the crosswalk has a new_la_code, after an
    authority was split or merged, each authority gets a file of its own.

    Example: cldlink map ids 2021-22_Q4.csv --crosswalk ids.csv --out renumbered
    """
    from linkage.intake.mapping import replace_ids

    emit("map ids", replace_ids(file, crosswalk, out, spec=spec).counts, as_json=json)
