"""Completeness by field and event type, and the text drafted from the gaps."""

from datetime import date
from pathlib import Path

from linkage.engine import open_engine
from linkage.intake import check_into
from linkage.intake.rules import load_rules
from linkage.quality.comments import Gap, gaps
from linkage.quality.completeness import Completeness, completeness_settings, measure_completeness
from linkage.spec import load_specification
from tests.unit.submission_files import Row, write_rows


def completeness(tmp_path: Path, *rows: Row, version: str = "v4.2") -> tuple[Completeness, ...]:
    path = write_rows(tmp_path / "file.csv", rows, version)
    with open_engine() as engine:
        check_into(engine, path, spec=version, synthetic=True, as_at=date(2023, 4, 30))
        return measure_completeness(engine, load_specification(version))


def counts(found: tuple[Completeness, ...], field: str, event_type: str | None = None) -> tuple[int, ...]:
    one = next(one for one in found if (one.field, one.event_type) == (field, event_type))
    return one.rows, one.valid, one.blank, one.unknown, one.invalid


def explained(tmp_path: Path, *rows: Row, version: str = "v4.2") -> dict[str, Gap]:
    found = completeness(tmp_path, *rows, version=version)
    return {gap.field: gap for gap in gaps(found, load_specification(version))}


REQUEST: Row = {
    "event_type": "Request",
    "route_of_access": "Community / Other route",
    "service_type": None,
    "service_component": None,
    "delivery_mechanism": None,
}


def test_a_value_is_valid_blank_unknown_or_invalid(tmp_path: Path) -> None:
    found = completeness(
        tmp_path, {}, {"gender": None}, {"gender": "Not known"}, {"gender": "female"}, {"gender": "Purple"}
    )
    assert counts(found, "gender") == (5, 1, 1, 1, 2)


def test_an_unknown_in_the_wrong_wording_is_invalid_and_counted_once(tmp_path: Path) -> None:
    assert counts(completeness(tmp_path, {"gender": " not known "}), "gender") == (1, 0, 0, 0, 1)


def test_a_value_that_differs_from_another_row_is_not_invalid_by_itself(tmp_path: Path) -> None:
    assert counts(completeness(tmp_path, {"gender": "Male"}, {}), "gender") == (2, 2, 0, 0, 0)


def test_numbers_and_dates_can_be_invalid(tmp_path: Path) -> None:
    found = completeness(tmp_path, {"nhs_number": "123", "date_of_birth": "soon", "event_end_date": "31/02/2023"})
    assert [counts(found, field)[4] for field in ("nhs_number", "date_of_birth", "event_end_date")] == [1, 1, 1]


def test_fields_of_an_event_type_are_wanted_on_its_rows_only(tmp_path: Path) -> None:
    found = completeness(tmp_path, {}, REQUEST, {**REQUEST, "route_of_access": None})
    assert counts(found, "route_of_access") == counts(found, "route_of_access", "Request") == (2, 1, 1, 0, 0)
    assert counts(found, "gender", "Request") == (2, 2, 0, 0, 0)


def test_a_mechanism_is_wanted_on_community_services_only(tmp_path: Path) -> None:
    nursing: Row = {"service_type": "Long Term Support: Nursing Care", "delivery_mechanism": None}
    assert counts(completeness(tmp_path, {}, nursing), "delivery_mechanism") == (1, 1, 0, 0, 0)


def test_an_outcome_is_wanted_when_the_event_has_ended(tmp_path: Path) -> None:
    found = completeness(tmp_path, {}, {"event_end_date": "01/06/2022"})
    assert counts(found, "event_outcome") == (1, 0, 1, 0, 0)


def test_from_release_1_an_outcome_is_wanted_on_every_event_but_financial_assessments(tmp_path: Path) -> None:
    assessment: Row = {**REQUEST, "event_type": "Assessment", "route_of_access": None, "event_outcome": None}
    financial: Row = {**assessment, "assessment_type": "Financial Assessment"}
    found = completeness(tmp_path, {"event_outcome": None}, assessment, financial, version="release1")
    assert counts(found, "event_outcome") == (2, 0, 2, 0, 0)


def test_from_release_1_an_end_is_wanted_on_events_that_are_sent_once_they_have_ended(tmp_path: Path) -> None:
    assert counts(completeness(tmp_path, {}, REQUEST, version="release1"), "event_end_date") == (1, 0, 1, 0, 0)
    assert "event_end_date" in explained(tmp_path, {}, REQUEST, version="release1")


def test_a_cost_is_explained_where_the_version_makes_it_mandatory(tmp_path: Path) -> None:
    assert "unit_cost" not in explained(tmp_path, {"unit_cost": None})
    direct: Row = {"unit_cost": None, "delivery_mechanism": "Direct Payment only"}
    assert "unit_cost" in explained(tmp_path, direct, version="release1")


def test_rows_without_an_event_want_no_field_of_events(tmp_path: Path) -> None:
    known: Row = {"client_type": "Carer known by association", "event_type": None, "event_start_date": None}
    assert counts(completeness(tmp_path, {}, known, version="v6"), "event_start_date") == (1, 1, 0, 0, 0)


def test_availability_in_words() -> None:
    assert [Completeness("f", None, 4, blank, 0, 0).availability for blank in (4, 1, 0)] == ["no", "partly", "in full"]
    assert Completeness("f", None, 0, 0, 0, 0).availability == "no rows"


def test_a_mandatory_field_wholly_or_mostly_blank_is_drafted_for_the_comments_box(tmp_path: Path) -> None:
    found = explained(tmp_path, {"ethnicity": None, "gender": None}, {"gender": None}, {"gender": None})
    assert {field: gap.kind for field, gap in found.items()} == {"gender": "wholly blank"}
    assert found["gender"].text.startswith("Gender: blank on all 3 rows that want it. Reason: [")


def test_mostly_blank_is_half_or_more(tmp_path: Path) -> None:
    found = explained(tmp_path, {"ethnicity": None}, {})
    assert "blank on 50% of the 2 rows" in found["ethnicity"].text


def test_a_blank_that_has_a_meaning_needs_no_explanation(tmp_path: Path) -> None:
    assert not {"date_of_death", "event_end_date", "gp_practice_code"} & set(explained(tmp_path, {}))


def test_the_settings_name_rules_that_exist() -> None:
    settings = completeness_settings()
    assert set(settings.value_rules) <= {rule.code for rule in load_rules()} | {"C01"}


def test_what_is_not_known_is_stated_by_the_rules_in_every_versions_wording(tmp_path: Path) -> None:
    unknown: Row = {"primary_support_reason": "Unknown", "ethnicity": "No data: Undeclared or not known"}
    working: Row = {"primary_support_reason": "Learning disability support", "date_of_birth": "01/06/1980"}
    paid: Row = {**working, "employment_status": "Paid: Hours per week unknown"}
    found = completeness(tmp_path, {}, unknown, working, paid, version="release2")
    fields = ("primary_support_reason", "ethnicity", "employment_status")
    assert [counts(found, field)[3] for field in fields] == [1, 1, 1]
