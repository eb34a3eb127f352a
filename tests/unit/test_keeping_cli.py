"""The commands of kept submissions as they are typed: what they print, their exit codes, and no identifiers anywhere but
where a name says so.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.main_job import Ran, cldlink
from tests.unit.keeping_stores import quarter_file

MARKED = {"first_name": "Xyzzymark", "event_type": "Xyzzymark", "event_description": "Xyzzymark", "gender": "Xyzzymark"}


def submission(*words: object) -> Ran:
    return cldlink("submission", *words)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two quarters of one authority, and a store with both."""
    folder = tmp_path_factory.mktemp("filled")
    for quarter, received in (("Q1", "2022-07-20"), ("Q2", "2022-12-01")):
        rows = [{"person_unique_identifier": f"P{number}"} for number in range(30 if quarter == "Q1" else 20)]
        path = quarter_file(folder, quarter, *rows)
        ran = submission("add", path, "--store", folder / "kept", "--received", received, "--synthetic")
        assert ran.code == 0 and ran.out.startswith("outcome   added")
    assert "Service / Service User: 30 events before, 20 now" in ran.err
    return folder


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    """A store of one's own with these two quarters."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return tmp_path / "kept"


def test_the_list_shows_versions_and_days(store: Path) -> None:
    lines = submission("list", store).out.splitlines()
    assert lines[0].startswith("991_2022-06-30_v1      v4.2      received 2022-07-20") and lines[-1] == "2 submissions"
    listed = submission("list", store, "--as-at", "2022-11-30", "--json").results["submissions"]
    assert [(entry["id"], entry["locked"]) for entry in listed] == [("991_2022-06-30_v1", False)]


def test_consolidating_takes_files_or_a_store(store: Path, tmp_path: Path) -> None:
    ran = submission("consolidate", "--store", store, "--as-at", "2022-11-30", "--out", tmp_path / "out", "--json")
    assert ran.results["events"] == 30
    assert submission("consolidate", "--out", tmp_path / "out").code == 2
    both = submission("consolidate", tmp_path / "v4.2_Q1.csv", "--store", store, "--out", tmp_path / "out")
    assert both.code == 2 and "Give the files to consolidate, or --store" in both.err


def test_comparing_prints_counts_alone(store: Path, tmp_path: Path) -> None:
    ran = submission(
        "compare", "991_2022-06-30_v1", "991_2022-09-30_v1", "--store", store, "--out", tmp_path / "changes"
    )
    assert ran.code == 0 and "Far fewer than in the earlier submission" in ran.err
    assert ran.out.splitlines()[-1].split() == ["all", "0", "0", "0", "10", "0", "20"]
    assert (tmp_path / "changes/changes_IDENTIFIABLE.csv").is_file()


def test_the_calendar_names_what_is_not_in_time(store: Path) -> None:
    lines = submission("calendar", store, "--as-at", "2022-12-31", "--synthetic").out.splitlines()
    assert "  late     991 Synthshire (synthetic), received 2022-12-01" in lines
    assert "  due      991 Synthshire (synthetic)" in lines


def test_a_locked_year_refuses_with_code_4(store: Path, tmp_path: Path) -> None:
    assert submission("lock", store, "--year", "2022/23", "--reason", "Final").code == 0
    late = quarter_file(tmp_path, "Q3", {})
    ran = submission("add", late, "--store", store, "--synthetic")
    assert ran.code == 4 and "submission unlock" in ran.err
    assert submission("unlock", store, "--year", "2022/23", "--reason", "Again").code == 0
    assert submission("add", late, "--store", store, "--synthetic").code == 0


def test_purging_counts_first(store: Path) -> None:
    counts = submission("purge", store, "--older-than", "1", "--dry-run", "--json").results
    assert counts == {"submissions": 2, "reports": 2, "returned": 0, "leftovers": 0}
    assert len(list(store.glob("authorities/*/*/*"))) == 4


def test_a_route_names_offices_and_successors() -> None:
    lines = submission("route", "504").out.splitlines()
    assert lines[0] == "504 Northamptonshire, until 2021-03-31" and len(lines) == 5
    assert submission("route", "9999").code == 2


def test_a_returned_file_ends_with_code_3_and_says_where_the_report_is(tmp_path: Path) -> None:
    ran = submission("add", quarter_file(tmp_path, "Q1", {"la_code": "999"}), "--store", tmp_path / "kept", "--json")
    assert (ran.code, ran.results["outcome"]) == (3, "returned")
    assert (Path(ran.results["report"]) / "summary.txt").is_file()


@pytest.mark.parametrize("fault", [{}, {"la_name": "Xyzzymark"}, {"la_code": "Xyzzymark"}])
def test_nothing_of_a_row_is_printed_or_logged(tmp_path: Path, fault: dict[str, str]) -> None:
    ran = submission("add", quarter_file(tmp_path, "Q1", MARKED | fault), "--store", tmp_path / "kept", "--synthetic")
    assert ran.code in (0, 3) and "Xyzzymark" not in ran.out + ran.err
    places = [path for path in (tmp_path / "kept").rglob("*") if path.is_file() and "IDENTIFIABLE" not in path.name]
    assert places and all(b"Xyzzymark" not in path.read_bytes() for path in places)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("list {at}", "no store"),
        ("add {at}/nothing.csv --store {at}/new", "no such file"),
        ("consolidate --store {at} --out {at}/out", "no store"),
        ("compare a b --store {at}", "no store"),
        ("lock {at} --year 2022/23 --reason x", "no store"),
        ("purge {at}", "no store"),
        ("calendar {at}", "no store"),
    ],
)
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, words: str, text: str) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    ran = submission(*words.format(at=tmp_path).split())
    assert (ran.code, ran.out) == (2, "") and text in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_id_that_is_not_in_the_store_is_named(store: Path) -> None:
    ran = submission("compare", "991_2022-06-30_v1", "991_2022-09-30_v9", "--store", store)
    assert ran.code == 2 and "991_2022-09-30_v9" in ran.err


def test_the_json_of_an_addition_holds_what_a_script_needs(tmp_path: Path) -> None:
    path = quarter_file(tmp_path, "Q1", {})
    words = ("add", path, "--store", tmp_path / "kept", "--received", "2022-07-20", "--synthetic", "--json")
    first, again = (json.loads(submission(*words).out)["results"] for _ in range(2))
    assert (first["outcome"], again["outcome"]) == ("added", "already_there")
    assert first["id"] == again["id"] == "991_2022-06-30_v1" and Path(first["receipt"]).is_file()
