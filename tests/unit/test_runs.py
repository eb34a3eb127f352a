"""Outputs appear whole or not at all, and a manifest proves them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linkage.errors import ExitCode, InputError, MachineError, UsageError, exit_code
from linkage.runs import Manifest, alone, file_record, read_manifest, staged_outputs, verify_manifest, work_folder

FILES = {"a.csv": "x\n1\n", "inner/b.csv": "y\n"}


def write(target: Path, files: dict[str, str], command: str = "check") -> None:
    """One run of a command that writes these files."""
    with staged_outputs(target) as staging:
        for name, text in files.items():
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_text(text, encoding="utf-8", newline="\n")
        Manifest(command, [], {"rows": 1}).write(staging)


def texts(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write(tmp_path / "deep" / "out", FILES)
    return tmp_path / "deep" / "out"


# --- outputs


def test_outputs_appear_with_their_manifest(out: Path) -> None:
    assert texts(out) == FILES
    assert verify_manifest(out) == []
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    with staged_outputs(tmp_path / "out") as staging:
        (staging / "a.csv").touch()
        assert not (tmp_path / "out").exists()
        assert staging.parent == tmp_path and staging.name.startswith(".out.part-")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_earlier_outputs(out: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), staged_outputs(out) as staging:
        (staging / "a.csv").write_text("half", encoding="utf-8")
        raise error
    assert texts(out) == FILES and verify_manifest(out) == []
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_what_a_killed_run_left_goes_with_the_next(out: Path) -> None:
    (out.parent / ".out.part-abcdefgh").mkdir()
    (out.parent / ".output.part-abcdefgh").mkdir()
    write(out, FILES)
    assert sorted(path.name for path in out.parent.iterdir()) == [".output.part-abcdefgh", "out"]


def test_a_failure_leaves_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stopped"), staged_outputs(tmp_path / "out"):
        raise ValueError("stopped")
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_replaces_the_first(out: Path) -> None:
    write(out, {"a.csv": "new\n"})
    assert texts(out) == {"a.csv": "new\n"}
    assert verify_manifest(out) == []


def test_files_of_others_stay(out: Path) -> None:
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    write(out, FILES)
    assert texts(out) == {**FILES, "notes.txt": "mine"}


def test_a_folder_of_another_command_is_refused(out: Path) -> None:
    """Its outputs may be the input of this one."""
    with pytest.raises(UsageError, match="Give --out a folder of its own"):
        write(out, {"c.csv": "z\n"}, command="trace")
    assert texts(out) == FILES


def test_a_manifest_cannot_have_a_file_elsewhere_removed(out: Path) -> None:
    (out.parent / "precious.txt").touch()
    document = read_manifest(out)
    document["outputs"].append({"name": "../precious.txt"})
    (out / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    write(out, FILES)
    assert (out.parent / "precious.txt").is_file()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="this is a file"), staged_outputs(tmp_path / "out"):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="cannot be written"), staged_outputs(tmp_path / "file" / "out"):
        pass


# --- the manifest


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda out: (out / "a.csv").write_text("x\n2\n", encoding="utf-8"), "a.csv: altered"),
        (lambda out: (out / "inner" / "b.csv").unlink(), "inner/b.csv: missing"),
        (lambda out: (out / "more.csv").touch(), "more.csv: not in the manifest"),
    ],
)
def test_every_change_is_found(out: Path, change: Any, fault: str) -> None:
    change(out)
    assert verify_manifest(out) == [fault]


def test_a_manifest_says_what_and_hides_where(out: Path) -> None:
    document = read_manifest(out)
    assert (document["command"], document["counts"]) == ("check", {"rows": 1})
    assert {"duckdb", "splink", "pyarrow", "cryptography"} == document["libraries"].keys()
    assert str(out) not in (out / "manifest.json").read_text(encoding="utf-8")


def test_all_but_the_run_block_is_the_same_again(out: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", FILES)
    first, second = read_manifest(out), read_manifest(tmp_path / "again")
    assert {**first, "run": None} == {**second, "run": None}


def test_a_file_record_has_name_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_record(tmp_path / "abc") == {"name": "abc", "bytes": 3, "sha256": digest}


def test_a_folder_without_a_manifest_is_not_complete(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no manifest\.json"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "cldlink-manifest-99"}'])
def test_a_damaged_or_strange_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_manifest(tmp_path)


# --- one command at a time

HOLD = """
import sys
from pathlib import Path
from linkage.runs import staged_outputs
with staged_outputs(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is writing to ``tmp_path/out``."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_command_on_the_same_folder_ends_and_touches_nothing(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    for writing in (staged_outputs(tmp_path / "out"), work_folder(tmp_path / "out", {}), alone(tmp_path / "out")):
        with pytest.raises(MachineError, match="another command is writing to this folder"), writing:
            pass
    assert sorted(tmp_path.iterdir()) == before
    assert exit_code(MachineError()) == ExitCode.MACHINE
    with staged_outputs(tmp_path / "other"):
        pass


def test_a_killed_command_holds_nobody_up_and_leaves_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / ".out.lock").exists()
    write(tmp_path / "out", FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_parts_of_one_command_do_not_wait_for_each_other(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with alone(target), work_folder(target, {"input": 1}) as work, staged_outputs(target) as staging:
        assert {work.parent, staging.parent} == {tmp_path}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
