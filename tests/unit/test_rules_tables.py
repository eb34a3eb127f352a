"""The tables beside the rules: groups of values, outcomes by event, pairs, costs, applicable and mandatory fields."""

from datetime import date
from pathlib import Path

import pytest

from linkage.configs import read_packaged
from linkage.intake import CheckOptions, check_submission
from linkage.intake.rules import load_rules
from linkage.intake.rules.applicability import applicability, condition_sql, matrix, wanted_sql
from linkage.intake.rules.context import Context, value_groups
from linkage.intake.rules.cost import CostsFile
from linkage.intake.rules.outcome import OutcomesFile
from linkage.intake.rules.service import PairsFile
from linkage.spec import load_specification, versions
from tests.unit.submission_files import Row, write_rows

PERMANENT = {"F": 9, "P": 18, "E": 15, "Q": 3, "A": 4, "S": 8, "V": 3, "C": 7, "L": 3}
LATER = {"outcome_provision", "financial_assessment", "prison"}


def status(tmp_path: Path, *rows: Row) -> dict[tuple[str, str], str]:
    """Field and status to validity, of a file of Release 1 in which every row stands alike."""
    path = write_rows(tmp_path / "file.csv", rows, "release1")
    table = check_submission(path, synthetic=True, options=CheckOptions(date(2023, 4, 30))).field_status
    return {(row["field"], row["status"]): row["validity"] for row in table.to_pylist()}


def test_the_permanent_codes_are_all_there() -> None:
    expected = {f"{letter}{number:02}" for letter, count in PERMANENT.items() for number in range(1, count + 1)}
    assert expected <= {rule.code for rule in load_rules()}


@pytest.mark.parametrize("version", versions())
def test_a_group_has_a_value_in_every_version_that_has_its_field(version: str) -> None:
    context = Context(load_specification(version), True)
    without = {name for name, group in value_groups().items() if context.has(group.field) and not context.values(name)}
    carers = set() if context.has("client_type") else {"carer_reason", "carer_direct", "carer_involving"}
    assert without <= carers | (LATER if version in ("v4.2", "v6") else set())


def test_every_wording_of_the_tables_is_a_value_of_some_version() -> None:
    wordings = {
        "event_outcome": [
            w for e in read_packaged("rules/tables/outcomes.yaml", OutcomesFile).outcomes for w in e.outcomes
        ],
        "service_component": [
            *(w for e in read_packaged("rules/tables/services.yaml", PairsFile).pairs for w in e.components),
            *(w for e in read_packaged("rules/tables/costs.yaml", CostsFile).bounds for w in e.components),
        ],
        "cost_frequency": [e.frequency for e in read_packaged("rules/tables/costs.yaml", CostsFile).per_week],
    }
    contexts = [Context(load_specification(version), True) for version in versions()]
    for field, values in wordings.items():
        unknown = [value for value in values if not any(context.worded(field, (value,)) for context in contexts)]
        assert unknown == []


def test_the_matrix_has_the_fields_of_its_version_and_known_conditions() -> None:
    for version in versions():
        context = Context(load_specification(version), True)
        for entry in matrix(version):
            assert context.has(entry.field), (version, entry.field)
            for name in (name for way in entry.mandatory for name in way):
                condition_sql(name, context)
    assert len(matrix("release1")) == 48
    assert matrix("v6") == ()


@pytest.mark.parametrize("version", versions())
def test_every_field_is_wanted_somewhere_and_what_narrows_it_names_fields_of_the_version(version: str) -> None:
    context = Context(load_specification(version), True)
    for field in context.specification.fields:
        assert wanted_sql(field, context) != "false"
    stated = applicability()
    assert context.has(*(only.field for only in stated.wanted_only), *(one.field for one in stated.blank_has_meaning))


def test_a_mandatory_field_that_is_blank_is_found_by_exactly_one_rule() -> None:
    owners = [field for rule in load_rules() for field in rule.entry.mandatory]
    of_matrix = {entry.field for entry in matrix("release1") if entry.mandatory}
    assert len(owners) == len(set(owners))
    assert set(owners) <= of_matrix


def test_status_and_validity_in_the_departments_words(tmp_path: Path) -> None:
    found = status(tmp_path, {"gender": None, "nhs_number": "123", "event_end_date": "ongoing"})
    assert found["Gender", "Mandatory"] == "Failed blank (mandatory)"
    assert found["NHS Number", "Mandatory"] == "Failed invalid"
    assert found["GP Practice Code", "Applicable not mandatory"] == "Passed blank (not mandatory)"
    assert found["Service Type", "Mandatory"] == "Passed valid"
    assert found["Review Reason", "Not applicable"] == "Passed blank (not mandatory)"
    assert found["Event End Date", "Applicable not mandatory"] == "Failed invalid"
    assert found["Unit Cost (£)", "Mandatory"] == "Failed blank (mandatory)"


def test_a_row_without_a_client_type_is_undetermined_where_it_matters(tmp_path: Path) -> None:
    found = status(tmp_path, {"client_type": None})
    assert ("Dementia", "Undetermined") in found
    assert found["Gender", "Mandatory"] == "Passed valid"


def test_an_event_of_somebody_who_died_needs_an_end(tmp_path: Path) -> None:
    found = status(tmp_path, {"date_of_death": "01/06/2022"})
    assert found["Event End Date", "Mandatory"] == "Failed blank (mandatory)"


def test_versions_without_a_matrix_have_no_status(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "file.csv", [{}])
    assert check_submission(path, synthetic=True).field_status.num_rows == 0
