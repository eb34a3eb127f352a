"""The fast reader and the careful one give the same on the same file, whatever is in it."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.intake.body import Body, Columns, read_body
from linkage.intake.decoding import read_text
from linkage.intake.lines import Lines
from linkage.intake.read import read_submission
from tests.unit.submission_files import cells, write_rows

COLUMNS = Columns(3, {0: "a", 1: "b"})
PIECES = [
    "x",
    "é",
    " ",
    "\u00a0",
    '"',
    '""',
    '"q"',
    '"a,b"',
    '"a\nb"',
    ",",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\ufeff",
    "\ufffd",
]


def body(text: str, careful: bool) -> Body:
    return read_body(Lines(text.encode()), 0, COLUMNS, ",", careful=careful)


def same(text: str) -> None:
    alike(body(text, False), body(text, True))


def alike(fast: Body, careful: Body) -> None:
    assert fast.table.to_pydict() == careful.table.to_pydict()
    assert fast.rejects.to_pydict() == careful.rejects.to_pydict()
    assert (fast.rows_in, fast.rows_blank, fast.filled) == (careful.rows_in, careful.rows_blank, careful.filled)
    assert fast.rows_in == fast.table.num_rows + fast.rejects.num_rows + fast.rows_blank


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=40))
def test_random_pieces(pieces: list[str]) -> None:
    same("".join(pieces))


ROWS = [
    "a,b,c",
    '"a",b,c',
    'a,"b, b",c',
    'a,"b ""b""",c',
    ",,",
    " , ,",
    "a,b",
    "a,b,c,d",
    "",
    'a,"b',
    'b",c',
    'a,b"b,c',
    '"a\nb",b,c',
]


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(st.sampled_from(ROWS), min_size=1, max_size=12), line_end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_of_every_kind(rows: list[str], line_end: str) -> None:
    same(line_end.join(rows))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_submission_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = write_rows(tmp_path / "s.csv", [{"first_name": name} for name in ("Zoë", 'A "B"', "C\nD", "E")] * 50)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[20:20] = ["991,short\n", "\n", ",".join(["Total", "199", *[""] * 43]) + "\n", lines[3].replace("C", "é")]
    path.write_bytes("".join(lines).encode(encoding))
    fast, careful = read_submission(path), read_submission(path, careful=True)
    assert fast.table.to_pydict() == careful.table.to_pydict()
    assert fast.rejects.to_pydict() == careful.rejects.to_pydict()
    assert (fast.encoding, fast.repairs) == (careful.encoding, careful.repairs)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_damaged_bytes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray("\n".join(",".join(cells({}, number)) for number in range(1, 8)).encode())
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.choice(b'",\n\r \xe9\x81')
    path = tmp_path / "bytes.csv"
    path.write_bytes(bytes(content))
    lines, columns = Lines(read_text(path).data), Columns(45, {0: "a", 7: "b"})
    alike(read_body(lines, 0, columns, ","), read_body(lines, 0, columns, ",", careful=True))
