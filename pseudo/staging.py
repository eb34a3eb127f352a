"""A folder that appears whole or not at all: written aside, flushed to disk, renamed into place.

Folders and files are their owner's alone (0700, 0600; on Windows the rights of the folder above hold).
"""

import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pseudo.errors import ReleasePathError, ReleaseWriteError

_OLD = "-old"

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but its owner may read, from its first byte on. Raises OSError."""
    path.touch(mode=FILE_MODE)
    if os.name == "posix":
        path.chmod(FILE_MODE)
    path.write_bytes(content)


def clear_left(target: Path) -> None:
    """Remove what a killed process left beside ``target``, and put an earlier folder back that it had set aside.

    For the only process that writes there: the caller holds the lock. What cannot be removed stays.
    """
    target = target.resolve()
    left = sorted(target.parent.glob(f".{glob.escape(target.name)}.part-*"))
    for folder in left:
        if folder.name.endswith(_OLD) and not target.exists():
            with suppress(OSError):
                folder.rename(target)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def staged_folder(target: Path, may_replace: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield a new folder beside ``target``; rename it to ``target`` if the block succeeds, remove it if not.

    An existing folder is replaced when it is empty or ``may_replace`` says so; Ctrl-C and errors leave it as it was.
    Raises ReleasePathError when something else is in the way, ReleaseWriteError when the folder cannot be written.
    """
    target = target.resolve()
    if target.exists() and not (target.is_dir() and (not any(target.iterdir()) or may_replace(target))):
        raise ReleasePathError(f"{target}: something else is here already and is not overwritten. Give another folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
    except OSError:
        raise ReleaseWriteError(f"{target}: the folder cannot be written. Check the path and the rights.") from None
    try:
        yield staging
        _swap(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _swap(staging: Path, target: Path) -> None:
    old = target.with_name(f"{staging.name}{_OLD}")
    try:
        for path in staging.rglob("*"):
            if os.name == "posix":
                path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
            if path.is_file():
                with path.open("rb+") as handle:
                    os.fsync(handle.fileno())
        if target.exists():
            target.rename(old)
        staging.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise ReleaseWriteError(
            f"{target}: the release could not be put in place (disk full, no right, or a file is open elsewhere)."
        ) from None
    shutil.rmtree(old, ignore_errors=True)
