"""Folders of tables: the record for the output checker, the ledger beside them, checking and signing off."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.cohort.outputs import check_outputs, sign_outputs
from linkage.cohort.shown import LEDGER
from linkage.cohort.tables import tables_salt
from linkage.errors import ExitCode, UsageError, exit_code
from linkage.runs import verify_manifest
from pseudo.audit import AuditLog
from pseudo.errors import AuditValueError, OutputRecordError, PolicyError
from pseudo.ledger import Ledger
from tests.unit.linked_tables import linked_folder, service

SALT = ("lts001a", "lts001b", "lts001c", "lts001_flow", "link_quality")


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 people in nursing homes for years, of whom 3 left before the last day; 20 more came within the last year."""
    people = [service(f"p{place}") for place in range(37)]
    people += [service(f"q{place}", event_end_date=date(2022, 12, 31)) for place in range(3)]
    people += [service(f"r{place}", event_start_date=date(2022, 9, 1)) for place in range(20)]
    return linked_folder(tmp_path_factory.mktemp("made") / "linked", social_care=people)


@pytest.fixture(scope="module")
def written(linked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("project") / "tables"
    tables_salt(linked, out)
    return out


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    for path in written.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_the_record_says_what_was_done_to_each_table(written: Path) -> None:
    record = json.loads((written / "disclosure_record.json").read_text(encoding="utf-8"))
    assert (record["format"], record["policy"]["name"], record["policy"]["round_base"]) == (
        "cldlink-disclosure-1",
        "cld_round5",
        5,
    )
    first = record["outputs"][0]
    assert (first["file"], first["type"], first["statbarn"]) == ("lts001a.csv", "table", "Frequencies")
    assert first["variables"] == ["table", "period", "la_code", "age_band", "primary_support_reason"]
    assert first["population"] == "long-term support: 2022-04-01 to 2023-03-31"
    assert first["checks"] == {
        "threshold": "pass",
        "secondary": "none needed",
        "differencing": "pass",
        "minimum_and_maximum": "pass",
        "zero_or_full": "pass",
    }
    assert first["sha256"] == hashlib.sha256((written / "lts001a.csv").read_bytes()).hexdigest()
    assert record["checked_by"] is None


def test_the_list_for_people_says_the_same(written: Path) -> None:
    with (written / "outputs_manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["file"] for row in rows] == [f"{name}.csv" for name in SALT]
    assert (rows[0]["smallest_shown"], rows[0]["approved_by"], rows[0]["status"]) == ("60", "", "pass")


def test_what_was_shown_is_in_the_ledger_beside_the_folder(written: Path) -> None:
    entries = Ledger(written.parent / LEDGER).entries()
    assert [entry.table.name for entry in entries] == list(SALT)
    assert entries[1].table.where == {
        "long-term support": ["2022-04-01 to 2023-03-31"],
        "on the last day": ["2023-03-31"],
    }


def test_exact_tables_for_inside_are_not_in_a_ledger_and_not_signed_off(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "tables", policy="none")
    assert not (tmp_path / LEDGER).exists()
    with pytest.raises(OutputRecordError, match="inside the restricted zone"):
        sign_outputs(tmp_path / "tables", "checker")


def test_tables_that_tell_three_people_together_are_stopped(linked: Path, tmp_path: Path) -> None:
    """LTS001a has 60 people and LTS001b 57 of them: exact, both together tell 3."""
    with pytest.raises(
        PolicyError,
        match=r"lts001b \(beside lts001a at the same time: differs by fewer than 10\): row \d+, column total",
    ) as told:
        tables_salt(linked, tmp_path / "tables", policy="threshold10", ledger=tmp_path / "ours.jsonl")
    assert exit_code(told.value) == ExitCode.REFUSED
    assert not (tmp_path / "tables").exists()
    assert not (tmp_path / "ours.jsonl").exists()


def test_a_ledger_that_is_a_folder_is_refused(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a file"):
        tables_salt(linked, tmp_path / "tables", ledger=tmp_path)


def test_untouched_outputs_are_signed_off(copy: Path) -> None:
    assert check_outputs(copy)[1] == []
    signed = sign_outputs(copy, "A. Checker")
    assert (signed["checked_by"], signed["checked_at"][-1]) == ("A. Checker", "Z")
    assert ",A. Checker," in (copy / "outputs_manifest.csv").read_text(encoding="utf-8")
    assert check_outputs(copy)[1] == verify_manifest(copy) == []
    with pytest.raises(OutputRecordError, match="signed off already"):
        sign_outputs(copy, "A. Checker")


def test_altered_missing_and_added_files_are_named_and_not_signed_off(copy: Path) -> None:
    (copy / "lts001a.csv").write_text("altered", encoding="utf-8")
    (copy / "lts001b.csv").unlink()
    (copy / "extra.csv").write_text("exact", encoding="utf-8")
    faults = ["lts001a.csv: altered since it left the gate", "lts001b.csv: missing", "extra.csv: did not pass the gate"]
    assert check_outputs(copy)[1] == faults
    with pytest.raises(OutputRecordError, match="not signed off: lts001a"):
        sign_outputs(copy, "checker")


def test_a_name_that_is_no_plain_name_is_refused(copy: Path) -> None:
    with pytest.raises(AuditValueError):
        sign_outputs(copy, "=cmd()")


def test_the_commands(copy: Path) -> None:
    assert "lts001a.csv" in CliRunner().invoke(app, ["outputs", "check", str(copy)]).stdout
    signed = CliRunner().invoke(app, ["outputs", "sign", str(copy), "--by", "checker", "--json"])
    assert json.loads(signed.stdout)["results"]["checked_by"] == "checker"
    entry = AuditLog(copy.parent / "audit").entries()[-1].action
    assert (entry.actor, entry.command, entry.outcome, entry.counts) == (
        "checker",
        "outputs sign",
        "done",
        {"tables": 5},
    )
    assert entry.manifest == hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest()
    (copy / "extra.csv").write_text("exact", encoding="utf-8")
    stopped = CliRunner().invoke(app, ["outputs", "check", str(copy)])
    assert "did not pass the gate" in str(stopped.exception)


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputRecordError, match="no readable disclosure_record"):
        check_outputs(tmp_path)
