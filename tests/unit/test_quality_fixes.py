"""What to fix first: whom the repair of each fault moves in LTS001."""

from datetime import date
from pathlib import Path

import pytest

from linkage.engine import open_engine
from linkage.intake import check_into
from linkage.intake.rules import load_rules
from linkage.quality.effects import Effect, FixFirst, Moves, fix_first
from linkage.quality.faults import repair_entries
from linkage.spec import load_specification
from tests.unit.submission_files import Row, write_rows

AS_AT = date(2023, 4, 30)


def fixes(tmp_path: Path, *rows: Row, version: str = "v4.2") -> FixFirst:
    path = write_rows(tmp_path / "file.csv", rows, version)
    with open_engine() as engine:
        check_into(engine, path, synthetic=True, as_at=AS_AT)
        return fix_first(engine, load_specification(version))


def moves(found: FixFirst, rule: str, part: str, table: str = "LTS001a", field: str | None = None) -> Moves:
    faults = [one for one in found.effects if (one.fault.rule, one.fault.part) == (rule, part)]
    effect = next(one for one in faults if field in (None, one.fault.field))
    assert effect.moves is not None
    return effect.moves.get(table, Moves())


def total(found: FixFirst, table: str = "LTS001a") -> int:
    assert found.lts001 is not None
    return found.lts001.people[table]["total"]


def person(number: int, **fields: str | None) -> Row:
    return {"person_unique_identifier": f"P{number}", "nhs_number": None, **fields}


DIRECT: Row = {"service_component": "Direct Payment", "delivery_mechanism": "Community: Direct Payment"}
FAULTY = (
    *(person(number) for number in (1, 2)),
    person(3, service_type="Long Term Support: Nursing Care", delivery_mechanism=None),
    person(4, **DIRECT),
    person(5, **{**DIRECT, "delivery_mechanism": None}),
    person(6, service_type="long term support: community"),
    person(7, service_type=None),
    person(8, date_of_birth=None),
    person(9, event_end_date="01/04/2022"),
    person(10, event_end_date="soon"),
    person(11, nhs_number="9990000026"),
    person(12, nhs_number="9990000026"),
    person(13, primary_support_reason="learning disability support"),
    person(14, event_type="Servce"),
    person(15, event_outcome="NFA – Support ended – other reason", event_end_date="01/06/2022"),
)
IN_YEAR = {"nursing": 1, "community_direct_payment": 1, "community_managed": 7, "community_not_known": 1, "total": 10}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> FixFirst:
    return fixes(tmp_path_factory.mktemp("faulty"), *FAULTY)


def test_lts001_of_the_file_as_it_is(faulty: FixFirst) -> None:
    assert faulty.lts001 is not None
    assert {column: people for column, people in faulty.lts001.people["LTS001a"].items() if people} == IN_YEAR


def test_a_wrong_wording_counts_as_none_until_it_is_repaired_to_the_suggestion(faulty: FixFirst) -> None:
    assert moves(faulty, "F09", "letter_case", field="service_type") == Moves(
        into=1, by_column={"community_managed": 1}
    )


def test_a_missing_mechanism_moves_people_out_of_the_column_not_known(faulty: FixFirst) -> None:
    changed = {"community_not_known": -1, "community_direct_payment": 1}
    assert moves(faulty, "S03", "missing") == Moves(columns=1, by_column=changed)


def test_a_missing_service_type_is_taken_from_like_components(faulty: FixFirst) -> None:
    assert moves(faulty, "S01", "missing") == Moves(into=1, by_column={"community_managed": 1})


def test_a_person_of_unknown_age_is_in_no_table(faulty: FixFirst) -> None:
    assert moves(faulty, "P07", "missing") == Moves(into=1, by_column={"community_managed": 1})


def test_an_end_before_the_start_takes_the_service_out(faulty: FixFirst) -> None:
    assert moves(faulty, "E05", "end_before_start").into == 1
    assert moves(faulty, "E05", "end_before_start", "LTS001b") == Moves()


