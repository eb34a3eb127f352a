"""After a case system is replaced, events of the old person identifier belong to the new one and supersede as such."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkage.api import consolidate_submissions
from linkage.cli.commands import app
from linkage.engine import Step, open_engine
from linkage.errors import InputError
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.selection import Wanted
from tests.unit.keeping_stores import add
from tests.unit.submission_files import Row, write_rows

Q1: Row = {"reporting_period_start_date": "01/07/2022", "reporting_period_end_date": "30/06/2023"}
Q2: Row = {"reporting_period_start_date": "01/10/2022", "reporting_period_end_date": "30/09/2023"}
ENDED: Row = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
OLDER: Row = {**ENDED, "event_start_date": "02/05/2022"}
CARER: Row = {
    "person_unique_identifier": "C1",
    "client_type": "Carer",
    "service_type": "Carer Support: Direct to Carer",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("new_ids")


@pytest.fixture(scope="module")
def ids(place: Path) -> Path:
    path = place / "ids.csv"
    path.write_text("old_id,new_id,from,la_code\nP1,N1,01/07/2023,993\nP1,X1,,992\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files(place: Path) -> list[Path]:
    """In the first file P1 has two events that ended before the second file's period, which has one again, as N1's."""
    carer = {**CARER, **ENDED, "adult_1_linked_person_id": "P1"}
    return [
        write_rows(place / "Q1.csv", [{**Q1, **row} for row in (ENDED, OLDER, carer)], "release1"),
        write_rows(place / "Q2.csv", [{**Q2, **ENDED, "person_unique_identifier": "N1"}], "release1"),
    ]


@pytest.fixture(scope="module")
def store(place: Path, files: list[Path]) -> Path:
    for path, day in zip(files, (date(2023, 7, 20), date(2023, 10, 20)), strict=True):
        assert add(place / "store", path, day).outcome == "added"
    return place / "store"


def read(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with open_engine(folders=[folder]) as engine:
        for name in ("events", "persons"):
            engine.read_parquet(name, [folder / f"{name}.parquet"])
        return engine.rows(Step("read", sql))


EVENTS = "select person_unique_identifier, event_start_date, adult_1_linked_person_id from events"
EXPECTED = [("N1", date(2022, 5, 2), None), ("C1", date(2022, 5, 1), "N1"), ("N1", date(2022, 5, 1), None)]


def test_of_files(tmp_path: Path, files: list[Path], ids: Path) -> None:
    done = consolidate_submissions(files, tmp_path / "out", synthetic=True, ids=ids)
    assert sorted(map(str, read(tmp_path / "out", EVENTS))) == sorted(map(str, EXPECTED))
    assert read(tmp_path / "out", "select query_id from persons") == [("993/C1",), ("993/N1",)]
    assert (done.counts["rows_superseded"], done.counts["rows_with_new_ids"]) == (1, 3)
    assert {one.check.file: one.status for one in done.submissions} == {
        "Q1.csv": "current_in_part",
        "Q2.csv": "current",
    }


def test_of_a_store(tmp_path: Path, store: Path, ids: Path) -> None:
    counts = consolidate_store(store, tmp_path / "out", ids=ids).counts
    assert read(tmp_path / "out", EVENTS) == EXPECTED
    assert (counts["events"], counts["persons"], counts["rows_with_new_ids"]) == (3, 2, 3)


def test_without_a_crosswalk_they_are_two_people_and_two_events(tmp_path: Path, store: Path) -> None:
    counts = consolidate_store(store, tmp_path / "out").counts
    assert (counts["events"], counts["persons"]) == (4, 3)
    assert "rows_with_new_ids" not in counts


def test_a_file_whose_period_ends_on_or_after_the_day_bears_the_new_ids_already(tmp_path: Path, store: Path) -> None:
    ids = tmp_path / "early.csv"
    ids.write_text("old_id,new_id,from,la_code\nP1,N1,30/06/2023,993\n", encoding="utf-8")
    assert consolidate_store(store, tmp_path / "out", ids=ids).counts["rows_with_new_ids"] == 0


def test_of_files_chosen_as_dhsc_does(tmp_path: Path, store: Path, ids: Path) -> None:
    wanted = Wanted("single", date(2022, 7, 1), date(2023, 6, 30))
    assert consolidate_store(store, tmp_path / "out", wanted=wanted, ids=ids).counts["rows_with_new_ids"] == 3
    assert {row[0] for row in read(tmp_path / "out", EVENTS)} == {"N1", "C1"}


def test_a_crosswalk_that_cannot_be_used_writes_nothing(tmp_path: Path, store: Path) -> None:
    ids = tmp_path / "bad.csv"
    ids.write_text("old_id,new_id,from,la_code\nP1,N1,,993\nP1,N2,,993\n", encoding="utf-8")
    with pytest.raises(InputError, match="one old identifier would become several"):
        consolidate_store(store, tmp_path / "out", ids=ids)
    assert not (tmp_path / "out").exists()


def test_the_command_counts_them(tmp_path: Path, store: Path, ids: Path) -> None:
    arguments = ["--store", str(store), "--ids", str(ids), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["submission", "consolidate", *arguments])
    assert done.exit_code == 0
    assert "rows with new ids" in done.output
