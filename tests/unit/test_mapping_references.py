"""Derived event references: the same for the same event in every quarter, different for different events."""

from pathlib import Path
from typing import Any

from tests.unit.mapping_projects import Small, csv_text


def made(folder: Path, rows: list[str], **services: Any) -> list[str]:
    """References in the order of start date, then reference."""
    folder.mkdir(exist_ok=True)
    small = Small(folder, {"services.csv": csv_text("No,ID,From,To,What", rows)}, services=services)
    return small.column("Event Reference")


def test_a_reference_survives_the_end_of_the_event(tmp_path: Path) -> None:
    before = made(tmp_path / "q1", ["7,P1,01/05/2022,,HC"])
    assert made(tmp_path / "q2", ["9,P2,01/04/2022,,HC", "7,P1,01/05/2022,30/06/2022,HC"])[0] == before[0]


def test_another_person_day_table_or_tie_break_gives_another_reference(tmp_path: Path) -> None:
    rows = ["7,P1,01/05/2022,,HC", "7,P2,01/05/2022,,HC", "7,P1,02/05/2022,,HC", "8,P1,01/05/2022,,HC"]
    references = {
        *made(tmp_path / "one", rows, reference_from=["No"]),
        *made(tmp_path / "two", rows[:1], name="others", reference_from=["No"]),
    }
    assert len(references) == len(rows) + 1


def test_events_that_are_alike_are_numbered(tmp_path: Path) -> None:
    references = made(tmp_path / "q1", ["7,P1,01/05/2022,,HC"] * 3)
    first = references[0]
    assert references == [first, f"{first}-2", f"{first}-3"]


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    rows = ["7,P1,01/05/2022,,HC", "8,P1,01/05/2022,30/05/2022,HC", "9,P1,01/05/2022,,HC"]
    assert made(tmp_path / "one", rows) == made(tmp_path / "two", rows[::-1])


def test_a_reference_holds_no_identifier(tmp_path: Path) -> None:
    [reference] = made(tmp_path / "q1", ["7,P1,01/05/2022,,HC"])
    assert len(reference) == len("M") + 16
    assert "P1" not in reference


def test_references_of_the_system_are_kept(tmp_path: Path) -> None:
    columns = {"event_reference": "No", "event_start_date": "From"}
    assert Small(tmp_path, services={"columns": columns, "sheets": {}}).column("Event Reference") == ["7"]
