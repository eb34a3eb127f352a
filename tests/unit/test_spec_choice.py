"""Which version a file is checked against, why, and what a file of one version looks like to the next."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from linkage.intake import CheckOptions, CheckResult, check_submission, summary_text
from linkage.spec import choose, load_specification, other_wordings, versions
from tests.unit.submission_files import OWN, Row, write_rows

PERIODS = {
    "30/06/2025": {"reporting_period_start_date": "01/07/2024", "reporting_period_end_date": "30/06/2025"},
    "30/09/2025": {"reporting_period_start_date": "01/10/2024", "reporting_period_end_date": "30/09/2025"},
}


def checked(path: Path, spec: str | None = None) -> CheckResult:
    return check_submission(path, spec=spec, synthetic=True, options=CheckOptions(date(2026, 1, 31)))


def reworded(result: CheckResult) -> dict[str, tuple[str, str | None]]:
    rows: list[dict[str, Any]] = [row for row in result.findings.to_pylist() if row["rule"] == "F09"]
    return {row["value"]: (row["part"], row["suggestion"]) for row in rows}


@pytest.mark.parametrize(
    ("named", "told", "period_end", "version", "why"),
    [
        (None, "v4.2", None, "v4.2", "told by the headings"),
        (None, "release1", date(2025, 8, 31), "release1", "and the reporting period; release2 has the same headings"),
        (None, "release1", date(2025, 9, 30), "release2", "release2 is for periods that end from 30/09/2025"),
        (None, "release1", None, "release1", "no reporting period tells which it is"),
        ("release1", "release1", date(2025, 9, 30), "release1", "named with --spec"),
        ("release2", "release1", date(2025, 6, 30), "release2", "though it is for periods that end from 30/09/2025"),
        ("v6", "v4.2", date(2022, 3, 30), "v6", "though it is for periods that end from 31/03/2022"),
    ],
)
def test_the_version_and_why(named: str | None, told: str, period_end: date | None, version: str, why: str) -> None:
    choice = choose(named, told, period_end)
    assert choice.specification.version == version
    assert choice.why.endswith(why) or why in choice.why
    assert choice.upcoming == ("though" in why)


def test_versions_with_the_same_headings_have_the_same_columns() -> None:
    assert load_specification("release1").ids == load_specification("release2").ids


@pytest.mark.parametrize(("period_end", "version"), [("30/06/2025", "release1"), ("30/09/2025", "release2")])
def test_a_file_that_fits_both_releases_is_told_by_its_period(tmp_path: Path, period_end: str, version: str) -> None:
    result = checked(write_rows(tmp_path / "file.csv", [PERIODS[period_end]], version))
    assert result.version == version
    assert f"Specification {version}, told by the headings and the reporting period" in summary_text(result)
    assert reworded(result) == {}


def test_the_period_above_the_table_decides_too(tmp_path: Path) -> None:
    blank: Row = {"reporting_period_start_date": None, "reporting_period_end_date": None}
    path = write_rows(tmp_path / "file.csv", [blank], "release2")
    above = "Reporting Period Start Date,01/10/2024\nReporting Period End Date,30/09/2025\n\n"
    path.write_text(above + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert checked(path).version == "release2"


@pytest.mark.parametrize(
    ("older", "newer", "period", "becomes"),
    [
        (
            "release1",
            "release2",
            PERIODS["30/06/2025"],
            {
                "Service User": "Service user",
                "Asian or Asian British - Indian": "Asian or Asian British: Indian",
                "Provision of service": "Continuation of support or services",
                "Home Support": "Home support or domiciliary care",
            },
        ),
        ("v6", "release1", {}, {"Indian": "Asian or Asian British - Indian"}),
        (
            "v4.2",
            "v6",
            {"reporting_period_start_date": "01/04/2021", "reporting_period_end_date": "31/12/2021"},
            {"Community: CASSR Managed Personal Budget": "CASSR Managed Personal Budget"},
        ),
    ],
)
def test_checked_against_the_next_version_a_file_is_told_what_will_become(
    tmp_path: Path, older: str, newer: str, period: Row, becomes: dict[str, str]
) -> None:
    path = write_rows(tmp_path / "file.csv", [period], older)
    before, after = reworded(checked(path)), reworded(checked(path, newer))
    assert before == {}
    assert {value: after[value] for value in becomes} == {old: ("will_become", new) for old, new in becomes.items()}


def test_once_the_version_is_live_an_older_wording_is_an_error(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "file.csv", [PERIODS["30/09/2025"]], "release1")
    result = checked(path)
    assert result.version == "release2"
    assert reworded(result)["Service User"] == ("other_version", "Service user")


def test_what_is_meant_for_certain_is_taken_as_this_version_words_it(tmp_path: Path) -> None:
    """A carer is a carer in every wording: rules that ask for the client type find no fault in it."""
    carer: Row = {**PERIODS["30/06/2025"], "client_type": "Carer", "service_type": "Carer Support: Direct to Carer"}
    path = write_rows(tmp_path / "file.csv", [carer], "release1")
    codes = [{count.rule for count in checked(path, spec).counts} for spec in ("release1", "release2")]
    assert codes[1] - codes[0] == {"F09"}


def test_merged_values_are_not_taken_for_one_another() -> None:
    meant = other_wordings(load_specification("v6"))["delivery_mechanism"]
    assert meant["Community: Direct Payment"].certain
    assert meant["Prison: CASSR Managed Personal Budget"].value == "CASSR Managed Personal Budget"
    assert not meant["Prison: CASSR Managed Personal Budget"].certain


@pytest.mark.parametrize("version", versions())
def test_wordings_of_other_versions_are_none_of_this_one_and_mean_values_of_it(version: str) -> None:
    specification = load_specification(version)
    for field, words in other_wordings(specification).items():
        assert not set(words) & set(specification.values(field))
        assert {value for meaning in words.values() for value in meaning.values} <= set(specification.values(field))


def test_the_rows_for_release_2_are_worded_as_its_lists() -> None:
    specification = load_specification("release2")
    listed = {field.id for field in specification.list_fields} & set(OWN["release2"])
    assert all(OWN["release2"][field] in specification.values(field) for field in listed)
