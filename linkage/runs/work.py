"""Finished parts of a long command, kept beside its output until it is done.

A command that is killed leaves its work folder; the same command on the same input finds it and goes on. Work of another
input, setting or version of the program is removed.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.errors import InputError, MachineError, UsageError
from linkage.runs.outputs import FOLDER_MODE

# Of the file that says that a part is finished.
_NOTE = ".json"
_LIBRARIES = ("cldlink", "duckdb", "splink", "pyarrow")


@contextmanager
def work_folder(target: Path, key: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the folder ``.<target>.work-<hash of key>`` beside ``target``; it goes when the block succeeds.

    It goes too when the input or the options are at fault, since they have to change; after Ctrl-C, a kill or a fault of
    the machine it stays if a part of the work is finished. ``key`` holds all that shapes the work (hashes of inputs,
    settings); the versions of the program and its libraries are added. Raises MachineError when it cannot be written.
    """
    target = target.resolve()
    versions = {name: version(name) for name in _LIBRARIES}
    text = json.dumps([versions, dict(key)], sort_keys=True, default=str)
    name = f".{target.name}.work-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    folder = target.parent / name
    for other in target.parent.glob(f".{target.name}.work-*"):
        if other.name != name:
            shutil.rmtree(other, ignore_errors=True)
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError:
        raise MachineError(f"{target}: the folder cannot be written. Check the path and the rights.") from None
    done = False
    try:
        yield folder
        done = True
    except (InputError, UsageError):
        done = True
        raise
    finally:
        if done or not any(folder.rglob(f"*{_NOTE}")):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a name to write a file or folder under; it gets the name ``path`` only when the block succeeds.

    Raises MachineError when it cannot be written.
    """
    aside = path.with_name(f"{path.name}.part")
    try:
        if aside.is_dir():
            shutil.rmtree(aside)
        yield aside
        aside.replace(path)
    except OSError:
        raise MachineError(
            f"{path.parent}: a part of the work could not be written (disk full, or no right). What is finished is kept: "
            "run the command again."
        ) from None


def note(path: Path, counts: Mapping[str, Any]) -> None:
    """Write a small JSON file that says that a part is finished, and what was counted in it."""
    with whole(path) as aside:
        aside.write_text(json.dumps(dict(counts)), encoding="utf-8")


def noted(path: Path) -> dict[str, Any] | None:
    """What ``note`` wrote; None when the part is not finished."""
    if not path.is_file():
        return None
    counts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return counts
