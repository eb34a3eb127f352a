"""SALT LTS004 and the older ASCOF 1E and 1G: worked people for every branch of the rules."""

from datetime import date

import pytest

from linkage.cohort.derive.settings import derivation_settings
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.measures.salt_lts004 import columns_of
from tests.unit.derived_events import service
from tests.unit.placed_people import figures, measured, people

LEARNING = {"primary_support_reason": "Learning Disability Support", "birth_month": "1980-06"}
PAID = {"employment_status": "Paid: 16 or more hours a week"}
SEEKING = {"employment_status": "Not in Paid Employment (seeking work)"}
UNKNOWN = {"employment_status": "Unknown"}
LATER = {"event_start_date": date(2022, 9, 1)}
ROWS = [
    service("paid", **LEARNING, **PAID, accommodation_status="Tenant"),
    service("few hours", **LEARNING, employment_status="Paid: Less than 16 hours a week", gender="Male"),
    service("hours not known", **LEARNING, employment_status="Paid: Hours per week unknown", gender=None),
    service("seeking", **LEARNING, **SEEKING, accommodation_status="Rough sleeper / squatting"),
    service("retired", **LEARNING, employment_status="Not in Paid Employment (not actively seeking work / retired)"),
    service("voluntary", **LEARNING, employment_status="Not in Paid Employment (voluntary work only)"),
    service("unknown", **LEARNING, **UNKNOWN, accommodation_status="Unknown"),
    service("latest start", **LEARNING, **PAID, accommodation_status="Refuge"),
    service("latest start", **LEARNING, **SEEKING, **LATER, accommodation_status="Shared Lives scheme"),
    service("latest is unknown", **LEARNING, **PAID, accommodation_status="Refuge"),
    service("latest is unknown", **LEARNING, **UNKNOWN, **LATER, accommodation_status="Unknown"),
    service("latest is not valid", **LEARNING, **PAID),
    service("latest is not valid", **LEARNING, **LATER, employment_status="a baker"),
    service("known before unknown", **LEARNING, **UNKNOWN),
    service("known before unknown", **LEARNING | {"service_type": "Long Term Support: Community"}, **PAID),
    service("conflict", **LEARNING, **PAID),
    service("conflict", **LEARNING | {"service_type": "Long Term Support: Community"}, **SEEKING),
    service("blank", **LEARNING),
    service("not valid", **LEARNING, employment_status="a baker"),
    service("another reason later", **LEARNING, **PAID),
    service("another reason later", **LEARNING | {"primary_support_reason": "Mental Health Support"}, **SEEKING, **LATER),
    service("another reason", birth_month="1980-06", **PAID),
    service("in prison", **LEARNING, **PAID, service_type="Long Term Support: Prison"),
    service("ended before", **LEARNING, **PAID, event_end_date=date(2022, 3, 31)),
    service("ended on the first day", **LEARNING, **PAID, event_end_date=date(2022, 4, 1)),
    service("17", **LEARNING | {"birth_month": "2005-05"}, **PAID),
    service("18", **LEARNING | {"birth_month": "2005-03"}, **PAID),
    service("64", **LEARNING | {"birth_month": "1958-04"}, **PAID),
    service("65", **LEARNING | {"birth_month": "1958-03"}, **PAID),
    service("age not known", **LEARNING | {"birth_month": None}, **PAID),
    service("a carer", **LEARNING, **PAID, client_type="Carer"),
]  # fmt: skip


def test_employment_is_that_of_the_latest_service() -> None:
    with measured("salt_lts004_employment", ROWS) as engine:
        found = people(engine, "salt_lts004_employment")
        shown = {row["gender"]: row for row in figures(engine, "salt_lts004_employment")}
    assert found == {
        "paid": ["paid_16_or_more"],
        "few hours": ["paid_under_16"],
        "hours not known": ["paid_hours_not_known"],
        "seeking": ["seeking_work"],
        "retired": ["not_seeking_work"],
        "voluntary": ["voluntary_work"],
        "unknown": ["not_known"],
        "latest start": ["seeking_work"],
        "latest is unknown": ["not_known"],
        "latest is not valid": ["paid_16_or_more"],
        "known before unknown": ["paid_16_or_more"],
        "conflict": ["not_known"],
        "blank": ["not_valid"],
        "not valid": ["not_valid"],
        "another reason later": ["paid_16_or_more"],
        "ended on the first day": ["paid_16_or_more"],
        "17": ["under_18"],
        "18": ["paid_16_or_more"],
        "64": ["paid_16_or_more"],
        "65": ["over_64"],
        "age not known": ["age_not_known"],
    }
    assert {name: (row["paid"], row["people"]) for name, row in shown.items()} == {
        "Female": (7, 14), "Male": (1, 1), "Not known": (1, 1), "All": (9, 16),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measure_id", "expected"),
    [
        ("ascof_1e", {"paid": "paid", "seeking": "not_paid", "unknown": "not_known", "conflict": "not_known"}),
        (
            "salt_lts004_accommodation",
            {
                "paid": "tenant",
                "seeking": "rough_sleeping",
                "unknown": "unknown",
                "latest start": "shared_lives",
                "latest is unknown": "unknown",
                "conflict": "not_valid",
                "17": "under_18",
            },
        ),
        (
            "ascof_1g",
            {
                "paid": "settled",
                "seeking": "unsettled",
                "unknown": "not_known",
                "latest start": "settled",
                "latest is unknown": "not_known",
                "conflict": "not_valid",
            },
        ),
    ],
)
def test_the_measures_beside_it_are_placed_alike(measure_id: str, expected: dict[str, str]) -> None:
    rows = [row for row in ROWS if row["person_pseudonym"] in expected]
    with measured(measure_id, rows) as engine:
        assert people(engine, measure_id) == {person: [place] for person, place in expected.items()}


def test_settled_accommodation_is_the_same_list_everywhere() -> None:
    sums = MEASURES["salt_lts004_accommodation"].definition.sums
    columns = columns_of("salt_lts004_accommodation", "accommodation_status")
    assert {value for value, column in columns.items() if column in sums["settled"]} == set(
        derivation_settings().settled_accommodation
    )
