"""ASCOF 2E: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import Row, assessment, service
from tests.unit.placed_people import figures, measured, people

OWNER = "Owner occupier or shared ownership scheme"


def home(person: str, **changes: object) -> Row:
    """Support at home, open since 2021, of a woman born in 1980 who owns her home."""
    support = {"service_type": "Long Term Support: Community", "birth_month": "1980-06", "accommodation_status": OWNER}
    return service(person, **support | changes)


ROWS = [
    home("owner"),
    home("shared lives", accommodation_status="Shared Lives scheme"),
    home("care home", accommodation_status="Registered care home"),
    home("unknown", accommodation_status="Unknown", service_component="Day Support"),
    home("blank", accommodation_status=None, service_component="Day Support"),
    home("presumed at home", accommodation_status="Unknown", service_component="Home Support"),
    home("presumed in the community", accommodation_status=None),
    home("nursing home tells", accommodation_status="Unknown", service_type="Long Term Support: Nursing Care"),
    home("known goes before unknown", event_end_date=date(2022, 6, 1)),
    home("known goes before unknown", accommodation_status="Unknown", event_start_date=date(2022, 6, 2)),
    home("contradicts itself", event_end_date=date(2022, 6, 1), service_component="Meals"),
    home(
        "contradicts itself",
        event_end_date=date(2022, 6, 1),
        service_component="Transport",
        accommodation_status="Refuge",
    ),
    home("over in March", event_end_date=date(2022, 3, 31)),
    home("over in April", event_end_date=date(2022, 4, 1)),
    home("starts after", event_start_date=date(2023, 4, 1)),
    home("17 when it ended", birth_month="2004-07", event_end_date=date(2022, 5, 1)),
    home("18 on the last day", birth_month="2004-07"),
    home("64 when it ended", birth_month="1957-07", event_end_date=date(2022, 5, 1)),
    home("65 on the last day", birth_month="1957-07"),
    home("age not known", birth_month=None),
    home("short term", service_type="Short Term Support: ST-Max"),
    home("carer", client_type="Carer"),
    assessment("no service", accommodation_status=OWNER),
    home("death on another row"),
    assessment(
        "death on another row",
        date_of_death=date(2022, 3, 31),
        event_start_date=date(2022, 5, 1),
        birth_month="1980-06",
    ),
]


def test_people_stand_where_they_live() -> None:
    with measured("ascof_2e", ROWS) as engine:
        assert people(engine, "ascof_2e", "age_band") == {
            "owner": [("18-64", "settled")],
            "shared lives": [("18-64", "settled")],
            "care home": [("18-64", "unsettled")],
            "unknown": [("18-64", "not_known")],
            "blank": [("18-64", "not_known")],
            "presumed at home": [("18-64", "settled")],
            "presumed in the community": [("18-64", "unsettled")],
            "nursing home tells": [("18-64", "unsettled")],
            "known goes before unknown": [("18-64", "settled")],
            "contradicts itself": [("18-64", "not_known")],
            "over in April": [("18-64", "settled")],
            "17 when it ended": [(None, "under_18")],
            "18 on the last day": [("18-64", "settled")],
            "64 when it ended": [("18-64", "settled")],
            "65 on the last day": [("65+", "settled")],
            "age not known": [(None, "age_not_known")],
            "death on another row": [("18-64", "died")],
        }


def test_learning_disability_is_counted_by_gender_from_18_to_64() -> None:
    learning = {"primary_support_reason": "Learning Disability Support"}
    rows = [
        home("her", **learning),
        home("him", **learning, gender="Male", accommodation_status="Registered care home"),
        home("gender not known", **learning, gender=None),
        home("65", **learning, birth_month="1957-07"),
        home("17", **learning, birth_month="2008-07"),
        home("age not known", **learning, birth_month=None),
        home("another reason"),
        home("reason changed", **learning, event_end_date=date(2022, 6, 1)),
        home("reason changed", event_start_date=date(2022, 6, 2)),
        home("reason became known", primary_support_reason="Unknown", event_start_date=date(2022, 6, 2)),
        home("reason became known", **learning, event_end_date=date(2022, 6, 1), accommodation_status="Unknown"),
    ]
    with measured("ascof_2e_ld", rows) as engine:
        assert people(engine, "ascof_2e_ld", "gender") == {
            "her": [("Female", "settled")],
            "him": [("Male", "unsettled")],
            "gender not known": [("Not known", "settled")],
            "65": [("Female", "over_64")],
            "17": [("Female", "under_18")],
            "age not known": [("Female", "age_not_known")],
            "another reason": [("Female", "not_learning_disability")],
            "reason changed": [("Female", "not_learning_disability")],
            "reason became known": [("Female", "settled")],
        }
        shown = {row["gender"]: (row["settled"], row["people_supported"]) for row in figures(engine, "ascof_2e_ld")}
    assert shown == {"Female": (2, 2), "Male": (0, 1), "Not known": (1, 1), "All": (3, 4)}
