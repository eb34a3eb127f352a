"""The pages that show output, typed as they stand: every block of ``text`` holds what the program printed or wrote.

To write these blocks again: ``python -m tests.e2e.test_tutorial``. Blocks of ``bash`` and ``python`` are typed, blocks without
a language are not. A block of ``text`` after a typed one holds its output, else lines of a table that was written. Where it ends
with a line ``…`` it stays as short as it is. The end of ``make demo`` in the README is written too.
"""

import contextlib
import csv
import io
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from tests.main_job import cldlink

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [
    ROOT / "docs" / name
    for name in (
        "tutorial.md",
        "how-to/check_a_submission.md",
        "how-to/build_a_register.md",
        "how-to/trace_a_file_of_your_own.md",
        "explanation/one_person.md",
        "how-to/know_your_figures.md",
    )
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TO_SAVE = re.compile(r"`(out/[^`]+)`[^`\n]*:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
END_OF_DEMO = re.compile(r"(?<=^```\n)cldlink demo:.*?(?=^```)", re.MULTILINE | re.DOTALL)
OTHERWISE_EACH_TIME = ("key check value", "verified:", "  done ")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def typed_lines(text: str) -> Iterator[list[str]]:
    """The words of each command of a block; patterns of file names spelt out, in order."""
    for line in text.replace("\\\n", " ").splitlines():
        yield [path for word in shlex.split(line, comments=True) for path in named_by(word)]


def named_by(word: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(word)) if "*" in word else [word]


def as_shown_before(printed: str, before: str) -> str:
    """Output in the form of the block that it replaces: as short, and with its values where each run has others."""
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    old = before.splitlines()
    if old[-1:] == ["…"]:
        lines = [*lines[: len(old) - 1], "…"]
    kept = {start: line for start in OTHERWISE_EACH_TIME for line in old if line.startswith(start)}
    lines = [next((kept[start] for start in kept if line.startswith(start)), line) for line in lines]
    return "".join(f"{line}\n" for line in lines)


def lines_of_a_table(before: str) -> str:
    """The lines of a block again from tables that were written: those with its heading, or one with all columns it names."""
    (heading, *rows), wanted = csv.reader(before.splitlines()), before.partition("\n")[0].split()
    found = [cells for table in written_tables() if table[0] == heading for cells in table[1:]]
    if found:
        return as_csv([heading, *(nearest(row, found) for row in rows)])
    for names, *lines in written_tables():
        if set(wanted) <= set(names):
            return as_shown_before(pd.DataFrame(lines, columns=names)[wanted].to_string(index=False), before)
    raise LookupError(f"No table has the columns {wanted}")


def written_tables() -> Iterator[list[list[str]]]:
    """The cells of each CSV file that was written, the newest first."""
    for path in sorted(Path("out").rglob("*.csv"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        yield list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def nearest(row: list[str], rows: list[list[str]]) -> list[str]:
    """The first of the rows that shares most cells with a row, counted from the left up to the first that differs."""

    def shared(other: list[str]) -> int:
        return [*(a == b for a, b in zip(other, row, strict=False)), False].index(False)

    return max(rows, key=shared)


@dataclass
class Reader:
    """Somebody who types what pages say, one after the other, in the current folder."""

    shown: str | None = None
    done: dict[tuple[str, ...], str] = field(default_factory=dict)

    def rewrites(self, page: str) -> str:
        """A page with every output as it must be."""
        saved = dict(TO_SAVE.findall(page))
        for path, text in saved.items():
            write(Path(path), text)
        return BLOCK.sub(lambda found: found[0] if found[2] in saved.values() else self.reads(*found.groups()), page)

    def reads(self, language: str, text: str) -> str:
        if language == "text":
            text = lines_of_a_table(text) if self.shown is None else as_shown_before(self.shown, text)
        self.shown = {"bash": self.types, "python": self.runs}.get(language, lambda _: None)(text)
        return f"```{language}\n{text}```"

    def types(self, text: str) -> str:
        return "".join(self.enters(words) for words in typed_lines(text))

    def enters(self, words: list[str]) -> str:
        """What a command prints. One that was entered before is not run again."""
        if words[:1] == ["echo"]:
            write(Path(words[-1]), f"{words[1]}\n")
        if words[:1] == ["cldlink"] and tuple(words) not in self.done:
            ran = cldlink(*words[1:])
            assert ran.code == 0, (words, ran.err)
            self.done[tuple(words)] = ran.out
        return self.done.get(tuple(words), "")

    def runs(self, text: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(text, "page", "exec"), {})
        return printed.getvalue()


@contextlib.contextmanager
def beside_the_sample(folder: Path) -> Iterator[None]:
    """The current folder is one that has the sample data in it and nothing else."""
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    with contextlib.chdir(folder):
        yield


def with_the_end_of_the_demo(readme: str) -> str:
    ran = cldlink("demo")
    assert ran.code == 0, ran.err
    return END_OF_DEMO.sub(lambda found: as_shown_before(ran.out, found[0]), readme)


@pytest.mark.slow
def test_the_pages_show_what_the_program_prints(tmp_path: Path) -> None:
    reader = Reader()
    with beside_the_sample(tmp_path):
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            assert text == reader.rewrites(text), page


def test_a_long_output_stays_as_short_as_it_was() -> None:
    assert as_shown_before("a 1\nb 2\nc 3\n", "a 7\nb 7\n…\n") == "a 1\nb 2\n…\n"


def test_what_each_run_has_otherwise_stays_as_it_was() -> None:
    assert (
        as_shown_before("key id a\nkey check value 9\n", "key id b\nkey check value 1\n")
        == "key id a\nkey check value 1\n"
    )


def test_a_block_that_nothing_printed_shows_lines_of_a_table(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        write(Path("out/t.csv"), "la,band,people\n991,18,5\n991,65,10\n992,18,15\n")
        assert lines_of_a_table("la,band,people\n991,65,7\n") == "la,band,people\n991,65,10\n"
        assert lines_of_a_table("la people\n1 1\n") == " la people\n991      5\n991     10\n992     15\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, beside_the_sample(Path(folder)):
        writer = Reader()
        for shown in PAGES:
            write(shown, writer.rewrites(shown.read_text(encoding="utf-8")))
        write(README, with_the_end_of_the_demo(README.read_text(encoding="utf-8")))
