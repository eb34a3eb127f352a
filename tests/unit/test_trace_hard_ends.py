"""A build and a trace that end hard: killed outright half-way, or on a disk that is full."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.errors import DiskFullError, ExitCode, exit_code
from linkage.runs import kept_notes
from linkage.trace.national.request import write_request
from linkage.trace.queries import Queries
from linkage.trace.register import build_register
from linkage.trace.run import trace_queries
from linkage.trace.source import ColumnMap
from tests.unit.test_national import STAMP

KILLED = """
import os, signal, sys
from pathlib import Path
from linkage.runs import outputs
from linkage.trace.register import build, build_register
from linkage.trace.queries import Queries
from linkage.trace.run import trace_queries
from linkage.trace.source import ColumnMap

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

what, folder = sys.argv[1], Path(sys.argv[2])
if what == "register":
    build.note = kill
    build_register([folder / "extract.csv"], folder / "killed" / "register")
else:
    moved = []
    outputs._sync = lambda path: moved.append(path) if not moved else kill()
    queries = Queries(path=folder / "queries.csv", columns=ColumnMap({}), id_column="id")
    trace_queries(queries, folder / "register", folder / "killed" / "traced")
"""


def crowd(people: int) -> str:
    names, families = (
        ("Ann", "Di", "Cy", "Eve", "Bo"),
        ("Fox", "Hartley", "Marsden", "Oldroyd", "Pike", "Quill", "Rowe"),
    )
    lines = ["id,given_name,family_name,date_of_birth,gender,postcode"]
    for n in range(people):
        day = f"{1930 + n % 60}-{1 + n % 12:02}-{1 + n % 28:02}"
        lines.append(f"{n},{names[n % 5]},{families[n % 7]},{day},{1 + n % 2},LS{1 + n % 9} {n % 10}AP")
    return "\n".join([*lines, ""])


def numbered(people: int) -> str:
    """The crowd as an extract: each with a number of the never-issued 9-series."""
    from tests.benchmarks.febrl4 import made_up_number

    heading, *rows = crowd(people).splitlines()
    listed = [f"{made_up_number(n)},{row.partition(',')[2]}" for n, row in enumerate(rows)]
    return "\n".join([heading.replace("id,", "nhs_number,", 1), *listed, ""])


def contents(folder: Path) -> dict[str, object]:
    """Every file of an output; of a manifest all but when and where it was made."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "manifest.json":
            found[path.name] = json.loads(path.read_text(encoding="utf-8")) | {"run": None}
        elif path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract and its register, people and their trace, undisturbed."""
    folder = tmp_path_factory.mktemp("hard")
    (folder / "extract.csv").write_text(numbered(300), encoding="utf-8")
    (folder / "queries.csv").write_text(crowd(200), encoding="utf-8")
    build_register([folder / "extract.csv"], folder / "register")
    trace_queries(people(folder), folder / "register", folder / "traced")
    return folder


def people(folder: Path) -> Queries:
    return Queries(path=folder / "queries.csv", columns=ColumnMap({}), id_column="id")


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_what_was_killed_outright_goes_on_and_ends_as_if_nothing_had_been(made: Path) -> None:
    (made / "killed").mkdir()
    children = [
        subprocess.Popen([sys.executable, "-c", KILLED, what, str(made)], stderr=subprocess.PIPE, text=True)
        for what in ("register", "traced")
    ]
    for child in children:
        _, said = child.communicate(timeout=600)
        assert child.returncode == -9, said
    left = sorted(path.name.partition("-")[0] for path in (made / "killed").iterdir())
    assert left == [".register.lock", ".register.work", ".traced.lock", ".traced.part", ".traced.work", "traced"]
    assert not (made / "killed" / "traced" / "manifest.json").exists()
    build_register([made / "extract.csv"], made / "killed" / "register")
    trace_queries(people(made), made / "register", made / "killed" / "traced")
    for name in ("register", "traced"):
        assert contents(made / "killed" / name) == contents(made / name), name
    assert sorted(path.name for path in (made / "killed").iterdir()) == ["register", "traced"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few pages. Not everybody may mount one."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("no right to mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_called_that_and_nothing_is_left_but_what_the_message_names(made: Path, small: Path) -> None:
    for writing in (
        lambda: build_register([made / "extract.csv"], small / "register"),
        lambda: trace_queries(people(made), made / "register", small / "traced"),
        lambda: write_request(people(made), small / "asked", layout_name="mesh", stamp=STAMP),
    ):
        with pytest.raises((DiskFullError, OSError)) as raised:
            writing()
        assert isinstance(raised.value, DiskFullError) or getattr(raised.value, "errno", None) == errno.ENOSPC
        assert exit_code(raised.value) == ExitCode.MACHINE
        said = " ".join(kept_notes(raised.value))
        for left in small.iterdir():
            assert f"Finished parts are kept in {left} " in said
            shutil.rmtree(left)
