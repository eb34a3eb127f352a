"""Whatever is in a file, reading and checking it ends in findings or in a clear refusal, and every row is accounted for."""

import csv
import io
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.intake import CheckOptions, check_submission
from linkage.intake.records import read_records
from linkage.spec import load_specification
from tests.unit.submission_files import cells

OPTIONS = CheckOptions(as_at=date(2023, 4, 30))
HEADINGS = ",".join(load_specification("v4.2").headings).encode()
VALID = b"\n".join([HEADINGS, *(",".join(cells({}, number)).encode() for number in range(1, 5))])


def examples(number: int) -> settings:
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ends_well(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        result = check_submission(path, synthetic=True, options=OPTIONS)
    except LinkageError as error:
        assert "Example" not in str(error)
        return
    assert result.rows_read == result.rows_kept + result.rows_rejected + result.rows_blank
    assert min(result.rows_kept, result.rows_rejected, result.rows_blank) >= 0
    assert all(row is None or 1 <= row <= result.rows_read for row in result.findings["row_number"].to_pylist())


@examples(30)
@given(content=st.binary(max_size=2_000))
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    ends_well(tmp_path / "random.csv", content)


@examples(8)
@given(content=st.binary(max_size=500), before=st.sampled_from([HEADINGS + b"\n", VALID + b"\n"]))
def test_random_bytes_after_a_heading_line(tmp_path: Path, content: bytes, before: bytes) -> None:
    ends_well(tmp_path / "random.csv", before + content)


@examples(8)
@given(
    places=st.lists(st.integers(0, len(VALID)), min_size=1, max_size=6),
    inserted=st.sampled_from(
        [b'"', b",", b"\n", b"\r", b"\xff", b"\x81", b"", b"\xef\xbb\xbf", b"'", b"=", b"0" * 300]
    ),
)
def test_a_damaged_submission(tmp_path: Path, places: list[int], inserted: bytes) -> None:
    content = VALID
    for place in places:
        content = content[:place] + inserted + content[place + (not inserted) :]
    ends_well(tmp_path / "damaged.csv", content)


@examples(8)
@given(length=st.integers(0, len(VALID)), encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_a_submission_cut_short(tmp_path: Path, length: int, encoding: str) -> None:
    ends_well(tmp_path / "short.csv", VALID.decode()[:length].encode(encoding))


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters=",\x00"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.lists(CELLS, min_size=4, max_size=4).filter(lambda row: any(map(str.strip, row))), min_size=1, max_size=8
    )
)
def test_what_was_written_as_csv_is_read_as_it_was(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    records = list(read_records(io.StringIO(text.getvalue(), newline="")))
    assert [record.cells for record in records] == rows
    assert [record.fault for record in records] == [None] * len(rows)
