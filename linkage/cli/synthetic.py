"""Commands on synthetic data: synth, synth lts001, demo."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.groups import with_default
from linkage.cli.options import Json, Out, Synthetic
from linkage.cli.output import emit, progress

synth_app = typer.Typer(cls=with_default("world"), help="Make synthetic data: a world, or the LTS001 oracle.")


@synth_app.command("world")
def synth(
    out: Out,
    profile: Annotated[str, typer.Option(help="A packaged profile, or the path of one's own YAML file.")] = "sample",
    people: Annotated[int | None, typer.Option(min=1, help="How many people; else as the profile says.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives another world.")] = None,
    absent: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of submitted people who are not on the register.")
    ] = None,
    form: Annotated[
        Literal["csv", "parquet"], typer.Option("--format", help="Form of the tables; submissions are CSV in either.")
    ] = "csv",
    register_only: Annotated[
        bool, typer.Option("--register-only", help="The person register and nothing else.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the work; else one for each processor.")
    ] = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Make a synthetic world: person register, submissions, health extracts and the truth behind them.

    Example: cldlink synth --profile sample --out world --synthetic

    See also: cldlink synth lts001 --help
    """
    from linkage.synth import Making, load_profile
    from linkage.synth import synth as make

    with progress("people") as bar:
        making = Making(form, register_only, workers or os.cpu_count() or 1, bar)
        counts = make(
            load_profile(profile), out, people=people, seed=seed, absent=absent, synthetic=synthetic, making=making
        )
    emit("synth", counts, as_json=json, lines=[f"{name:<34} {rows:>11,}" for name, rows in counts.items()])


@synth_app.command("lts001")
def lts001(
    out: Out,
    dirty: Annotated[bool, typer.Option("--dirty", help="With the faults of real files.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives other people in the same tables.")] = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Make the LTS001 oracle: a submission that must be counted to three published tables, every printed figure of them.

    Example: cldlink synth lts001 --out oracle --synthetic
    """
    from linkage.synth.oracle import synth_lts001

    emit("synth lts001", synth_lts001(out, dirty=dirty, seed=seed, synthetic=synthetic), as_json=json)


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
