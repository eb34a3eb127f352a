"""Commands on synthetic data: synth, demo."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Out, Synthetic
from linkage.cli.output import emit


def synth(
    out: Out,
    profile: Annotated[str, typer.Option(help="A packaged profile, or the path of one's own YAML file.")] = "sample",
    people: Annotated[int | None, typer.Option(min=1, help="How many people; else as the profile says.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives another world.")] = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Make a synthetic world: person register, submissions, health extracts and the truth behind them.

    Example: cldlink synth --profile sample --out world --synthetic
    """
    from linkage.synth import load_profile
    from linkage.synth import synth as make

    counts = make(load_profile(profile), out, people=people, seed=seed, synthetic=synthetic)
    emit("synth", counts, as_json=json)


def demo(
    sample: Annotated[Path, typer.Option("--sample", help="A synthetic world, made by 'cldlink synth'.")] = Path(
        "sample_data"
    ),
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("out/demo"),
) -> None:
    """Run the main job on the sample: check, trace, feed back, release, link, measure; ends with an HTML report.

    Example: cldlink demo --sample sample_data --out out/demo
    """
    from linkage.demo import run_demo

    for line in run_demo(sample, out):
        typer.echo(line)
