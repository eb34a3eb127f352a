"""Commands of specifications: spec list, show, diff, template, import."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Out
from linkage.cli.output import emit

spec_app = typer.Typer(no_args_is_help=True, help="Look at the submission specifications.")

Version = Annotated[str, typer.Argument(help="Such as v4.2 or release1, or a file of your own (PATH.yaml).")]


@spec_app.command("list")
def spec_list(json: Json = False) -> None:
    """List the specification versions that files can be checked against, with the day each is for.

    Next: cldlink spec show v4.2
    """
    from linkage.spec import load_specification, versions

    found = {version: load_specification(version) for version in versions()}
    lines = [
        f"{version:<9} {len(spec.fields):>3} fields  from {spec.effective_from or 'day not known':<13}  {spec.title}"
        for version, spec in found.items()
    ]
    emit("spec list", {version: spec.title for version, spec in found.items()}, as_json=json, lines=lines)


@spec_app.command("show")
def spec_show(version: Version, json: Json = False) -> None:
    """Show the fields of a specification in the order of the file; with --json also their lists.

    Of an open list not every value is known; its unconfirmed values are those of the version before.

    Example: cldlink spec show v4.2
    """
    from linkage.spec import load_specification
    from linkage.spec.show import show_lines, show_results

    spec = load_specification(version)
    emit("spec show", show_results(spec), as_json=json, lines=show_lines(spec))


@spec_app.command("diff")
def spec_diff(
    older: Annotated[str, typer.Argument(help="The older version.")],
    newer: Annotated[str, typer.Argument(help="The newer version, based on the older one.")],
    json: Json = False,
) -> None:
    """Show what changed between two versions: fields new, amended and gone, values added, reworded and dropped.

    Example: cldlink spec diff v4.2 v6

    Next: cldlink check submission.csv --spec release2
    """
    from linkage.spec.diff import compare_specifications, diff_lines, diff_results

    diff = compare_specifications(older, newer)
    emit("spec diff", diff_results(diff), as_json=json, lines=diff_lines(diff))


@spec_app.command("template")
def spec_template(version: Version, out: Out, json: Json = False) -> None:
    """Write a blank submission: a CSV file with the headings, and a workbook with drop-down lists and notes.

    Example: cldlink spec template v4.2 --out blank
    """
    from linkage.templates import make_template

    emit("spec template", make_template(version, out), as_json=json)


@spec_app.command("import")
def spec_import(
    workbook: Annotated[Path, typer.Argument(help="An official specification workbook (.xlsx) in the layout of v4.2.")],
    version: Annotated[
        str, typer.Option("--version", metavar="NAME", help="What to call it, such as release2-official.")
    ],
    based_on: Annotated[str, typer.Option("--based-on", metavar="VERSION", help="The version that it completes.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.yaml", help="The specification file to write.")],
    json: Json = False,
) -> None:
    """Read an official specification workbook into a specification file, which --spec then takes in place of a version.

    Example: cldlink spec import workbook.xlsx --version release2-official --based-on release2 --out release2-official.yaml

    Next: cldlink check submission.csv --spec release2-official.yaml
    """
    from linkage.spec.importing import import_results, import_specification, write_specification

    imported = import_specification(workbook, version=version, based_on=based_on)
    write_specification(imported, out)
    results, lines = import_results(imported)
    emit("spec import", results, as_json=json, lines=lines)
