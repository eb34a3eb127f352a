"""Nothing is sent anywhere: every command of the main job runs where no socket can be made."""

import socket
from pathlib import Path

import pytest

from tests.main_job import Chain, cldlink, make_world, write_keys


class NoSocket(socket.socket):
    """A socket that cannot be made."""

    def __new__(cls, *_: object, **__: object) -> "NoSocket":
        raise AssertionError("a socket was asked for")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("an address was looked up")

    monkeypatch.setattr(socket, "socket", NoSocket)
    for name in ("create_connection", "getaddrinfo", "gethostbyname", "socketpair"):
        monkeypatch.setattr(socket, name, refused)


@pytest.mark.usefixtures("offline")
def test_the_sockets_are_gone() -> None:
    for ask in (socket.socket, lambda: socket.create_connection(("example.invalid", 80))):
        with pytest.raises(AssertionError):
            ask()


@pytest.mark.usefixtures("offline")
def test_the_main_job_needs_no_network(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world", 700)
    demo = cldlink("demo", "--sample", world, "--out", tmp_path / "demo")
    assert demo.code == 0, demo.err


@pytest.mark.usefixtures("offline")
def test_no_command_needs_the_network(chain: Chain, tmp_path: Path) -> None:
    for step in (["spec", "list"], ["register", "describe", chain.folder / "register"], ["--version"]):
        assert cldlink(*step).code == 0
    again = Chain(chain.world, write_keys(tmp_path / "keys"), tmp_path / "out")
    shown = cldlink("trace", chain.folder / "current" / "persons.parquet", "--register", chain.folder / "register",
                    "--out", again.folder)  # fmt: skip
    assert shown.code == 0, shown.err