def test_an_end_that_is_no_date_leaves_the_person_on_the_last_day(faulty: FixFirst) -> None:
    assert moves(faulty, "E04", "not_a_date") == Moves()
    assert moves(faulty, "E04", "not_a_date", "LTS001b").out_of == 1


def test_two_identifiers_with_one_nhs_number_are_one_person_too_many(faulty: FixFirst) -> None:
    assert moves(faulty, "P03", "shared_number") == Moves(out_of=1, by_column={"community_managed": -1})


def test_a_support_reason_moves_people_between_rows(faulty: FixFirst) -> None:
    assert moves(faulty, "F09", "letter_case", field="primary_support_reason") == Moves(rows=1)


def test_a_row_left_out_for_its_event_type_comes_back_when_it_is_repaired(faulty: FixFirst) -> None:
    assert moves(faulty, "E01", "unlisted").into == 1


def test_each_fault_is_repaired_alone(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, date_of_birth=None, event_end_date="01/04/2022"))
    assert moves(found, "P07", "missing") == moves(found, "E05", "end_before_start") == Moves()


def test_identifiers_of_one_person_of_whom_only_one_is_in_the_table_move_nobody(tmp_path: Path) -> None:
    request: Row = {"event_type": "Request", "service_type": None, "delivery_mechanism": None}
    one = [person(1, nhs_number="9990000018", **request), person(2, nhs_number="9990000018")]
    assert moves(fixes(tmp_path, *one), "P03", "shared_number") == Moves()


def test_a_period_that_should_be_another_moves_nobody_that_could_be_counted(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, reporting_period_start_date="01/05/2022"), version="release1")
    assert effect_of(found, "F04").moves is None


def test_a_carer_is_in_no_table_whatever_is_repaired(tmp_path: Path) -> None:
    carer = person(2, client_type="Carer", date_of_birth=None, service_type="Carer Support: Direct to Carer")
    found = fixes(tmp_path, person(1), carer, version="v6")
    assert (total(found), moves(found, "P07", "missing")) == (1, Moves())


def order(found: FixFirst) -> list[str]:
    return [effect.fault.rule for effect in found.effects if effect.fault.rule not in ("F06", "P02")]


def test_first_what_bars_the_file_then_what_moves_most_then_what_cannot_be_computed(tmp_path: Path) -> None:
    found = fixes(
        tmp_path,
        person(1),
        *(person(n, date_of_birth=None) for n in (2, 3)),
        person(4, event_end_date="01/04/2022"),
        *(person(n, date_of_birth="01/01/1850") for n in (5, 6, 7)),
        *(person(n, postcode=None) for n in (8, 9, 10, 11)),
        {**person(12), "la_code": "992"},
    )
    assert [rule for rule in dict.fromkeys(order(found)) if rule in ("F03", "P07", "E05", "P08", "P11")] == [
        "F03",
        "P07",
        "E05",
        "P08",
        "P11",
    ]
    assert (effect_of(found, "P08").moves, effect_of(found, "P08").fault.plays_a_part) == (None, True)
    assert (effect_of(found, "P11").fault.people, effect_of(found, "P11").fault.plays_a_part) == (4, False)


def effect_of(found: FixFirst, rule: str) -> Effect:
    return next(effect for effect in found.effects if effect.fault.rule == rule)


def test_without_a_period_nobody_is_placed_and_nothing_is_lost(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, reporting_period_end_date=None, date_of_birth=None))
    assert found.lts001 is None
    assert {"F04", "P07"} <= set(order(found))


def test_every_repair_names_a_rule_and_a_field_that_exist() -> None:
    codes = {rule.code for rule in load_rules()}
    fields = {field for version in ("v4.2", "v6") for field in load_specification(version).ids}
    assert {entry.rule for entry in repair_entries()} <= codes
    assert {name for entry in repair_entries() for name in (entry.field, entry.like) if name} <= fields


@pytest.mark.parametrize("entry", repair_entries(), ids=lambda entry: f"{entry.rule}-{entry.field}")
def test_every_repair_says_what_it_assumes(entry: object) -> None:
    assert str(getattr(entry, "assumption", "")).endswith(".")
