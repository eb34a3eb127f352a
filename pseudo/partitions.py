"""Treated rows held aside until all of a table is treated, in partitions by person; on disk when they are many.

What is held has left its identifiers behind: places in lists of released values, and pseudonyms. The file on disk has
no name (it goes with the process, however that ends) and can be read by its owner only.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from pseudo.errors import ReleaseWriteError

Array = npt.NDArray[Any]

IN_MEMORY = 512 << 20  # bytes held before they go to disk


@dataclass(frozen=True)
class _Stored:
    """An array in the file: where it starts, its type and its shape."""

    start: int
    kind: np.dtype[Any]
    shape: tuple[int, ...]


class Partitions:
    """Rows of several columns in ``count`` partitions. Rows of a partition come back in the order they were added.

    ``folder`` is where the file stands if one is needed. Raises ReleaseWriteError when the disk is full.
    """

    def __init__(self, count: int, folder: Path, in_memory: int = IN_MEMORY) -> None:
        self.count = count
        self._folder = folder
        self._in_memory = in_memory
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self._end = 0
        self._held: list[dict[str, list[Array | _Stored]]] = [{} for _ in range(count)]

    def __enter__(self) -> "Partitions":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._held = []
        if self._file is not None:
            self._file.close()

    def add(self, columns: Mapping[str, Array], partition: npt.NDArray[np.int16]) -> None:
        """Add rows; ``partition`` says where each belongs."""
        if self.count == 1:
            self._add(0, columns)
            return
        order = np.argsort(partition, kind="stable")
        ends = np.searchsorted(partition[order], np.arange(self.count + 1))
        together = {name: values.take(order, axis=0) for name, values in columns.items()}
        for place in np.flatnonzero(np.diff(ends)).tolist():
            self._add(place, {name: values[ends[place] : ends[place + 1]] for name, values in together.items()})

    def take(self, place: int) -> dict[str, Array]:
        """The rows of one partition, which is then forgotten."""
        held, self._held[place] = self._held[place], {}
        return {name: np.concatenate([self._read(part) for part in parts]) for name, parts in held.items()}

    def _add(self, place: int, columns: Mapping[str, Array]) -> None:
        for name, values in columns.items():
            self._held[place].setdefault(name, []).append(values)
            self._bytes += values.nbytes
        if self._bytes > self._in_memory:
            self._to_disk()

    def _to_disk(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed on exit
            for held in self._held:
                for parts in held.values():
                    parts[:] = [self._write(part) for part in parts]
            self._file.flush()
        except OSError:
            raise ReleaseWriteError(
                f"{self._folder}: no room for the rows that are put in order there (disk full or no right)."
            ) from None
        self._bytes = 0

    def _write(self, part: Array | _Stored) -> _Stored:
        if isinstance(part, _Stored):
            return part
        assert self._file is not None
        stored = _Stored(self._end, part.dtype, part.shape)
        self._file.write(np.ascontiguousarray(part).data)
        self._end += part.nbytes
        return stored

    def _read(self, part: Array | _Stored) -> Array:
        if not isinstance(part, _Stored):
            return part
        assert self._file is not None
        self._file.seek(part.start)
        size = part.kind.itemsize * int(np.prod(part.shape))
        return np.frombuffer(self._file.read(size), dtype=part.kind).reshape(part.shape)
