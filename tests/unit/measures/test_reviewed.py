"""Reviews of people in long-term support: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import assessment, review, service
from tests.unit.placed_people import figures, measured, people

ID = "reviewed"
BORN = {"birth_month": "1980-06"}
RECENT = {"event_start_date": date(2022, 9, 1)}


def test_people_stand_by_the_best_of_the_last_12_months() -> None:
    names = [
        "planned",
        "unplanned",
        "both",
        "reason blank",
        "method blank",
        "carer only",
        "first day",
        "day before",
        "assessed",
    ]
    names += ["assessed and reviewed", "financial", "neither", "review of a carer"]
    rows = [service(name, **BORN) for name in names]
    rows += [
        review("planned", **BORN),
        review("unplanned", **BORN, review_reason="Unplanned - Other Reason"),
        review("both", **BORN, review_reason="Unplanned - Other Reason"),
        review("both", **BORN, event_start_date=date(2022, 5, 1)),
        review("reason blank", **BORN, review_reason=None),
        review("method blank", **BORN, method_of_review=None),
        review("carer only", **BORN, method_of_review="Carer only"),
        review("first day", **BORN, event_start_date=date(2022, 4, 1)),
        review("day before", **BORN, event_start_date=date(2022, 3, 31)),
        assessment("assessed", **BORN),
        assessment("assessed and reviewed", **BORN),
        review("assessed and reviewed", **BORN, review_reason="Unplanned - Carer related"),
        assessment("financial", **BORN, assessment_type="Financial Assessment"),
        review("review of a carer", **BORN, client_type="Carer"),
        review("no support", **BORN),
        service("over", **BORN, event_end_date=date(2023, 3, 30)),
        service("a child", birth_month="2008-01"),
        service("death on another row", **BORN),
        review("death on another row", **BORN, date_of_death=date(2023, 3, 30)),
    ]
    with measured(ID, rows) as engine:
        assert people(engine, ID) == {
            "planned": ["planned"],
            "unplanned": ["unplanned"],
            "both": ["planned"],
            "reason blank": ["other_review"],
            "method blank": ["planned"],
            "carer only": ["neither"],
            "first day": ["planned"],
            "day before": ["neither"],
            "assessed": ["assessed"],
            "assessed and reviewed": ["unplanned"],
            "financial": ["neither"],
            "neither": ["neither"],
            "review of a carer": ["neither"],
            "a child": ["under_18"],
            "death on another row": ["died"],
        }
        total = next(row for row in figures(engine, ID) if row["supported"] == "All")
    assert (total["reviewed"], total["reviewed_or_assessed"], total["people_supported"]) == (7, 8, 13)


def test_people_are_divided_by_how_long_they_are_supported() -> None:
    rows = [
        service("since 2021", **BORN),
        service("12 months to the day", **BORN, event_start_date=date(2022, 3, 31)),
        service("a day longer", **BORN, event_start_date=date(2022, 3, 30)),
        service("recent", **BORN, **RECENT),
        service("chain", **BORN, event_end_date=date(2022, 3, 31)),
        service("chain", **BORN, event_start_date=date(2022, 4, 1), service_type="Long Term Support: Community"),
        service("gap", **BORN, event_end_date=date(2022, 3, 31)),
        service("gap", **BORN, event_start_date=date(2022, 4, 2)),
    ]
    with measured(ID, rows) as engine:
        assert {person: places[0][0] for person, places in people(engine, ID, "supported").items()} == {
            "since 2021": "longer",
            "12 months to the day": "shorter",
            "a day longer": "longer",
            "recent": "shorter",
            "chain": "longer",
            "gap": "shorter",
        }
