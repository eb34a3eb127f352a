"""What a trace counts in its manifest and tells of its progress; neither names anybody."""

import sys
from pathlib import Path

import pytest

from linkage.cli.output import progress
from linkage.runs import read_manifest
from linkage.trace.queries import Queries
from linkage.trace.register import build_register
from linkage.trace.run import trace_queries
from linkage.trace.source import ColumnMap

REGISTER = """nhs_number,given_name,family_name,date_of_birth,gender,postcode,confidentiality,date_of_death
9990000018,Ann,Fox,1950-02-01,2,LS1 4AP,,2020-01-01
9990000026,Di,Hartley,1944-04-04,2,LS2 7EY,S,
9990000034,Cy,Marsden,1933-03-03,1,LS3 1AA,,
"""
QUERIES = """id,nhs_number,given_name,family_name,date_of_birth,gender,postcode
a,9990000018,Ann,Fox,01/02/1950,F,LS1 4AP
b,9990000019,Di,Hartley,04/04/1944,F,LS2 7EY
c,99900,Cy,Marsden,03/03/1933,M,LS3 1AA
d,99900,Nobody,Here,09/09/1999,M,LS9 9AA
"""


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counted")
    (folder / "extract.csv").write_text(REGISTER, encoding="utf-8")
    (folder / "queries.csv").write_text(QUERIES, encoding="utf-8")
    build_register([folder / "extract.csv"], folder / "register")
    return folder / "register"


def test_outcomes_the_withheld_and_notes_are_counted_and_parts_are_reported(register: Path, tmp_path: Path) -> None:
    queries = Queries(path=register.parent / "queries.csv", columns=ColumnMap({}), id_column="id")
    told: list[tuple[int, int]] = []
    result = trace_queries(queries, register, tmp_path / "traced", chunk=2, report=lambda n, of: told.append((n, of)))
    assert read_manifest(tmp_path / "traced")["counts"] == result.counts
    shown = {name: n for name, n in result.counts.items() if name.startswith(("outcome_", "withheld_", "note_"))}
    assert shown == {
        "outcome_confirmed": 1, "outcome_found": 2, "outcome_not_found": 1, "withheld_sensitive": 1,
        "note_deceased": 1, "note_number_wrong_length": 2,
    }  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (1, 1)], "the cross-check, two chunks of people, the decision"


class _Terminal:
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_progress_is_for_a_terminal_and_not_beside_json(monkeypatch: pytest.MonkeyPatch) -> None:
    with progress("parts") as bar:
        assert bar is None
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("parts", shown=False) as bar:
        assert bar is None
    with progress("parts of the trace") as bar:
        assert bar is not None
        bar(1, 4)
    assert "parts of the trace" in terminal.text
