"""The commands of the derivation: the steps are shown, datasets are written."""

import csv
import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.cli.derivation import dataset, steps
from linkage.errors import UsageError
from tests.main_job import cldlink
from tests.unit.derived_events import YEAR, service
from tests.unit.own_folders import own_folder


def test_steps_are_shown_with_what_they_do_and_their_sql(capsys: pytest.CaptureFixture[str]) -> None:
    steps(sql=False)
    plain = capsys.readouterr().out
    assert plain.index("events_in_period (3, 4)") < plain.index("not_kept (9)") < plain.index("person (10, 11)")
    assert "select" not in plain
    steps(sql=True, json=True)
    shown = json.loads(capsys.readouterr().out)["results"]["steps"]
    assert all("select" in one["sql"] for one in shown)


def test_derived_variables_alone_are_written_for_a_period(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "la_code": "991",
        "submission": "q4.csv",
        "row_number": 1,
        "reporting_period_start_date": YEAR.start,
        "reporting_period_end_date": YEAR.end,
        "person_unique_identifier": "1",
        "date_of_birth": YEAR.start.replace(year=1940),
        "date_of_death": None,
        "event_type": "Service",
        "event_start_date": YEAR.start,
        "event_end_date": None,
    }
    (tmp_path / "current").mkdir()
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "current" / "events.parquet")
    start, end = (datetime(day.year, day.month, day.day) for day in (YEAR.start, YEAR.end))
    dataset(tmp_path / "current", tmp_path / "out", period_start=start, period_end=end, derived_only=True, json=True)
    assert json.loads(capsys.readouterr().out)["results"] == {"rows": 1, "events": 1, "people": 1}
    assert set(pq.read_table(tmp_path / "out" / "derived_variables.parquet").column_names).isdisjoint(
        {"person_unique_identifier", "date_of_birth"}
    )
    with pytest.raises(UsageError, match="both"):
        dataset(tmp_path / "current", tmp_path / "other", period_start=start)


def test_the_dataset_has_what_was_submitted_and_what_was_derived(tmp_path: Path) -> None:
    rows = [service("ann", nhs_number="9434765919"), service("=bob", event_end_date=date(2022, 6, 1))]
    own = own_folder(tmp_path / "current", rows)
    ran = cldlink("tables", "dataset", own, "--out", tmp_path / "out", "--json")
    assert ran.results == {"rows": 2, "events": 2, "people": 2}
    table = pq.read_table(tmp_path / "out" / "dataset_IDENTIFIABLE.parquet")
    assert table.select(["person_unique_identifier", "event_reference", "setting", "lts001b_column"]).to_pylist() == [
        {"person_unique_identifier": "ann", "event_reference": "E1", "setting": "nursing", "lts001b_column": "nursing"},
        {"person_unique_identifier": "=bob", "event_reference": "E2", "setting": "nursing", "lts001b_column": None},
    ]
    with (tmp_path / "out" / "dataset_IDENTIFIABLE.csv").open(encoding="utf-8", newline="") as lines:
        people = [row["person_unique_identifier"] for row in csv.DictReader(lines)]
    assert people == ["ann", "'=bob"]
    with (tmp_path / "out" / "data_dictionary.csv").open(encoding="utf-8", newline="") as lines:
        described = {row["Column"] for row in csv.DictReader(lines)}
    assert described == set(table.column_names)
