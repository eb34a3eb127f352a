"""What a check leaves behind: workbook, report, counts for later; who may see what."""

import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.errors import InputError, UsageError
from linkage.intake import FINDINGS, FINDINGS_PARQUET, SUMMARY
from linkage.quality import PAGE, QUALITY, WORKBOOK, workbook
from linkage.quality.measured import read_measured
from linkage.quality.teams import read_teams
from linkage.runs import read_manifest, verify_manifest
from tests.unit.submission_files import Row, write_rows

ROWS: Sequence[Row] = (
    {"person_unique_identifier": "P1"},
    {"person_unique_identifier": "P2", "nhs_number": None, "date_of_birth": None, "ethnicity": None},
    {"person_unique_identifier": "P3", "nhs_number": None, "gender": "female", "ethnicity": None},
)
QUARTER: Row = {"reporting_period_end_date": "31/12/2022"}


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["check", *map(str, arguments), "--synthetic", "--as-at", "2023-04-30"])
    assert done.exit_code in (0, 3), done.output
    return done.output


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    before = write_rows(folder / "q3.csv", [{**row, **QUARTER} for row in ROWS[:2]])
    teams = folder / "teams.csv"
    teams.write_text("Person Unique Identifier,Team,Worker\nP2,East,A Worker\nP3,West,\n", encoding="utf-8")
    now = write_rows(folder / "file.csv", ROWS)
    (folder / "printed").write_text(
        run(now, "--out", folder / "out", "--teams", teams, "--previous", before), encoding="utf-8"
    )
    return folder


def sheet(checked: Path, name: str) -> list[list[str | None]]:
    return [[c.value for c in row] for row in openpyxl.load_workbook(checked / "out" / WORKBOOK)[name].iter_rows()]


def test_everything_is_written_and_in_the_manifest(checked: Path) -> None:
    names = {path.name for path in (checked / "out").iterdir()}
    assert names == {FINDINGS, FINDINGS_PARQUET, WORKBOOK, PAGE, QUALITY, SUMMARY, "manifest.json"}
    assert verify_manifest(checked / "out") == []
    recorded = [entry["name"] for entry in read_manifest(checked / "out")["inputs"]]
    assert {"file.csv", "teams.csv", "q3.csv"} <= set(recorded)


def test_every_cell_of_the_workbook_is_text_and_its_headings_stay(checked: Path) -> None:
    book = openpyxl.load_workbook(checked / "out" / WORKBOOK)
    assert book.sheetnames == ["Summary", "Fix first", "By rule", "By field", "By team", "Findings", "Comments box"]
    for one in book:
        assert {cell.data_type for row in one.iter_rows() for cell in row if cell.value is not None} == {"s"}
        assert one.freeze_panes and one.auto_filter.ref


def test_a_finding_says_who_where_what_and_whose(checked: Path) -> None:
    rows = sheet(checked, "Findings")
    headings, found = rows[1], [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]
    assert headings[:6] == ["Person identifier", "Event reference", "Row", "Team", "Worker", "Field"]
    [gender] = [row for row in found if row["Field"] == "Gender" and row["Rule"] == "F09"]
    assert (gender["Person identifier"], gender["Row"], gender["Team"], gender["Value"], gender["Suggestion"]) == (
        "P3",
        "3",
        "West",
        "female",
        "Female",
    )
    severities = [str(row["Severity"]) for row in found]
    assert severities == sorted(severities, key="REWI".index)


def test_teams_are_counted(checked: Path) -> None:
    assert {row[0] for row in sheet(checked, "By team")[2:]} >= {"East", "West", "no team known"}


def test_the_first_thing_to_fix_is_what_moves_people(checked: Path) -> None:
    rows = sheet(checked, "Fix first")
    assert (
        rows[1][0] == "LTS001 of this file as it is, 2022-04-01 to 2023-03-31: LTS001a 2, LTS001b 2, LTS001c 0 people."
    )
    first = dict(zip(rows[2], rows[3], strict=True))
    assert (first["Rule"], first["Field"], first["LTS001a: into"]) == ("P07", "Date of Birth", "1")
    assert first["LTS001a by column"] == "CASSR managed +1"


