"""Every row of a local table is in the submission, left out by a named filter, not needed, or refused with a reason."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError
from linkage.intake.mapping.given import day_sql, given_step
from linkage.intake.mapping.project import LocalTable
from tests.unit.mapping_projects import SERVICES, Small, csv_text, fates

HEADING = "No,ID,From,To,What"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def services(*rows: str) -> dict[str, str]:
    return {"services.csv": csv_text(HEADING, rows)}


FATES = {
    "7,P1,01/05/2022,,HC": "out",
    "7,P1,01/05/2021,01/04/2022,HC": "out",
    "7,P1,31/03/2023,,HC": "out",
    "7,,01/05/2022,,HC": "there is no person identifier",
    "7,P9,01/05/2022,,HC": "the person is not in the table of people",
    "7,P1,,,HC": "there is no start date",
    "7,P1,31/02/2022,,HC": "the start date is no date in the format of the table",
    "7,P1,01/05/2022,soon,HC": "the end date is no date in the format of the table",
    "7,P1,01/05/2021,31/03/2022,HC": "not in the reporting period",
    "7,P1,01/04/2023,,HC": "not in the reporting period",
    "7,P1,01/05/2022": "the row has fewer cells than the heading line",
}


def test_what_becomes_of_each_row(tmp_path: Path) -> None:
    assert fates(Small(tmp_path, services(*FATES)).make(), "services") == Counter(FATES.values())


def test_a_refused_row_is_in_the_rejects_with_its_number_and_reason(tmp_path: Path) -> None:
    [row] = Small(tmp_path, services("6,P1,01/05/2022,,HC", "7,P9,01/05/2022,,HC")).listed("rejects_IDENTIFIABLE.csv")
    assert (row["table"], row["row_number"], row["person_or_key"]) == ("services", "2", "P9")
    assert row["reason"] == "the person is not in the table of people"


def test_an_unreadable_record_is_in_the_rejects_as_it_was(tmp_path: Path) -> None:
    [row] = Small(tmp_path, services('7,P1,"01/05/2022,,HC')).listed("rejects_IDENTIFIABLE.csv")
    assert row["record"] == '7,P1,"01/05/2022,,HC'


def test_blank_rows_are_counted(tmp_path: Path) -> None:
    result = Small(tmp_path, services(",,,,", "7,P1,01/05/2022,,HC")).make()
    assert next(table.blank for table in result.tables if table.name == "services") == 1


@pytest.mark.parametrize(
    ("operator", "values", "cell", "left_out"),
    [
        ("in", ["HC", "DC"], "HC", True),
        ("in", ["hc"], "HC", False),
        ("in", ["HC"], None, False),
        ("not_in", ["DC"], "HC", True),
        ("not_in", ["HC"], "HC", False),
        ("not_in", ["HC"], None, True),
        ("blank", [], "HC", False),
        ("blank", [], None, True),
        ("not_blank", [], "HC", True),
        ("starts_with", ["H"], "HC", True),
        ("starts_with", ["C"], "HC", False),
        ("contains", ["X", "C"], "HC", True),
        ("before", ["2022-05-01"], "30/04/2022", True),
        ("before", ["2022-05-01"], "01/05/2022", False),
        ("after", ["2022-05-01"], "01/05/2022", False),
        ("after", ["2022-05-01"], "02/05/2022", True),
    ],
)
def test_a_filter_leaves_out_the_rows_that_meet_it(
    engine: Engine, operator: str, values: list[str], cell: str | None, left_out: bool
) -> None:
    condition = {"name": "mine", "column": "A", "operator": operator, "values": values}
    table = LocalTable.model_validate({"name": "t", "file": "t.csv", "leave_out": [condition]})
    engine.register("t", pa.table({"row_number": [1], "c0": pa.array([cell], pa.string())}))
    engine.run(given_step("given", "t", table, [], "992", {}))
    assert engine.value(Step("read", "select left_out from given")) == ("mine" if left_out else None)


def test_the_first_filter_that_a_row_meets_counts_it(tmp_path: Path) -> None:
    conditions = [{"name": name, "column": "What", "operator": "not_blank"} for name in ("one", "two")]
    assert fates(Small(tmp_path, services={"leave_out": conditions}).make(), "services") == {"out": 0, "one": 1}


SPLIT = services("7,P1,01/05/2021,31/03/2022,HC", "7,P1,01/04/2022,,HC", "8,P1,01/06/2022,,HC", ",P1,01/06/2022,,HC")


@pytest.mark.parametrize(
    ("keep", "start", "starts"),
    [
        ("last", "earliest", ["01/05/2021", "01/06/2022", "01/06/2022"]),
        ("last", "own", ["01/04/2022", "01/06/2022", "01/06/2022"]),
        ("first", "own", ["01/06/2022", "01/06/2022"]),
    ],
)
def test_several_rows_become_one_event(keep: str, start: str, starts: list[str], tmp_path: Path) -> None:
    small = Small(tmp_path, SPLIT, services={"one_row_for": {"by": ["No"], "keep": keep, "start": start}})
    assert small.column("Event Start Date") == starts


def test_rows_of_one_event_are_counted_as_not_needed(tmp_path: Path) -> None:
    small = Small(tmp_path, SPLIT, services={"one_row_for": {"by": ["No"], "keep": "last"}})
    assert fates(small.make(), "services") == {"out": 3, "another row of the same event is used": 1}


def test_the_last_row_of_a_person_is_used(tmp_path: Path) -> None:
    small = Small(tmp_path, {"people.csv": "ID,Name\nP1,Old\nP1,New\nP2,Idle\n,None\n"})
    assert small.column("Last Name") == ["New"]
    assert fates(small.make(), "people") == {
        "out": 1,
        "another row of the same person is used": 1,
        "the person has no event in the submission": 1,
        "there is no person identifier": 1,
    }


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("dd/mm/yyyy", "01/05/2022 00:00:00", date(2022, 5, 1)),
        ("dd/mm/yyyy", "2022-05-01", date(2022, 5, 1)),
        ("mm/dd/yyyy", "05/01/2022", date(2022, 5, 1)),
        ("dd-mm-yyyy", "01-05-2022", date(2022, 5, 1)),
        ("dd.mm.yyyy", "1.5.2022", date(2022, 5, 1)),
        ("dd-mon-yyyy", "01-MAY-2022", date(2022, 5, 1)),
        ("dd mon yyyy", "1 May 2022 12:30", date(2022, 5, 1)),
        ("yyyymmdd", "20220501", date(2022, 5, 1)),
        ("yyyymmdd", "2022-05-01T00:00:00", date(2022, 5, 1)),
        ("dd/mm/yyyy", "31/02/2022", None),
        ("dd/mm/yyyy", "01/05/22", None),
        ("dd/mm/yyyy", "05/13/2022", None),
        ("mm/dd/yyyy", "13/05/2022", None),
    ],
)
def test_dates_are_read_in_the_format_of_the_table(engine: Engine, form: str, text: str, day: date | None) -> None:
    assert engine.value(Step("day", f"select {day_sql('cast($text as varchar)', form)}", {"text": text})) == day


def test_a_parquet_table_is_read_like_a_csv_file(tmp_path: Path) -> None:
    cells = {"No": [7], "ID": ["P1"], "From": ["2022-05-01"], "To": pa.array([None], pa.string()), "What": ["HC"]}
    small = Small(tmp_path, services={"file": "services.parquet"})
    pq.write_table(pa.table(cells), tmp_path / "services.parquet")
    assert small.column("Service Component") == ["Home Support"]


def write_workbook(path: Path, **worksheets: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in worksheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_worksheet_is_read_like_a_csv_file(tmp_path: Path) -> None:
    headings: list[object] = HEADING.split(",")
    rows: list[list[object]] = [
        [],
        headings,
        [7, "P1", datetime(2022, 5, 1), None, "HC"],
        [],
        [8, "P1", None, None, "HC", 1],
    ]
    small = Small(tmp_path, services={"file": "system.xlsx", "worksheet": "Services"})
    write_workbook(tmp_path / "system.xlsx", Notes=[["x"]], Services=rows)
    assert small.column("Event Start Date") == ["01/05/2022"]
    assert fates(small.make(), "services") == {"out": 1, "the row has more cells than the heading line": 1}


def test_a_mapping_sheet_may_be_a_worksheet(tmp_path: Path) -> None:
    small = Small(tmp_path, sheets={"component": {"file": "maps.xlsx", "worksheet": "Elements"}})
    write_workbook(tmp_path / "maps.xlsx", Elements=[["Local value", "National value"], ["HC", "Day Support"]])
    assert small.column("Service Component") == ["Day Support"]


def test_a_worksheet_that_is_not_there_is_told(tmp_path: Path) -> None:
    small = Small(tmp_path, services={"file": "system.xlsx", "worksheet": "Services"})
    write_workbook(tmp_path / "system.xlsx", Notes=[["x"]])
    with pytest.raises(InputError, match="there is no worksheet of that name"):
        small.make()


def test_cells_separated_by_semicolons_are_read(tmp_path: Path) -> None:
    assert len(Small(tmp_path, {"services.csv": SERVICES.replace(",", ";")}).rows()) == 1


def test_carers_known_by_association_have_rows_without_event_fields(tmp_path: Path) -> None:
    small = Small(tmp_path)
    text = small.path.read_text(encoding="utf-8")
    start = text.index("  event_type")
    kept = "  people: people\n  person: ID\n  constants:\n    client_type: Carer known by association\n"
    small.path.write_text(text[:start] + kept, encoding="utf-8")
    [row] = small.rows()
    assert (row["Client Type"], row["Last Name"]) == ("Carer known by association", "Example")
    assert [row[name] for name in ("Event Type", "Event Reference", "Event Start Date")] == ["", "", ""]


def test_fields_of_service_users_are_blank_on_rows_of_carers(tmp_path: Path) -> None:
    people = {"columns": {"dementia": "Name"}, "constants": {"client_type": "Carer"}}
    assert Small(tmp_path, {"people.csv": "ID,Name\nP1,Yes\n"}, people=people).column("Dementia") == [""]


def test_a_detail_of_a_person_in_a_table_of_events_goes_before_that_of_the_person(tmp_path: Path) -> None:
    files = {"services.csv": "No,ID,From,To,What\n7,P1,01/05/2022,,Other\n8,P1,02/05/2022,,\n"}
    small = Small(
        tmp_path, files, services={"columns": {"event_start_date": "From", "last_name": "What"}, "sheets": {}}
    )
    assert small.column("Last Name") == ["Other", "Example"]
