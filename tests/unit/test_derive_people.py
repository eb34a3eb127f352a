"""Who a person is and what is known of them: person key by both rules, latest details, accommodation, carers, age."""

from datetime import date
from typing import Any

import pytest

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.run import Derivation, derive
from linkage.cohort.derive.source import linked_source, own_source
from linkage.engine import Step, open_engine
from linkage.errors import InputError
from tests.unit.derived_events import YEAR, Row, derived, request, service, table

EARLIER = {"reporting_period_end_date": date(2022, 12, 31)}


def details(column: str, people: dict[str, list[Row]]) -> dict[str, Any]:
    """What is known of each person, whose rows are nursing home stays with these changes."""
    rows = [service(name, **changes) for name, stated in people.items() for changes in stated]
    with derived(rows) as engine:
        return dict(table(engine, f"select person_pseudonym, {column} from person order by 1"))


def test_a_detail_is_the_latest_that_is_known() -> None:
    female, male, unknown = {"gender": "Female"}, {"gender": "Male"}, {"gender": "Unknown"}
    started = {"event_start_date": date(2022, 5, 1)}
    ended = {"event_end_date": date(2022, 9, 30)}
    people = {
        "one": [female],
        "known before unknown": [{**female, **EARLIER, **ended}, unknown],
        "later submission": [{**female, **EARLIER}, male],
        "later end": [{**female, **ended}, male],
        "later start": [female, {**male, **started}],
        "conflict": [female, {**male, "service_component": "Meals"}],
        "unknown only": [unknown],
        "not a listed value": [{"gender": "f"}],
        "blank": [{"gender": None}],
        "an earlier version's word": [{"gender": "female "}],
    }
    assert details("gender", people) == {
        "one": "Female",
        "known before unknown": "Female",
        "later submission": "Male",
        "later end": "Male",
        "later start": "Male",
        "conflict": "Not known",
        "unknown only": "Not known",
        "not a listed value": "Not known",
        "blank": None,
        "an earlier version's word": "Female",
    }


def test_the_support_reason_is_that_of_a_service_user_before_that_of_a_carer() -> None:
    carer = {"client_type": "Carer", "primary_support_reason": "Social Support: Support to Carer"}
    later = {"event_start_date": date(2022, 5, 1)}
    people = {"both": [{}, {**carer, **later}], "carer": [carer]}
    assert details("primary_support_reason", people) == {
        "both": "Mental health support",
        "carer": "Social support: Support to unpaid carer",
    }


def test_the_birth_month_is_of_the_latest_submission_and_the_earliest_there() -> None:
    people = {
        "two submissions": [{"birth_month": "1940-05", **EARLIER}, {"birth_month": "1941-01"}],
        "two months": [{"birth_month": "1940-07"}, {"birth_month": "1940-05", "service_component": "Meals"}],
        "blank in the latest": [{"birth_month": "1940-07", **EARLIER}, {"birth_month": None}],
        "after the submission": [{"birth_month": "2030-01"}],
        "long ago": [{"birth_month": "1753-01"}],
    }
    assert details("birth_month", people) == {
        "two submissions": date(1941, 1, 1),
        "two months": date(1940, 5, 1),
        "blank in the latest": date(1940, 7, 1),
        "after the submission": None,
        "long ago": date(1753, 1, 1),
    }


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1940-06-01", "2023-03-31", 82),
        ("2005-04-01", "2023-03-31", 17),
        ("2005-04-01", "2023-04-01", 17),  # 6,574 days are less than 18 times 365.25
        ("2004-04-01", "2024-04-01", 20),
        ("2023-04-01", "2023-03-31", None),
        (None, "2023-03-31", None),
    ],
)
def test_age_is_whole_days_over_365_and_a_quarter(born: str | None, on: str, age: int | None) -> None:
    with open_engine() as engine:
        sql = f"select {dhsc_age_sql('cast($born as date)', 'cast($on as date)')}"
        assert engine.value(Step("age", sql, {"born": born, "on": on})) == age


def test_unknown_accommodation_is_told_by_the_latest_services() -> None:
    community = {"service_type": "Long Term Support: Community", "accommodation_status": "Unknown"}
    ended = {"event_end_date": date(2022, 9, 30)}
    people = {
        "stated": [{"accommodation_status": "Tenant"}],
        "nursing": [{"accommodation_status": "Unknown"}],
        "blank": [{}],
        "home support": [{**community, "service_component": "Home Support"}],
        "no component": [community],
        "day support": [{**community, "service_component": "Day Support"}],
        "shared lives": [{**community, "service_component": "Shared Lives"}],
        "latest service": [
            {"accommodation_status": "Unknown", **ended},
            {**community, "service_component": "Shared Lives"},
        ],
    }
    columns = "[accommodation::varchar, accommodation_inferred::varchar, settled_dhsc::varchar, settled_salt::varchar]"
    assert details(columns, people) == {
        "stated": ["Tenant: Local authority or other social housing provider", "false", "true", "true"],
        "nursing": ["Registered nursing home", "true", "false", "false"],
        "blank": ["Registered nursing home", "true", "false", "false"],
        "home support": ["Unknown: Presumed at home", "true", "true", "false"],
        "no component": ["Unknown: Presumed in community", "true", "false", "false"],
        "day support": ["Unknown", "false", None, "false"],
        "shared lives": ["Shared Lives scheme", "true", "true", "false"],
        "latest service": ["Shared Lives scheme", "true", "true", "false"],
    }


