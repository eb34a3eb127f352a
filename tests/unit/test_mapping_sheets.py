"""Mapping sheets: what a line must be, on which days it holds, and what becomes of values without one."""

from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.intake.mapping.sheets import read_sheet
from tests.unit.mapping_projects import SERVICES, Small, csv_text

HEADING = "local value,national value,from,to,who"


def sheet(*lines: str) -> dict[str, str]:
    return {"component.csv": csv_text(HEADING, lines)}


def test_a_line_holds_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    lines = sheet("HC,Day Support,,30/04/2022,EX", "HC,Home Support,2022-05-01,2022-05-31,EX")
    days = ("30/04/2022", "01/05/2022", "31/05/2022", "01/06/2022")
    rows = csv_text("No,ID,From,To,What", [f"{n},P1,{day},,HC" for n, day in enumerate(days)])
    small = Small(tmp_path, lines | {"services.csv": rows})
    assert small.column("Service Component") == ["Day Support", "Home Support", "Home Support", ""]


def test_details_of_people_are_judged_on_the_last_day_of_the_period(tmp_path: Path) -> None:
    small = Small(
        tmp_path,
        {
            "people.csv": "ID,Name\nP1,F\n",
            "sex.csv": csv_text(HEADING, ["F,Male,,30/03/2023,EX", "F,Female,31/03/2023,,EX"]),
        },
        people={"columns": {"gender": "Name"}, "sheets": {"gender": "sex"}},
        sheets={"component": {"file": "component.csv"}, "sex": {"file": "sex.csv"}},
    )
    assert small.column("Gender") == ["Female"]


def test_what_becomes_of_values(tmp_path: Path) -> None:
    lines = [
        "HC,Home Support,,,EX",
        "OLD,Meals,,31/03/2022,EX",
        "OPEN,,,,",
        "NONE,(blank),,,EX",
        "Transport,Meals,,,EX",
    ]
    became = {
        "HC": "Home Support",
        "": "",
        "Equipment": "Equipment",
        "Transport": "Meals",
        "NONE": "",
        "DC": "the sheet has no line for it",
        "OLD": "no line of the sheet holds on the day",
        "OPEN": "its line has no national value yet",
    }
    rows = [f"{n},P1,{n:02d}/05/2022,,{value}" for n, value in enumerate(became, start=1)]
    small = Small(tmp_path, sheet(*lines) | {"services.csv": csv_text("No,ID,From,To,What", rows)})
    assert small.column("Service Component") == [*list(became.values())[:5], "", "", ""]
    listed = {row["local value"]: row["why"] for row in small.listed("unmapped_values.csv")}
    assert listed == {value: became[value] for value in ("DC", "OLD", "OPEN")}


def test_unmapped_values_are_listed_with_counts_and_the_nearest_national_wording(tmp_path: Path) -> None:
    rows = csv_text("No,ID,From,To,What", [f"{n},P1,01/05/2022,,Home suport" for n in range(3)])
    [row] = Small(tmp_path, {"services.csv": rows}).listed("unmapped_values.csv")
    assert (row["sheet"], row["local value"], row["rows"]) == ("component", "Home suport", "3")
    assert row["suggestion"] == "Home Support"


def test_the_list_of_unmapped_values_is_itself_a_mapping_sheet(tmp_path: Path) -> None:
    small = Small(tmp_path, {"services.csv": SERVICES.replace("HC", "Home suport")})
    small.make()
    text = (small.out / "unmapped_values.csv").read_text(encoding="utf-8-sig")
    decided = text.replace("component,Home suport,,", "component,Home suport,Home Support,")
    (tmp_path / "component.csv").write_text(decided, encoding="utf-8")
    assert small.column("Service Component") == ["Home Support"]


def test_an_unmapped_value_stands_as_given_when_the_project_says_so(tmp_path: Path) -> None:
    small = Small(tmp_path, {"services.csv": SERVICES.replace("HC", "XX")}, unmapped="as_given")
    assert small.column("Service Component") == ["XX"]
    assert len(small.listed("unmapped_values.csv")) == 1


def test_a_default_stands_where_the_column_is_blank_and_is_counted(tmp_path: Path) -> None:
    small = Small(
        tmp_path,
        {"services.csv": SERVICES.replace("HC", "")},
        services={"defaults": {"service_component": "Other Long Term Support"}},
    )
    assert small.column("Service Component") == ["Other Long Term Support"]
    [default] = small.make().defaults
    assert (default.field, default.rows) == ("service_component", 1)


def test_a_value_that_would_be_a_formula_is_text_in_the_list(tmp_path: Path) -> None:
    [row] = Small(tmp_path, {"services.csv": SERVICES.replace("HC", "=1+1")}).listed("unmapped_values.csv")
    assert row["local value"] == "'=1+1"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["HC,Meals,,,A", "HC,Meals,01/04/2022,,B"],
            "lines 1 and 2: both hold for the same local value on the same day",
        ),
        (["HC,Meals,,01/05/2022,A", "HC,Day Support,01/05/2022,,B"], "lines 1 and 2: both hold"),
        (["HC,Meals,05/2022,,A"], "line 1: 'from' is no date"),
        (["HC,Meals,02/05/2022,01/05/2022,A"], "line 1: 'to' is before 'from'"),
        ([",Meals,,,A"], "line 1: there is no local value"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_by_number(lines: list[str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(csv_text(HEADING, lines), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_sheet("sheet", path)
    assert said in str(error.value)


def test_a_national_value_outside_the_list_is_named_with_the_one_that_may_be_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        Small(tmp_path, sheet("HC,Home Suport,,,EX")).make()
    said = "line 1: the national value is not in the list 'service_component'. Perhaps 'Home Support'."
    assert said in str(error.value)


def test_every_faulty_line_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        Small(tmp_path, sheet("HC,Nonsense,,,A", "DC,Nonsense,,,A")).make()
    assert "line 1" in str(error.value)
    assert "line 2" in str(error.value)


def test_decisions_without_the_name_of_who_took_them_are_counted(tmp_path: Path) -> None:
    assert Small(tmp_path, sheet("HC,Home Support,,,", "DC,Day Support,,,EX")).make().unsigned_lines == 1


def test_a_sheet_without_its_headings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing: national value"):
        Small(tmp_path, {"component.csv": "local value,value\nHC,x\n"}).make()


def test_an_open_list_takes_a_national_value_that_it_does_not_have(tmp_path: Path) -> None:
    small = Small(tmp_path, sheet("HC,A value of later,,,EX"), specification="release1", authority="993")
    assert small.column("Service Component") == ["A value of later"]
