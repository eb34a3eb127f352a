"""Severities of one's own, rules switched off, and what could not be checked: all told in summary and manifest."""

from datetime import date
from pathlib import Path

import pytest

from linkage.errors import InputError, UsageError
from linkage.intake import CheckOptions, CheckResult, check_submission, summary_text, write_check
from linkage.intake.rules import load_rules
from linkage.intake.rules.side_inputs import SideInputs
from linkage.runs import read_manifest
from pseudo.errors import ConfigError
from tests.unit.submission_files import write_rows

DAY_OF_CHECK = date(2023, 4, 30)


def check(tmp_path: Path, settings: str = "", inputs: SideInputs | None = None) -> CheckResult:
    rules = None
    if settings:
        rules = tmp_path / "rules.yaml"
        rules.write_text(settings, encoding="utf-8")
    path = write_rows(tmp_path / "file.csv", [{"gender": "female"}, {"postcode": None}])
    options = CheckOptions(DAY_OF_CHECK, rules=rules, inputs=inputs or SideInputs())
    return check_submission(path, synthetic=True, options=options)


def severities(result: CheckResult) -> dict[tuple[str, str], str]:
    return {(count.rule, count.part): count.severity for count in result.counts}


def test_a_rule_takes_another_severity_and_the_report_says_so(tmp_path: Path) -> None:
    result = check(tmp_path, "severities: [{rule: F09, severity: I}]\n")
    assert severities(result)["F09", "letter_case"] == "I"
    assert "F09 Wording of list values (letter case): I instead of E." in summary_text(result)


def test_a_part_named_goes_before_its_rule(tmp_path: Path) -> None:
    entries = "{rule: F09, severity: I}, {rule: F09, part: letter_case, severity: W}"
    result = check(tmp_path, f"severities: [{entries}]\n")
    assert severities(result)["F09", "letter_case"] == "W"


def test_a_severity_can_keep_a_file_from_being_accepted(tmp_path: Path) -> None:
    assert not check(tmp_path, "severities: [{rule: F09, part: letter_case, severity: R}]\n").accepted


def test_a_rule_switched_off_finds_nothing_and_is_told_with_its_reason(tmp_path: Path) -> None:
    result = check(tmp_path, "off: [{rule: F09, reason: our system has other wordings}]\n")
    write_check(result, tmp_path / "out")
    assert "F09" not in {count.rule for count in result.counts}
    assert "F09 Wording of list values: switched off: our system has other wordings." in summary_text(result)
    assert read_manifest(tmp_path / "out")["settings"]["not_checked"]["F09"].startswith("switched off")


def test_the_settings_file_is_an_input_of_the_manifest(tmp_path: Path) -> None:
    write_check(check(tmp_path, "off: [{rule: E15, reason: on purpose}]\n"), tmp_path / "out")
    assert [record["name"] for record in read_manifest(tmp_path / "out")["inputs"]] == ["file.csv", "rules.yaml"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("off: [{rule: F02, reason: x}]", "F02 cannot be changed or switched off"),
        ("severities: [{rule: F02, severity: I}]", "F02 cannot be changed or switched off"),
        ("off: [{rule: P01, reason: x}]", "P01 cannot be switched off: it leaves rows out"),
        ("off: [{rule: Z99, reason: x}]", "a rule Z99 that is not there"),
        ("severities: [{rule: F09, part: nonsense, severity: I}]", "part 'nonsense' that rule F09 does not have"),
        ("severities: [{rule: F09, severity: I}, {rule: F09, severity: W}]", "F09 twice"),
    ],
)
def test_what_may_not_be_changed_is_refused(tmp_path: Path, settings: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check(tmp_path, settings + "\n")


@pytest.mark.parametrize(
    "settings", ["of: [E15]", "off: [E15]", "off: [{rule: E15, reason: ''}]", "off: [{rule: E15}]"]
)
def test_a_rule_is_switched_off_only_by_name_and_with_a_reason(tmp_path: Path, settings: str) -> None:
    with pytest.raises(ConfigError, match=r"rules.yaml:1"):
        check(tmp_path, settings + "\n")


def test_what_needs_something_else_is_not_checked_and_told(tmp_path: Path) -> None:
    without = {(entry.rule, entry.part) for entry in check(tmp_path).unchecked}
    assert without == {
        ("F08", ""),
        ("P11", "not_in_directory"),
        ("P13", ""),
        ("P17", ""),
        ("E02", "other_event"),
        ("S05", "not_in_register"),
        ("S05", "name"),
    }


def test_what_is_given_is_checked(tmp_path: Path) -> None:
    (tmp_path / "postcodes.csv").write_text("pcds\nZX1 1AB\n", encoding="utf-8")
    result = check(tmp_path, inputs=SideInputs(tmp_path, None, date(2023, 7, 1)))
    assert {("F08", "late"), ("P11", "not_in_directory")} <= set(severities(result))
    assert [record["name"] for record in result.inputs] == ["postcodes.csv"]


def test_a_reference_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"none of the reference files"):
        check(tmp_path, inputs=SideInputs(tmp_path / "empty"))


def test_a_list_without_its_columns_is_refused_without_showing_any(tmp_path: Path) -> None:
    (tmp_path / "postcodes.csv").write_text("ZZCANARY\nZX1 1AB\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column pcds") as raised:
        check(tmp_path, inputs=SideInputs(tmp_path))
    assert "CANARY" not in str(raised.value)


def test_every_rule_says_why_it_matters() -> None:
    assert [rule.code for rule in load_rules() if not rule.entry.reason] == []
