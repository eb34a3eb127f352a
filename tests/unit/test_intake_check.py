"""Checking a submission: acceptance, accounting, findings and what is written."""

import csv
from datetime import date
from pathlib import Path

import pytest

from linkage.engine import EngineOptions
from linkage.errors import UsageError
from linkage.intake import (
    FINDINGS,
    FINDINGS_PARQUET,
    REJECTS,
    SUMMARY,
    CheckOptions,
    CheckResult,
    check_submission,
    summary_text,
    write_check,
)
from linkage.runs import read_manifest, verify_manifest
from tests.unit.submission_files import Row, cells, write_rows

AS_AT = CheckOptions(as_at=date(2023, 4, 30))
CANARIES = {
    "person_unique_identifier": "ZZCANARYID",
    "nhs_number": "ZZCANARYNHS",
    "first_name": "ZZCANARYFIRST",
    "last_name": "ZZCANARYLAST",
    "date_of_birth": "ZZCANARYBIRTH",
    "postcode": "ZZCANARYPOST",
    "event_reference": "ZZCANARYREF",
    "la_code": "ZZCANARYLA",
    "la_name": "ZZCANARYLANAME",
    "gender": "ZZCANARYGENDER",
}


def check(tmp_path: Path, *rows: Row, version: str = "v4.2") -> CheckResult:
    return check_submission(write_rows(tmp_path / "file.csv", rows, version), synthetic=True, options=AS_AT)


def found(result: CheckResult) -> list[tuple[str, int | None]]:
    return list(zip(result.findings["rule"].to_pylist(), result.findings["row_number"].to_pylist(), strict=True))


@pytest.mark.parametrize("version", ["v4.2", "v6", "release1"])
def test_a_faultless_file_is_accepted_with_information_only(tmp_path: Path, version: str) -> None:
    known = {"employment_status": "Not in Paid Employment (seeking work)"}
    result = check(tmp_path, {**known, "unit_cost": "512.50", "cost_frequency": "Weekly"}, version=version)
    assert (result.accepted, result.version) == (True, version)
    assert {count.rule for count in result.counts} == {"F06"}
    assert (result.period_start, result.period_end) == (date(2022, 4, 1), date(2023, 3, 31))


def test_rows_in_are_rows_kept_rejected_and_blank(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "file.csv", [{}, {}, {"person_unique_identifier": None}, {"event_type": "Contact"}])
    with path.open("a", encoding="utf-8") as handle:
        handle.write("\nshort,row\n" + ",".join(cells({})) + "\n")
    result = check_submission(path, synthetic=True, options=AS_AT)
    assert (result.rows_read, result.rows_kept, result.rows_rejected, result.rows_blank) == (7, 3, 3, 1)
    assert result.rejects["row_number"].to_pylist() == [3, 4, 6]
    assert ("F01", 6) in found(result)
    assert result.accepted


def test_a_row_left_out_twice_is_counted_once(tmp_path: Path) -> None:
    result = check(tmp_path, {"person_unique_identifier": None, "event_type": None})
    assert (result.rows_rejected, result.rows_kept) == (1, 0)


@pytest.mark.parametrize(
    ("rejected", "kept", "part"), [(1, 0, "none_left"), (2, 1, "few_left"), (1, 1, None), (0, 1, None)]
)
def test_a_file_of_which_hardly_a_row_is_left_is_not_accepted(
    tmp_path: Path, rejected: int, kept: int, part: str | None
) -> None:
    result = check(tmp_path, *[{"person_unique_identifier": None}] * rejected, *[{}] * kept)
    told = [(count.part, count.severity) for count in result.counts if count.rule == "R05"]
    assert (result.accepted, told) == (part is None, [(part, "R")] if part else [])


def test_a_file_that_is_not_accepted_is_still_checked(tmp_path: Path) -> None:
    result = check(tmp_path, {"la_code": "999", "nhs_number": "1"})
    assert not result.accepted
    assert {("F03", 1), ("P02", 1)} <= set(found(result))
    assert result.la_code is None


