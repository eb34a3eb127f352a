"""One writer at a time, on Linux and Windows: a lock that the operating system lets go when its process ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pseudo.errors import FileInUseError

_PAUSE = 0.01

if sys.platform == "win32":
    import msvcrt

    def _take(handle: BinaryIO) -> None:
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: BinaryIO) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def waiting_lock(path: Path, seconds: float = 30) -> Iterator[None]:
    """Hold a lock, waiting for whoever holds it. Raises FileInUseError when it is not free after ``seconds``."""
    until = time.monotonic() + seconds
    with path.open("ab") as handle:
        while True:
            try:
                _take(handle)
                break
            except OSError:
                if time.monotonic() > until:
                    raise FileInUseError(
                        f"{path.parent}: another command is writing here. Wait for it to end."
                    ) from None
                time.sleep(_PAUSE)
        yield
