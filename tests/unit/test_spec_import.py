"""An official specification workbook becomes a specification file; the workbooks here are built in the layout of v4.2."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.errors import InputError, UsageError
from linkage.spec import Field, Specification, load_specification, mapping
from linkage.spec.diff import compare_specifications
from linkage.spec.importing import ImportedSpecification, import_specification, write_specification

V42 = load_specification("v4.2")
TYPES = {
    "identifier": "Integer or Alpha-numeric",
    "integer": "Integer",
    "alphanumeric": "Alpha-numeric",
    "text": "Text",
    "date": "dd/mm/yyyy",
    "number": "Numeric (0.00)",
    "list": "Defined List…",
}
SECTIONS = {
    "person": "Person Details - Present on ALL rows (NOT event specific)",
    "person_comorbidity": "Person Details - Present on ALL rows (NOT event specific)",
    "event": "Events (all)",
    "request": "Events (Requests only)",
    "assessment": "Events (Assessments only)",
    "carer": "Carers",
    "service": "Events (Services only)",
    "review": "Events (Reviews only)",
    "cost": "Costs (Services Only)",
}
HEADINGS = {
    "Delivery Mechanism": "Delivery Mechanism\n(Long Term Community or Prison Only)",
    "Planned units per week": "Planned units \nper week",
    "Full cost client": "Full cost client\n\nPerson specific, not event specific",
    "Autism Spectrum Disorder (ASD)": "Autism Spectrum \nDisorder (ASD)",
}
FLAG = " **NEW** voluntary"
FLAGGED = {"Discharge from Reablement", "Transfer from Other LA"}
TOP, SECTION_ROW, REQUIREMENT_ROW, HEADING_ROW, LOW_HEADING_ROW, TYPE_ROW, FIRST_VALUE_ROW = 12, 20, 21, 22, 23, 24, 25


def workbook(path: Path, specification: Specification, change: Callable[[Worksheet], None] | None = None) -> Path:
    """A workbook in the v4.2 layout; ``change`` alters its sheet before it is saved."""
    book = Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("CLD Activity Template")
    sheet["B1"], sheet["L1"] = "Social Care Client Level Data - Collection Template", "v.4,2"
    for cell, text in {
        "C2": "Mandatory",
        "D2": "Voluntary",
        "E2": "Remove?",
        "B3": "Summary:",
        "C4": 23,
        "D4": 17,
    }.items():
        sheet[cell] = text
    sheet.cell(TOP, 2, "Submission Information")
    for row, field in enumerate(specification.section("submission"), start=TOP + 1):
        sheet.cell(row, 2, field.heading)
        sheet.cell(row, 3, "e.g. 503")
    fields = [field for field in specification.fields if field.section != "submission"]
    for column, field in enumerate(fields, start=2):
        write_column(sheet, column, field, first=column == 2 or fields[column - 3].section != field.section)
    book.create_sheet("LAs").append(["Barnet", "717"])
    if change:
        change(sheet)
    book.save(path)
    return path


def write_column(sheet: Worksheet, column: int, field: Field, *, first: bool) -> None:
    if first and field.section != "person_comorbidity":
        sheet.cell(SECTION_ROW, column, SECTIONS[field.section])
    if field.requirement != "not_stated":
        sheet.cell(REQUIREMENT_ROW, column, field.requirement.title())
    row = LOW_HEADING_ROW if field.section == "person_comorbidity" else HEADING_ROW
    sheet.cell(row, column, HEADINGS.get(field.heading, field.heading))
    sheet.cell(TYPE_ROW, column, TYPES[field.data_type])
    values = [value.value for value in field.value_list.values if not value.guidance_only] if field.value_list else []
    for row, value in enumerate(values, start=FIRST_VALUE_ROW):
        sheet.cell(row, column, value + FLAG if value in FLAGGED else value)


def column_of(sheet: Worksheet, heading: str) -> int:
    wording = HEADINGS.get(heading, heading)
    return next(cell.column for cell in (*sheet[HEADING_ROW], *sheet[LOW_HEADING_ROW]) if cell.value == wording)


def imported(tmp_path: Path, specification: Specification = V42, change: Callable[[Worksheet], None] | None = None,
             based_on: str = "") -> tuple[ImportedSpecification, Specification]:  # fmt: skip
    path = workbook(tmp_path / "official.xlsx", specification, change)
    read = import_specification(path, version="mine", based_on=based_on or specification.version)
    write_specification(read, tmp_path / "mine.yaml")
    return read, load_specification(str(tmp_path / "mine.yaml"))


def test_a_workbook_in_the_v42_layout_is_the_same_specification(tmp_path: Path) -> None:
    read, mine = imported(tmp_path)
    assert mine.fields == V42.fields
    assert (read.fields, read.lists, read.new, read.missing, read.still_open) == (45, 23, (), (), ())
    found = compare_specifications("v4.2", str(tmp_path / "mine.yaml"))
    assert not (found.added or found.amended or found.removed or found.headed or found.client_types)


def test_the_workbook_of_a_version_with_open_lists_closes_them(tmp_path: Path) -> None:
    release_2 = load_specification("release2")
    _, mine = imported(tmp_path, release_2)
    assert mine.open_fields == ()
    assert mine.headings == release_2.headings
    assert mine.values("service_component") == release_2.values("service_component")
    assert mapping("release1", str(tmp_path / "mine.yaml"))["client_type"]["Carer"] == "Unpaid carer"
    assert mine.successor_wordings["event_outcome"]["Service ended as planned"] == "NFA: Support ended as planned"


def test_a_new_column_becomes_a_field_of_its_section(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        column = column_of(sheet, "Full cost client") + 1
        for row, text in ((SECTION_ROW, "Events (Reviews only)"), (REQUIREMENT_ROW, "Voluntary"), (TYPE_ROW, "Defined List…"),
                          (HEADING_ROW, "Review Place\n(where it took place)"), (FIRST_VALUE_ROW, "At home"),
                          (FIRST_VALUE_ROW + 1, "Elsewhere")):  # fmt: skip
            sheet.cell(row, column, text)

    read, mine = imported(tmp_path, V42, change)
    assert read.new == ("Review Place",)
    field = mine.field("review_place")
    assert (field.section, field.event_types, field.requirement) == ("review", ("Review",), "voluntary")
    assert (field.note, mine.values("review_place")) == ("(where it took place)", ("At home", "Elsewhere"))


def test_a_removed_column_a_reworded_value_and_another_type_are_taken_over(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.delete_cols(column_of(sheet, "GP Practice Name"))
        sheet.cell(FIRST_VALUE_ROW, column_of(sheet, "Review Outcomes Achieved"), "Fully met")
        sheet.cell(REQUIREMENT_ROW, column_of(sheet, "Dementia"), "Mandatory")
        sheet.cell(FIRST_VALUE_ROW + 3, column_of(sheet, "Dementia"), "Not asked")

    read, mine = imported(tmp_path, V42, change)
    assert read.missing == ("GP Practice Name",)
    assert mine.field("dementia").requirement == "mandatory"
    assert mine.successor_wordings["review_outcomes_achieved"] == {"Fully Met": "Fully met"}
    assert mine.values("dementia")[-1] == "Not asked"
    assert mine.values("autism_spectrum_disorder") == V42.values("autism_spectrum_disorder")


def test_a_list_that_the_workbook_does_not_give_stays_open(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for row in range(FIRST_VALUE_ROW, FIRST_VALUE_ROW + 3):
            sheet.cell(row, column_of(sheet, "Gender")).value = None

    read, mine = imported(tmp_path, V42, change)
    assert read.still_open == ("Gender",)
    assert mine.values("gender") == V42.values("gender") and mine.open_fields == ("gender",)


def faulty(where: str, text: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        if where == "types":
            for cell in sheet[TYPE_ROW]:
                cell.value = text or None
        elif where == "type":
            sheet.cell(TYPE_ROW, column_of(sheet, "Postcode"), text)
        elif where == "heading":
            sheet.cell(HEADING_ROW, column_of(sheet, "Postcode")).value = text or None
        else:
            sheet.cell(FIRST_VALUE_ROW + 1, column_of(sheet, "Gender"), text)

    return change


@pytest.mark.parametrize(
    ("where", "text", "message"),
    [
        ("types", "", "no specification in the known layout"),
        ("type", "Whatever", "column M: its type is not known"),
        ("heading", "", "column M: it has no heading"),
        ("heading", "First Name", "stands for a field that has a column already"),
        ("value", "Female", r"'Gender'\): the value 'Female' is listed twice"),
    ],
)
def test_a_workbook_that_does_not_fit_is_refused_with_the_place(
    where: str, text: str, message: str, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "official.xlsx", V42, faulty(where, text))
    with pytest.raises(InputError, match=message) as refused:
        import_specification(path, version="mine", based_on="v4.2")
    assert str(refused.value).startswith(str(path))


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for name, content in (("text.xlsx", b"heading,heading\n"), ("zip.xlsx", b"PK\x05\x06" + b"\0" * 18)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            import_specification(tmp_path / name, version="mine", based_on="v4.2")
    with pytest.raises(UsageError, match="no such file"):
        import_specification(tmp_path / "none.xlsx", version="mine", based_on="v4.2")


@pytest.mark.parametrize("name", ["release2", "v4.2", "My Version", "", "../mine"])
def test_a_name_that_is_taken_or_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name the new version"):
        import_specification(workbook(tmp_path / "official.xlsx", V42), version=name, based_on="v4.2")


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    read, _ = imported(tmp_path)
    with pytest.raises(UsageError, match="such a file already"):
        write_specification(read, tmp_path / "mine.yaml")
    with pytest.raises(UsageError, match=r"ends in \.yaml"):
        write_specification(read, tmp_path / "mine.txt")


def test_an_own_file_cannot_pass_for_one_of_ours(tmp_path: Path) -> None:
    read, _ = imported(tmp_path)
    disguised = replace(read, file=read.file.model_copy(update={"version": "v6"}))
    write_specification(disguised, tmp_path / "v6.yaml")
    with pytest.raises(UsageError, match="is a version of cldlink itself"):
        load_specification(str(tmp_path / "v6.yaml"))


def test_the_command_tells_what_it_found(tmp_path: Path) -> None:
    path = workbook(tmp_path / "official.xlsx", V42)
    out = tmp_path / "mine.yaml"
    done = CliRunner().invoke(
        app, ["spec", "import", str(path), "--version", "mine", "--based-on", "v4.2", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "mine: 45 fields, 23 lists" in done.stdout
    assert "Person Unique Identifier" in CliRunner().invoke(app, ["spec", "show", str(out)]).stdout