def test_a_person_has_a_carer_when_it_is_stated_or_a_carer_names_them() -> None:
    rows = [
        service("stated", has_informal_carer="Yes"),
        service("no", has_informal_carer="No", la_person_pseudonym="local no"),
        service("named", has_informal_carer="No", la_person_pseudonym="local named"),
        service("elsewhere", la_code="992", la_person_pseudonym="local named"),
        service(
            "carer",
            client_type="Carer known by association",
            event_type=None,
            event_start_date=None,
            adult_2_linked_person_pseudonym="local named",
        ),
    ]
    with derived(rows) as engine:
        assert table(engine, "select person_pseudonym from person where has_carer order by 1") == [
            ("named",),
            ("stated",),
        ]


def test_flags_and_groups_follow_from_the_values() -> None:
    people = {
        "ann": [{"primary_support_reason": "Learning Disability Support", "ethnicity": "Indian"}],
        "bob": [{"employment_status": "Paid: Less than 16 hours a week", "ethnicity": "Refused"}],
    }
    columns = "[learning_disability::varchar, ethnic_group::varchar, employment_group::varchar]"
    assert details(columns, people) == {"ann": ["true", "asian", None], "bob": ["false", "unknown", "paid"]}


def test_a_person_is_one_key_at_every_authority_by_number_and_one_row_in_each() -> None:
    rows = [
        service("ann"),
        service("ann", la_code="992"),
        service("local 7", person_id_type="la_person_id"),
        service("lost", person_id_type="one_time"),
    ]
    asked = "select la_code, person_pseudonym, dense_rank() over (order by person_key) from person order by all"
    with derived(rows) as engine:
        assert table(engine, asked) == [("991", "ann", 1), ("991", "local 7", 2), ("992", "ann", 1)]
        assert table(engine, "select person_key_source from event order by event_id") == [
            ("traced",),
            ("traced",),
            ("la_person_id",),
        ]


def test_nhs_englands_rule_leaves_out_rows_without_number_of_people_who_have_one() -> None:
    rows = [
        service("ann", la_person_pseudonym="local 1"),
        service("local 1 as a key", person_id_type="la_person_id", la_person_pseudonym="local 1"),
        service("local 2 as a key", person_id_type="la_person_id", la_person_pseudonym="local 2"),
        service("elsewhere", person_id_type="la_person_id", la_person_pseudonym="local 1", la_code="992"),
    ]
    asked = "select person_pseudonym from event join person using (la_code, person_key) order by 1"
    with derived(rows) as dhsc, derived(rows, person_rule="nhs_england") as nhs_england:
        assert [name for (name,) in table(dhsc, asked)] == ["ann", "elsewhere", "local 1 as a key", "local 2 as a key"]
        assert [name for (name,) in table(nhs_england, asked)] == ["ann", "elsewhere", "local 2 as a key"]
        assert table(nhs_england, "select rows from event_flow where left_out like '%has one elsewhere'") == [(1,)]


def test_nhs_englands_rule_needs_the_authoritys_own_id() -> None:
    with pytest.raises(InputError, match="la_person_pseudonym"):
        derived([service("ann")], leave_out=("la_person_pseudonym",), person_rule="nhs_england")


def test_an_authoritys_own_events_have_traced_number_then_given_then_own_id_as_key() -> None:
    own = "la_code, person_unique_identifier, nhs_number_traced, nhs_number"
    people = "('991', '1', 'A', 'B'), ('991', '2', null, 'A'), ('991', '3', null, null), ('991', ' ', null, '')"
    events = f"""
select *, '1940-06-17' as date_of_birth, null as date_of_death, 'Service' as event_type,
  '2022-05-01'::date as event_start_date, null::date as event_end_date, 'Short Term Support: ST-Max' as service_type,
  '2022-04-01'::date as reporting_period_start_date, '2023-03-31'::date as reporting_period_end_date,
  'Service User' as client_type, row_number() over () as unit_cost
from (values {people}) as t ({own})"""
    with open_engine() as engine:
        engine.run(Step("events", events))
        derive(engine, own_source(engine), Derivation(period=YEAR))
        asked = """
select event_id, person_pseudonym, person_key_source, birth_month from event join person using (la_code, person_key)"""
        month = date(1940, 6, 1)
        assert table(engine, f"{asked} order by event_id") == [
            (0, "A", "traced", month),
            (1, "A", "given", month),
            (2, "991_3", "la_person_id", month),
        ]


def test_the_linked_table_of_people_is_kept_aside() -> None:
    with derived([request("ann")]) as engine:
        engine.run(Step("person", "select 'ann' as person_pseudonym, true as in_social_care"))
        derive(engine, linked_source(engine), Derivation(period=YEAR))
        assert table(engine, "select * from linked_person") == [("ann", True)]
        assert engine.count("person") == 1
