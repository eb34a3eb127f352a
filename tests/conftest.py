"""What tests share: a small world with one run of the main job on it, and how the tests are spread over workers."""

from collections.abc import Iterator, Mapping
from unittest.mock import patch

import pytest

from linkage.engine import Engine, Step, ident
from linkage.trace import model
from linkage.trace.settings import RegisterSettings
from tests.main_job import Chain, make_world, offline, write_keys

# Files that use the run of the main job, or a register of the sample: one worker makes them, once.
MAIN_JOB = ("chain", "demo")
SAMPLE_REGISTER = ("test_tutorial.py",)
# Registers of fewer people are always counted anew.
LARGE_REGISTER = 2_000

Probabilities = Mapping[str, Mapping[str, float]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The tests of a file run on one worker (``--dist loadgroup``), so that what they share is made once."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    main_job = {item.path for item in items if set(MAIN_JOB) & set(getattr(item, "fixturenames", ()))}
    for item in items:
        together = item.path in main_job or item.path.name in SAMPLE_REGISTER
        item.add_marker(pytest.mark.xdist_group("main job" if together else item.nodeid.partition("::")[0]))


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
