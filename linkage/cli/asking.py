"""Options of commands that go into the audit log: why, for which submission, who; where log and decisions are."""

from pathlib import Path
from typing import Annotated

import typer

Purpose = Annotated[
    str | None, typer.Option("--purpose", metavar="TEXT", help="What it is for, in words that identify nobody.")
]
Submission = Annotated[
    str | None, typer.Option("--submission", metavar="REF", help="The submission or request that it serves.")
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does it, for the audit log; else the system's user.")
]
Audit = Annotated[
    Path | None,
    typer.Option(
        "--audit", help="Folder of the audit log; else 'audit' beside the register (or the trace or request)."
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option(
        "--decisions", help="File of decisions; else decisions/decisions_IDENTIFIABLE.jsonl beside the register."
    ),
]
