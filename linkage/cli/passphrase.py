"""How a command is given a passphrase: from a file, an open descriptor or the prompt; never as an argument."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from linkage.errors import UsageError

Keystore = Annotated[Path, typer.Option("--keystore", help="The key file.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase; else you are asked.")
]
PassphraseFd = Annotated[
    int | None, typer.Option("--passphrase-fd", help="Open file descriptor to read the passphrase from.")
]


def read_passphrase(file: Path | None, descriptor: int | None, *, confirm: bool = False) -> bytes:
    """The passphrase from a file, a descriptor or the prompt, without the line's end."""
    if file and descriptor is not None:
        raise UsageError("Give --passphrase-file or --passphrase-fd, not both.")
    try:
        if file:
            return _first_line(file.read_bytes())
        if descriptor is not None:
            with os.fdopen(descriptor, "rb") as handle:
                return _first_line(handle.read())
    except OSError:
        raise UsageError("The passphrase could not be read. Check the path of the file or the descriptor.") from None
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for the passphrase. Give --passphrase-file or --passphrase-fd.")
    try:
        typed: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    return typed.encode()


def _first_line(content: bytes) -> bytes:
    return content.splitlines()[0] if content else b""
