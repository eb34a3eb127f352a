"""Nothing is sent anywhere: every command of the main job, and the demo, run where no socket can be made."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.main_job import Chain, cldlink, offline


def test_offline_means_no_socket_and_no_address() -> None:
    asks: list[Callable[[], object]] = [
        lambda: socket.socket(),
        lambda: socket.socketpair(),
        lambda: socket.create_connection(("example.invalid", 80)),
        lambda: socket.getaddrinfo("example.invalid", 80),
    ]
    for ask in asks:
        with offline(), pytest.raises(AssertionError):
            ask()


def test_the_main_job_ran_without_a_network(chain: Chain) -> None:
    """Its fixture makes it so; that of the demo as well."""
    assert {ran.code for ran in chain.ran.values()} == {0}
    assert {"consolidate", "register", "trace", "feedback", "release", "link", "tables", "study"} <= chain.ran.keys()


def test_no_other_command_asks_for_the_network(chain: Chain, tmp_path: Path) -> None:
    commands: list[list[object]] = [
        ["--version"],
        ["spec", "list"],
        ["register", "describe", chain.folder / "register"],
        ["synth", "--people", 100, "--synthetic", "--out", tmp_path / "world"],
    ]
    with offline():
        assert [cldlink(*command).code for command in commands] == [0, 0, 0, 0]
