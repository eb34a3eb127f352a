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
        for name in earlier:
            (target / name).unlink(missing_ok=True)
        for written in sorted(staging.iterdir(), key=lambda path: (path.name == MANIFEST, path.name)):
            _sync(written)
            existing = target / written.name
            if existing.is_dir():
                shutil.rmtree(existing)
            written.replace(existing)
    except OSError:
        raise MachineError(
            f"{target}: an output could not be put in place (disk full, no right, or a file is open elsewhere). "
            "The folder has no manifest.json and is not complete: run the command again."
        ) from None


def _recorded(target: Path, staging: Path) -> list[Path]:
    """The files that an earlier run of the same command left in ``target``, by its manifest: this run replaces them all."""
    try:
        earlier, now = (json.loads((folder / MANIFEST).read_text(encoding="utf-8")) for folder in (target, staging))
        if earlier["command"] != now["command"]:
            return []
        names = [target / str(record["name"]) for record in earlier["outputs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [path for path in names if path.resolve().is_relative_to(target)]


def _sync(path: Path) -> None:
    for file in [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]:
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
