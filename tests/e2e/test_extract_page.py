"""The page from an extract to a submission, followed as it stands: its files are saved, its output is what is printed.

To write its outputs again: ``python -m tests.e2e.test_extract_page``.
"""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.test_tutorial import Reader
from tests.unit.local_extract import read_rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "from_extract_to_submission.md"
EXTRACT = ROOT / "docs" / "how-to" / "extract"
BLOCK = re.compile(
    r"(?:`(?P<saved>out/[^`]+)`[^`\n]*:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)


class Follower(Reader):
    """Somebody who reads the page once, from the top: saves its CSV blocks, types its commands, compares what is shown."""

    def rewrites(self, page: str) -> str:
        return BLOCK.sub(self.follows, page)

    def follows(self, found: re.Match[str]) -> str:
        language, text = found["language"], found["text"]
        if found["saved"] and language == "csv":
            Path(found["saved"]).write_text(text, encoding="utf-8")
        if language not in ("bash", "text") or text.startswith("cldlink map ids"):
            return found[0]
        if language == "text" and self.shown is None and text.startswith("Person Unique Identifier"):
            return f"```text\n{costs()}```"
        return self.reads(language, text)


def costs() -> str:
    """The first costed row of the submission, in four of its columns."""
    names = ("Person Unique Identifier", "Unit Cost (£)", "Cost Frequency (Unit Type)", "Planned units per week")
    rows = [row for row in read_rows(Path("out/decided/submission_IDENTIFIABLE.csv")) if row["Unit Cost (£)"]]
    return "\n".join([",".join(names), ",".join(rows[0][name] for name in names)]) + "\n"


@contextlib.contextmanager
def beside_the_extract(folder: Path) -> Iterator[None]:
    """The current folder has the copied extract in it and nothing else."""
    shutil.copytree(EXTRACT, folder / "out" / "extract")
    with contextlib.chdir(folder):
        yield


def test_the_page_leads_from_the_extract_to_an_accepted_submission(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    with beside_the_extract(tmp_path):
        assert text == Follower().rewrites(text)
        assert not Path("out/decided/unmapped_values.csv").exists()


def test_what_the_page_quotes_of_the_project_stands_in_it() -> None:
    quoted = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    project = (EXTRACT / "project.yaml").read_text(encoding="utf-8")
    assert [line for block in quoted for line in block.splitlines() if line not in project] == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, beside_the_extract(Path(folder)):
        PAGE.write_text(Follower().rewrites(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
