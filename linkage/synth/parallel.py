"""Blocks made by several processes and handed over in order: the result is the same whatever their number."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import count

from linkage.errors import MachineError
from linkage.synth.block import Setting, load_setting, make_block
from linkage.synth.parts import BlockParts, Plan, block_parts

# Blocks of one task of a worker, and the people that a block has, about; the second only says how far to work ahead.
BLOCKS_PER_TASK = 8
_PEOPLE_PER_BLOCK = 2400
_EVERYBODY = 1 << 62

_settings: dict[str, Setting] = {}


def parts_in_order(plan: Plan, workers: int) -> Iterator[BlockParts]:
    """The parts of every block that the plan's number of people needs, in order; the last block is cut to fit.

    Raises MachineError when a worker process was stopped from outside (mostly for want of memory).
    """
    left = plan.profile.people
    try:
        for parts in _by_workers(plan, workers) if workers > 1 else _one_by_one(plan):
            if parts.people >= left:
                last = parts if parts.people == left else _block(plan, parts.number, left)
                if last is not None:
                    yield last
                return
            left -= parts.people
            yield parts
    except BrokenProcessPool:
        raise MachineError(
            "A worker process was stopped, mostly for want of memory. Try again with fewer --workers."
        ) from None


def _one_by_one(plan: Plan) -> Iterator[BlockParts]:
    left = plan.profile.people
    for number in count():
        parts = _block(plan, number, left)
        if parts is None:
            return
        left -= parts.people
        yield parts


def _by_workers(plan: Plan, workers: int) -> Iterator[BlockParts]:
    """Blocks in order, with as many tasks under way as keep the workers busy, and few more than will be needed."""
    left = plan.profile.people
    waiting: deque[Future[list[BlockParts]]] = deque()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (plan,)) as pool:
        try:
            for first in count(step=BLOCKS_PER_TASK):
                with _deaf_to_interrupts():
                    waiting.append(pool.submit(_task, plan, first))
                while len(waiting) > workers or len(waiting) * BLOCKS_PER_TASK * _PEOPLE_PER_BLOCK >= left:
                    made = waiting.popleft().result()
                    left -= sum(parts.people for parts in made)
                    yield from made
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C does nothing: a process started meanwhile ignores it from its first moment, and leaves it to its parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start(plan: Plan) -> None:
    """Prepare a worker: it ignores Ctrl-C (its parent stops it) and ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _setting(plan)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _task(plan: Plan, first: int) -> list[BlockParts]:
    made = [_block(plan, number, _EVERYBODY) for number in range(first, first + BLOCKS_PER_TASK)]
    return [parts for parts in made if parts is not None]


def _block(plan: Plan, number: int, limit: int) -> BlockParts | None:
    setting = _setting(plan)
    block = make_block(setting, number, limit)
    return block_parts(plan, setting, block) if block else None


def _setting(plan: Plan) -> Setting:
    """The setting of a plan, made once in each process."""
    key = plan.profile.model_dump_json()
    if key not in _settings:
        _settings.clear()
        _settings[key] = load_setting(plan.profile)
    return _settings[key]
