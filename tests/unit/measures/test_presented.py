"""Official measures for people to read: a workbook and a page of what the gate shows, with rules, source, certainty, rounding."""

from pathlib import Path

import openpyxl
import pytest

from linkage.cohort.official import OfficialTables, tables_official
from linkage.cohort.outputs import check_outputs
from tests.unit.derived_events import service
from tests.unit.placed_people import linked_with_everything

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
IDS = ["ascof_3d_clients", "ascof_2b", "long_term_monthly"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> OfficialTables:
    folder = tmp_path_factory.mktemp("presented")
    rows = [service(f"d{number}", **HOME, delivery_mechanism="Direct Payment") for number in range(112)]
    rows += [service(f"m{number}", **HOME, delivery_mechanism="CASSR Managed Personal Budget") for number in range(88)]
    rows += [service(f"u{number}", **HOME) for number in range(60)]
    rows += [service(f"n{number}") for number in range(3)]
    return tables_official(linked_with_everything(folder / "linked", rows), folder / "out", measures=IDS)


@pytest.fixture(scope="module")
def book(written: OfficialTables) -> openpyxl.Workbook:
    return openpyxl.load_workbook(written.folder / "official.xlsx")


def test_every_table_has_a_sheet_and_every_measure_its_notes(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        "Contents",
        "ascof_3d_clients",
        "ascof_3d_clients people",
        "ascof_3d_clients notes",
        "ascof_2b",
        "ascof_2b gender",
        "ascof_2b people",
        "ascof_2b notes",
        "long_term_monthly",
        "long_term_monthly age",
        "long_term_monthly gender",
        "long_term_monthly ethnicity",
        "long_term_monthly people",
        "long_term_monthly notes",
    ]


def test_figures_are_numbers_and_marks_are_text(book: openpyxl.Workbook) -> None:
    rows = [[cell.value for cell in row] for row in book["ascof_3d_clients"].iter_rows()]
    titles, adults = rows[2], rows[3]
    row = dict(zip(titles, adults, strict=True))
    assert (row["Age on the last day"], row["A direct payment"], row["Part 2a, percent"]) == ("18 to 64", 110, 42.3)
    assert row["Support that the authority commissions"] == "-"


def test_numbers_have_the_decimals_that_are_shown(book: openpyxl.Workbook) -> None:
    formats = {cell.column_letter: cell.number_format for cell in book["ascof_3d_clients"][4] if cell.data_type == "n"}
    assert set(formats.values()) == {"#,##0", "#,##0.0"}


def test_no_cell_is_a_formula(book: openpyxl.Workbook) -> None:
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_notes_tell_definition_source_certainty_and_rounding(book: openpyxl.Workbook) -> None:
    notes = {row[0].value: row[1].value for row in book["ascof_2b notes"].iter_rows(min_row=2)}
    assert notes["Counts"].startswith("service users with a long-term residential or nursing service")
    assert "DataS-DHSC" in notes["Source"]
    assert notes["Certainty"].startswith("certain: ")
    assert "nearest 5" in notes["Rounding"] and "rounded on its own" in notes["Rounding"]
    assert "Column per_100_000" not in notes, "there was no population"


def test_the_page_has_rules_tables_and_charts_of_every_measure(written: OfficialTables) -> None:
    page = (written.folder / "official.html").read_text(encoding="utf-8")
    for one in written.presented:
        assert one.definition.title in page and one.definition.source in page
    assert page.count("<svg") == 2, "nobody was admitted, so there is no bar to draw"
    assert "Authority 991, by month end" in page


def test_exact_counts_are_nowhere(written: OfficialTables, book: openpyxl.Workbook) -> None:
    numbers = {
        cell.value
        for sheet in book
        if not sheet.title.endswith("notes")
        for row in sheet.iter_rows(min_row=4)
        for cell in row
        if isinstance(cell.value, int)
    }
    assert numbers and all(number % 5 == 0 for number in numbers)
    assert ">112<" not in (written.folder / "official.html").read_text(encoding="utf-8")


def test_the_checker_knows_workbook_and_page(written: OfficialTables, tmp_path: Path) -> None:
    record, wrong = check_outputs(written.folder)
    assert wrong == []
    assert [page["file"] for page in record["pages"]] == ["official.xlsx", "official.html"]
    page = written.folder / "official.html"
    before = page.read_text(encoding="utf-8")
    page.write_text(before + " ", encoding="utf-8")
    assert check_outputs(written.folder)[1] == ["official.html: altered since it left the gate"]
    page.write_text(before, encoding="utf-8")
