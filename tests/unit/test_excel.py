"""Workbooks: text cells, nothing a spreadsheet would run, the same bytes each time."""

from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from linkage.errors import InternalError, MachineError
from linkage.report.excel import LONGEST_TEXT, ExcelColumn, Sheet, text_sheet, write_workbook


def read(path: Path, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[sheet].iter_rows()]


def written(tmp_path: Path, *values: object, notes: tuple[str, ...] = ()) -> list[list[object]]:
    sheet = text_sheet("one", [ExcelColumn("Value")], [[value] for value in values], notes)
    write_workbook(tmp_path / "book.xlsx", "Book", [sheet])
    return read(tmp_path / "book.xlsx", "one")


def test_every_cell_is_text(tmp_path: Path) -> None:
    written(tmp_path, 12345, "0012", "31/03/2023")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "book.xlsx")["one"].iter_rows() for cell in row]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert [cell.value for cell in cells] == ["Value", "12,345", "0012", "31/03/2023"]


@pytest.mark.parametrize("value", ["=1+1", "+44", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_has_an_apostrophe(tmp_path: Path, value: str) -> None:
    assert str(written(tmp_path, value)[1][0]).startswith("'")


@pytest.mark.parametrize("value", ["a < b & c > d", "<r><t>x</t></r>", "two\nlines", "  ends  ", "né", "😀", 'q"q'])
def test_text_comes_back_as_it_was(tmp_path: Path, value: str) -> None:
    assert written(tmp_path, value)[1] == [value]


def test_characters_that_no_workbook_holds_are_shown_as_such(tmp_path: Path) -> None:
    assert written(tmp_path, "a\x00b\x1fc\ufffed")[1] == ["a\ufffdb\ufffdc\ufffdd"]


def test_a_text_like_the_format_s_own_escapes_is_kept_apart_from_them(tmp_path: Path) -> None:
    assert written(tmp_path, "_x000D_")[1] == ["_x005F_x000D_"]  # the reader leaves the escape; Excel shows _x000D_


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    value = str(written(tmp_path, "😀" * LONGEST_TEXT)[1][0])
    assert len(value.encode("utf-16-le")) // 2 <= 32_767
    assert value.endswith("[cut: the whole text is in the Parquet file]")


def test_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    assert written(tmp_path, "a", None, "b") == [["Value"], ["a"], [None], ["b"]]


def test_the_heading_row_stays_in_view_and_filters_below_the_notes(tmp_path: Path) -> None:
    written(tmp_path, "a", "b", notes=("First.", "Second."))
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["one"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A4", "A3:A5")
    assert [row[0].value for row in sheet.iter_rows()] == ["First.", "Second.", "Value", "a", "b"]


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    written(tmp_path, "a")
    first = (tmp_path / "book.xlsx").read_bytes()
    written(tmp_path, "a")
    assert (tmp_path / "book.xlsx").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["book.xlsx"]


def test_many_rows_are_all_there_in_order(tmp_path: Path) -> None:
    numbers = pa.table({"n": pa.array(range(25_001))})
    write_workbook(tmp_path / "book.xlsx", "Book", [Sheet("many", [ExcelColumn("n")], numbers)])
    assert [row[0] for row in read(tmp_path / "book.xlsx", "many")] == ["n", *map(str, range(25_001))]


def test_a_table_that_does_not_fit_its_columns_is_a_fault_of_ours() -> None:
    with pytest.raises(InternalError):
        Sheet("one", [ExcelColumn("a"), ExcelColumn("b")], pa.table({"a": ["x"]}))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written"):
        write_workbook(tmp_path / "none" / "book.xlsx", "Book", [text_sheet("one", [ExcelColumn("a")], [])])
