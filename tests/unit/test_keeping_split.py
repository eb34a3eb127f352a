"""After an authority was split or merged, events of people who belong to another authority now are that one's."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from linkage.api import consolidate_submissions
from linkage.engine import Step, open_engine
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.selection import Wanted
from tests.unit.keeping_stores import add
from tests.unit.submission_files import Row, write_rows

LAST: Row = {"la_code": "992", "reporting_period_start_date": "01/07/2022", "reporting_period_end_date": "30/06/2023"}
NEXT: Row = {"reporting_period_start_date": "01/10/2022", "reporting_period_end_date": "30/09/2023"}
ENDED: Row = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
GOES_ON: Row = {"event_start_date": "02/05/2022"}
SPLIT = "old_id,new_id,from,la_code,new_la_code\nA,N1,01/07/2023,992,993\nB,N2,01/07/2023,992,991\n"
EVENTS = "select la_code, person_unique_identifier, event_start_date, submission from events order by 1, 2, 3"


def persons(code: str, *rows: tuple[str, Row]) -> list[Row]:
    return [{**row, "la_code": code, "person_unique_identifier": person} for person, row in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("split")


@pytest.fixture(scope="module")
def files(place: Path) -> list[Path]:
    """992 is split up after June 2023: A goes to 993, whose next file has A's open event again; B to 991; C has no line."""
    last = persons("992", ("A", ENDED), ("A", GOES_ON), ("B", GOES_ON), ("C", GOES_ON))
    own = persons("993", ("N1", GOES_ON), ("P9", GOES_ON))
    return [
        write_rows(place / "last.csv", [{**LAST, **row} for row in last], "release1"),
        write_rows(place / "next.csv", [{**NEXT, **row} for row in own], "release1"),
    ]


@pytest.fixture(scope="module")
def ids(place: Path) -> Path:
    (place / "ids.csv").write_text(SPLIT, encoding="utf-8")
    return place / "ids.csv"


@pytest.fixture(scope="module")
def store(place: Path, files: list[Path]) -> Path:
    for path, day in zip(files, (date(2023, 7, 20), date(2023, 10, 20)), strict=True):
        assert add(place / "store", path, day).outcome == "added"
    return place / "store"


def read(folders: Sequence[Path], sql: str = EVENTS) -> list[tuple[object, ...]]:
    with open_engine(folders=list(folders)) as engine:
        engine.read_parquet("events", [folder / "events.parquet" for folder in folders])
        return engine.rows(Step("read", sql))


EXPECTED = [
    ("991", "N2", date(2022, 5, 2)),
    ("992", "C", date(2022, 5, 2)),
    ("993", "N1", date(2022, 5, 1)),
    ("993", "N1", date(2022, 5, 2)),
    ("993", "P9", date(2022, 5, 2)),
]


def test_of_files(tmp_path: Path, files: list[Path], ids: Path) -> None:
    done = consolidate_submissions(files, tmp_path / "out", synthetic=True, ids=ids)
    found = read([tmp_path / "out"])
    assert [row[:3] for row in found] == EXPECTED
    assert found[3][3] == "next.csv", "the present authority's file speaks for the event that goes on"
    assert (done.counts["events"], done.counts["rows_superseded"], done.counts["rows_with_new_ids"]) == (5, 1, 3)
    assert [one.status for one in done.submissions] == ["current_in_part", "current"]


def test_of_a_store_each_authority_has_its_own(tmp_path: Path, store: Path, ids: Path) -> None:
    counts = consolidate_store(store, tmp_path / "out", ids=ids, separate=True).counts
    for code in ("991", "992", "993"):
        assert [row[:3] for row in read([tmp_path / "out" / code])] == [row for row in EXPECTED if row[0] == code]
    assert (counts["events"], counts["persons"]) == (5, 4)


def test_of_files_chosen_for_a_period(tmp_path: Path, store: Path, ids: Path) -> None:
    wanted = Wanted("single", date(2022, 7, 1), date(2023, 6, 30))
    consolidate_store(store, tmp_path / "out", wanted=wanted, ids=ids)
    assert [row[:2] for row in read([tmp_path / "out"])] == [("991", "N2"), ("992", "C"), ("993", "N1"), ("993", "N1")]


def test_of_a_merger_neither_authoritys_file_takes_the_place_of_the_other(tmp_path: Path) -> None:
    sent = [write_rows(tmp_path / f"{code}.csv", [{**LAST, "la_code": code}], "release1") for code in ("991", "992")]
    own = {**NEXT, **GOES_ON, "la_code": "993", "person_unique_identifier": "P3"}
    sent.append(
        write_rows(
            tmp_path / "own_before.csv", [{**LAST, "la_code": "993", "person_unique_identifier": "P3"}], "release1"
        )
    )
    ids = tmp_path / "ids.csv"
    lines = "P1,N1,01/07/2023,991,993\nP1,N2,01/07/2023,992,993\n"
    ids.write_text(f"old_id,new_id,from,la_code,new_la_code\n{lines}", encoding="utf-8")
    consolidate_submissions(sent, tmp_path / "out", synthetic=True, ids=ids)
    found = read([tmp_path / "out"], "select la_code, person_unique_identifier, record_id from events order by all")
    assert [row[:2] for row in found] == [("993", "N1"), ("993", "N2"), ("993", "P3")]
    assert len({row[2] for row in found}) == 3, "a record is named by the authority that sent it"
    sent.append(write_rows(tmp_path / "own_after.csv", [own], "release1"))
    consolidate_submissions(sent, tmp_path / "later", synthetic=True, ids=ids)
    assert [row[:2] for row in read([tmp_path / "later"])] == [("993", "P3")]
