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


def moves(found: FixFirst, rule: str, part: str, table: str = "LTS001a") -> Moves:
    effect = next(one for one in found.effects if (one.fault.rule, one.fault.part) == (rule, part))
    assert effect.moves is not None
    return effect.moves.get(table, Moves())


def total(found: FixFirst, table: str = "LTS001a") -> int:
    assert found.lts001 is not None
    return found.lts001.people[table]["total"]


def person(number: int, **fields: str | None) -> Row:
    return {"person_unique_identifier": f"P{number}", "nhs_number": None, **fields}


def test_lts001_of_the_file_as_it_is(tmp_path: Path) -> None:
    found = fixes(
        tmp_path, person(1), person(2, service_type="Long Term Support: Nursing Care", delivery_mechanism=None)
    )
    assert found.lts001 is not None
    assert {k: v for k, v in found.lts001.people["LTS001b"].items() if v} == {
        "nursing": 1,
        "community_managed": 1,
        "total": 2,
    }


def test_a_wrong_wording_counts_as_none_until_it_is_repaired_to_the_suggestion(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, service_type="long term support: community"))
    assert total(found) == 1
    assert moves(found, "F09", "letter_case") == Moves(into=1, by_column={"community_managed": 1})


def test_the_guidance_s_wording_is_only_warned_of_and_counts(tmp_path: Path) -> None:
    given = "Support ended – other reason"
    assert total(fixes(tmp_path, person(1, event_outcome=f"NFA - {given}", event_end_date="01/06/2022"))) == 1


def test_a_missing_mechanism_moves_people_out_of_the_column_not_known(tmp_path: Path) -> None:
    direct = {"service_component": "Direct Payment", "delivery_mechanism": "Community: Direct Payment"}
    found = fixes(
        tmp_path, person(1), person(2), person(3, **direct), person(4, **{**direct, "delivery_mechanism": None})
    )
    changed = {"community_not_known": -1, "community_direct_payment": 1}
    assert moves(found, "S03", "missing") == Moves(columns=1, by_column=changed)


def test_a_missing_service_type_is_taken_from_like_components(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, service_type=None))
    assert moves(found, "S01", "missing").into == 1


def test_a_person_of_unknown_age_is_in_no_table(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, date_of_birth=None))
    assert total(found) == 1
    assert moves(found, "P07", "missing") == Moves(into=1, by_column={"community_managed": 1})


def test_an_end_before_the_start_takes_the_service_out(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, event_end_date="01/04/2022"))
    assert moves(found, "E05", "end_before_start").into == 1
    assert moves(found, "E05", "end_before_start", "LTS001b") == Moves()


def test_an_end_that_is_no_date_leaves_the_person_on_the_last_day(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, event_end_date="soon"))
    assert moves(found, "E04", "not_a_date", "LTS001b").out_of == 1


def test_two_identifiers_with_one_nhs_number_are_one_person_too_many(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, nhs_number="9990000018"), person(2, nhs_number="9990000018"), person(3))
    assert moves(found, "P03", "shared_number") == Moves(out_of=1, by_column={"community_managed": -1})


def test_a_support_reason_moves_people_between_rows(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, primary_support_reason="learning disability support"))
    assert moves(found, "F09", "letter_case") == Moves(rows=1)


def test_a_row_left_out_for_its_event_type_comes_back_when_it_is_repaired(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1), person(2, event_type="Servce"))
    assert (total(found), moves(found, "E01", "similar" if False else "unlisted").into) == (1, 1)


def test_each_fault_is_repaired_alone(tmp_path: Path) -> None:
    found = fixes(tmp_path, person(1, date_of_birth=None, event_end_date="01/04/2022"))
    assert moves(found, "P07", "missing") == moves(found, "E05", "end_before_start") == Moves()


def test_nobody_else_is_moved(tmp_path: Path) -> None:
    found = fixes(tmp_path, *(person(n) for n in range(1, 20)), person(20, date_of_birth=None))
    assert moves(found, "P07", "missing").into == 1


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


def effect_of(found: FixFirst, rule: str) -> Effect:
    return next(effect for effect in found.effects if effect.fault.rule == rule)


def test_a_fault_whose_repair_cannot_be_computed_says_so(tmp_path: Path) -> None:
    effect = effect_of(fixes(tmp_path, person(1, date_of_birth="01/01/1850")), "P08")
    assert (effect.moves, effect.fault.plays_a_part, effect.fault.people) == (None, True, 1)


def test_a_fault_of_another_field_plays_no_part(tmp_path: Path) -> None:
    assert not effect_of(fixes(tmp_path, person(1, postcode=None)), "P11").fault.plays_a_part


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
