"""Doing the next thing while the last one is being used: an iterator that runs in a thread of its own."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def ahead(items: Iterator[Item], count: int = 2) -> Iterator[Iterator[Item]]:
    """The same items in the same order, up to ``count`` of them made before they are asked for, from this moment on.

    >>> with ahead(iter("abc")) as letters:
    ...     list(letters)
    ['a', 'b', 'c']
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        yield _in_turn(thread, items, deque(thread.submit(next, items, None) for _ in range(count)))
    finally:
        thread.shutdown(cancel_futures=True)


def _in_turn(thread: ThreadPoolExecutor, items: Iterator[Item], made: deque[Future[Item | None]]) -> Iterator[Item]:
    while (item := made.popleft().result()) is not None:
        made.append(thread.submit(next, items, None))
        yield item
