"""Commands that look at models: trace model show, trace model compare."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json
from linkage.cli.output import emit

model_app = typer.Typer(no_args_is_help=True, help="Look at a model, or compare two.")

Register = Annotated[
    Path | None, typer.Option("--register", help="Take u from this register, else from the packaged baseline.")
]
PageOut = Annotated[Path | None, typer.Option("--out", help="Folder for a page with the weights drawn.")]
_MODEL = "A packaged model, or the path of a YAML file."


@model_app.command("show")
def show(
    name: Annotated[str, typer.Argument(help=_MODEL)] = "default",
    register: Register = None,
    out: PageOut = None,
    json: Json = False,
) -> None:
    """Show a model: its hash, and m, u and weight of every level.

    Example: cldlink trace model show default --register register --out model
    """
    _tell("trace model show", [name], register, out, as_json=json)


@model_app.command("compare")
def compare(
    first: Annotated[str, typer.Argument(help=_MODEL)],
    second: Annotated[str, typer.Argument(help=_MODEL)],
    register: Register = None,
    out: PageOut = None,
    json: Json = False,
) -> None:
    """Show two models side by side: m and weight of every level of both.

    Example: cldlink trace model compare default models/model_mine.yaml --register register --out models_compared
    """
    _tell("trace model compare", [first, second], register, out, as_json=json)


def _tell(command: str, names: list[str], register: Path | None, out: Path | None, *, as_json: bool) -> None:
    from linkage.trace import models
    from linkage.trace.settings import load_model

    loaded, u = [load_model(name) for name in names], models.u_probabilities(register)
    if out:
        models.write_models(names, out, register)
    emit(command, models.models_as_dict(loaded, u), as_json=as_json, lines=models.weight_lines(loaded, u))
