"""Options that several commands share, each stated once."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from linkage.engine import EngineOptions

Out = Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is not there.")]
Memory = Annotated[
    str | None, typer.Option("--memory", metavar="SIZE", help="Most memory the database may take, such as 2GB.")
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Most threads the database may use.")]
TempDir = Annotated[
    Path | None, typer.Option("--temp-dir", help="Folder for spilling to disk; keep it on an encrypted disk.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of text.")]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="FIELD=HEADING,…",
        help="Which heading of the file holds which field; headings named like the fields need no entry.",
    ),
]
Synthetic = Annotated[
    bool,
    typer.Option("--synthetic", help="Accept the invented authorities of synthetic data. Never use it for real data."),
]

Spec = Annotated[
    str | None,
    typer.Option(
        "--spec", metavar="VERSION", help="Specification version, or a file of your own; else told by the file."
    ),
]
AsAt = Annotated[
    datetime | None,
    typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge future dates by; today if not given."),
]


def engine_options(memory: str | None, threads: int | None, temp_dir: Path | None) -> "EngineOptions":
    """The engine's limits as given on the command line."""
    from linkage.engine import EngineOptions

    return EngineOptions(memory, threads, temp_dir)
