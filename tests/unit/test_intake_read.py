"""Reading real files: encodings, quotation marks, ragged rows, and files that are no submission at all."""

import gzip
from pathlib import Path

import pytest

from linkage.errors import InputError, UsageError
from linkage.intake.read import Reading, read_submission
from linkage.spec import load_specification
from tests.unit.submission_files import cells, write_rows

HEADINGS = ",".join(load_specification("v4.2").headings)
ROW = ",".join(cells({}))


def read_text(tmp_path: Path, text: str, encoding: str = "utf-8") -> Reading:
    path = tmp_path / "submission.csv"
    path.write_bytes(text.encode(encoding))
    return read_submission(path)


def column(reading: Reading, name: str) -> list[str | None]:
    return reading.table[name].to_pylist()


def accounted(reading: Reading) -> bool:
    return reading.rows_in == reading.table.num_rows + reading.rejects.num_rows + reading.rows_blank


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without a byte-order mark"),
        ("utf-16-be", "UTF-16 without a byte-order mark"),
        ("windows-1252", "Windows-1252 on 2 lines, UTF-8 on the others"),
    ],
)
def test_encodings_are_told_and_reported(tmp_path: Path, encoding: str, read_as: str) -> None:
    reading = read_text(tmp_path, f"{HEADINGS}\n{ROW.replace('Ada', 'Zoë')}\n{ROW}\n", encoding)
    assert column(reading, "first_name") == ["Zoë", "Ada"]
    assert reading.match.missing == ()
    assert reading.encoding == read_as


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told_by_the_headings(tmp_path: Path, separator: str) -> None:
    text = "\n".join(
        separator.join(line.split(",")) for line in (HEADINGS, ROW, ROW.replace("Ada", f'"A{separator}da"'))
    )
    reading = read_text(tmp_path, text)
    assert column(reading, "first_name") == ["Ada", f"A{separator}da"]
    assert [repair.part for repair in reading.repairs] == ["separator"] * (separator != ",")


def test_a_heading_may_have_line_breaks_and_a_mangled_pound_sign(tmp_path: Path) -> None:
    for wording in ('"Unit\nCost (£)"', '"Unit Cost\r\n(Â£)"', "Unit Cost (?)", "Unit Cost ()", "Unit Cost"):
        reading = read_text(tmp_path, "\n".join([HEADINGS.replace("Unit Cost (£)", wording), ROW]))
        assert reading.match.missing == () and reading.rows_in == 1


def test_submission_information_above_the_table_stands_on_every_row(tmp_path: Path) -> None:
    once = ["LA Code:,991", "Reporting Period Start Date,01/04/2022", "Reporting Period End Date,31/03/2023", ""]
    dropped = {0, 3, 4}
    rows = [",".join(c for n, c in enumerate(line.split(",")) if n not in dropped) for line in (HEADINGS, ROW, ROW)]
    reading = read_text(tmp_path, "\n".join([*once, *rows]))
    assert reading.match.missing == ()
    assert column(reading, "la_code") == ["991", "991"]
    assert [str(day) for day in reading.days["reporting_period_end_date_parsed"].to_pylist()] == ["2023-03-31"] * 2
    assert column(reading, "row_number") == [1, 2]


def test_totals_below_the_table_are_rejects_of_their_own(tmp_path: Path) -> None:
    totals = ["", "Grand Total" + "," * HEADINGS.count(","), "(2 rows affected)"]
    reading = read_text(tmp_path, "\n".join([HEADINGS, ROW, ROW, *totals]))
    assert column(reading, "row_number") == [1, 2]
    assert reading.rejects["row_number"].to_pylist() == [4, 5]
    assert {"below the table" in reason for reason in reading.rejects["reason"].to_pylist()} == {True}
    assert accounted(reading)


def test_a_file_of_two_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    lines = [HEADINGS.encode(), ROW.replace("Ada", "Zoë").encode("windows-1252"), ROW.replace("Ada", "Renée").encode()]
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"\n".join(lines))
    assert column(read_submission(path), "first_name") == ["Zoë", "Renée"]


def test_a_byte_that_is_neither_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "damaged.csv"
    path.write_bytes(b"\n".join([HEADINGS.encode(), ROW.replace("Ada", "A\x81da").encode("latin-1"), ROW.encode()]))
    reading = read_submission(path)
    assert column(reading, "row_number") == [2]
    assert reading.rejects["reason"].to_pylist() == ["a character is neither UTF-8 nor Windows-1252"]
    assert accounted(reading)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, line_end: str) -> None:
    assert column(read_text(tmp_path, line_end.join([HEADINGS, ROW, ROW])), "row_number") == [1, 2]


