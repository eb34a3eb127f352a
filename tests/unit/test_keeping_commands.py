"""Comparing, locking, the calendar, purging and routing."""

import csv
from datetime import date
from pathlib import Path

import pytest

from linkage.errors import RefusedError, UsageError
from linkage.intake.keeping.calendar import by_period, submission_calendar
from linkage.intake.keeping.compare import Comparison, compare_submissions
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.purge import purge_store
from linkage.intake.keeping.routing import route
from linkage.intake.keeping.store import open_store
from linkage.intake.keeping.year_lock import lock_year, unlock_year
from linkage.spec import authorities
from tests.unit.keeping_stores import add, add_quarter, quarter_file
from tests.unit.submission_files import Row, write_rows


def people(*rows: Row) -> list[Row]:
    """Rows of different people, one each."""
    return [{"person_unique_identifier": f"P{number}", **row} for number, row in enumerate(rows, start=1)]


def compared(folder: Path, old: list[Row], new: list[Row]) -> Comparison:
    paths = quarter_file(folder, "Q1", *old), quarter_file(folder, "Q2", *new)
    return compare_submissions(*map(str, paths), out=folder / "out", synthetic=True)


def test_opened_closed_changed_vanished_and_unchanged_events_are_told_apart(tmp_path: Path) -> None:
    closed: Row = {"event_end_date": "01/09/2022", "event_outcome": "NFA - Deceased"}
    moved: Row = {"postcode": "ZX1 1AB"}
    gone: Row = {"person_unique_identifier": "GONE"}
    result = compared(
        tmp_path, [*people({}, {}, {}), gone], people({}, closed, moved, {"event_start_date": "01/08/2022"})
    )
    counts = {"opened": 1, "closed": 1, "changed": 1, "vanished": 1, "outside": 0, "unchanged": 1}
    assert result.statuses == counts
    assert result.by_kind == {"Service / Service User": counts}
    assert result.fields == {"Event End Date": 1, "Event Outcome": 1, "Postcode": 1}


def test_rows_that_differ_go_to_a_file_marked_identifiable_and_safe_for_spreadsheets(tmp_path: Path) -> None:
    compared(tmp_path, people({}), [{"person_unique_identifier": "=P1"}])
    with (tmp_path / "out/changes_IDENTIFIABLE.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["status"], row["person_unique_identifier"]) for row in rows] == [
        ("opened", "'=P1"),
        ("vanished", "P1"),
    ]


def test_an_event_that_ended_before_a_rolling_window_has_not_vanished(tmp_path: Path) -> None:
    ended = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
    first = {"reporting_period_start_date": "01/07/2022", "reporting_period_end_date": "30/06/2023"}
    second = {"reporting_period_start_date": "01/10/2022", "reporting_period_end_date": "30/09/2023"}
    old = write_rows(
        tmp_path / "old.csv", [{**first, **ended}, {**first, "person_unique_identifier": "P2"}], "release1"
    )
    new = write_rows(
        tmp_path / "new.csv", [{**second, "person_unique_identifier": "P2", "event_reference": "E2"}], "release1"
    )
    result = compare_submissions(str(old), str(new), synthetic=True)
    assert (result.statuses["outside"], result.statuses["vanished"], result.statuses["unchanged"]) == (1, 0, 1)


def test_events_of_the_same_key_are_matched_one_to_one(tmp_path: Path) -> None:
    result = compared(tmp_path, [{}, {}, {}], [{}, {}])
    assert (result.statuses["unchanged"], result.statuses["vanished"]) == (2, 1)