def test_the_comments_box_is_drafted(checked: Path) -> None:
    assert [row[0] for row in sheet(checked, "Comments box")[2:]] == ["NHS Number", "Ethnicity"]


def test_parquet_holds_every_finding_as_it_is(checked: Path) -> None:
    table = pq.read_table(checked / "out" / FINDINGS_PARQUET)
    assert table.num_rows == len(sheet(checked, "Findings")) - 2
    assert {"rule", "person_unique_identifier", "value", "suggestion"} <= set(table.column_names)


def test_the_report_stands_alone_and_shows_the_trend(checked: Path) -> None:
    page = (checked / "out" / PAGE).read_text(encoding="utf-8")
    assert "http://" not in page and "https://" not in page and "<script" not in page
    for title in ("What to fix first", "LTS001", "Fields: what is recorded", "Trend over submissions", "to 31/12/2022"):
        assert title in page


def test_what_is_printed_is_short_and_names_what_to_fix_first(checked: Path) -> None:
    printed = (checked / "printed").read_text(encoding="utf-8")
    assert "Fix first, by people moved in LTS001" in printed
    assert "P07 Date of Birth: fewer than 3 people" in printed
    assert (checked / "out" / SUMMARY).read_text(encoding="utf-8").strip() == printed.strip()


def test_an_earlier_check_serves_as_well_as_the_earlier_file(checked: Path, tmp_path: Path) -> None:
    run(checked / "q3.csv", "--out", tmp_path / "q3")
    run(checked / "file.csv", "--out", tmp_path / "now", "--previous", tmp_path / "q3")
    assert "to 31/12/2022" in (tmp_path / "now" / PAGE).read_text(encoding="utf-8")
    assert read_measured(tmp_path / "q3" / QUALITY).rows == 2


def test_the_same_file_gives_the_same_bytes(checked: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(checked / "file.csv", "--out", tmp_path / name)
    for name in (WORKBOOK, PAGE, QUALITY, FINDINGS_PARQUET):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_more_findings_than_a_workbook_may_hold_are_cut_and_said(
    checked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_FINDINGS", 3)
    run(checked / "file.csv", "--out", tmp_path / "out")
    rows = sheet(tmp_path, "Findings")
    assert str(rows[1][0]).startswith("CUT: the first 3 of ")
    assert len(rows) == 3 + 3


def test_another_authority_s_submission_is_refused(checked: Path, tmp_path: Path) -> None:
    other = write_rows(tmp_path / "other.csv", ROWS, "v6")
    done = CliRunner().invoke(
        app, ["check", str(checked / "file.csv"), "--out", str(tmp_path / "x"), "--previous", str(other), "--synthetic"]
    )
    assert isinstance(done.exception, InputError) or done.exit_code == 3
    assert not (tmp_path / "x").exists()


def test_json_gives_a_script_what_moves_people(checked: Path, tmp_path: Path) -> None:
    results = json.loads(run(checked / "file.csv", "--out", tmp_path / "out", "--json"))
    results = results.get("results", results)
    assert results["fix_first"][0]["rule"] == "P07"
    assert set(results["lts001"]) == {"LTS001a", "LTS001b", "LTS001c"}


def test_a_side_file_of_teams_is_read_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    path.write_bytes("event reference, TEAM\nE1,Caf\xe9\nE2,\n".encode("cp1252"))
    assert read_teams(path).table.to_pylist()[0] == {
        "event_reference": "E1",
        "person_unique_identifier": None,
        "team": "Café",
        "worker": None,
    }


@pytest.mark.parametrize("text", ["", "team\nEast\n", "event_reference\nE1\n", "team,team,event_reference\n"])
def test_a_side_file_without_its_headings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "teams.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="headings should be"):
        read_teams(tmp_path / "teams.csv")


def test_a_side_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_teams(tmp_path / "teams.csv")


def test_a_folder_without_a_check_is_no_earlier_submission(tmp_path: Path) -> None:
    path = tmp_path / QUALITY
    path.write_text('{"format": "other"}', encoding="utf-8")
    with pytest.raises(InputError, match="is not the quality"):
        read_measured(path)
