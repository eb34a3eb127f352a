"""One writer at a time: a lock on a file that the operating system lets go when the process ends, however it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
