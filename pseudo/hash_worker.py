"""The process that makes codes for another one: it is given a key, then messages frame by frame, and answers with codes.

``python -m pseudo.hash_worker`` is started by ``pseudo.hashing`` only. The key comes down its standard input and stands
in no argument, variable or file. It ends when its standard input ends, so it never outlives the process it works for.
"""

import json
import signal
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import IO

from pseudo.domain import Domain
from pseudo.keys import DomainKey

_LENGTH = struct.Struct(">Q")
_WIDTH = struct.Struct(">I")
_TAKEN = 1024  # messages taken out of a frame at a time


class BytePipe:
    """Byte strings over two streams, each preceded by its length."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading = reading
        self._writing = writing
        self.broken = False

    def send_bytes(self, data: bytes) -> None:
        """Send one byte string. Raises OSError when the other end is gone."""
        self._writing.write(_LENGTH.pack(len(data)))
        self._writing.write(data)
        self._writing.flush()

    def recv_bytes(self) -> bytes:
        """Wait for one byte string. Raises EOFError when the other end is gone."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        data = self._reading.read(length)
        if len(data) < length:
            raise EOFError
        return data


def fixed_frame(width: int, data: bytes) -> bytes:
    """Messages of one width in bytes, end to end."""
    return _WIDTH.pack(width) + data


def open_frame(ends: "array[int]", data: bytes) -> bytes:
    """Messages of any width, end to end; ``ends`` are 0 and the place in ``data`` after each message."""
    return _WIDTH.pack(0) + _WIDTH.pack(len(ends)) + ends.tobytes() + data


def messages_in(frame: bytes) -> Iterable[bytes]:
    """The messages of a frame, in order.

    >>> list(messages_in(fixed_frame(2, b"abcd"))), list(messages_in(open_frame(array("i", [0, 1, 4]), b"abcd")))
    ([b'ab', b'cd'], [b'a', b'bcd'])
    """
    (width,) = _WIDTH.unpack_from(frame)
    if width:
        return chain.from_iterable(_of_one_width(frame, width))
    (count,) = _WIDTH.unpack_from(frame, _WIDTH.size)
    ends = array("i")
    first = 2 * _WIDTH.size + count * ends.itemsize
    ends.frombytes(frame[2 * _WIDTH.size : first])
    return [frame[first + start : first + end] for start, end in pairwise(ends)]


def _of_one_width(frame: bytes, width: int) -> Iterator[tuple[bytes, ...]]:
    """The messages of a fixed frame, some at a time."""
    for start in range(_WIDTH.size, len(frame), _TAKEN * width):
        count = min(_TAKEN, (len(frame) - start) // width)
        yield struct.unpack_from(f"{width}s" * count, frame, start)


def serve(pipe: BytePipe) -> None:
    """Take the domain and the key, answer with the key check value, then with the codes of every frame until the end."""
    domain = Domain(**json.loads(pipe.recv_bytes()))
    with DomainKey.receive(pipe, domain) as key:
        pipe.send_bytes(key.kcv.encode("ascii"))
        while True:
            pipe.send_bytes(key.mac_many(messages_in(pipe.recv_bytes())))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the process it works for
    try:
        serve(BytePipe(sys.stdin.buffer, sys.stdout.buffer))
    except (EOFError, OSError):
        sys.exit(0)
