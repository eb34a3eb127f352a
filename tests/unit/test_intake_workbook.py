"""Excel workbooks: which worksheet is read, how its cells become text, and which workbooks are refused."""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from linkage.errors import InputError, UsageError
from linkage.intake.read import Reading, read_submission
from linkage.spec import load_specification
from tests.unit.submission_files import cells

SPECIFICATION = load_specification("v4.2")


def row(**given: Any) -> list[Any]:
    texts: list[Any] = list(cells({}))
    for field, value in given.items():
        texts[SPECIFICATION.ids.index(field)] = value
    return texts


def saved(path: Path, sheets: dict[str, Sequence[Sequence[Any]]], formats: dict[str, str] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for values in rows:
            sheet.append(list(values))
        for cell, shown in (formats or {}).items():
            sheet[cell].number_format = shown
    book.save(path)
    return path


def read(path: Path, *rows: Sequence[Any], formats: dict[str, str] | None = None) -> Reading:
    return read_submission(saved(path / "s.xlsx", {"Data": [SPECIFICATION.headings, *rows]}, formats))


def column(reading: Reading, name: str) -> list[Any]:
    return reading.table[name].to_pylist()


def test_the_first_worksheet_with_headings_is_read_or_the_named_one(tmp_path: Path) -> None:
    sheets = {
        "Notes": [["Client Level Data"], ["nothing here"]],
        "First": [SPECIFICATION.headings, row(first_name="Ada")],
        "Second": [SPECIFICATION.headings, row(first_name="Bea")],
    }
    path = saved(tmp_path / "book.xlsx", sheets)
    assert column(read_submission(path), "first_name") == ["Ada"]
    second = read_submission(path, sheet="Second")
    assert (column(second, "first_name"), second.encoding) == (["Bea"], "worksheet 'Second'")
    with pytest.raises(UsageError, match="no worksheet of that name among its 3"):
        read_submission(path, sheet="Third")
    with pytest.raises(InputError, match="that worksheet has no row with the headings"):
        read_submission(path, sheet="Notes")


def test_dates_are_dates(tmp_path: Path) -> None:
    reading = read(tmp_path, row(date_of_birth=date(1950, 6, 15), event_start_date=datetime(2022, 5, 1, 9, 30)))
    assert column(reading, "date_of_birth") == ["15/06/1950"]
    assert reading.days["event_start_date_parsed"].to_pylist() == [date(2022, 5, 1)]
    assert [repair.part for repair in reading.repairs] == ["workbook"]


def test_numbers_have_all_their_digits_and_the_form_of_the_cell(tmp_path: Path) -> None:
    at = {name: openpyxl.utils.get_column_letter(place) for place, name in enumerate(SPECIFICATION.ids, start=1)}
    formats = {f"{at['person_unique_identifier']}2": "0000000", f"{at['unit_cost']}2": "0.00"}
    given = row(nhs_number=9990000018, person_unique_identifier=1234, unit_cost=12.5, planned_units_per_week=0.1)
    reading = read(tmp_path, given, row(unit_cost=10, first_name=True), formats=formats)
    assert column(reading, "nhs_number")[0] == "9990000018"
    assert column(reading, "person_unique_identifier")[0] == "0001234"
    assert column(reading, "unit_cost") == ["12.50", "10"]
    assert column(reading, "planned_units_per_week")[0] == "0.1"
    assert column(reading, "first_name")[1] == "TRUE"


def test_an_identifier_beyond_fifteen_digits_has_lost_some(tmp_path: Path) -> None:
    reading = read(tmp_path, row(event_reference=1.2345678901234568e17))
    [lost] = [repair for repair in reading.repairs if repair.part == "digits_lost"]
    assert (lost.field, lost.row_number) == ("event_reference", 1)


def test_submission_information_blank_rows_totals_and_wide_rows(tmp_path: Path) -> None:
    once = [["LA Code:", 991], ["Reporting Period End Date", date(2023, 3, 31)], []]
    wanted = [
        place for place, name in enumerate(SPECIFICATION.ids) if name not in ("la_code", "reporting_period_end_date")
    ]
    rows = [[given[place] for place in wanted] for given in (list(SPECIFICATION.headings), row(), row())]
    path = saved(tmp_path / "s.xlsx", {"D": [*once, *rows[:2], [], rows[2], [*rows[2], "more"], ["Total", 2]]})
    reading = read_submission(path)
    assert column(reading, "la_code") == ["991", "991"]
    assert column(reading, "row_number") == [1, 3]
    assert reading.days["reporting_period_end_date_parsed"].to_pylist() == [date(2023, 3, 31)] * 2
    assert reading.rejects["row_number"].to_pylist() == [4, 5]
    assert reading.rows_in == reading.table.num_rows + reading.rejects.num_rows + reading.rows_blank


def test_a_formula_without_a_computed_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 formulas have no computed value"):
        read(tmp_path, row(unit_cost="=1+1"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "an old Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
        (b"PK\x03\x04" + b"x" * 400, "damaged"),
    ],
)
def test_workbooks_that_cannot_be_read_are_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_submission(path)


def test_a_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "book.xlsx", {"D": [SPECIFICATION.headings, row()]})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged"):
        read_submission(path)


def test_a_zip_archive_that_is_no_workbook_and_one_that_inflates_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("submission.csv", "x")
    with pytest.raises(InputError, match="a zip archive"):
        read_submission(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60 << 20))
    with pytest.raises(InputError, match="would unpack to 60 MB"):
        read_submission(path)
