"""The main job through the command line, in this process, on a small synthetic world: for tests of every kind."""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from linkage.cli import main
from linkage.synth import load_profile, synth
from pseudo.custody import create_keystore, create_signing_key
from pseudo.custody.file import INSECURE_FAST_FOR_TESTS

PEOPLE = 700
PASSPHRASE = "seven small boats at anchor"
HEALTH = ("admissions", "gp_registrations", "long_term_conditions")
REQUEST = {
    "controller": "example-dscro",
    "recipient": "example-university",
    "project": "EXAMPLE-0001",
    "opt_out": "none",
    "key_version": '"1"',
    "release_id": "R1",
    "expires": "2999-12-31",
}


@dataclass(frozen=True)
class Ran:
    """What one command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def results(self) -> dict[str, Any]:
        """The results of a command run with ``--json``."""
        results: dict[str, Any] = json.loads(self.out)["results"]
        return results


def cldlink(*arguments: object) -> Ran:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["cldlink", *map(str, arguments)]
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), patch.object(sys, "argv", argv):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return Ran(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())


class _NoSocket(socket.socket):
    """A socket that cannot be made."""

    def __new__(cls, *_: object, **__: object) -> "_NoSocket":
        raise AssertionError("a socket was asked for")


def _refused(*_: object, **__: object) -> None:
    raise AssertionError("an address was looked up")


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """No socket can be made and no address looked up; who tries fails the test."""
    asking = ("create_connection", "getaddrinfo", "gethostbyname", "socketpair")
    with patch.multiple(socket, socket=_NoSocket, **dict.fromkeys(asking, _refused)):
        yield


def spawn(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start one command as a process of its own."""
    command = [sys.executable, "-m", "linkage.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, **options)


def make_world(folder: Path, people: int = PEOPLE) -> Path:
    """A synthetic world, as ``cldlink synth`` makes it."""
    synth(load_profile("sample"), folder, people=people, synthetic=True)
    return folder


def write_keys(folder: Path) -> Path:
    """A folder with a key file (of little cost to open) and its passphrase."""
    folder.mkdir()
    (folder / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    create_keystore(folder / "k.keystore", PASSPHRASE.encode(), key_id="k-1", profile=INSECURE_FAST_FOR_TESTS)
    create_signing_key(
        folder / "sender.key",
        PASSPHRASE.encode(),
        key_id="sender",
        public_path=folder / "sender.pub",
        profile=INSECURE_FAST_FOR_TESTS,
    )
    write_request(folder / "request.yaml")
    return folder


def write_request(path: Path, **changes: str) -> Path:
    """A short request file, for invented people."""
    path.write_text("".join(f"{name}: {text}\n" for name, text in {**REQUEST, **changes}.items()), encoding="utf-8")
    return path


def key_options(keys: Path) -> list[object]:
    """How a command is told where the keys are, and that the people are invented."""
    keystore = ["--keystore", keys / "k.keystore", "--passphrase-file", keys / "passphrase"]
    return [*keystore, "--signing-key", keys / "sender.key", "--synthetic"]


@dataclass(frozen=True)
class Chain:
    """One run of every step on a world; ``ran`` holds what each printed."""

    world: Path
    keys: Path
    folder: Path
    ran: dict[str, Ran] = field(default_factory=dict)

    @property
    def submissions(self) -> list[Path]:
        """The submissions of the world."""
        return sorted((self.world / "submissions").iterdir())

    def step(self, step: str, *arguments: object) -> None:
        """Run one command, which must succeed, and keep what it printed."""
        self.ran[step] = cldlink(*arguments, "--json")
        assert self.ran[step].code == 0, (step, self.ran[step].err)

    def trace_side(self) -> None:
        """From submissions and register to feedback."""
        at = self.folder
        for path in self.submissions:
            self.step(f"check_{path.stem}", "check", path, "--out", at / "checked" / path.stem, "--synthetic")
        consolidate = ("submission", "consolidate", *self.submissions, "--out", at / "current", "--synthetic")
        self.step("consolidate", *consolidate)
        self.step("register", "register", "build", self.world / "register.csv", "--out", at / "register")
        self.trace()

    def trace(self) -> None:
        """From people and register to feedback, measured."""
        at = self.folder
        persons = at / "current" / "persons.parquet"
        asked = ("--purpose", "Tests of the main job", "--submission", "2022-23 Q4")
        self.step("trace", "trace", persons, "--register", at / "register", "--out", at / "traced", "--csv", *asked)
        traced = at / "traced" / "trace.parquet"
        details = ("--current", at / "current", "--register", at / "register")
        self.step("feedback", "feedback", traced, *details, "--out", at / "feedback")
        self.step("processed", "processed", at / "current", "--trace", at / "traced", "--out", at / "processed")
        self.step("evaluate", "evaluate", traced, "--truth", self.world / "truth" / "submitted_people.csv")

    def release_side(self) -> None:
        """From events and trace to tables and study."""
        at = self.folder
        self.step("release", *self.release_command(at / "release"))
        self.step("verify", "release", "verify", at / "release", "--public-key", self.keys / "sender.pub")
        self.step("link", "link", at / "release", "--public-key", self.keys / "sender.pub", "--out", at / "linked")
        self.step("tables", "tables", "salt", at / "linked", "--out", at / "tables")
        self.step("study", "study", "run", at / "linked", "--study", "emergency_admission", "--out", at / "study")

    def release_command(self, out: Path, **tables: Path) -> list[object]:
        """``release make`` with the tables of this chain, or others in their place."""
        at = self.folder
        sources: Mapping[str, Path] = {
            "social_care": at / "current" / "events.parquet",
            **{name: self.world / "health" / f"{name}.csv" for name in HEALTH},
            **tables,
        }
        given = [part for name, path in sources.items() for part in ("--table", f"{name}={path}")]
        command = ["release", "make", "--out", out, "--request", self.keys / "request.yaml", "--trace", at / "traced"]
        return [*command, *given, *key_options(self.keys)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the audit log and the ledger of what was shown.

    Of a manifest, all but what the time changes from run to run.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.name != "audit" and path.name != "disclosure_ledger.jsonl":
            found[path.relative_to(folder).as_posix()] = _lasting(path)
    return found


def _lasting(path: Path) -> bytes:
    if path.name == "signature.json":
        return b""
    if path.name != "manifest.json":
        return path.read_bytes()
    document = json.loads(path.read_text(encoding="utf-8"))
    for name in ("run", "made_from", "manifest_sha256"):  # made_from is the hash of a manifest with its own run
        document.pop(name, None)
    return json.dumps(document, indent=1).encode()
