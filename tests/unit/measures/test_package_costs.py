"""Costs of packages: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import service
from tests.unit.placed_people import figures, measured, people

ID = "package_costs"
BORN = {"birth_month": "1980-06"}
WEEKLY = {"unit_cost": 700.0, "cost_frequency": "Weekly"}
HOME = {"service_type": "Long Term Support: Community"}
HOURLY = {"unit_cost": 20.0, "cost_frequency": "Hourly", "planned_units_per_week": 10.0}
MANAGED = {"delivery_mechanism": "CASSR Managed Personal Budget"}


def test_packages_are_summed_by_person_in_the_first_setting() -> None:
    rows = [
        service("nursing", **BORN, **WEEKLY),
        service("two services", **BORN, **HOME, **HOURLY, **MANAGED),
        service(
            "two services",
            **BORN,
            **HOME,
            unit_cost=52.0,
            cost_frequency="Annually",
            delivery_mechanism="Direct Payment",
        ),
        service("nursing and home", **BORN, **WEEKLY),
        service("nursing and home", **BORN, **HOME, **HOURLY),
        service("no cost", **BORN),
        service("cost of nothing", **BORN, unit_cost=0.0, cost_frequency="Weekly"),
        service("one-off", **BORN, unit_cost=500.0, cost_frequency="One-off"),
        service("one without a cost", **BORN, **HOME, **HOURLY, **MANAGED),
        service("one without a cost", **BORN, **HOME, **MANAGED, event_start_date=date(2022, 1, 1)),
        service("over", **BORN, **WEEKLY, event_end_date=date(2023, 3, 30)),
        service("short term", **BORN, **WEEKLY, service_type="Short Term Support: Other Short Term"),
        service("a child", birth_month="2008-01", **WEEKLY),
        service("carer", **BORN, **WEEKLY, client_type="Carer"),
        service("negative", **BORN, unit_cost=-700.0, cost_frequency="Weekly"),
    ]
    with measured(ID, rows) as engine:
        assert people(engine, ID, "setting", "weekly") == {
            "nursing": [("nursing", 700.0, "costed")],
            "two services": [("direct_payment", 201.0, "costed")],
            "nursing and home": [("nursing", 900.0, "costed")],
            "no cost": [("nursing", None, "not_costed")],
            "cost of nothing": [("nursing", None, "not_costed")],
            "one-off": [("nursing", None, "not_costed")],
            "one without a cost": [("managed", 200.0, "costed")],
            "a child": [("nursing", 700.0, "under_18")],
            "negative": [("nursing", 700.0, "costed")],
        }
        nursing = figures(engine, ID)[0]
    assert (nursing["setting"], nursing["costed"], nursing["not_costed"]) == ("Nursing care", 3, 3)
    assert nursing["median_weekly_cost"] == 700.0
    assert round(nursing["average_weekly_cost"], 2) == 766.67


def test_the_sum_of_an_authority_is_that_of_all_packages() -> None:
    rows = [
        service("ann", **BORN, **WEEKLY),
        service("bob", **BORN, **HOME, **HOURLY, event_start_date=date(2023, 3, 25)),
        service("cat", **BORN, unit_cost=500.0, cost_frequency="One-off"),
        service("dan", **BORN),
        service("a child", birth_month="2008-01", **WEEKLY),
    ]
    with measured("package_costs_gross", rows) as engine:
        assert len(people(engine, "package_costs_gross")) == 5
        (total,) = figures(engine, "package_costs_gross")
    assert (total["costed"], total["not_costed"], total["weekly_cost"]) == (2, 2, 900.0)
    assert round(total["last_quarter_cost"], 2) == round(700 * 90 / 7 + 200 + 500, 2)


def test_whose_packages_are_in_the_sum_at_the_ends_of_the_year() -> None:
    last, after = date(2023, 3, 31), date(2023, 4, 1)
    rows = [
        service("starts on the last day", **BORN, **WEEKLY, event_start_date=last),
        service("ends on the last day", **BORN, **WEEKLY, event_end_date=last),
        service("starts the day after", **BORN, **WEEKLY, event_start_date=after),
        service("ends the day before", **BORN, **WEEKLY, event_end_date=date(2023, 3, 30)),
        service("dies on the last day", **BORN, **WEEKLY, date_of_death=last),
        service("died the day before", **BORN, **WEEKLY, date_of_death=date(2023, 3, 30)),
        service("twice the same event", **BORN, **WEEKLY),
        service("twice the same event", **BORN, **WEEKLY),
        service("nested", **BORN, **HOME, **HOURLY, **MANAGED),
        service("nested", **BORN, **HOME, **HOURLY, **MANAGED, event_start_date=date(2022, 6, 1), event_end_date=last),
        service("nested and over", **BORN, **WEEKLY),
        service(
            "nested and over", **BORN, **WEEKLY, event_start_date=date(2022, 6, 1), event_end_date=date(2022, 9, 1)
        ),
        service("no frequency", **BORN, unit_cost=700.0),
        service("no units", **BORN, **HOME, unit_cost=20.0, cost_frequency="Hourly"),
        service("age not known", **WEEKLY, birth_month=None),
        service("18 on the last day", birth_month="2005-03", **WEEKLY),
        service("17 on the last day", birth_month="2005-04", **WEEKLY),
        service("carer", **BORN, **WEEKLY, client_type="Carer"),
    ]
    with measured("package_costs_gross", rows) as engine:
        found = people(engine, "package_costs_gross", "weekly")
        (total,) = figures(engine, "package_costs_gross")
    week = [(700.0, "costed")]
    assert found == {
        "starts on the last day": week,
        "ends on the last day": week,
        "dies on the last day": week,
        "twice the same event": week,
        "nested": [(400.0, "costed")],
        "nested and over": week,
        "no frequency": [(None, "not_costed")],
        "no units": [(None, "not_costed")],
        "age not known": week,
        "18 on the last day": week,
        "17 on the last day": [(700.0, "under_18")],
    }
    assert (total["costed"], total["not_costed"], total["weekly_cost"]) == (8, 2, 7 * 700.0 + 400.0)
