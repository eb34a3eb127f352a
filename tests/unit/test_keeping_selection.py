"""Choosing submissions by period as DHSC does: single, joined, and the period that a file is taken to cover."""

from datetime import date
from pathlib import Path

import pytest

from linkage.engine import Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.selection import Selection, Wanted, derived_period, kept_months
from linkage.intake.keeping.settings import keeping_settings
from linkage.intake.keeping.store import open_store
from tests.unit.keeping_stores import add, add_quarter, quarter_file
from tests.unit.submission_files import Row, write_rows

ROLLING = {
    "Q1": ("01/07/2022", "30/06/2023", date(2023, 7, 20)),
    "Q2": ("01/10/2022", "30/09/2023", date(2023, 10, 20)),
}
REVIEW: Row = {
    "event_type": "Review",
    "service_type": None,
    "service_component": None,
    "delivery_mechanism": None,
    "event_outcome": "No change in package",
    "review_reason": "Planned",
    "event_start_date": "01/08/2022",
    "event_end_date": "02/08/2022",
}


def add_rolling(folder: Path, name: str, *people: str, review: bool = False) -> None:
    """A rolling file with an open service of each person, and a review of P1 if asked."""
    start, end, received = ROLLING[name]
    period = {"reporting_period_start_date": start, "reporting_period_end_date": end}
    rows = [{**period, "person_unique_identifier": person} for person in people] + (
        [{**period, **REVIEW}] if review else []
    )
    add(folder / "store", write_rows(folder / f"{name}.csv", rows, "release1"), received)


def selected(
    folder: Path, selection: Selection, first: date, last: date, as_at: date | None = None
) -> list[tuple[str, str]]:
    consolidate_store(folder / "store", folder / "out", as_at=as_at, wanted=Wanted(selection, first, last))
    with open_engine(folders=[folder]) as engine:
        engine.read_parquet("events", [folder / "out/events.parquet"])
        sql = "select submission, person_unique_identifier || ' ' || event_type from events order by all"
        return [(str(a), str(b)) for a, b in engine.rows(Step("look", sql))]


def test_single_takes_the_latest_file_that_covers_the_period_whole(tmp_path: Path) -> None:
    for quarter in ("Q1", "Q2", "Q4"):
        add_quarter(tmp_path, quarter, {"person_unique_identifier": quarter})
    half = date(2022, 4, 1), date(2022, 9, 30)
    assert selected(tmp_path, "single", *half) == [("991_2023-03-31_v1", "Q4 Service")]
    assert selected(tmp_path, "single", *half, date(2023, 4, 1)) == [("991_2022-09-30_v1", "Q2 Service")]
    with pytest.raises(InputError, match="No submission covers"):
        selected(tmp_path, "single", *half, date(2022, 8, 1))


def test_a_file_received_before_the_end_of_the_period_does_not_count(tmp_path: Path) -> None:
    add(tmp_path / "store", quarter_file(tmp_path, "Q1", {}), date(2022, 6, 30))
    with pytest.raises(InputError, match="No submission covers"):
        selected(tmp_path, "single", date(2022, 4, 1), date(2022, 6, 30))


def test_joined_takes_each_quarter_from_the_latest_file_that_covers_it(tmp_path: Path) -> None:
    add_rolling(tmp_path, "Q1", "P1", "P2", review=True)
    add_rolling(tmp_path, "Q2", "P1")
    assert selected(tmp_path, "joined", date(2022, 7, 1), date(2023, 9, 30)) == [
        ("993_2023-06-30_v1", "P1 Review"),
        ("993_2023-06-30_v1", "P2 Service"),
        ("993_2023-09-30_v1", "P1 Service"),
    ]
    assert selected(tmp_path, "joined", date(2022, 10, 1), date(2023, 9, 30)) == [("993_2023-09-30_v1", "P1 Service")]


@pytest.mark.parametrize(
    ("selection", "first", "last"),
    [
        ("joined", date(2022, 4, 15), date(2023, 3, 31)),
        ("joined", date(2022, 5, 1), date(2023, 3, 31)),
        ("joined", date(2022, 4, 1), date(2023, 2, 28)),
        ("single", date(2023, 4, 1), date(2022, 3, 31)),
        ("single", None, None),
        ("latest", date(2022, 4, 1), date(2023, 3, 31)),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    tmp_path: Path, selection: Selection, first: date | None, last: date | None
) -> None:
    add_quarter(tmp_path, "Q1", {})
    with pytest.raises(UsageError):
        consolidate_store(tmp_path / "store", tmp_path / "out", wanted=Wanted(selection, first, last))


def test_a_month_with_few_events_or_few_event_types_is_not_covered() -> None:
    full = {"Service": 20, "Review": 20, "Request": 20}
    counts = {
        date(2022, 3, 1): {"Service": 1, "Review": 1, "Request": 1},
        date(2022, 4, 1): full,
        date(2022, 5, 1): {"Service": 20, "Review": 20},
        date(2022, 6, 1): {"Service": 50},
    }
    settings = keeping_settings().derived_period
    assert kept_months(counts, settings) == [date(2022, 4, 1), date(2022, 5, 1)]
    assert kept_months({date(2022, 3, 1): {"Service": 1}}, settings) == [date(2022, 3, 1)]


def test_the_period_is_that_in_which_events_end_before_the_month_of_receipt(tmp_path: Path) -> None:
    ends = [("15/05/2022", 60), ("20/06/2022", 60), ("05/07/2022", 60)]
    rows: list[Row] = [
        {"person_unique_identifier": f"P{month}-{number}", "event_end_date": end, "event_outcome": "NFA - Deceased"}
        for month, (end, many) in enumerate(ends)
        for number in range(many)
    ]
    added = add_quarter(tmp_path, "Q1", *rows)
    few = add_quarter(tmp_path, "Q1", {}, version="v6")
    store = open_store(tmp_path / "store")
    assert added.entry and few.entry
    with open_engine(folders=[store.root]) as engine:
        periods = [derived_period(engine, store.kept_file(e), e.received) for e in (added.entry, few.entry)]
    assert periods == [(date(2022, 5, 1), date(2022, 6, 30)), (date(2022, 4, 1), date(2022, 6, 30))]
