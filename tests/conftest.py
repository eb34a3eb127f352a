"""A small world and one run of the main job on it, made once for each worker."""

import pytest

from tests.main_job import Chain, make_world, offline, write_keys


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The main job, run once without a network; nobody writes into it."""
    folder = tmp_path_factory.mktemp("main-job")
    with offline():
        made = Chain(make_world(folder / "world"), write_keys(folder / "keys"), folder / "out")
        made.trace_side()
        made.release_side()
    return made
