"""Many submissions in, one current record of every event and one row per person out."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError
from linkage.intake import Consolidation, consolidate
from linkage.spec import canonical_ids
from tests.unit.submission_files import Row, write_rows

QUARTERS = {"Q1": "30/06/2022", "Q2": "30/09/2022", "Q3": "31/12/2022", "Q4": "31/03/2023"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def quarter(folder: Path, name: str, *rows: Row, version: str = "v4.2") -> Path:
    own = [{"reporting_period_end_date": QUARTERS[name], **row} for row in rows]
    return write_rows(folder / f"{version}_{name}.csv", own, version)


def run(engine: Engine, *paths: Path) -> Consolidation:
    return consolidate(engine, paths, synthetic=True, as_at=date(2023, 4, 30))


def rows(engine: Engine, columns: str, table: str = "events") -> list[tuple[object, ...]]:
    return engine.rows(Step("look", f"select {columns} from {table}"))


def test_the_latest_submission_of_an_authority_is_current(engine: Engine, tmp_path: Path) -> None:
    later = quarter(tmp_path, "Q2", {"event_end_date": "15/09/2022"}, {"event_start_date": "01/07/2022"})
    result = run(engine, later, quarter(tmp_path, "Q1", {}))
    assert rows(engine, "record_id, submission, event_end_date") == [
        ("991/2022-09-30/1", "v4.2_Q2.csv", date(2022, 9, 15)),
        ("991/2022-09-30/2", "v4.2_Q2.csv", None),
    ]
    assert [(s.check.file, s.status) for s in result.submissions] == [
        ("v4.2_Q1.csv", "superseded"),
        ("v4.2_Q2.csv", "current"),
    ]


def test_every_row_is_accounted_for(engine: Engine, tmp_path: Path) -> None:
    refused = write_rows(tmp_path / "refused.csv", [{"la_code": "999"}])
    with refused.open("a", encoding="utf-8") as handle:
        handle.write("\nshort\n")
    latest = quarter(tmp_path, "Q2", {}, {}, {"event_type": None})
    counts = run(engine, quarter(tmp_path, "Q1", {}), latest, refused).counts
    assert counts.pop("persons") == 1
    assert counts == {
        "rows_in": 7,
        "events": 2,
        "rows_superseded": 1,
        "rows_not_accepted": 1,
        "rows_rejected": 2,
        "rows_blank": 1,
    }


def test_authorities_and_reporting_years_stand_side_by_side(engine: Engine, tmp_path: Path) -> None:
    last_year = {
        "reporting_year": "2021/22",
        "reporting_period_start_date": "01/04/2021",
        "reporting_period_end_date": "31/03/2022",
        "event_start_date": "01/05/2021",
    }
    result = run(
        engine,
        quarter(tmp_path, "Q1", {}),
        quarter(tmp_path, "Q2", {}, version="v6"),
        write_rows(tmp_path / "last_year.csv", [last_year]),
    )
    assert [(s.reporting_year, s.status) for s in result.submissions] == [
        ("2021/22", "current"),
        ("2022/23", "current"),
        ("2022/23", "current"),
    ]
    assert rows(engine, "la_code, reporting_period_end_date") == [
        ("991", date(2022, 3, 31)),
        ("991", date(2022, 6, 30)),
        ("992", date(2022, 9, 30)),
    ]


def test_events_have_the_columns_of_every_version(engine: Engine, tmp_path: Path) -> None:
    run(engine, quarter(tmp_path, "Q1", {}), quarter(tmp_path, "Q1", {}, version="v6"))
    assert engine.columns("events") == ["record_id", "submission", "row_number", *canonical_ids()]
    assert rows(engine, "la_name, client_type, date_of_birth") == [
        ("Synthshire (synthetic)", None, date(1950, 6, 15)),
        (None, "Service User", date(1950, 6, 15)),
    ]


def test_list_values_stand_in_the_wording_of_the_specification(engine: Engine, tmp_path: Path) -> None:
    run(engine, quarter(tmp_path, "Q1", {"gender": " female", "dementia": "Unknown", "ethnicity": "Xyzzy"}))
    assert rows(engine, "gender, dementia, ethnicity") == [("Female", "Not known", "Xyzzy")]


def test_a_submission_that_is_not_accepted_does_not_supersede(engine: Engine, tmp_path: Path) -> None:
    refused = quarter(tmp_path, "Q2", {"la_name": "Elsewhere"})
    result = run(engine, quarter(tmp_path, "Q1", {}), refused)
    assert [s.status for s in result.submissions] == ["current", "not_accepted"]


def test_two_latest_submissions_are_an_error(engine: Engine, tmp_path: Path) -> None:
    first = quarter(tmp_path, "Q1", {})
    second = first.with_name("again.csv")
    second.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"v4\.2_Q1\.csv, again\.csv"):
        run(engine, first, second)


def test_nothing_accepted_is_an_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="None of the 1"):
        run(engine, quarter(tmp_path, "Q1", {"la_code": None}))


def test_persons_are_one_row_each_with_the_latest_events_values(engine: Engine, tmp_path: Path) -> None:
    earlier = {"last_name": "Old", "nhs_number": "9990000026"}
    latest = {
        "last_name": "New",
        "event_start_date": "01/06/2022",
        "nhs_number": None,
        "date_of_birth": "15/06/1950 00:00:00",
    }
    other = {"person_unique_identifier": "P2", "event_start_date": None, "date_of_birth": "1950?"}
    run(engine, quarter(tmp_path, "Q1", latest, earlier, other))
    columns = "query_id, nhs_number, given_name, family_name, date_of_birth, postcode, gender"
    assert rows(engine, columns, "persons") == [
        ("991/P1", None, "Ada", "New", "15/06/1950", "ZX1 1AA", "Female"),
        ("991/P2", "9990000018", "Ada", "Example", "1950?", "ZX1 1AA", "Female"),
    ]


def test_the_same_person_identifier_in_two_authorities_is_two_people(engine: Engine, tmp_path: Path) -> None:
    result = run(engine, quarter(tmp_path, "Q1", {}), quarter(tmp_path, "Q1", {}, version="v6"))
    assert result.persons == 2
    assert rows(engine, "query_id", "persons") == [("991/P1",), ("992/P1",)]
