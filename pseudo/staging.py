"""A folder that appears whole or not at all: written aside, flushed to disk, renamed into place."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pseudo.errors import ReleasePathError, ReleaseWriteError


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
    old = target.with_name(f"{staging.name}-old")
    try:
        for file in (path for path in staging.rglob("*") if path.is_file()):
            with file.open("rb+") as handle:
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
