"""The project file: every fault is named at once, with what to do; what is printed and kept holds no value."""

import json
from pathlib import Path
from typing import Any

import pytest

from linkage.errors import InputError, UsageError
from linkage.intake.mapping import check_project, report_text
from pseudo.errors import ConfigError
from tests.main_job import cldlink
from tests.unit.mapping_projects import COSTS, Small, csv_text


@pytest.mark.parametrize(
    ("project", "services", "said"),
    [
        ({"authority": "12345"}, {}, "the authority is none of the known LA codes"),
        ({"period_end": "2021-03-31"}, {}, "period_end is before period_start"),
        ({}, {"people": "others"}, "services: 'people' names no table of people"),
        ({}, {"event_type": "Services"}, "services: event_type is none of Request, Assessment, Service, Review"),
        ({}, {"columns": {"event_end_date": "To"}}, "services: event_start_date has no column"),
        (
            {},
            {"constants": {"service_typ": "x"}},
            "'service_typ' is no field that this table can fill. Perhaps service_type",
        ),
        ({}, {"constants": {"route_of_access": "Prison"}}, "'route_of_access' is no field that this table can fill"),
        ({}, {"constants": {"service_type": "x"}}, "constants: the value of 'service_type' is not in its list"),
        ({}, {"defaults": {"service_component": "x"}}, "defaults: the value of 'service_component' is not in its list"),
        ({}, {"sheets": {"service_component": "other"}}, "there is no mapping sheet named for 'service_component'"),
        ({}, {"sheets": {"event_start_date": "component"}}, "'event_start_date' identifies people or is a date"),
        ({}, {"name": "people"}, "two tables have the same name"),
        ({"costs": [COSTS | {"services": "people"}]}, {}, "'services' names no table of Service events with a 'key'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    project: dict[str, Any], services: dict[str, Any], said: str, tmp_path: Path
) -> None:
    small = Small(tmp_path, {"costs.csv": "x\n"}, services=services, **project)
    with pytest.raises(UsageError) as error:
        check_project(small.path, synthetic=True)
    assert said in str(error.value)


def test_an_unknown_key_is_refused_with_its_line(tmp_path: Path) -> None:
    small = Small(tmp_path, services={"event_typ": "Service"})
    with pytest.raises(
        ConfigError, match=r"project.yaml:\d+:\d+: events.0.event_typ: unknown key. Did you mean 'event_type'"
    ):
        check_project(small.path)


def test_the_operator_of_a_filter_has_the_values_it_needs(tmp_path: Path) -> None:
    small = Small(
        tmp_path, services={"leave_out": [{"name": "f", "column": "To", "operator": "before", "values": ["May"]}]}
    )
    with pytest.raises(ConfigError, match="needs a day as YYYY-MM-DD"):
        check_project(small.path)


def test_an_invented_authority_needs_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--synthetic"):
        check_project(Small(tmp_path).path)


def test_missing_files_and_headings_are_named_at_once(tmp_path: Path) -> None:
    small = Small(tmp_path, {"services.csv": "No,ID,From,To\n"}, people={"file": "nobody.csv"})
    with pytest.raises(InputError) as error:
        check_project(small.path, synthetic=True)
    assert "nobody.csv: there is no such file" in str(error.value)
    assert "these headings are missing or there twice: What" in str(error.value)


def test_mandatory_fields_that_nothing_fills_are_told(tmp_path: Path) -> None:
    unfilled = check_project(Small(tmp_path).path, synthetic=True).unfilled
    assert "NHS Number" in unfilled
    assert "Last Name" not in unfilled


def test_the_report_holds_no_value_of_a_local_table(tmp_path: Path) -> None:
    small = Small(
        tmp_path, {"services.csv": csv_text("No,ID,From,To,What", ["7,P1,01/05/2022,,SECRET", "8,P9,,,SECRET"])}
    )
    text = report_text(small.make()) + (small.out / "manifest.json").read_text(encoding="utf-8")
    assert not [value for value in ("SECRET", "P9", "Example") if value in text]


def test_map_make_prints_the_report_and_check_accepts_the_submission(tmp_path: Path) -> None:
    small = Small(tmp_path)
    made = cldlink("map", "make", small.path, "--out", small.out, "--synthetic")
    assert made.out == (small.out / "report.txt").read_text(encoding="utf-8")
    assert cldlink("check", small.out / "submission_IDENTIFIABLE.csv", "--synthetic", "--as-at", "2023-04-20").code == 0


def test_map_check_writes_nothing(tmp_path: Path) -> None:
    small = Small(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    ran = cldlink("map", "check", small.path, "--synthetic", "--json")
    assert ran.results["services_rows_out"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_map_ids_prints_counts(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.make()
    (tmp_path / "ids.csv").write_text("old_id,new_id,from,la_code\nP1,N1,,992\n", encoding="utf-8")
    submission = small.out / "submission_IDENTIFIABLE.csv"
    ran = cldlink("map", "ids", submission, "--crosswalk", tmp_path / "ids.csv", "--out", tmp_path / "new", "--json")
    assert ran.results["rows_changed"] == 1
    counts = json.loads((tmp_path / "new" / "manifest.json").read_text(encoding="utf-8"))["counts"]
    assert counts == ran.results
