"""An identifying value planted in a submission appears only in files marked IDENTIFIABLE, and never in what is printed."""

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.spec import load_specification
from tests.unit.submission_files import cells, write_rows

MARK = "ZZCANARY"
FIELDS = (
    "person_unique_identifier",
    "nhs_number",
    "first_name",
    "last_name",
    "date_of_birth",
    "postcode",
    "gender",
    "primary_support_reason",
    "event_type",
    "event_reference",
    "event_end_date",
    "event_description",
    "service_type",
    "delivery_mechanism",
    "unit_cost",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("canary")
    rows = [{}, *({field: f"{MARK}{field}"} for field in FIELDS), dict.fromkeys(FIELDS, f"{MARK}all")]
    path = write_rows(folder / "file.csv", rows, headings=[*load_specification("v4.2").headings, f"{MARK}heading"])
    text = path.read_text(encoding="utf-8").splitlines()
    lines = [text[0], *(f"{line},{MARK}surplus" for line in text[1:]), f"{MARK}short,row"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "teams.csv").write_text(f"event_reference,team,worker\nE1,{MARK}team,{MARK}worker\n", encoding="utf-8")
    (folder / "before.csv").write_text("\n".join(lines).replace("31/03/2023", "31/12/2022"), encoding="utf-8")
    arguments = ["--out", str(folder / "out"), "--teams", str(folder / "teams.csv")]
    done = CliRunner().invoke(
        app, ["check", str(path), *arguments, "--previous", str(folder / "before.csv"), "--synthetic"]
    )
    assert done.exit_code == 3, done.output
    return folder / "out", done.output


def content(path: Path) -> bytes:
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return b"".join(book.read(name) for name in book.namelist())


def test_the_values_are_in_the_files_for_those_who_may_see_them(written: tuple[Path, str]) -> None:
    marked = [path for path in written[0].rglob("*") if "IDENTIFIABLE" in path.name]
    assert {path.suffix for path in marked} == {".csv", ".parquet", ".xlsx"}
    assert all(MARK.encode() in content(path) for path in marked if path.suffix != ".parquet")


def test_they_are_nowhere_else(written: tuple[Path, str]) -> None:
    others = [path for path in written[0].rglob("*") if path.is_file() and "IDENTIFIABLE" not in path.name]
    assert {path.name for path in others} == {"data_quality.html", "quality.json", "summary.txt", "manifest.json"}
    for path in others:
        assert MARK.lower().encode() not in content(path).lower(), path.name


def test_nor_in_what_is_printed(written: tuple[Path, str]) -> None:
    assert MARK.lower() not in written[1].lower()
    assert len(cells({})) > len(FIELDS)
