"""The tutorial and the page on tracing one's own file, run as they stand: every shown output is what the program prints."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.cli import main

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
OWN_FILE = ROOT / "docs" / "how-to" / "trace_a_file_of_your_own.md"
WITHOUT_A_VALUE = ("key check value", "…")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every code block of a page."""
    return re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shown_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each ``cldlink`` of a block; patterns of file names spelt out, in order."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["cldlink"]:
            yield [path for word in words[1:] for path in named_by(word)]


def named_by(word: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(word)) if "*" in word else [word]


class Reader:
    """Somebody who types what a page says, in a folder with the sample data."""

    def __init__(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capfd, self.monkeypatch = capfd, monkeypatch
        self.printed = ""

    def types(self, language: str, text: str) -> None:
        if language == "python":
            exec(compile(text, "page", "exec"), {})
        elif language == "bash":
            for arguments in shown_commands(text):
                self.runs(arguments)
        self.printed += self.capfd.readouterr().out

    def runs(self, arguments: list[str]) -> None:
        self.monkeypatch.setattr(sys, "argv", ["cldlink", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code, (arguments, self.capfd.readouterr().err)

    def has_not_seen(self, text: str) -> list[str]:
        seen = {line.strip() for line in self.printed.splitlines()}
        lines = [line.strip() for line in text.splitlines() if not line.startswith(WITHOUT_A_VALUE)]
        return [line for line in lines if line and line not in seen]


@pytest.fixture
def reader(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    return Reader(capfd, monkeypatch)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


@pytest.mark.slow
def test_the_pages_show_what_the_program_prints(reader: Reader) -> None:
    follow_the_tutorial(reader)
    follow_the_page_on_a_file_of_ones_own(reader)


def follow_the_tutorial(reader: Reader) -> None:
    found = blocks(TUTORIAL)
    write(Path("out/tutorial/request.yaml"), dict(found)["yaml"])
    write(Path("out/tutorial/passphrase.txt"), "seven quiet herons under the bridge\n")
    not_printed = []
    for language, text in found:
        if language == "text":
            not_printed += reader.has_not_seen(text)
        else:
            reader.types(language, text)
    table = Path("out/tutorial/tables/lts001a.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in not_printed if line not in table] == []


def follow_the_page_on_a_file_of_ones_own(reader: Reader) -> None:
    found = blocks(OWN_FILE)
    write(Path("out/own/clients.csv"), found[0][1])
    for language, text in found[1:]:
        if language in ("bash", "python"):
            reader.types(language, text)
    assert reader.has_not_seen(found[2][1]) == reader.has_not_seen(found[-1][1]) == []
    assert shown_results(found[3][1]) == written_results(Path("out/own/traced/trace.csv"))


def shown_results(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


def written_results(path: Path) -> list[list[str]]:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [[row[0], *filter(None, row[2:7])] for row in rows]
