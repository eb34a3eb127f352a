"""Damage to the text of submissions, and a change of case system that renumbers everybody."""

from datetime import date

import numpy as np
import pytest

from linkage.spec import load_specification
from linkage.synth.submissions.damage import DATE_FORMS
from linkage.synth.submissions.habits import habits_text
from linkage.synth.submissions.renumbering import identifiers, local_ids
from linkage.synth.truth.submitted import truth_rows
from tests.unit.synth_submissions import PLACES, files, plain_files, plain_world, three_authorities, with_rates, world

SPREADSHEET = {"excel_quarters": (2,)}
NUMBERED_AGAIN = {"renumbered_from_quarter": 3, "new_identifier": "300{:09d}"}


def test_only_the_files_of_the_named_quarters_are_damaged() -> None:
    damaged = files(world(three_authorities(SPREADSHEET)))
    for key, file in plain_files().items():
        same = all((file[name] == damaged[key][name]).all() for name in file)
        assert same == (key[1] != 2)


def test_a_spreadsheet_leaves_each_date_column_in_a_form_of_its_own() -> None:
    damaged, plain = files(world(three_authorities(SPREADSHEET)))[0, 2], plain_files()[0, 2]
    assert set(damaged["reporting_period_end_date"]) == {"30/09/2023"}
    forms = {
        name: {pattern(text) for text in damaged[name] if text}
        for name in ("date_of_birth", "date_of_death", "event_start_date", "event_end_date")
    }
    assert all(len(patterns) <= 2 for patterns in forms.values())
    assert {p for patterns in forms.values() for p in patterns} >= {"serial", "short year", "as written"}
    assert ((damaged["date_of_birth"] != "") == (plain["date_of_birth"] != "")).all()


@pytest.mark.parametrize(
    ("form", "text"),
    [("dd/mm/yyyy", "03/04/1950"), ("m/d/yyyy", "4/3/1950"), ("day number", "18356"), ("dd/mm/yy", "03/04/50")],
)
def test_forms_of_a_date(form: str, text: str) -> None:
    assert DATE_FORMS[form](date(1950, 4, 3)) == text


def test_a_spreadsheet_takes_the_leading_zeros_of_identifiers_and_nothing_else_of_them() -> None:
    damaged, plain = files(world(three_authorities(SPREADSHEET)))[1, 2], plain_files()[1, 2]
    assert all(text.startswith("000") for text in plain["person_unique_identifier"])
    assert (damaged["person_unique_identifier"] == [t.lstrip("0") for t in plain["person_unique_identifier"]]).all()
    assert (damaged["event_reference"] == plain["event_reference"]).all()


def test_some_rows_lose_digits_gain_a_decimal_or_hard_spaces_at_the_rates_of_the_profile() -> None:
    rates = {"excel_scientific": 0.2, "excel_point_zero": 0.1, "excel_no_break_space": 0.3}
    damaged = files(world(with_rates(three_authorities(SPREADSHEET), **rates)))[0, 2]
    numbers = damaged["nhs_number"][damaged["nhs_number"] != ""]
    assert 0.1 < np.mean([text.startswith("9.") and text.endswith("E+09") for text in numbers]) < 0.3
    assert 0.03 < np.mean([text.endswith(".0") for text in numbers]) < 0.15
    reasons = damaged["primary_support_reason"]
    assert 0.2 < np.mean(["\u00a0" in text for text in reasons]) < 0.4
    listed = load_specification("v4.2").values("primary_support_reason")
    assert {text.replace("\u00a0", " ") for text in reasons} <= set(listed)


def test_a_database_tool_writes_null_times_and_padding() -> None:
    damaged = files(world(three_authorities({"sql_export_quarters": (1,)})))[2, 1]
    assert "" not in {text for column in damaged.values() for text in column.tolist()}
    dates = [
        text for field in load_specification("release1").date_fields for text in damaged[field.id] if text != "NULL"
    ]
    assert all(text.endswith(" 00:00:00") for text in dates)
    assert {len(text) for text in damaged["gender"]} == {10}


def test_after_a_change_of_system_everybody_has_another_identifier_and_carers_links_follow() -> None:
    made = files(world(three_authorities(NUMBERED_AGAIN)))
    for place in PLACES.values():
        before, after = (set(made[place, quarter]["person_unique_identifier"]) for quarter in (2, 3))
        assert not before & after
        assert all(len(text) == 12 and text.startswith("300") for text in after)
        assert len(after) == len(set(plain_files()[place, 3]["person_unique_identifier"]))
    links = {text for text in made[1, 3]["adult_1_linked_person_id"] if text}
    assert links and links <= set(made[1, 3]["person_unique_identifier"])


def test_the_identifiers_of_submissions_are_those_in_the_files() -> None:
    setting, blocks = made = world(three_authorities(NUMBERED_AGAIN))
    found = [identifiers(setting, block) for block in blocks]
    listed = {text for one in found for text in one.local_id.tolist()}
    assert listed == {text for file in files(made).values() for text in file["person_unique_identifier"].tolist()}
    assert all((one.renumbered == [text.startswith("300") for text in one.local_id]).all() for one in found)


def test_the_truth_lists_both_identifiers_of_everybody_who_was_renumbered() -> None:
    setting, blocks = world(three_authorities(NUMBERED_AGAIN))
    table = truth_rows(setting, blocks[0])
    again = np.array(["renumbered" in faults.split("|") for faults in table["faults"]])
    assert (again == [text.startswith("300") for text in table["person_unique_identifier"]]).all()
    assert 0.5 < np.isin(table["person_id"][again], table["person_id"][~again]).mean() < 1
    assert len(set(zip(table["la_code"], table["person_unique_identifier"], strict=True))) == len(again)


def test_without_a_change_of_system_identifiers_are_those_of_the_records() -> None:
    setting, blocks = plain_world()
    for quarter in (1, 4):
        assert (local_ids(setting, blocks[0], quarter) == blocks[0].records.local_id).all()
    assert not identifiers(setting, blocks[0]).renumbered.any()


def pattern(text: str) -> str:
    if text.isdecimal():
        return "serial"
    day, _, rest = text.partition("/")
    if len(rest.rpartition("/")[2]) == 2:
        return "short year"
    return "as written" if len(text) == 10 and int(rest.partition("/")[0]) <= 12 and len(day) == 2 else "American"


def test_habits_are_told_in_plain_words() -> None:
    habits = {**SPREADSHEET, **NUMBERED_AGAIN, "uplift_from": date(2023, 10, 1), "never_closed": 0.1}
    lines = habits_text(with_rates(three_authorities(habits), uplift_rows=0.5)).splitlines()
    assert [line[:24] for line in lines] == [
        "- **Synthshire (syntheti",
        "- **Fictford (synthetic)",
        "- **Exemplar Borough (sy",
    ]
    assert "It reports no carers. From Q3 a new case system" in lines[0]
    assert "The Q2 file is saved by a spreadsheet" in lines[1]
    assert "Date of Birth day number" in lines[1]
    assert "twelve months" in lines[2] and "10% of its services" in lines[2]


def test_a_change_of_system_needs_the_form_of_the_new_identifiers() -> None:
    with pytest.raises(ValueError, match="new_identifier"):
        three_authorities({"renumbered_from_quarter": 2})


def test_a_file_may_go_through_both_programs() -> None:
    damaged = files(world(three_authorities(SPREADSHEET | {"sql_export_quarters": (2,)})))[0, 2]
    assert "NULL" in damaged["date_of_death"]
    assert {text.rpartition(" ")[2] for text in damaged["date_of_birth"]}.isdisjoint({"00:00:00"})
