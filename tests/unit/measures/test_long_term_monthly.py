"""People in long-term support at each month end: worked people for every branch of the rules."""

from datetime import date

from linkage.cohort.derive.period import Period
from tests.unit.derived_events import YEAR, Row, review, service
from tests.unit.placed_people import figures, measured, people

ID = "long_term_monthly"
JUNE, JULY = date(2022, 6, 30), date(2022, 7, 31)
TWO_MONTHS = Period(date(2022, 6, 1), JULY)


def home(person: str, **changes: object) -> Row:
    """Support at home, open since 2021, of a woman born in June 1980."""
    return service(person, **{"service_type": "Long Term Support: Community", "birth_month": "1980-06"} | changes)


ROWS = [
    home("at home"),
    service("in two settings"),
    home("in two settings"),
    service("moved", event_end_date=date(2022, 7, 1)),
    service("moved", service_type="Long Term Support: Residential Care", event_start_date=date(2022, 7, 2)),
    home("two services"),
    home("two services", event_start_date=date(2022, 2, 1)),
    service("in prison", service_type="Long Term Support: Prison"),
    home("ends on the day", event_end_date=JUNE),
    home("ends the day before", event_end_date=date(2022, 6, 29)),
    home("starts on the day", event_start_date=JULY),
    home("starts after", event_start_date=date(2022, 8, 1)),
    home("within a month", event_start_date=date(2022, 7, 2), event_end_date=date(2022, 7, 30)),
    home("died in July", date_of_death=date(2022, 7, 30)),
    home("death on another row"),
    review("death on another row", event_start_date=JUNE, date_of_death=date(2022, 7, 1), birth_month="1980-06"),
    home("turns 18 in July", birth_month="2004-07"),
    home("age not known", birth_month=None),
    home("short term", service_type="Short Term Support: ST-Max"),
    home("carer", client_type="Carer"),
]


def test_people_stand_in_each_setting_and_once() -> None:
    with measured(ID, ROWS, TWO_MONTHS) as engine:
        at_home, at_home_in_july = [("2022-06-30", "once_community")], [("2022-07-31", "once_community")]
        assert people(engine, ID, "month_end") == {
            "at home": at_home + at_home_in_july,
            "in two settings": [
                (day, place) for day in ("2022-06-30", "2022-07-31") for place in ("also_community", "once_nursing")
            ],
            "moved": [
                ("2022-06-30", "once_nursing"),
                ("2022-07-31", "once_residential"),
            ],
            "two services": at_home + at_home_in_july,
            "in prison": [("2022-06-30", "once_prison"), ("2022-07-31", "once_prison")],
            "ends on the day": at_home,
            "starts on the day": at_home_in_july,
            "died in July": at_home,
            "death on another row": [*at_home, ("2022-07-31", "died")],
            "turns 18 in July": [("2022-06-30", "under_18"), *at_home_in_july],
            "age not known": at_home + at_home_in_july,
        }
        june = figures(engine, ID)[0]
    assert (june["community"], june["nursing"], june["residential"], june["prison"]) == (7, 2, 0, 1)
    assert (june["once_community"], june["once_nursing"], june["people"]) == (6, 2, 9)


def test_people_are_divided_by_age_on_the_day_gender_and_ethnic_group() -> None:
    rows = [
        home("ann", ethnicity="Indian"),
        home("bob", gender="Male", ethnicity="Refused", birth_month="1997-07"),
        home("cat", gender=None, ethnicity="not a listed wording", birth_month=None),
    ]
    with measured(ID, rows, TWO_MONTHS) as engine:
        july = {
            name: {
                row[label]: row["people"]
                for row in figures(engine, ID, name)
                if row["month_end"] == "2022-07-31" and row["people"]
            }
            for name, label in (("age", "age_band"), ("gender", "gender"), ("ethnicity", "ethnic_group"))
        }
        ages = {row["month_end"]: row["people"] for row in figures(engine, ID, "age") if row["age_band"] == "18 to 24"}
    assert july == {
        "age": {"25 to 44": 2, "Age not known": 1, "All": 3},
        "gender": {"Female": 1, "Male": 1, "Not known": 1, "All": 3},
        "ethnicity": {"Asian or Asian British": 1, "Not known": 2, "All": 3},
    }
    assert ages == {"2022-06-30": 1, "2022-07-31": 0}


def test_a_year_has_twelve_month_ends_though_nobody_stands_there() -> None:
    with measured(ID, [home("ann", event_start_date=date(2023, 3, 1))]) as engine:
        assert [row["people"] for row in figures(engine, ID)] == [0] * 11 + [1]
        assert figures(engine, ID)[-1]["month_end"] == YEAR.end.isoformat()
