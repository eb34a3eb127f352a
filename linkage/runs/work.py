"""Finished parts of a long command, kept beside its output until it is done.

A command that is killed leaves its work folder; the same command on the same input finds it and goes on. Work of another
input, setting or version of the program is removed.
"""

import errno
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.errors import DiskFullError, InputError, MachineError, UsageError
from linkage.runs.outputs import FOLDER_MODE, alone, hidden_folders, unwritable

# Of the file that says that a part is finished.
_NOTE = ".json"
_KEPT = "Finished parts are kept in "
_GO_ON = (
    "{folder} (they hold what the input holds). The same command goes on from them; any other with the same --out "
    "removes them; or delete that folder."
)
_LIBRARIES = ("cldlink", "duckdb", "splink", "pyarrow")


@contextmanager
def work_folder(target: Path, key: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the folder ``.<target>.work-<hash of key>`` beside ``target``; it goes when the block succeeds.

    It goes too when the input or the options are at fault, since they have to change; after Ctrl-C, a kill or a fault of
    the machine it stays if a part of the work is finished, and a note on the error says so. ``key`` holds all that shapes
    the work (hashes of inputs, settings); the versions of the program and its libraries are added. Raises MachineError when
    it cannot be written, or when another command is writing to ``target``.
    """
    target = target.resolve()
    versions = {name: version(name) for name in _LIBRARIES}
    text = json.dumps([versions, dict(key)], sort_keys=True, default=str)
    name = f".{target.name}.work-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    folder = target.parent / name
    with alone(target):
        for other in hidden_folders(target, "work"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
        try:
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        except OSError as error:
            raise unwritable(target, error) from None
        with _kept_until_done(folder):
            yield folder


@contextmanager
def _kept_until_done(folder: Path) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    except (InputError, UsageError):
        done = True
        raise
    except BaseException as error:
        done = not any(folder.rglob(f"*{_NOTE}"))
        if not done:
            error.add_note(_KEPT + _GO_ON.format(folder=folder))
        raise
    finally:
        if done:
            shutil.rmtree(folder, ignore_errors=True)


def kept_notes(error: BaseException) -> list[str]:
    """What ``work_folder`` noted on an error, or on one that led to it; notes of other libraries are left out."""
    notes: list[str] = []
    reason: BaseException | None = error
    while reason is not None:
        told = (note for note in getattr(reason, "__notes__", ()) if note.startswith(_KEPT))
        notes += [note for note in told if note not in notes]
        reason = reason.__cause__ or reason.__context__
    return notes


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
        if aside.is_dir() and path.is_dir():
            shutil.rmtree(path)  # of a run that was stopped before it noted that this part was finished
        aside.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(f"{path.parent}: the disk is full. Make room and run the command again.") from None
        raise MachineError(
            f"{path.parent}: a part of the work could not be written. Check the rights and run the command again."
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