def test_quoted_commas_newlines_and_quotation_marks(tmp_path: Path) -> None:
    names = ["Lee, Ada", "Ada\nMay", 'Ada "May"', "A, \r\n B"]
    reading = read_submission(write_rows(tmp_path / "quoted.csv", [{"first_name": name} for name in names]))
    assert column(reading, "first_name") == names
    assert column(reading, "row_number") == [1, 2, 3, 4]


def test_ragged_rows_are_rejected_with_their_record_number(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "\n".join([HEADINGS, ROW, "991,short", ROW + ",long", ROW]))
    assert column(reading, "row_number") == [1, 4]
    assert reading.rejects.select(["row_number", "first_line", "record"]).to_pylist() == [
        {"row_number": 2, "first_line": 3, "record": "991,short"},
        {"row_number": 3, "first_line": 4, "record": ROW + ",long"},
    ]
    assert accounted(reading)


def test_row_numbers_count_records_and_not_lines(tmp_path: Path) -> None:
    quoted = ROW.replace("Ada", '"A\nd\na"')
    reading = read_text(tmp_path, "\n".join([HEADINGS, quoted, "short", ROW]))
    assert column(reading, "row_number") == [1, 3]
    assert reading.rejects["first_line"].to_pylist() == [5]


def test_blank_records_are_counted_and_numbered(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "\n".join(["", HEADINGS, "", ROW, "," * HEADINGS.count(","), ROW, ""]))
    assert (reading.rows_in, reading.rows_blank, column(reading, "row_number")) == (4, 2, [2, 4])


@pytest.mark.parametrize("stray", ['"Ada', '"A"da', '"Ada" '])
def test_a_stray_quotation_mark_costs_its_row_only(tmp_path: Path, stray: str) -> None:
    rows = [ROW.replace("Ada", name) for name in ("Ann", stray, "Bea", "Cleo")]
    reading = read_text(tmp_path, "\n".join([HEADINGS, *rows]))
    assert column(reading, "first_name") == ["Ann", "Bea", "Cleo"]
    assert reading.rejects["row_number"].to_pylist() == [2]


def test_two_stray_quotation_marks_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    rows = [ROW.replace("Ada", name) for name in ("Ann", '"Bea', "Cleo", 'Dot"', "Eve")]
    reading = read_text(tmp_path, "\n".join([HEADINGS, *rows]))
    assert column(reading, "first_name") == ["Ann", "Cleo", 'Dot"', "Eve"]
    assert accounted(reading)


def test_an_enormous_cell_is_kept_as_a_reject(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "\n".join([HEADINGS, ROW.replace("Ada", "A" * 200_000), ROW]))
    assert column(reading, "row_number") == [2]
    assert len(reading.rejects["record"][0].as_py()) > 200_000


def test_texts_lose_the_blanks_at_their_ends_but_list_values_stay_as_given(tmp_path: Path) -> None:
    reading = read_submission(write_rows(tmp_path / "s.csv", [{"last_name": "\u00a0Example ", "gender": " Female"}]))
    assert (column(reading, "last_name"), column(reading, "gender")) == (["Example"], [" Female"])


def test_columns_outside_the_specification_are_never_stored(tmp_path: Path) -> None:
    reading = read_text(tmp_path, f"{HEADINGS},Secret\n{ROW},ZZCANARY\n")
    assert "ZZCANARY" not in str(reading.table.to_pydict())
    assert reading.filled == {46}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\n", "empty"),
        (HEADINGS.encode(), "no rows"),
        (HEADINGS.encode() + b"\n\n,,\n", "no rows"),
        (b"PK\x03\x04" + b"x" * 50, "workbook is damaged"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "old Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (gzip.compress(b"x" * 100, mtime=0), "compressed"),
        (HEADINGS.encode() + b"\n991,\x00\n", "null characters"),
        (f"{HEADINGS}\n{ROW}\n".encode("utf-16-le")[:200] + HEADINGS.encode("utf-16-be"), "null characters"),
        (b"\x00" * 5000, "null characters"),
        (HEADINGS.replace(",", ";").encode(), "no rows"),
        (ROW.encode() + b"\n" + ROW.encode(), "first line"),
        (b'"' + HEADINGS.encode(), "heading line cannot be read"),
        (b"just some words\nand more\n", "first line"),
    ],
)
def test_content_that_is_no_submission_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "submission.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told) as caught:
        read_submission(path)
    assert "Example" not in str(caught.value)


def test_a_folder_and_a_missing_file_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder"):
        read_submission(tmp_path)
    with pytest.raises(UsageError, match="no such file"):
        read_submission(tmp_path / "missing.csv")
