"""Parts of one job side by side: results in order, limits shared, and all of them stopped when one fails."""

import threading
import time
from pathlib import Path

import pytest

from linkage.engine import Engine, EngineOptions, Step, side_by_side

ENDLESS = "select sum(a.i * b.i) from range(100000000) a(i), range(100000000) b(i)"


def options(tmp_path: Path, threads: int = 2) -> EngineOptions:
    return EngineOptions(memory_limit="1GB", threads=threads, temp_directory=tmp_path)


def test_results_come_in_the_order_of_the_parts(tmp_path: Path) -> None:
    def square(engine: Engine, number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return int(engine.value(Step("square", "select $n * $n", {"n": number})))

    with side_by_side(range(5), square, options(tmp_path), []) as results:
        assert list(results) == [0, 1, 4, 9, 16]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("threads", "parts", "each"), [(4, 2, 2), (2, 5, 1), (3, 1, 3)])
def test_the_limits_are_those_of_all_together(tmp_path: Path, threads: int, parts: int, each: int) -> None:
    def limits(engine: Engine, number: int) -> tuple[str, int, str]:
        sql = "select current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory')"
        return engine.rows(Step("limits", sql))[0]  # type: ignore[return-value]

    with side_by_side(range(parts), limits, options(tmp_path, threads), []) as results:
        found = list(results)
    engines = threads // each
    assert {threads_each for _, threads_each, _ in found} == {each}
    assert {memory for memory, _, _ in found} == {{1: "953.6 MiB", 2: "476.8 MiB"}[engines]}
    assert all(Path(folder).parent == tmp_path for _, _, folder in found)


def test_one_that_fails_stops_the_others(tmp_path: Path) -> None:
    started = threading.Event()

    def work(engine: Engine, number: int) -> int:
        if number == 0:
            started.wait(5)
            raise ValueError
        started.set()
        return int(engine.value(Step("endless", ENDLESS)))

    with pytest.raises(ValueError), side_by_side(range(4), work, options(tmp_path), []) as results:
        list(results)
