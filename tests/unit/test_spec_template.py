"""A blank submission of a version: its headings as CSV, and a workbook to fill in by choosing from lists."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.spec import load_specification, versions
from linkage.templates import make_template


def sheets(version: str, folder: Path) -> tuple[Worksheet, Worksheet, Worksheet]:
    make_template(version, folder)
    book = load_workbook(folder / f"cld_{version}.xlsx")
    assert book.sheetnames == ["Submission", "Lists", "Read me"]
    return tuple(book[name] for name in book.sheetnames)


def choices(sheet: Worksheet) -> dict[str, DataValidation]:
    """The drop-down lists by the heading of their column."""
    columns = {column[0].column_letter: column[0].value for column in sheet.iter_cols(min_row=1, max_row=1)}
    return {columns[str(found.sqref).split("2")[0]]: found for found in sheet.data_validations.dataValidation}


def listed(found: DataValidation, lists: Worksheet) -> list[str]:
    return [cell.value for (cell,) in lists[found.formula1.removeprefix("Lists!")]]


@pytest.mark.parametrize("version", versions())
def test_both_files_have_the_headings_in_order(version: str, tmp_path: Path) -> None:
    data, _, _ = sheets(version, tmp_path)
    headings = list(load_specification(version).headings)
    assert [cell.value for cell in data[1]] == headings
    with (tmp_path / f"cld_{version}.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert list(csv.reader(handle)) == [headings]
    assert (tmp_path / f"cld_{version}.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("version", versions())
def test_every_list_field_has_a_drop_down_list_of_its_values(version: str, tmp_path: Path) -> None:
    specification = load_specification(version)
    data, lists, _ = sheets(version, tmp_path)
    found = choices(data)
    assert set(found) == {field.heading for field in specification.list_fields}
    for field in specification.list_fields:
        assert listed(found[field.heading], lists) == [
            value.value for value in field.value_list.values if not value.guidance_only
        ]


def test_an_open_list_lets_another_value_pass_with_a_warning(tmp_path: Path) -> None:
    found = choices(sheets("release2", tmp_path)[0])
    assert (found["Service Component"].errorStyle, found["Event Outcome"].errorStyle) == ("warning", None)


def test_identifiers_and_dates_are_text_cells_and_costs_numbers(tmp_path: Path) -> None:
    data, _, _ = sheets("v4.2", tmp_path)
    number_formats = {
        data.cell(1, column).value: found.number_format
        for found in data.column_dimensions.values()
        for column in range(found.min, found.max + 1)
    }
    assert {number_formats[heading] for heading in ("NHS Number", "Date of Birth", "Postcode", "Event Type")} == {"@"}
    assert number_formats["Unit Cost (£)"] == "0.00"


def test_headings_carry_their_conditions(tmp_path: Path) -> None:
    data, _, read_me = sheets("v4.2", tmp_path)
    notes = {cell.value: cell.comment.text for cell in data[1]}
    assert "Mandatory. Date" not in notes["Date of Birth"] and "dd/mm/yyyy" in notes["Date of Birth"]
    assert "outward + space + inward" in notes["Postcode"]
    assert "Rows: Service." in notes["Unit Cost (£)"]
    assert any(row[0].value == "Postcode" and row[1].value == "Mandatory" for row in read_me.iter_rows())


def test_the_same_version_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        make_template("release1", tmp_path / folder)
    names = ["cld_release1.csv", "cld_release1.xlsx"]
    assert [(tmp_path / "one" / name).read_bytes() for name in names] == [
        (tmp_path / "two" / name).read_bytes() for name in names
    ]


def test_the_command_counts_what_it_wrote(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["spec", "template", "v6", "--out", str(tmp_path / "blank")])
    assert done.exit_code == 0 and "columns" in done.stdout
    assert sorted(path.name for path in (tmp_path / "blank").iterdir()) == [
        "cld_v6.csv",
        "cld_v6.xlsx",
        "manifest.json",
    ]
