"""SALT LTS003: worked carers for every kind of support and every tie."""

from datetime import date

from tests.unit.derived_events import assessment, request, review, service
from tests.unit.placed_people import figures, measured, people

ID = "salt_lts003"
CARER = {"client_type": "Carer", "birth_month": "1980-06"}
DIRECT = CARER | {"service_type": "Carer Support: Direct to Carer"}
INVOLVING = CARER | {"service_type": "Carer Support: Support involving the person cared-for"}
ADVICE = {"event_outcome": "NFA - Information & Advice / Signposting only"}
PAYMENT = {"delivery_mechanism": "Direct Payment"}
BUDGET = {"delivery_mechanism": "CASSR Managed Personal Budget"}
COMMISSIONED = {"delivery_mechanism": "CASSR Commissioned Support"}


def test_carers_stand_in_the_first_kind_of_support_and_by_age() -> None:
    rows = [
        service("direct payment", **DIRECT, **PAYMENT),
        service("managed", **DIRECT, **BUDGET),
        service("commissioned", **DIRECT, **COMMISSIONED),
        service("mechanism blank", **DIRECT),
        service("mechanism not valid", **DIRECT, delivery_mechanism="vouchers"),
        service("component only", **DIRECT, service_component="Direct Payment"),
        service("for the person cared for", **INVOLVING, **PAYMENT),
        service("not for carers", **CARER),
        service("type blank", **CARER | {"service_type": None}, **ADVICE),
        request("advice", **CARER, **ADVICE),
        request("another request", **CARER | {"event_outcome": "Progress to Assessment"}),
        assessment("assessed", **CARER),
        assessment("assessed, outcome blank", **CARER | {"event_outcome": None}),
        assessment("assessed and advised", **CARER, **ADVICE),
        review("reviewed", **CARER),
        request("known by association", **CARER | {"client_type": "Carer known by association"}, **ADVICE),
        service("the first of three", **DIRECT, **COMMISSIONED),
        service("the first of three", **DIRECT, **PAYMENT),
        service("the first of three", **DIRECT, **BUDGET),
        assessment("advice before no support", **CARER),
        request("advice before no support", **CARER, **ADVICE),
        service("ended before the year", **DIRECT, **PAYMENT, event_end_date=date(2022, 3, 31)),
        service("ended on the first day", **DIRECT, **PAYMENT, event_end_date=date(2022, 4, 1)),
        service("started on the last day", **DIRECT, **PAYMENT, event_start_date=date(2023, 3, 31)),
        service("started after the year", **DIRECT, **PAYMENT, event_start_date=date(2023, 4, 1)),
        service("a young carer", **DIRECT | {"birth_month": "2010-01"}),
        service("an old carer", **DIRECT | {"birth_month": "1938-03"}),
        service("84 years", **DIRECT | {"birth_month": "1938-06"}),
        service("age not known", **DIRECT | {"birth_month": None}),
        service("not a carer"),
    ]
    with measured(ID, rows) as engine:
        assert people(engine, ID) == {
            "direct payment": ["direct_payment"],
            "managed": ["managed"],
            "commissioned": ["commissioned"],
            "mechanism blank": ["not_known"],
            "mechanism not valid": ["not_known"],
            "component only": ["not_known"],
            "for the person cared for": ["no_direct"],
            "not for carers": ["no_support"],
            "type blank": ["no_support"],
            "advice": ["information"],
            "another request": ["no_support"],
            "assessed": ["no_direct"],
            "assessed, outcome blank": ["no_direct"],
            "assessed and advised": ["information"],
            "reviewed": ["no_direct"],
            "known by association": ["information"],
            "the first of three": ["direct_payment"],
            "advice before no support": ["information"],
            "ended on the first day": ["direct_payment"],
            "started on the last day": ["direct_payment"],
            "a young carer": ["not_known"],
            "an old carer": ["not_known"],
            "84 years": ["not_known"],
            "age not known": ["not_known"],
        }
        shown = {row["age_band"]: row for row in figures(engine, ID)}
    assert {name: row["carers"] for name, row in shown.items()} == {
        "Under 18": 1, "18 to 25": 0, "26 to 64": 17, "65 to 84": 1, "85 and over": 1, "Age not known": 1, "All": 21,
    }  # fmt: skip
    assert (shown["All"]["direct_payment"], shown["All"]["supported_directly"]) == (4, 13)
    assert shown["All"]["part_direct_payment"] == "cannot be derived"
