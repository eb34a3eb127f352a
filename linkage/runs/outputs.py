"""Outputs are written aside and renamed into place.

A command writes into a hidden folder beside its target. Only when everything succeeded are the files moved in, the
manifest last: a folder without ``manifest.json`` is not complete. On any failure, Ctrl-C included, the hidden folder is
removed and the target is as it was.

Files and new folders are made for their owner alone (0600, 0700; on Windows the rights of the folder above hold): most outputs
identify people, and others are to see one only when its owner gives them the right.
"""

import errno
import glob
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from linkage.errors import DiskFullError, MachineError, UsageError
from linkage.runs.lock_file import one_at_a_time

MANIFEST = "manifest.json"
FOLDER_MODE, _FILE_MODE = 0o700, 0o600
"""Rights of folders and files: the owner's alone."""


@contextmanager
def staged_outputs(target: Path) -> Iterator[Path]:
    """Yield an empty folder; move what is written there into ``target`` if the block succeeds.

    What an earlier run of the same command wrote there goes, and so does a hidden folder that a killed run left beside it;
    files of others stay. Raises UsageError when ``target`` is a file, MachineError when it cannot be written or another
    command is writing there.
    """
    target = target.resolve()
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: this is a file; --out needs a folder.")
    with alone(target):
        try:
            for left in hidden_folders(target, "part"):
                shutil.rmtree(left, ignore_errors=True)
            staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        except OSError as error:
            raise unwritable(target, error) from None
        try:
            yield staging
            _move_in(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Be the only command that writes to a folder; that around it is made. Raises MachineError when another one is at it,
    or when it cannot be written.
    """
    target = target.resolve()
    with ExitStack() as held:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(one_at_a_time(target))
        except OSError as error:
            raise unwritable(target, error) from None
        yield


def hidden_folders(target: Path, kind: str) -> list[Path]:
    """The hidden folders of one kind (``part``, ``work``) that runs with this ``target`` have beside it."""
    return sorted(target.parent.glob(f".{glob.escape(target.name)}.{kind}-*"))


def unwritable(target: Path, error: OSError) -> MachineError:
    """Why the folder for ``target`` cannot be made, in our words."""
    if error.errno == errno.ENOSPC:
        return DiskFullError(f"{target}: the disk is full. Make room, or give --out another disk.")
    return MachineError(f"{target}: the folder cannot be written. Check the path and the rights.")


def owner_only(path: Path) -> None:
    """Take the rights of everybody but the owner from a file, or from a folder and all in it. POSIX only."""
    if os.name != "posix":
        return
    for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
        each.chmod(FOLDER_MODE if each.is_dir() else _FILE_MODE)


def _move_in(staging: Path, target: Path) -> None:
    try:
        target.mkdir(mode=FOLDER_MODE, exist_ok=True)
        earlier = _recorded(target, staging)
        (target / MANIFEST).unlink(missing_ok=True)
        for path in earlier:
            path.unlink(missing_ok=True)
        _remove_empty({path.parent for path in earlier}, target)
        owner_only(staging)
        written = [path for path in staging.rglob("*") if path.is_file()]
        for path in sorted(written, key=lambda path: (path.name == MANIFEST, path)):
            _sync(path)
            place = target / path.relative_to(staging)
            for folder in reversed(path.relative_to(staging).parents):
                (target / folder).mkdir(mode=FOLDER_MODE, exist_ok=True)
            path.replace(place)
    except OSError:
        raise MachineError(
            f"{target}: an output could not be put in place (disk full, no right, or a file is open elsewhere). "
            "The folder has no manifest.json and is not complete: run the command again."
        ) from None


def _remove_empty(folders: set[Path], target: Path) -> None:
    """Remove folders inside ``target`` in which nothing is left, and those around them likewise."""
    for folder in folders:
        for each in (folder, *folder.parents):
            if each == target or not each.is_relative_to(target) or any(each.iterdir()):
                break
            each.rmdir()


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
