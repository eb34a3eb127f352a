"""Submissions that follow a specification file of the user's own are kept, consolidated and compared like any other."""

from datetime import date
from pathlib import Path

import pytest

from linkage.engine import Step, open_engine
from linkage.errors import InputError
from linkage.intake import consolidate
from linkage.intake.keeping.add import Incoming, add_submission
from linkage.intake.keeping.compare import compare_submissions
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.purge import purge_store
from linkage.intake.keeping.store import open_store
from tests.unit.submission_files import Row, write_rows

OWN = """version: mine
title: Release 1 as our authority completes it
source: a workbook
published: "2023-06"
effective_from: "2023-04-01"
period: rolling_12_months
based_on: release1
lists:
  service_component:
    adds_to_base: true
    values:
      - {value: "Home care", from_base: ["Home Support"]}
"""
Q1: Row = {"reporting_period_start_date": "01/07/2022", "reporting_period_end_date": "30/06/2023"}
Q2: Row = {"reporting_period_start_date": "01/10/2022", "reporting_period_end_date": "30/09/2023"}
ENDED: Row = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
MINE: Row = {"service_component": "Home care"}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def files(folder: Path) -> tuple[Path, Path]:
    return (
        write_rows(folder / "Q1.csv", [{**Q1, **ENDED, **MINE}, {**Q1, **MINE}], "release1"),
        write_rows(folder / "Q2.csv", [{**Q2, **ENDED, **MINE}], "release1"),
    )


def test_files_are_consolidated_by_it(own: Path, tmp_path: Path) -> None:
    with open_engine() as engine:
        consolidate(engine, files(tmp_path), spec=str(own), synthetic=True, as_at=date(2023, 12, 1))
        sql = "select submission, service_component from events"
        assert engine.rows(Step("read", sql)) == [("Q2.csv", "Home care")]


def test_a_store_keeps_it_with_the_submission(own: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first, _ = files(tmp_path)
    added = add_submission(first, store, Incoming(date(2023, 7, 20), "", True, str(own)))
    own.unlink()
    assert added.entry and added.entry.specification == "mine"
    assert consolidate_store(store, tmp_path / "a").counts["events"] == 2


def test_an_event_is_the_same_in_the_wording_of_ones_own_version(own: Path, tmp_path: Path) -> None:
    first, _ = files(tmp_path)
    second = write_rows(tmp_path / "plain.csv", [{**Q2, **ENDED}], "release1")
    store = tmp_path / "store"
    ids = []
    for path, spec in ((first, str(own)), (second, None)):
        entry = add_submission(path, store, Incoming(date(2023, 11, 1), "", True, spec)).entry
        assert entry
        ids.append(entry.id)
    done = compare_submissions(*ids, store_folder=store)
    assert {status: events for status, events in done.statuses.items() if events} == {"vanished": 1, "unchanged": 1}
    assert consolidate_store(store, tmp_path / "out").counts["events"] == 1


def test_a_kept_specification_that_was_changed_is_refused(own: Path, tmp_path: Path) -> None:
    added = add_submission(files(tmp_path)[0], tmp_path / "store", Incoming(date(2023, 7, 20), "", True, str(own)))
    with (added.receipt.parent / "specification.yaml").open("a", encoding="utf-8") as handle:
        handle.write("\n")
    with pytest.raises(InputError, match="993_2023-06-30_v1"):
        consolidate_store(tmp_path / "store", tmp_path / "out")


def test_a_purged_submission_needs_it_no_more(own: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first, second = files(tmp_path)
    add_submission(first, store, Incoming(date(2023, 7, 20), "", True, str(own)))
    purge_store(store, older_than=0)
    assert add_submission(second, store, Incoming(date(2023, 10, 20), "", True)).outcome == "added"
    assert [entry.specification for entry in open_store(store).entries()] == ["mine", "release1"]
