"""ASCOF 3D: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import assessment, request, review, service
from tests.unit.placed_people import figures, measured, people

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
MANAGED = HOME | {"delivery_mechanism": "CASSR Managed Personal Budget"}
DIRECT = HOME | {"delivery_mechanism": "Direct Payment"}
COMMISSIONED = HOME | {"delivery_mechanism": "CASSR Commissioned Support"}
CARER = {"client_type": "Carer", "service_type": "Carer Support: Direct to Carer", "birth_month": "1980-06"}
LAST = date(2023, 3, 31)


def test_people_stand_in_the_highest_place_on_the_last_day() -> None:
    rows = [
        service("direct payment", **DIRECT),
        service("managed", **MANAGED),
        service("commissioned", **COMMISSIONED),
        service("mechanism blank", **HOME),
        service("component is a direct payment", **COMMISSIONED, service_component="Direct Payment"),
        service("both", **MANAGED),
        service("both", **DIRECT),
        service("managed goes before commissioned", **COMMISSIONED),
        service("managed goes before commissioned", **MANAGED),
        service("nursing place too", **DIRECT),
        service("nursing place too"),
        service("residential place", service_type="Long Term Support: Residential Care"),
        service("prison", service_type="Long Term Support: Prison", delivery_mechanism="CASSR Managed Personal Budget"),
        service("prison and community", service_type="Long Term Support: Prison"),
        service("prison and community", **COMMISSIONED),
        service("ended the day before", **DIRECT, event_end_date=date(2023, 3, 30)),
        service("ended on the last day", **DIRECT, event_end_date=LAST),
        service("started after the year", **DIRECT | {"event_start_date": date(2023, 4, 1)}),
        service("a child", **DIRECT | {"birth_month": "2010-01"}),
        service("short term", service_type="Short Term Support: ST-Max"),
        service("a carer", **CARER, delivery_mechanism="Direct Payment"),
        service("died on the last day", **DIRECT, date_of_death=LAST),
        service("died before", **DIRECT, date_of_death=date(2023, 3, 30)),
        service("death stands on another row", **DIRECT),
        review("death stands on another row", **HOME | {"service_type": None}, date_of_death=date(2023, 3, 30)),
    ]
    with measured("ascof_3d_clients", rows) as engine:
        assert people(engine, "ascof_3d_clients") == {
            "direct payment": ["direct_payment"],
            "managed": ["managed"],
            "commissioned": ["commissioned"],
            "mechanism blank": ["not_known"],
            "component is a direct payment": ["direct_payment"],
            "both": ["direct_payment"],
            "managed goes before commissioned": ["managed"],
            "nursing place too": ["care_home"],
            "residential place": ["care_home"],
            "prison": ["prison"],
            "prison and community": ["commissioned"],
            "ended on the last day": ["direct_payment"],
            "a child": ["under_18"],
            "died on the last day": ["direct_payment"],
            "death stands on another row": ["died"],
        }


def test_age_not_known_is_in_the_totals() -> None:
    rows = [
        service("ann", **DIRECT),
        service("bob", **MANAGED | {"birth_month": None}),
        service("cat", **COMMISSIONED | {"birth_month": "1940-01"}),
    ]
    with measured("ascof_3d_clients", rows) as engine:
        shown = {
            row["age_band"]: (row["direct_payment"], row["self_directed"], row["clients"])
            for row in figures(engine, "ascof_3d_clients")
        }
    assert shown == {"18 to 64": (1, 1, 1), "65 and above": (0, 0, 1), "Age not known": (0, 1, 1), "All": (1, 2, 3)}


def test_carers_stand_in_the_highest_kind_of_support_of_the_year() -> None:
    rows = [
        service("direct payment", **CARER, delivery_mechanism="Direct Payment"),
        service("component", **CARER, service_component="Direct Payment"),
        service("managed", **CARER, delivery_mechanism="CASSR Managed Personal Budget"),
        service("commissioned", **CARER, delivery_mechanism="CASSR Commissioned Support"),
        service("mechanism blank", **CARER),
        service(
            "for the person cared for",
            **CARER | {"service_type": "Carer Support: Support involving the person cared-for"},
        ),
        request("advice", client_type="Carer", birth_month="1980-06"),
        request("another request", client_type="Carer", event_outcome="Progress to Assessment"),
        assessment("assessed", client_type="Carer"),
        assessment(
            "assessed and advised", client_type="Carer", event_outcome="NFA - Information & Advice / Signposting only"
        ),
        service("over in March", **CARER, delivery_mechanism="Direct Payment", event_end_date=date(2022, 3, 31)),
        service("over in April", **CARER, delivery_mechanism="Direct Payment", event_end_date=date(2022, 4, 1)),
        service("best of two", **CARER, delivery_mechanism="CASSR Commissioned Support"),
        assessment("best of two", client_type="Carer"),
        service("a young carer", **CARER | {"birth_month": "2010-01"}, delivery_mechanism="Direct Payment"),
        service("not a carer"),
    ]
    with measured("ascof_3d_carers", rows) as engine:
        assert people(engine, "ascof_3d_carers") == {
            "direct payment": ["direct_payment"],
            "component": ["direct_payment"],
            "managed": ["managed"],
            "commissioned": ["commissioned"],
            "mechanism blank": ["not_known"],
            "for the person cared for": ["no_direct"],
            "advice": ["information"],
            "assessed": ["no_direct"],
            "assessed and advised": ["information"],
            "over in April": ["direct_payment"],
            "best of two": ["commissioned"],
            "a young carer": ["under_18"],
        }
        total = next(row for row in figures(engine, "ascof_3d_carers") if row["age_band"] == "All")
        assert (total["self_directed"], total["carers_with_budget_or_commissioned"]) == (4, 6)
