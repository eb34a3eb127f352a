"""Scratch folders that identify people: their owner's alone, gone when the work ends or, if it was killed, at the next run."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from linkage.errors import MachineError
from linkage.runs.lock_file import locked_file

_LOCK = ".lock"


@contextmanager
def scratch_folder(kind: str, place: Path | None = None) -> Iterator[Path]:
    """An empty folder ``cldlink-<kind>-…`` in ``place`` (the system's temporary folder if None), for one process.

    Its lock goes with the process, however that ends: folders of the same kind that nobody holds are removed first.
    """
    prefix = f"cldlink-{kind}-"
    for left in Path(place or tempfile.gettempdir()).glob(f"{prefix}*/{_LOCK}"):
        with suppress(OSError, MachineError):
            with locked_file(left):
                pass
            shutil.rmtree(left.parent)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name, locked_file(Path(name) / _LOCK):
        yield Path(name)
