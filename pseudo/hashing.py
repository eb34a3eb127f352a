"""Codes of many messages under one key, by several processes where there are many.

The same codes in the same order whatever the number of processes. A worker is a new interpreter (never a copy of this
process); the key goes down its pipe at the start and nowhere else. Workers end with the process that started them.
"""

import json
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pseudo.errors import WorkerError
from pseudo.hash_worker import BytePipe, fixed_frame, messages_in, open_frame
from pseudo.keys import MAC_BYTES, DomainKey

FRAME = 131_072  # messages that a worker is given at a time
MANY = 500_000  # distinct messages from which on starting workers pays

Codes = npt.NDArray[np.uint8]  # one row of 16 bytes per message


def usable_processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Hasher:
    """Makes codes under one key, column after column; starts workers at the first column of many messages.

    ``workers``: how many, for any number of messages; by default one per processor, for many messages only. The key
    stays the caller's: closing a hasher ends its workers, not the key. Raises WorkerError when a worker was stopped.
    """

    def __init__(self, key: DomainKey, workers: int | None = None) -> None:
        self._key = key
        self._wanted = usable_processors() if workers is None else workers
        self._from = MANY if workers is None else 0
        self._workers: _Workers | None = None

    def __enter__(self) -> "Hasher":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def expect(self, count: int) -> None:
        """Start the workers now if so many messages are worth it; nothing waits for them before the first codes."""
        if self._workers is None and self._wanted > 1 and count >= max(self._from, 1):
            self._workers = _Workers(self._key, self._wanted)

    def codes(self, messages: pa.Array) -> Codes:
        """The 16-byte codes of messages (binary, no nulls), in the order given. A closed key raises KeyCustodyError."""
        return np.concatenate([np.empty((0, MAC_BYTES), dtype=np.uint8), *self.codes_in_turn(messages)])

    def codes_in_turn(self, messages: pa.Array) -> Iterator[Codes]:
        """The same, some at a time: what is done with them is done while the next are made."""
        self._key.mac_many(())  # a closed key makes no codes, whoever else still holds it
        self.expect(len(messages))
        workers = self._workers
        if workers is None:
            made = (self._key.mac_many(messages_in(frame)) for frame in _frames(messages))
        else:
            waiting = [workers.submit(frame) for frame in _frames(messages)]
            made = (answer.result() for answer in waiting)
        for codes in made:
            yield np.frombuffer(codes, dtype=np.uint8).reshape(-1, MAC_BYTES)

    def close(self) -> None:
        """End the workers."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None


class _Workers:
    """Processes that hold one key. Frames go to whichever is idle; the answer to each is found by its future."""

    def __init__(self, key: DomainKey, count: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[BytePipe] = SimpleQueue()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="hashing")
        try:
            pipes = [self._start() for _ in range(count)]
        except OSError:
            self.close()
            raise _stopped() from None
        for pipe in pipes:
            self._threads.submit(self._welcome, pipe, key)

    def _welcome(self, pipe: BytePipe, key: DomainKey) -> None:
        """Hand the key over; the worker is idle from now on. One that does not answer as it should answers no frame."""
        pipe.broken = True
        try:
            pipe.send_bytes(json.dumps(asdict(key.domain)).encode("ascii"))
            key.hand_over(pipe)
            pipe.broken = pipe.recv_bytes().decode("ascii") != key.kcv
        finally:
            self._idle.put(pipe)

    def _start(self) -> BytePipe:
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pseudo.hash_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._processes.append(process)
        assert process.stdin is not None and process.stdout is not None
        return BytePipe(process.stdout, process.stdin)

    def submit(self, frame: bytes) -> Future[bytes]:
        """Give a frame to the next idle worker."""
        return self._threads.submit(self._ask, frame)

    def _ask(self, frame: bytes) -> bytes:
        pipe = self._idle.get()
        try:
            if pipe.broken:
                raise EOFError
            pipe.send_bytes(frame)
            return pipe.recv_bytes()
        except (OSError, EOFError):
            raise _stopped() from None
        finally:
            self._idle.put(pipe)

    def close(self) -> None:
        """Stop every worker, whatever it is doing; nothing that it holds has to be saved."""
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):  # bytes for a worker that is gone
                    stream and stream.close()


def _stopped() -> WorkerError:
    return WorkerError("A worker process of the pseudonyms was stopped, mostly for want of memory. Try again.")


def _frames(messages: pa.Array) -> Iterator[bytes]:
    """Messages in buffers of ``FRAME`` messages: of one width where they have one, with their ends where not."""
    for start in range(0, len(messages), FRAME):
        part = messages.slice(start, FRAME)
        ends = np.frombuffer(part.buffers()[1], dtype=np.int32)[part.offset : part.offset + len(part) + 1]
        data = memoryview(part.buffers()[2] or b"")[ends[0] : ends[-1]].tobytes()
        widths = np.diff(ends)
        if widths[0] and (widths == widths[0]).all():
            yield fixed_frame(int(widths[0]), data)
        else:
            yield open_frame(array("i", (ends - ends[0]).tobytes()), data)
