"""Commands of specifications: spec list, spec show."""

from typing import Annotated

import typer

from linkage.cli.options import Json
from linkage.cli.output import emit

spec_app = typer.Typer(no_args_is_help=True, help="Look at the submission specifications.")


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
