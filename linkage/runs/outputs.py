"""Outputs are written aside and renamed into place.

A command writes into a hidden folder beside its target. Only when everything succeeded are the files moved in, the
manifest last: a folder without ``manifest.json`` is not complete. On any failure, Ctrl-C included, the hidden folder is
removed and the target is as it was.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linkage.errors import MachineError, UsageError

MANIFEST = "manifest.json"


@contextmanager
def staged_outputs(target: Path) -> Iterator[Path]:
    """Yield an empty folder; move what is written there into ``target`` if the block succeeds.

    What an earlier run of the same command wrote there goes; files of others stay. Raises UsageError when ``target`` is a
    file, MachineError when it cannot be written.
    """
    target = target.resolve()
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: this is a file; --out needs a folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
    except OSError:
        raise MachineError(f"{target}: the folder cannot be written. Check the path and the rights.") from None
    try:
        yield staging
        _move_in(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move_in(staging: Path, target: Path) -> None:
    try:
        target.mkdir(exist_ok=True)
        earlier = _recorded(target, staging)
        (target / MANIFEST).unlink(missing_ok=True)
        for path in earlier:
            path.unlink(missing_ok=True)
        written = [path for path in staging.rglob("*") if path.is_file()]
        for path in sorted(written, key=lambda path: (path.name == MANIFEST, path)):
            _sync(path)
            place = target / path.relative_to(staging)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    except OSError:
        raise MachineError(
            f"{target}: an output could not be put in place (disk full, no right, or a file is open elsewhere). "
            "The folder has no manifest.json and is not complete: run the command again."
        ) from None


def _recorded(target: Path, staging: Path) -> list[Path]:
    """The files that an earlier run of the same command left in ``target``, by its manifest: this run replaces them all.

    Raises UsageError when the folder holds the output of another command.
    """
    earlier, now = _command_and_files(target), _command_and_files(staging)
    if earlier is None or now is None:
        return []
    if earlier[0] != now[0]:
        raise UsageError(f"{target}: this folder holds the output of '{earlier[0]}'. Give --out a folder of its own.")
    return [path for name in earlier[1] if (path := target / name).resolve().is_relative_to(target)]


def _command_and_files(folder: Path) -> tuple[str, list[str]] | None:
    """What the manifest of a folder says of it; None when there is none of this kind."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return str(document["command"]), [str(record["name"]) for record in document["outputs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())