def test_findings_say_who_what_and_in_plain_words(tmp_path: Path) -> None:
    result = check(tmp_path, {"gender": "female"})
    finding = next(row for row in result.findings.to_pylist() if row["rule"] == "F09")
    assert finding == {
        "rule": "F09",
        "severity": "E",
        "field": "Gender",
        "row_number": 1,
        "event_reference": "E1",
        "person_unique_identifier": "P1",
        "value": "female",
        "message": "The value differs from the specification's wording in capital letters.",
        "suggestion": "Female",
        "part": "letter_case",
    }


def test_a_value_whose_wording_is_certain_counts_as_the_listed_one(tmp_path: Path) -> None:
    result = check(
        tmp_path, {"event_type": "service", "service_type": "long term support: community ", "delivery_mechanism": None}
    )
    assert ("S03", 1) in found(result)
    assert result.rows_rejected == 0


def test_the_specification_can_be_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "file.csv", [{}])
    result = check_submission(path, spec="v6", synthetic=True, options=AS_AT)
    assert result.version == "v6"
    assert not result.accepted
    with pytest.raises(UsageError, match="Known versions"):
        check_submission(path, spec="v5")


def test_the_same_file_gives_the_same_findings_on_any_number_of_threads(tmp_path: Path) -> None:
    rows = [{"gender": f"G{n % 7}", "person_unique_identifier": f"P{n % 5}", "postcode": None} for n in range(300)]
    path = write_rows(tmp_path / "file.csv", rows)
    one, two = (
        check_submission(path, synthetic=True, options=CheckOptions(date(2023, 4, 30), EngineOptions(threads=threads)))
        for threads in (1, 2)
    )
    assert one.findings.equals(two.findings)


def test_what_a_check_writes(tmp_path: Path) -> None:
    result = check(tmp_path, {"person_unique_identifier": None})
    write_check(result, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        FINDINGS,
        FINDINGS_PARQUET,
        "manifest.json",
        REJECTS,
        SUMMARY,
    ]
    assert verify_manifest(tmp_path / "out") == []
    counts = read_manifest(tmp_path / "out")["counts"]
    assert (counts["rows_in"], counts["rows_rejected"], counts["findings_P01_missing"]) == (1, 1, 1)


def test_rejects_of_an_earlier_check_do_not_stay(tmp_path: Path) -> None:
    write_check(check(tmp_path, {"person_unique_identifier": None}), tmp_path / "out")
    write_check(check(tmp_path, {}), tmp_path / "out")
    assert not (tmp_path / "out" / REJECTS).exists()
    assert verify_manifest(tmp_path / "out") == []


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_cells_cannot_be_taken_for_formulas(tmp_path: Path, value: str) -> None:
    path = write_rows(tmp_path / "file.csv", [{"event_reference": f"{value}", "ethnicity": value}])
    write_check(check_submission(path, synthetic=True, options=AS_AT), tmp_path / "out")
    rows = _read_findings(tmp_path / "out" / FINDINGS)
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row.values())
    assert any(row["value"] == "'" + value for row in rows)


def test_findings_survive_the_way_through_csv(tmp_path: Path) -> None:
    value = 'a "quoted", \n broken value'
    write_check(check(tmp_path, {"ethnicity": value}), tmp_path / "out")
    assert value in [row["value"] for row in _read_findings(tmp_path / "out" / FINDINGS)]


def test_summary_and_manifest_hold_no_value_of_any_row(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    write_rows(path, [CANARIES, CANARIES])
    text = path.read_text(encoding="utf-8").replace("GP Practice Name", "ZZCANARYHEADING", 1)
    path.write_text(text + "ZZCANARYROW,1\n", encoding="utf-8")
    result = check_submission(path, synthetic=True, options=AS_AT)
    write_check(result, tmp_path / "out")
    for name in (SUMMARY, "manifest.json"):
        assert "ZZCANARY" not in (tmp_path / "out" / name).read_text(encoding="utf-8")
    assert "ZZCANARY" not in repr(result.counts)
    assert "ZZCANARYHEADING" in result.findings["field"].to_pylist()


def test_the_summary_says_what_matters_first(tmp_path: Path) -> None:
    lines = summary_text(check(tmp_path, {"la_code": None, "postcode": None})).splitlines()
    assert lines[2].startswith("Not accepted: 1 reason,")
    assert "Rows: 1 in = 1 kept + 0 rejected + 0 blank." in lines


def _read_findings(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
