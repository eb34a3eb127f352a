"""Commands of tracing."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.asking import Audit, By, Decisions, Purpose, Submission
from linkage.cli.groups import with_default
from linkage.cli.options import Columns, Json, Memory, Out, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit, progress, say

trace_app = typer.Typer(cls=with_default("file"), help="Find NHS numbers in a register, and train a model for it.")

_TRACE_EXAMPLES = """**Examples**

cldlink trace submission.csv --register register --out traced --purpose "Quarterly tracing" --submission "2026-27 Q2"

cldlink trace people.csv --register register --out traced --id client_id --columns given_name=Forename,postcode=PCODE
--purpose "Data quality review" --submission 2026-117

Writes trace.parquet (one row per person, with a reason) and a folder 'restricted' for those who may see candidates and
sensitive records.

Purpose and submission go into the audit log with who, when and counts; only --synthetic data need none. Decisions of
authorities (cldlink feedback decide) are obeyed.

Next: cldlink feedback traced --out packs"""


@trace_app.command("file", epilog=_TRACE_EXAMPLES)
def trace(
    queries: Annotated[Path, typer.Argument(help="A CLD submission, or any CSV or Parquet file of people.")],
    register: Annotated[Path, typer.Option("--register", help="A prepared register.")],
    out: Out,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Heading of the person's id; else the row number.")
    ] = None,
    columns: Columns = None,
    profile: Annotated[str, typer.Option(help="A packaged profile, or the path of one's own YAML file.")] = "default",
    min_weight: Annotated[
        float | None, typer.Option(help="Least match weight of a link, in bits; overrides the profile.")
    ] = None,
    min_gap: Annotated[
        float | None, typer.Option(min=0, help="Least distance to the runner-up, in bits; overrides the profile.")
    ] = None,
    as_at: Annotated[
        datetime | None,
        typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day for which records are read, for the profile mps."),
    ] = None,
    unmatched: Annotated[
        Path | None, typer.Option(help="Unmatched records of an earlier trace, for the profile mps.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write trace.csv beside trace.parquet.")] = False,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    decisions: Decisions = None,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Find the NHS number of every person of a file in a register, and say why; never choose between two people.

    Fields: nhs_number, given_name, family_name, date_of_birth, postcode, gender; any may be missing.
    """
    from linkage import api
    from linkage.audited import Asked

    asked = Asked(purpose, submission, by, audit)
    request = api.TraceRequest(
        id_column, api.column_map(columns), profile, min_weight, min_gap, csv, synthetic, asked, decisions
    )
    request = replace(request, as_at=as_at and as_at.date(), unmatched=unmatched)
    options = engine_options(memory, threads, temp_dir)
    with progress("parts of the trace", shown=not json) as bar:
        result = api.traced(queries, register, out, request=request, options=options, report=bar)
    empty = [
        name.removeprefix("with_") for name, count in result.counts.items() if name.startswith("with_") and not count
    ]
    if empty:
        say(f"Nobody has a value for: {', '.join(empty)}. If the file holds them, name the headings with --columns.")
    emit("trace", result.counts, as_json=json)


@trace_app.command("train")
def train(
    queries: Annotated[Path, typer.Argument(help="People who show the errors of those to be traced.")],
    register: Annotated[Path, typer.Option("--register", help="A prepared register.")],
    out: Out,
    name: Annotated[str, typer.Option("--name", help="The name of the new model.")],
    id_column: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Heading of the person's id.")] = None,
    columns: Columns = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Train a new model (m-probabilities, by expectation-maximisation) and write it as a YAML file to be looked at.

    Tracing never trains: it uses a frozen model file. Name the new one in a profile of your own to use it.

    Example: cldlink trace train current/persons.parquet --register register --name mine --out models
    """
    from linkage import api

    request = api.TraceRequest(id_column, api.column_map(columns), synthetic=synthetic)
    trained = api.train(queries, register, out, name=name, request=request)
    emit(
        "trace train",
        trained.model_dump(),
        as_json=json,
        lines=[f"trained on {trained.trained_on}", f"{out}/model_{name}.yaml"],
    )
