"""Commands of kept submissions: submission consolidate."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import AsAt, Json, Memory, Out, Spec, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import emit

submission_app = typer.Typer(
    no_args_is_help=True, help="Turn accepted submissions into one current record of every event."
)


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
