"""What tests share: a small world with one run of the main job on it, and how the tests are spread over workers."""

import gc
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest

from linkage.engine import Engine, Step, ident
from linkage.trace import model
from linkage.trace.settings import RegisterSettings
from tests.main_job import Chain, make_world, offline, write_keys

# Files that use the run of the main job, or a register of the sample: one worker makes them, once.
MAIN_JOB = (
    "e2e/test_bad_input.py",
    "e2e/test_main_job.py",
    "e2e/test_tutorial.py",
    "privacy/test_canary.py",
    "privacy/test_feedback.py",
    "privacy/test_no_network.py",
)
# Registers of fewer people are always counted anew.
LARGE_REGISTER = 2_000

Probabilities = Mapping[str, Mapping[str, float]]


def pytest_collection_finish() -> None:
    """Thousands of collected tests live to the end: the garbage collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a file run on one worker, and those of the main job on the same one: what they share is made once."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "main job" if file.endswith(MAIN_JOB) else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The main job, run once without a network; nobody writes into it."""
    folder = tmp_path_factory.mktemp("main-job")
    with offline():
        made = Chain(make_world(folder / "world"), write_keys(folder / "keys"), folder / "out")
        made.trace_side()
        made.release_side()
    return made


@pytest.fixture(scope="session", autouse=True)
def random_pairs_of_a_large_register_are_counted_once() -> Iterator[None]:
    """Two million pairs take seconds: those of the same people and settings are counted for the first register only."""
    counted: dict[tuple[object, ...], Probabilities] = {}
    count = model.estimate_u

    def once(engine: Engine, people: str, settings: RegisterSettings) -> Probabilities:
        if engine.count(people) < LARGE_REGISTER:
            return count(engine, people, settings)
        step = Step("content", f"select count(*), sum(hash(person)::hugeint) from {ident(people)} as person")
        key = (people, repr(settings), *engine.rows(step)[0])
        if key not in counted:
            counted[key] = count(engine, people, settings)
        return counted[key]

    with patch.object(model, "estimate_u", once):
        yield
