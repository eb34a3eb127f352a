"""What a command prints: results to stdout as text or JSON, messages to stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer

SCHEMA_VERSION = 1


def emit(command: str, results: Mapping[str, Any], *, as_json: bool, lines: Sequence[str] = ()) -> None:
    """Print a result: one JSON object, or ``lines`` (by default a line per result) for people."""
    if as_json:
        envelope = {"schema_version": SCHEMA_VERSION, "command": command, "status": "done", "results": results}
        typer.echo(json.dumps(envelope, indent=1, ensure_ascii=False, default=str))
        return
    for line in lines or counted(results):
        typer.echo(line)


def counted(results: Mapping[str, Any]) -> list[str]:
    """A line per count, words to the left and figures to the right.

    >>> counted({"rows_read": 1200})
    ['rows read                                1,200']
    """
    return [f"{name.replace('_', ' '):<34} {_figure(value):>11}" for name, value in results.items()]


def say(text: str) -> None:
    """A message for the person at the keyboard, on stderr."""
    typer.echo(text, err=True)


@contextmanager
def progress(label: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr that is told how much is done and of how much; None unless ``shown`` and stderr is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