def test_stored_submissions_are_compared_by_id_and_a_shrunken_one_is_named(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", *people(*[{}] * 30))
    add_quarter(tmp_path, "Q2", *people(*[{}] * 20))
    ids = "991_2022-06-30_v1", "991_2022-09-30_v1"
    result = compare_submissions(*ids, store_folder=tmp_path / "store")
    assert result.statuses["vanished"] == 10
    assert [str(kind) for kind in result.shrunk] == ["Service / Service User: 30 events before, 20 now"]


def test_two_authorities_are_not_compared(tmp_path: Path) -> None:
    paths = [quarter_file(tmp_path, "Q1", {}), quarter_file(tmp_path, "Q1", {}, version="v6")]
    with pytest.raises(UsageError, match="two authorities"):
        compare_submissions(*map(str, paths), synthetic=True)


def test_a_locked_year_takes_no_submission_until_it_is_unlocked_with_a_reason(tmp_path: Path) -> None:
    store = tmp_path / "store"
    add_quarter(tmp_path, "Q1", {})
    lock_year(store, "2022/23", "Published")
    with pytest.raises(RefusedError, match=r"2022/23 is locked"):
        add_quarter(tmp_path, "Q2", {})
    unlock_year(store, "2022/23", "Late correction")
    assert add_quarter(tmp_path, "Q2", {}).outcome == "added"
    lock_year(store, "2022/23", "Published again")
    log = [(line.action, line.facts.get("reason")) for line in open_store(store).log()]
    assert log[1:] == [
        ("locked", "Published"),
        ("refused", None),
        ("unlocked", "Late correction"),
        ("added", None),
        ("locked", "Published again"),
    ]


@pytest.mark.parametrize(("year", "reason"), [("2022", "x"), ("2022/24", "x"), ("2022/23", " "), ("2021/22", "x")])
def test_a_lock_needs_a_year_and_a_reason_and_is_set_once(tmp_path: Path, year: str, reason: str) -> None:
    add_quarter(tmp_path, "Q1", {})
    lock_year(tmp_path / "store", "2021/22", "Done")
    with pytest.raises(UsageError):
        lock_year(tmp_path / "store", year, reason)


def test_the_calendar_tells_in_time_late_due_and_missing(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q1", {}, version="v6")
    late = quarter_file(tmp_path, "Q2", {})
    add(tmp_path / "store", late, date(2022, 12, 1))

    def statuses(day: date, code: str) -> dict[date, str]:
        rows = submission_calendar(tmp_path / "store", as_at=day, synthetic=True)
        return {
            row.period_end: row.status for row in rows if row.la_code == code and row.period_end >= date(2022, 6, 30)
        }

    assert statuses(date(2022, 10, 31), "991") == {date(2022, 6, 30): "in_time", date(2022, 9, 30): "due"}
    assert statuses(date(2022, 11, 30), "991")[date(2022, 9, 30)] == "missing"
    assert statuses(date(2022, 12, 1), "991")[date(2022, 9, 30)] == "late"
    assert statuses(date(2022, 12, 1), "993") == {date(2022, 6, 30): "missing", date(2022, 9, 30): "missing"}


def test_the_calendar_expects_the_authorities_that_existed(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    counts = by_period(submission_calendar(tmp_path / "store", as_at=date(2023, 7, 1)))
    real = sum(not authority.synthetic for authority in authorities())
    assert counts[date(2023, 3, 31)].total() == real - 1
    assert counts[date(2023, 6, 30)].total() == real - 2


def test_what_is_older_than_its_age_is_purged_and_the_log_says_so(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q2", {})
    add_quarter(tmp_path, "Q1", {"la_name": "Elsewhere"}, name="wrong.csv")
    store = tmp_path / "store"
    would = purge_store(store, as_at=date(2022, 10, 25), older_than=30, dry_run=True)
    assert purge_store(store, as_at=date(2022, 10, 25), older_than=30) == would
    assert would == {"submissions": 1, "reports": 1, "returned": 1, "leftovers": 0}
    assert [path.name for path in store.glob("authorities/*/*/*")] == ["991_2022-09-30_v1"] * 2
    purged = next(line.facts for line in open_store(store).log() if line.action == "purged")
    assert (purged["id"], purged["files"], purged["rows_kept"]) == ("991_2022-06-30_v1", 4, 1)
    assert len(purged["sha256"]) == 64
    assert purge_store(store, as_at=date(2022, 10, 25), older_than=30)["submissions"] == 0


def test_a_record_that_lacks_purged_submissions_says_so(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q1", {}, version="v6")
    add_quarter(tmp_path, "Q2", {})
    purge_store(tmp_path / "store", as_at=date(2022, 10, 25), older_than=30)
    counts = consolidate_store(tmp_path / "store", tmp_path / "out").counts
    assert (counts["events"], counts["submissions_purged"]) == (1, 2)


def test_leftovers_and_spill_files_are_purged(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    store = tmp_path / "store"
    (store / ".part-9").mkdir()
    (store / "authorities/991/submissions/991_2022-09-30_v1").mkdir()
    spill = tmp_path / "spill"
    spill.mkdir()
    for name in ("duckdb_temp_storage-0.tmp", "mine.txt"):
        (spill / name).write_text("x", encoding="utf-8")
    counts = purge_store(store, as_at=date(2999, 1, 1), older_than=1_000_000, temp_dir=spill)
    assert counts == {"submissions": 0, "reports": 0, "returned": 0, "leftovers": 3}
    assert [path.name for path in spill.iterdir()] == ["mine.txt"]
    assert len(open_store(store).entries()) == 1


def test_every_authority_of_2021_has_a_dscro() -> None:
    routes = [route(authority.code) for authority in authorities() if not authority.synthetic]
    assert len(routes) == 151 and all(found.dscros for found in routes)
    assert sum(len(found.dscros) == 2 for found in routes) == 8
    assert len({dscro for found in routes for dscro in found.dscros}) == 7


def test_successors_are_dated_and_their_codes_open() -> None:
    cumbria, northamptonshire = route("102"), route("Northamptonshire")
    assert cumbria.until == date(2023, 3, 31)
    assert [(one.name, one.since, one.la_code) for one in cumbria.successors] == [
        ("Cumberland", date(2023, 4, 1), None),
        ("Westmorland and Furness", date(2023, 4, 1), None),
    ]
    assert [one.since for one in northamptonshire.successors] == [date(2021, 4, 1)] * 2
    with pytest.raises(UsageError, match="no authority"):
        route("999")
