"""Submissions of the synthetic world: what the file of each quarter covers, holds, corrects, closes and loses."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from linkage.intake import CheckOptions, check_submission
from linkage.spec import load_specification
from linkage.synth.columns import chosen
from linkage.synth.people.nhs_numbers import text as register_texts
from linkage.synth.profile import load_profile
from linkage.synth.register import register_rows
from linkage.synth.submissions.files import block_submissions, submission_files, submission_rows
from tests.unit.synth_submissions import (
    PLACES,
    days,
    files,
    plain_files,
    plain_world,
    three_authorities,
    with_rates,
    world,
)

CUMULATIVE = ["v4.2", "v6"]
HABITS = (
    "upper_case_names", "midnight_event_types", "windows_1252_quarters", "byte_order_mark_quarters", "renumbered_from_quarter",
    "excel_quarters", "sql_export_quarters", "uplift_from", "never_closed",
)  # fmt: skip


def test_every_authority_sends_four_files_named_by_its_code_and_year() -> None:
    listed = submission_files(three_authorities())
    assert [file.name for file in listed[:4]] == [f"991_2023-24_Q{quarter}.csv" for quarter in (1, 2, 3, 4)]
    assert [file.place for file in listed] == [0] * 4 + [1] * 4 + [2] * 4
    assert listed[8].headings == load_specification("release1").headings


def test_encodings_are_those_of_the_quarter() -> None:
    habits = {"windows_1252_quarters": (2,), "byte_order_mark_quarters": (3,)}
    assert [file.encoding for file in submission_files(three_authorities(habits))[:4]] == [
        "utf-8", "cp1252", "utf-8-sig", "utf-8",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "quarter", "first", "last"),
    [
        ("v4.2", 1, "01/04/2023", "30/06/2023"),
        ("v6", 3, "01/04/2023", "31/12/2023"),
        ("release1", 1, "01/07/2022", "30/06/2023"),
        ("release1", 4, "01/04/2023", "31/03/2024"),
    ],
)
def test_a_file_covers_the_year_to_date_or_the_twelve_months_to_its_quarters_end(
    version: str, quarter: int, first: str, last: str
) -> None:
    file = plain_files()[PLACES[version], quarter]
    assert set(file["reporting_period_start_date"]) == {first}
    assert set(file["reporting_period_end_date"]) == {last}


@pytest.mark.parametrize("version", PLACES)
@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_every_event_overlaps_the_period_of_its_file(version: str, quarter: int) -> None:
    file = plain_files()[PLACES[version], quarter]
    of_events = file["event_type"] != ""
    start, end = days(file["event_start_date"][of_events]), days(file["event_end_date"][of_events])
    first, last = (days(file[f"reporting_period_{side}_date"])[0] for side in ("start", "end"))
    assert len(start) > 20
    assert (start <= last).all()
    assert (np.isnat(end) | ((end >= first) & (end <= last))).all()


@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_from_release_1_only_services_are_sent_before_they_end_and_say_so(quarter: int) -> None:
    file = plain_files()[PLACES["release1"], quarter]
    still_open = (file["event_end_date"] == "") & (file["event_type"] != "")
    assert set(file["event_type"][still_open]) == {"Service"}
    assert set(file["event_outcome"][still_open]) == {"Provision of service"}
    assert "Provision of service" not in file["event_outcome"][~still_open]


def test_before_release_1_other_events_are_sent_while_open_too_without_an_outcome() -> None:
    tables = [plain_files()[PLACES[version], quarter] for version in CUMULATIVE for quarter in (1, 2, 3)]
    open_types = {t for file in tables for t in file["event_type"][file["event_end_date"] == ""]}
    assert {"Assessment", "Service"} <= open_types
    assert {o for file in tables for o in file["event_outcome"][file["event_end_date"] == ""]} == {""}


@pytest.mark.parametrize("version", CUMULATIVE)
def test_without_faults_a_later_file_of_the_year_holds_every_event_of_the_one_before(version: str) -> None:
    held = [set(plain_files()[PLACES[version], quarter]["event_reference"]) for quarter in (1, 2, 3, 4)]
    assert held[0] < held[1] < held[2] < held[3]


def test_without_faults_events_leave_a_rolling_file_only_when_they_ended_before_it() -> None:
    earlier, later = (plain_files()[PLACES["release1"], quarter] for quarter in (1, 2))
    gone = ~np.isin(earlier["event_reference"], later["event_reference"])
    assert 0 < gone.sum() < len(gone)
    assert (days(earlier["event_end_date"][gone]) < days(later["reporting_period_start_date"])[0]).all()


def test_a_later_file_closes_events() -> None:
    first, last = (plain_files()[PLACES["v6"], quarter] for quarter in (1, 4))
    ends = dict(zip(last["event_reference"], last["event_end_date"], strict=True))
    opened = first["event_reference"][(first["event_end_date"] == "") & (first["event_type"] != "")]
    closed = [reference for reference in opened if ends[reference]]
    assert 0.02 < len(closed) / len(opened) < 0.9


def test_later_files_correct_withdraw_and_lose_events_at_the_rates_of_the_profile() -> None:
    rates = {"corrected_later": 0.2, "withdrawn_later": 0.1, "lost_later": 0.3, "recorded_late": 0.1}
    made = files(world(with_rates(three_authorities(), **rates)))
    held = [
        dict(zip(f["event_reference"], f["event_start_date"], strict=True)) for f in (made[1, q] for q in (1, 2, 3, 4))
    ]
    corrected = [r for r in held[0] if r in held[1] and held[0][r] != held[1][r]]
    gone = [r for r in held[0] if not any(r in later for later in held[1:])]
    lost = [r for r in held[0] if r not in held[1] and (r in held[2] or r in held[3])]
    assert 0.12 < len(corrected) / len(held[0]) < 0.28
    assert 0.05 < len(gone) / len(held[0]) < 0.16
    assert 0.04 < len(lost) / len(held[0]) < 0.16
    assert set(held[3]) - set(plain_files()[1, 4]["event_reference"]) == set()


@pytest.mark.parametrize("version", PLACES)
def test_every_value_is_worded_as_the_specification_of_the_file_lists_it(version: str) -> None:
    spec = load_specification(version)
    for quarter in (1, 4):
        file = plain_files()[PLACES[version], quarter]
        assert tuple(file) == spec.ids
        for field in spec.list_fields:
            assert set(file[field.id]) <= {"", *spec.values(field.id)}, field.id


@pytest.mark.parametrize("version", PLACES)
def test_fields_of_an_event_type_or_client_type_stand_on_rows_of_that_type_only(version: str) -> None:
    file, spec = plain_files()[PLACES[version], 4], load_specification(version)
    for field in spec.fields:
        if field.event_types:
            assert not (file[field.id][~np.isin(file["event_type"], field.event_types)] != "").any(), field.id
        if field.client_types and spec.has("client_type"):
            assert not (file[field.id][~np.isin(file["client_type"], field.client_types)] != "").any(), field.id


def test_release_1_says_who_pays_on_every_row_of_a_service_user() -> None:
    file = plain_files()[PLACES["release1"], 4]
    user = file["client_type"] == "Service User"
    assert (file["client_funding_status"][user] != "").all()
    paid = dict(zip(file["person_unique_identifier"][user], file["client_funding_status"][user], strict=True))
    assert all(paid[person] == status for person, status in zip(
        file["person_unique_identifier"][user], file["client_funding_status"][user], strict=True
    ))  # fmt: skip
    assert "18(3) (full cost client)" in paid.values()


@pytest.mark.parametrize("version", PLACES)
def test_costs_stand_on_services_that_are_not_commissioned_with_units_where_the_unit_recurs_in_a_week(
    version: str,
) -> None:
    file = plain_files()[PLACES[version], 4]
    costed = file["unit_cost"] != ""
    assert costed.sum() > 20
    assert set(file["event_type"][costed]) == {"Service"}
    assert not any("Commissioned" in mechanism for mechanism in file["delivery_mechanism"][costed])
    assert ((file["cost_frequency"] != "") == costed).all()
    within_week = np.isin(file["cost_frequency"], ["Per Session", "Hourly", "Daily"])
    assert ((file["planned_units_per_week"] != "") == within_week).all()
    long_term = np.char.startswith(file["service_type"].astype(str), "Long Term")
    assert costed[long_term & ~np.char.endswith(file["delivery_mechanism"].astype(str), "Commissioned Support")].all()


@pytest.mark.parametrize("version", ["v6", "release1"])
@pytest.mark.parametrize("quarter", [1, 4])
def test_the_people_a_carer_cares_for_are_service_users_of_the_same_file(version: str, quarter: int) -> None:
    file = plain_files()[PLACES[version], quarter]
    users = set(file["person_unique_identifier"][file["client_type"] == "Service User"])
    linked = [file[f"adult_{place}_linked_person_id"] for place in (1, 2, 3)]
    assert {person for column in linked for person in column} - {""} <= users
    assert any(person for person in linked[0])
    carers = file["client_type"] != "Service User"
    given = np.sum([column != "" for column in linked], axis=0)
    assert (file["number_of_adults_cared_for"][carers].astype(int) >= given[carers]).all()
    assert not ((linked[0] == "") & (linked[1] != "")).any()


def test_a_carer_of_several_people_names_each_of_them_and_counts_at_least_as_many() -> None:
    setting, blocks = plain_world()
    block = blocks[0]
    users = block.users.row[block.users.authority == PLACES["v6"]]
    carers = block.carers
    others = np.stack([users[:2]] * len(carers.row))
    several = replace(block, carers=replace(carers, also_cares_for=others))
    file = submission_rows(setting, several, PLACES["v6"], 4)
    rows = file["client_type"] != "Service User"
    assert rows.any()
    assert (file["number_of_adults_cared_for"][rows].astype(int) >= 3).all()
    sent = set(file["person_unique_identifier"][file["client_type"] == "Service User"])
    named = set(file["adult_2_linked_person_id"][rows]) - {""}
    assert named and named <= sent


def test_some_carers_who_care_for_two_name_both() -> None:
    named, counted = 0, 0
    for quarter in (1, 4):
        file = plain_files()[PLACES["v6"], quarter]
        counted += (file["number_of_adults_cared_for"] == "2").sum()
        named += (file["adult_2_linked_person_id"] != "").sum()
    assert 0 < named <= counted


def test_support_in_prison_has_a_mechanism_of_its_own_then_no_name_then_a_service_type_of_its_own() -> None:
    mechanisms = {v: set(plain_files()[PLACES[v], 4]["delivery_mechanism"]) - {""} for v in PLACES}
    assert "Prison: CASSR Managed Personal Budget" in mechanisms["v4.2"]
    assert mechanisms["v6"] == mechanisms["release1"]
    assert not any("Prison" in wording for wording in mechanisms["v6"])
    assert "Long Term Support: Prison" in plain_files()[PLACES["release1"], 4]["service_type"]


# Warnings that right data may have: details not known, and what followed an event of which one file shows only a part.
WARNED_OF = {"A04", "E09", "E10", "L03", "P12", "P14", "V03"}


@pytest.mark.parametrize("version", PLACES)
@pytest.mark.parametrize("quarter", [1, 4])
def test_a_check_finds_no_error_in_a_faultless_file(tmp_path: Path, version: str, quarter: int) -> None:
    file, spec = plain_files()[PLACES[version], quarter], load_specification(version)
    of_record = ("nhs_number", "first_name", "date_of_birth", "postcode")
    path = tmp_path / "file.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(spec.headings)
        writer.writerows(zip(*(file[name].tolist() for name in spec.ids), strict=True))
    result = check_submission(path, synthetic=True, options=CheckOptions(as_at=date(2024, 4, 20)))
    headings = {spec.field(name).heading for name in of_record}
    columns = (result.findings[name].to_pylist() for name in ("severity", "rule", "field"))
    found = {(severity, rule) for severity, rule, field in zip(*columns, strict=True) if field not in headings}
    assert {rule for severity, rule in found if severity in "RE"} == set()
    assert {rule for severity, rule in found if severity == "W"} <= WARNED_OF
    assert (result.version, result.accepted, result.rows_kept) == (version, True, len(file["la_code"]))


def test_from_release_1_a_financial_assessment_follows_some_needs_assessments_without_outcome_and_method() -> None:
    file = plain_files()[PLACES["release1"], 4]
    financial = file["assessment_type"] == "Financial Assessment"
    assert 3 < financial.sum() < (file["event_type"] == "Assessment").sum() / 2
    for name in ("event_outcome", "method_of_assessment", "eligible_needs_identified"):
        assert set(file[name][financial]) == {""}
    assert set(file["client_type"][financial]) == {"Service User"}
    assert "Financial Assessment" not in plain_files()[PLACES["v6"], 4]["assessment_type"]


def test_a_date_of_death_appears_once_it_has_happened() -> None:
    first, last = (plain_files()[PLACES["v4.2"], quarter] for quarter in (1, 4))
    assert (days(first["date_of_death"])[first["date_of_death"] != ""] <= np.datetime64("2023-06-30")).all()
    assert (last["date_of_death"] != "").sum() > (first["date_of_death"] != "").sum()


def test_services_that_are_never_closed_stay_open_in_every_file() -> None:
    made = files(world(three_authorities({"never_closed": 1.0})))
    for (_, _), file in made.items():
        assert set(file["event_end_date"][file["event_type"] == "Service"]) == {""}
    assert (made[0, 4]["date_of_death"] != "").any()


def test_a_new_price_gives_a_second_row_from_its_day_and_closes_the_first_the_day_before() -> None:
    profile = with_rates(three_authorities({"uplift_from": date(2023, 10, 1)}), uplift_rows=1.0, uplift_percent=10.0)
    made = files(world(profile))
    assert not set(made[0, 2]["event_reference"]) - set(plain_files()[0, 2]["event_reference"])
    file, before = made[0, 4], plain_files()[0, 4]
    new = ~np.isin(file["event_reference"], before["event_reference"])
    assert set(file["event_start_date"][new]) == {"01/10/2023"}
    price = {r: float(c) for r, c in zip(file["event_reference"], file["unit_cost"], strict=True) if c}
    for reference in file["event_reference"][new]:
        old = f"E{int(reference[1:]) - 64}"
        assert price[reference] == pytest.approx(1.1 * price[old], abs=0.011)
        assert file["event_end_date"][file["event_reference"] == old] == ["30/09/2023"]


def test_an_uplift_left_open_overlaps_the_row_it_replaces() -> None:
    profile = with_rates(three_authorities({"uplift_from": date(2023, 10, 1)}), uplift_rows=1.0, uplift_left_open=1.0)
    file, before = files(world(profile))[2, 4], plain_files()[2, 4]
    old = np.isin(file["event_reference"], before["event_reference"])
    assert (~old).sum() > 5
    assert (np.sort(file["event_end_date"][old]) == np.sort(before["event_end_date"])).all()


def test_the_rows_of_one_file_are_the_same_alone_and_among_all_files() -> None:
    setting, blocks = plain_world()
    for file, rows in block_submissions(setting, blocks[0]):
        alone = submission_rows(setting, blocks[0], file.place, file.quarter)
        assert all((alone[name] == rows[name]).all() for name in file.columns)


def test_a_file_shows_no_address_practice_or_care_home_that_begins_after_its_period() -> None:
    """Every postcode and practice is one that the register gives the person by the last day of the file."""
    clean = load_profile("clean").model_copy(update={"people": 4000})
    setting, blocks = world(clean)
    homes, differ = {"Registered care home", "Registered nursing home"}, 0
    for block in blocks:
        register = register_rows(setting, block)
        admitted = dict(zip(register_texts(block.lives.numbers[:, 0]), block.lives.admitted, strict=True))
        for _, file in block_submissions(setting, block):
            end = days(file["reporting_period_end_date"][:1])
            begun = chosen(register, register["valid_from"] <= end)
            shown = set(zip(file["nhs_number"], file["postcode"], file["gp_practice_code"], strict=True))
            columns = (begun[name] for name in ("nhs_number", "postcode", "gp_practice_code"))
            assert shown <= set(zip(*columns, strict=True))
            in_home = np.isin(file["accommodation_status"], list(homes))
            assert not any(admitted[number] > end for number in file["nhs_number"][in_home])
            latest = chosen(register, np.isnat(register["valid_to"]))
            now = dict(zip(latest["nhs_number"], latest["postcode"], strict=True))
            differ += sum(now.get(number, code) != code for number, code, _ in shown)
    assert differ > 0


def test_the_clean_profile_has_no_habits_and_no_faults_of_events() -> None:
    clean = load_profile("clean")
    assert all(rate == 0 for name, rate in clean.submission.model_dump().items() if name != "number_known_at_once")
    assert clean.submission.number_known_at_once == 1
    for authority in clean.authorities:
        assert not any(getattr(authority, habit) for habit in HABITS), authority.la_code


def test_the_nasty_profile_has_every_habit_and_more_of_every_fault_than_the_realistic_one() -> None:
    nasty, realistic = load_profile("nasty"), load_profile("realistic")
    for habit in HABITS:
        assert any(getattr(authority, habit) for authority in nasty.authorities), habit
    usual = realistic.submission.model_dump()
    for name, rate in nasty.submission.model_dump().items():
        assert rate < usual[name] if name == "number_known_at_once" else rate > usual[name], name


def test_the_sample_keeps_its_two_authorities_and_file_names() -> None:
    names = [file.name for file in submission_files(load_profile("sample"))]
    assert names == [f"{code}_2022-23_Q{quarter}.csv" for code in ("991", "992") for quarter in (1, 2, 3, 4)]
