"""Reviews planned, unplanned or both: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import review, service
from tests.unit.placed_people import figures, measured, people

ID = "review_type"
BORN = {"birth_month": "1980-06"}
UNPLANNED = BORN | {"review_reason": "Unplanned - Other Reason"}


def test_people_stand_by_the_types_of_their_reviews() -> None:
    names = [
        "planned",
        "unplanned",
        "both",
        "two planned",
        "short term",
        "reason blank",
        "none",
        "carer only",
        "before",
    ]
    names += ["on the first day", "after", "review as a carer", "short term and planned"]
    rows = [service(name, **BORN) for name in names]
    rows += [
        review("planned", **BORN),
        review("unplanned", **UNPLANNED),
        review("both", **BORN),
        review("both", **UNPLANNED, event_start_date=date(2022, 7, 1)),
        review("two planned", **BORN),
        review("two planned", **BORN, event_start_date=date(2022, 12, 1)),
        review("short term", **BORN, review_reason="Review of short term support"),
        review("reason blank", **BORN, review_reason=None),
        review("carer only", **BORN, method_of_review="Carer only"),
        review("before", **BORN, event_start_date=date(2022, 3, 31)),
        review("on the first day", **BORN, event_start_date=date(2022, 4, 1)),
        review("after", **BORN, event_start_date=date(2023, 3, 31), event_end_date=date(2023, 4, 1)),
        review("review as a carer", **BORN, client_type="Carer"),
        review("short term and planned", **BORN, review_reason="Review of short term support"),
        review("short term and planned", **BORN, event_start_date=date(2022, 7, 1)),
        review("no support", **BORN),
        service("ended before", **BORN, event_end_date=date(2022, 3, 31)),
        review("ended before", **BORN),
        service("ended on the first day", **BORN, event_end_date=date(2022, 4, 1)),
        review("ended on the first day", **UNPLANNED),
        service("a child", birth_month="2010-01"),
        service("death on another row", **BORN),
        review("death on another row", **BORN, date_of_death=date(2022, 6, 1)),
        service("age not known", birth_month=None),
    ]
    with measured(ID, rows) as engine:
        assert people(engine, ID) == {
            "planned": ["planned"],
            "unplanned": ["unplanned"],
            "both": ["both"],
            "two planned": ["planned"],
            "short term": ["other_review"],
            "reason blank": ["other_review"],
            "none": ["no_review"],
            "carer only": ["planned"],
            "before": ["no_review"],
            "on the first day": ["planned"],
            "after": ["no_review"],
            "review as a carer": ["no_review"],
            "short term and planned": ["planned"],
            "ended on the first day": ["unplanned"],
            "a child": ["under_18"],
            "death on another row": ["planned"],
            "age not known": ["no_review"],
        }
        total = figures(engine, ID)[0]
    assert (total["with_planned"], total["with_unplanned"], total["people_supported"]) == (7, 3, 16)
