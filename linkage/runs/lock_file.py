"""One writer at a time: a lock on a file that the operating system lets go when the process ends, however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from linkage.errors import MachineError

if sys.platform == "win32":
    import msvcrt

    def _take(handle: BinaryIO) -> None:
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: BinaryIO) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


# Targets that this process holds: what is done inside another hold needs no second one.
_held: set[Path] = set()


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Hold a lock. Raises MachineError at once when another process holds it."""
    with path.open("ab") as handle:
        try:
            _take(handle)
        except OSError:
            raise MachineError(
                f"{path.parent}: another command is writing to this store. Wait for it to end."
            ) from None
        yield


@contextmanager
def one_at_a_time(target: Path) -> Iterator[None]:
    """Be the only command that writes to a folder (a resolved path); its own parts may ask again.

    The lock is the file ``.<name>.lock`` beside the folder, which goes with the command. One that a killed command left
    holds nobody up. Raises MachineError at once when another command is writing there, OSError when no file can be made.
    """
    if target in _held:
        yield
        return
    path = target.with_name(f".{target.name}.lock")
    with _taken(target, path) as handle:
        _held.add(target)
        try:
            yield
        finally:
            _held.discard(target)
            if sys.platform == "win32":
                handle.close()
            with suppress(OSError):
                path.unlink()


def _taken(target: Path, path: Path) -> BinaryIO:
    """The opened lock file, locked. A file that its holder removed meanwhile locks nothing: then it is made anew."""
    while True:
        handle = path.open("ab")
        try:
            _take(handle)
            if os.path.samestat(path.stat(), os.fstat(handle.fileno())):
                return handle
        except FileNotFoundError:
            pass
        except OSError:
            handle.close()
            raise MachineError(
                f"{target}: another command is writing to this folder. Wait for it to end, or give --out another folder."
            ) from None
        handle.close()
