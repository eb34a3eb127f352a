"""How a command is given a passphrase: from a file, an open descriptor or the prompt; never as an argument.

Where two people keep a key, each gives a part: the option twice, or two prompts, the first person first.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.errors import UsageError

if TYPE_CHECKING:
    from pseudo.custody import Passphrase

Keystore = Annotated[Path, typer.Option("--keystore", help="The key file, or the folder of a key ring.")]
PassphraseFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--passphrase-file",
        metavar="PATH",
        help="File whose first line is the passphrase; else you are asked. Twice where two people keep the key.",
    ),
]
PassphraseFd = Annotated[
    list[int] | None,
    typer.Option(
        "--passphrase-fd",
        metavar="N",
        help="Open file descriptor to read the passphrase from. Twice where two people keep the key.",
    ),
]
_PEOPLE = ("first", "second")
_TWO = (
    "Two people keep this key: give --passphrase-file (or --passphrase-fd) twice, a file of each person's own; or neither, and "
    "both are asked."
)


def read_passphrase(
    files: Sequence[Path] | Path | None,
    descriptors: Sequence[int] | int | None = None,
    *,
    of: Path | None = None,
    two_people: bool = False,
    confirm: bool = False,
) -> "Passphrase":
    """The passphrase from files, descriptors or the prompt, without the line's end.

    ``of`` is the key file or ring that it opens, which says how many people are asked. With ``two_people`` two parts are
    needed, whatever is there already. Raises UsageError for one part then; that the two differ is custody's rule
    (``pseudo.custody.require_strength``).
    """
    named = [files] if isinstance(files, Path) else list(files or ())
    opened = [descriptors] if isinstance(descriptors, int) else list(descriptors or ())
    if named and opened:
        raise UsageError("Give --passphrase-file or --passphrase-fd, not both.")
    if max(len(named), len(opened)) > len(_PEOPLE):
        raise UsageError("A key is kept by one person or two: give the passphrase once or twice.")
    if two_people and len(named or opened) == 1:
        raise UsageError(_TWO)
    try:
        parts = [_first_line(path.read_bytes()) for path in named] or [_from_descriptor(one) for one in opened]
    except OSError:
        raise UsageError("The passphrase could not be read. Check the path of the file or the descriptor.") from None
    people = 2 if two_people else _people(of) if of else 1
    return _joined(parts or _asked(people, of=of, confirm=confirm))


def _joined(parts: Sequence[bytes]) -> "Passphrase":
    return parts[0] if len(parts) == 1 else (parts[0], parts[1])


def _people(path: Path) -> int:
    from pseudo.custody import custody_at

    return custody_at(path).people()


def _asked(people: int, *, of: Path | None, confirm: bool) -> list[bytes]:
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for the passphrase. Give --passphrase-file or --passphrase-fd.")
    name = f"Passphrase for {of.name}" if of else "Passphrase"
    labels = [name] if people == 1 else [f"{name}, {which} person" for which in _PEOPLE]
    try:
        return [
            str(typer.prompt(label, hide_input=True, confirmation_prompt=confirm, err=True)).encode()
            for label in labels
        ]
    except typer.Abort:
        raise KeyboardInterrupt from None


def _from_descriptor(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as handle:
        return _first_line(handle.read())


def _first_line(content: bytes) -> bytes:
    return content.splitlines()[0] if content else b""
