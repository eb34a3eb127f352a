"""Parts of one job done side by side, each by an engine of its own with its share of the threads and the memory.

One large part after another leaves threads idle at the end of every step; independent parts side by side do not.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from linkage.engine.duckdb import Engine, EngineOptions, open_engine

Part = TypeVar("Part")
Result = TypeVar("Result")


@contextmanager
def side_by_side(
    parts: Sequence[Part],
    work: Callable[[Engine, Part], Result],
    options: EngineOptions,
    folders: Sequence[Path],
) -> Iterator[Iterator[Result]]:
    """Yield the results of ``work`` in the order of ``parts``, which must not depend on one another.

    ``options`` are the limits of all engines together and name a temporary directory; each engine has a folder of its own
    in it. When the block ends early (an error of a part, Ctrl-C) the other parts are stopped before it is left.
    """
    threads = options.threads or os.cpu_count() or 1
    engines = max(1, min(threads, len(parts)))
    share = replace(options, threads=threads // engines, memory_limit=_part_of(options.memory_limit, engines))
    with ExitStack() as stack:
        free: SimpleQueue[Engine] = SimpleQueue()
        opened: list[Engine] = []
        for _ in range(engines):
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.temp_directory)))
            one = replace(share, temp_directory=scratch)
            opened.append(stack.enter_context(open_engine(one, [*folders, scratch])))
            free.put(opened[-1])

        def done(part: Part) -> Result:
            engine = free.get()
            try:
                return work(engine, part)
            finally:
                free.put(engine)

        pool = stack.enter_context(ThreadPoolExecutor(engines))
        futures = [pool.submit(done, part) for part in parts]
        try:
            yield (future.result() for future in futures)
        finally:
            _stop(opened, futures)


def _stop(engines: Sequence[Engine], futures: Sequence[Future[Result]]) -> None:
    """Start no more parts, and end those at work."""
    for future in futures:
        future.cancel()
    while wait(futures, timeout=0).not_done:
        for engine in engines:
            engine.interrupt()
        wait(futures, timeout=0.1)


def _part_of(memory: str | None, engines: int) -> str | None:
    """A share of a memory limit.

    >>> _part_of("4GB", 2)
    '2.0GB'
    """
    if memory is None or engines == 1:
        return memory
    number, unit = re.fullmatch(r"([0-9.]+) ?([A-Za-z]+)", memory).groups()  # type: ignore[union-attr]
    return f"{float(number) / engines}{unit}"
