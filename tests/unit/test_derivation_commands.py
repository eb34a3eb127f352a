"""The commands of the derivation: the steps are shown, variables are written."""

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.cli.derivation import steps, variables
from linkage.errors import UsageError
from tests.unit.derived_events import YEAR


def test_steps_are_shown_with_what_they_do_and_their_sql(capsys: pytest.CaptureFixture[str]) -> None:
    steps(sql=False)
    plain = capsys.readouterr().out
    assert plain.index("events_in_period (3, 4)") < plain.index("not_kept (9)") < plain.index("person (10, 11)")
    assert "select" not in plain
    steps(sql=True, json=True)
    shown = json.loads(capsys.readouterr().out)["results"]["steps"]
    assert all("select" in one["sql"] for one in shown)


def test_variables_are_written_for_a_period(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    variables(tmp_path / "current", tmp_path / "out", period_start=start, period_end=end, json=True)
    assert json.loads(capsys.readouterr().out)["results"] == {"rows": 1, "events": 1, "people": 1}
    with pytest.raises(UsageError, match="both"):
        variables(tmp_path / "current", tmp_path / "other", period_start=start)
