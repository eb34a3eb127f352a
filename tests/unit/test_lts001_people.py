"""Each hand-made person of ``tests/vectors/lts001_people.yaml`` stands where the definition puts them."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.salt_lts001 import flow_step, run_lts001
from linkage.engine import Engine, Step, open_engine
from linkage.errors import UsageError

VECTORS = Path(__file__).parents[1] / "vectors" / "lts001_people.yaml"
PEOPLE: list[dict[str, Any]] = yaml.safe_load(VECTORS.read_text(encoding="utf-8"))["people"]
YEAR = Period(date(2022, 4, 1), date(2023, 3, 31))
SERVICE_TYPES = {
    "nursing": "Long Term Support: Nursing Care",
    "residential": "Long Term Support: Residential Care",
    "community": "Long Term Support: Community",
    "prison": "Long Term Support: Prison",
    "short": "Short Term Support: ST-Max",
}


def care_row(name: str, person: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    plain = {
        "la_code": "991",
        "reporting_period_start_date": YEAR.start,
        "reporting_period_end_date": YEAR.end,
        "person_pseudonym": name,
        "person_id_type": "nhs_number",
        "birth_month": person.get("birth_month", "1940-06"),
        "date_of_death": person.get("date_of_death"),
        "client_type": "Service User",
        "primary_support_reason": "Mental Health Support",
        "event_type": "Service",
        "event_start_date": row.get("start"),
        "event_end_date": row.get("end"),
        "service_type": SERVICE_TYPES.get(row.get("type", "")),
        "delivery_mechanism": row.get("mechanism"),
    }
    return plain | {key: value for key, value in row.items() if key in NEEDED_COLUMNS}


def catalogue(rows: list[dict[str, Any]]) -> Engine:
    schema = pa.schema([(name, pa.date32() if "date" in name else pa.string()) for name in NEEDED_COLUMNS])
    engine = open_engine()
    engine.register("social_care", pa.Table.from_pylist(rows, schema=schema))
    return engine


def run(rows: list[dict[str, Any]], **changes: Any) -> Engine:
    engine = catalogue(rows)
    run_lts001(engine, lts001_definition().model_copy(update=changes), YEAR, la_codes=[])
    return engine


def placed(engine: Engine) -> dict[tuple[str, str], tuple[str, str, str]]:
    found = engine.rows(Step("read", "select * from lts001_people where age_band is not null"))
    names = engine.columns("lts001_people")
    people = [dict(zip(names, row, strict=True)) for row in found]
    return {
        (person["person_pseudonym"], person["table_id"][-1]): (
            person["column_id"],
            person["age_band"],
            person["primary_support_reason"],
        )
        for person in people
    }


@pytest.fixture(scope="module")
def everybody() -> dict[str, dict[tuple[str, str], tuple[str, str, str]]]:
    rows = [care_row(person["name"], person, row) for person in PEOPLE for row in person["rows"]]
    return {switch: placed(run(rows, part_direct_payment=switch)) for switch in ("same_period", "same_day")}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
@pytest.mark.parametrize("switch", ["same_period", "same_day"])
def test_a_person_stands_in_one_column_of_each_table(everybody: Any, person: dict[str, Any], switch: str) -> None:
    expected_a = person.get("a_same_day", person["a"]) if switch == "same_day" else person["a"]
    found = {table: everybody[switch].get((person["name"], table), ("-", "", ""))[0] for table in "abc"}
    assert found == {"a": expected_a, "b": person["b"], "c": person["c"]}


@pytest.mark.parametrize("person", [p for p in PEOPLE if "band" in p or "reason" in p], ids=lambda p: p["name"])
def test_age_band_and_support_reason(everybody: Any, person: dict[str, Any]) -> None:
    _, band, reason = everybody["same_period"][(person["name"], "a")]
    assert band == person.get("band", band)
    assert reason == person.get("reason", reason)


def test_a_wider_gap_joins_the_chain() -> None:
    rows = [
        care_row("p", {}, {"type": "residential", "start": date(2021, 1, 1), "end": date(2022, 6, 30)}),
        care_row("p", {}, {"type": "residential", "start": date(2022, 7, 2)}),
    ]
    assert ("p", "c") not in placed(run(rows, gap_days=1))
    assert ("p", "c") in placed(run(rows, gap_days=2))


def test_blank_client_type_counts_only_where_the_authority_never_states_one() -> None:
    old = care_row("old", {}, {"type": "nursing", "start": date(2022, 5, 1), "client_type": None})
    new = [care_row(name, {}, {"type": "nursing", "start": date(2022, 5, 1), "la_code": "992"}) for name in "xy"]
    new[0]["client_type"] = None
    assert {key[0] for key in placed(run([old, *new]))} == {"old", "y"}


def test_one_person_known_to_two_authorities_counts_in_both() -> None:
    row = {"type": "nursing", "start": date(2022, 5, 1)}
    rows = [care_row("p", {}, row), care_row("p", {}, row | {"la_code": "992"})]
    counts = run(rows).rows(Step("totals", _TOTALS))
    assert counts == [("991", 1), ("992", 1)]


def test_only_the_rows_of_the_submission_that_covers_the_period_count() -> None:
    # Left open in the submission of the year before, ended in the one that covers the period.
    before = {"reporting_period_start_date": date(2021, 4, 1), "reporting_period_end_date": date(2022, 3, 31)}
    stay = {"type": "nursing", "start": date(2021, 1, 1)}
    engine = run([care_row("p", {}, stay | before), care_row("p", {}, stay | {"end": date(2022, 6, 1)})])
    assert set(placed(engine)) == {("p", "a")}
    assert ("991", "social care rows", "not of the submission that covers the period", 1, 1) in engine.rows(flow_step())


def test_an_authority_without_a_submission_for_the_period_is_named() -> None:
    quarter = {"type": "nursing", "start": date(2021, 1, 1), "reporting_period_end_date": date(2022, 6, 30)}
    with pytest.raises(UsageError, match="authority 991 covers"):
        run([care_row("p", {}, quarter)])


def test_rows_without_a_person_key_are_left_out_and_counted() -> None:
    row = {"type": "nursing", "start": date(2022, 5, 1), "person_id_type": "one_time"}
    engine = run([care_row("p", {}, row), care_row("q", {}, {"type": "nursing", "start": date(2022, 5, 1)})])
    assert {key[0] for key in placed(engine)} == {"q"}
    assert ("991", "social care rows", "no person key", 1, 1) in engine.rows(flow_step())


def test_every_row_and_every_person_is_accounted_for() -> None:
    rows = [care_row(person["name"], person, row) for person in PEOPLE for row in person["rows"]]
    flow = run(rows).rows(flow_step())
    assert sum(count for _, unit, _, count, _ in flow if unit == "social care rows") == len(rows)
    assert ("991", "people in LTS001a", "under 18 or outside the age bands", 1, 1) in flow
    assert ("991", "people in LTS001a", "age not known", 1, 1) in flow


def test_columns_add_to_the_row_total_and_rows_to_the_subtotals() -> None:
    rows = [care_row(person["name"], person, row) for person in PEOPLE for row in person["rows"]]
    engine = run(rows)
    unequal = """
select table_id, row_place from lts001_counts group by all
having sum(people) filter (column_id <> 'total') <> sum(people) filter (column_id = 'total')"""
    assert engine.rows(Step("unequal", unequal)) == []
    kinds = (
        "select age_band = 'All adults', primary_support_reason = 'Total', sum(people) from lts001_counts group by all"
    )
    assert len({people for _, _, people in engine.rows(Step("kinds", kinds))}) == 1


def test_every_cell_is_present_though_nobody_stands_in_it() -> None:
    engine = run([care_row("p", {}, {"type": "short", "start": date(2022, 5, 1)})])
    assert engine.count("lts001_counts") == 3 * (2 * 13 + 1) * 9
    assert engine.value(Step("people", "select sum(people) from lts001_counts")) == 0


_TOTALS = """
select la_code, people from lts001_counts
where table_id = 'LTS001a' and age_band = 'All adults' and column_id = 'total' order by la_code"""
