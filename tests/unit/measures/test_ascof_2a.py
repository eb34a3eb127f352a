"""ASCOF 2A: worked people for every step that tells what followed reablement."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from linkage.engine import Engine
from tests.unit.derived_events import Row, assessment, request, review, service
from tests.unit.placed_people import figures, measured, people

START, END = date(2022, 6, 1), date(2022, 7, 13)
AS_PLANNED = "Service ended as planned"
LEADS_ON = "Progress to Assessment / Unplanned Review"
LOW_LEVEL = {"service_type": "Short Term Support: Ongoing Low Level"}
OTHER_SHORT = {"service_type": "Short Term Support: Other Short Term"}
COMMUNITY = {"service_type": "Long Term Support: Community"}


def days(after: int, day: date = END) -> date:
    return day + timedelta(days=after)


def reablement(person: str, **changes: Any) -> Row:
    """ST-Max from 1 June to 13 July 2022 that ended as planned."""
    stay = {
        "service_type": "Short Term Support: ST-Max",
        "service_component": "Reablement",
        "event_start_date": START,
        "event_end_date": END,
        "event_outcome": AS_PLANNED,
    }
    return service(person, **{**stay, **changes})


def later(person: str, start: date, **changes: Any) -> Row:
    """An open service that starts on the day."""
    return service(person, **{"event_start_date": start, "event_end_date": None, **changes})


ROWS = [
    # which episodes are looked at
    reablement("ended on the first day", event_start_date=date(2022, 3, 1), event_end_date=date(2022, 4, 1)),
    reablement("ended the day before", event_start_date=date(2022, 3, 1), event_end_date=date(2022, 3, 31)),
    reablement("ended on the last day", event_start_date=date(2023, 3, 1), event_end_date=date(2023, 3, 31)),
    reablement("ended after the year", event_start_date=date(2023, 3, 1), event_end_date=date(2023, 4, 1)),
    reablement("still open", event_end_date=None),
    reablement("a carer", client_type="Carer"),
    service("no reablement", **COMMUNITY),
    # episodes
    reablement("7 days apart", event_outcome="NFA - Support declined"),
    reablement("7 days apart", event_start_date=days(7), event_end_date=days(20)),
    reablement("8 days apart"),
    reablement("8 days apart", event_start_date=days(8), event_end_date=days(20)),
    reablement("a short one inside", event_end_date=days(30), event_outcome="NFA - Support declined"),
    reablement("a short one inside", event_start_date=days(-20), event_end_date=days(-10), event_outcome=None),
    reablement("a short one inside", event_start_date=days(36), event_end_date=days(40)),
    reablement("two end together", event_outcome=AS_PLANNED),
    reablement("two end together", event_start_date=days(-5), event_outcome="NFA - Moved to another LA"),
    reablement("the one that cannot be classified goes last", event_outcome=LEADS_ON),
    reablement("the one that cannot be classified goes last", event_start_date=days(-5)),
    # who counts
    reablement("17 years old", birth_month="2004-08"),
    reablement("18 years old", birth_month="2004-07"),
    reablement("64 years old", birth_month="1957-08"),
    reablement("65 years old", birth_month="1957-07"),
    reablement("age not known", birth_month=None),
    reablement("support ended 90 days before"),
    service("support ended 90 days before", **COMMUNITY, event_end_date=days(-90, START)),
    reablement("support ended 91 days before"),
    service("support ended 91 days before", **COMMUNITY, event_end_date=days(-91, START)),
    reablement("support is open"),
    service("support is open", **COMMUNITY),
    reablement("support began on the same day"),
    service("support began on the same day", **COMMUNITY, event_start_date=START, event_end_date=days(-20)),
    reablement("low level support before"),
    service("low level support before", **LOW_LEVEL),
    reablement("support at another authority"),
    service("support at another authority", **COMMUNITY, la_code="992"),
    # step 1
    reablement("died 7 days after", date_of_death=days(7)),
    later("died 7 days after", days(1), **COMMUNITY, date_of_death=days(7)),
    reablement("died 8 days after", date_of_death=days(8)),
    # step 2
    reablement("ended in hospital", event_outcome="Admitted to hospital"),
    later("ended in hospital", days(1), **COMMUNITY),
    # step 3
    reablement("nursing goes first"),
    later("nursing goes first", days(3)),
    later("nursing goes first", days(1), **COMMUNITY),
    later("nursing goes first", days(1), **LOW_LEVEL),
    reablement("began 7 days after"),
    later("began 7 days after", days(7), **COMMUNITY),
    reablement("began 8 days after"),
    later("began 8 days after", days(8), **COMMUNITY),
    reablement("began during it and went on"),
    later("began during it and went on", days(-10), **LOW_LEVEL),
    reablement("ended with it"),
    later("ended with it", days(-10), **LOW_LEVEL, event_end_date=END),
    reablement("a home for a short time"),
    later("a home for a short time", days(1), **OTHER_SHORT, service_component="Short Term Residential Care"),
    later("a home for a short time", days(1), **OTHER_SHORT),
    reablement("other short-term support"),
    later("other short-term support", days(1), **OTHER_SHORT),
    reablement("over the end of the year", event_start_date=date(2023, 3, 1), event_end_date=date(2023, 3, 31)),
    later("over the end of the year", date(2023, 4, 7), **COMMUNITY),
    # step 4
    reablement("a later request says more"),
    request("a later request says more", event_start_date=days(2), event_outcome="NFA - Moved to another LA"),
    reablement("the later review was closed as planned", event_outcome=LEADS_ON),
    review("the later review was closed as planned", event_start_date=days(2), event_outcome=AS_PLANNED),
    reablement("the later request leads on"),
    request("the later request leads on", event_start_date=days(2), event_outcome=LEADS_ON),
    reablement("both have one outcome"),
    review("both have one outcome", event_start_date=days(-3), event_outcome=AS_PLANNED),
    reablement("reviewed 13 days before the end", event_outcome=LEADS_ON),
    review(
        "reviewed 13 days before the end", event_start_date=days(-13), event_outcome="NFA - Support ended: Other reason"
    ),
    reablement("reviewed 14 days before the end", event_outcome=LEADS_ON),
    review(
        "reviewed 14 days before the end", event_start_date=days(-14), event_outcome="NFA - Support ended: Other reason"
    ),
    reablement("the last review tells", event_outcome=None),
    review("the last review tells", event_start_date=days(-9), event_outcome="NFA - Moved to another LA"),
    review("the last review tells", event_start_date=days(-2), event_outcome="NFA - Support declined"),
    reablement("assessed on its first day only", event_outcome=LEADS_ON, event_end_date=days(5, START)),
    assessment("assessed on its first day only", event_start_date=START, event_outcome="NFA - Support declined"),
    reablement("end of life care"),
    review("end of life care", event_start_date=days(1), event_outcome="Progress to End of Life Care"),
    reablement("self-funded", event_outcome="NFA - Self-funded client (inc 12wk disregard)"),
    # step 5
    reablement("equipment", event_outcome=LEADS_ON),
    later("equipment", days(-5), **OTHER_SHORT, service_component="Equipment", event_end_date=days(-5)),
    reablement("equipment does not go before the outcome"),
    later(
        "equipment does not go before the outcome",
        days(-5),
        **OTHER_SHORT,
        service_component="Equipment",
        event_end_date=days(-5),
    ),
    # step 6
    reablement("leads on", event_outcome=LEADS_ON),
    reablement("blank", event_outcome=None),
    reablement("only what tells nothing follows"),
    review("only what tells nothing follows", event_start_date=days(2), event_outcome=AS_PLANNED),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with measured("ascof_2a", ROWS) as engine:
        yield engine


def test_people_stand_where_the_first_step_that_tells_puts_them(engine: Engine) -> None:
    assert people(engine, "ascof_2a", "step") == {
        "ended on the first day": [("4a", "ended_as_planned")],
        "ended on the last day": [("4a", "ended_as_planned")],
        "7 days apart": [("4a", "ended_as_planned")],
        "8 days apart": [("4a", "ended_as_planned")],
        "a short one inside": [("4a", "ended_as_planned")],
        "two end together": [("4a", "nfa_moved")],
        "the one that cannot be classified goes last": [("4a", "ended_as_planned")],
        "17 years old": [(None, "under_18")],
        "18 years old": [("4a", "ended_as_planned")],
        "64 years old": [("4a", "ended_as_planned")],
        "65 years old": [("4a", "ended_as_planned")],
        "age not known": [("4a", "ended_as_planned")],
        "support ended 90 days before": [(None, "not_new")],
        "support ended 91 days before": [("4a", "ended_as_planned")],
        "support is open": [(None, "not_new")],
        "support began on the same day": [("4a", "ended_as_planned")],
        "low level support before": [("4a", "ended_as_planned")],
        "support at another authority": [("4a", "ended_as_planned")],
        "died 7 days after": [("1", "nfa_deceased")],
        "died 8 days after": [("4a", "ended_as_planned")],
        "ended in hospital": [("2", "hospital")],
        "nursing goes first": [("3", "long_term_nursing")],
        "began 7 days after": [("3", "long_term_community")],
        "began 8 days after": [("4a", "ended_as_planned")],
        "began during it and went on": [("3", "ongoing_low_level")],
        "ended with it": [("4a", "ended_as_planned")],
        "a home for a short time": [("3", "short_term_home")],
        "other short-term support": [("3", "short_term_other")],
        "over the end of the year": [("3", "long_term_community")],
        "a later request says more": [("4b", "nfa_moved")],
        "the later review was closed as planned": [("6", "unclassified")],
        "the later request leads on": [("4a", "ended_as_planned")],
        "both have one outcome": [("4a", "ended_as_planned")],
        "reviewed 13 days before the end": [("4c", "ended_other")],
        "reviewed 14 days before the end": [("6", "unclassified")],
        "the last review tells": [("4c", "nfa_declined")],
        "assessed on its first day only": [("6", "unclassified")],
        "end of life care": [("4b", "progress_other")],
        "self-funded": [("4a", "nfa_self_funded")],
        "equipment": [("5", "ongoing_low_level")],
        "equipment does not go before the outcome": [("4a", "ended_as_planned")],
        "leads on": [("6", "unclassified")],
        "blank": [("6", "unclassified")],
        "only what tells nothing follows": [("6", "ended_as_planned")],
    }


def test_episodes_are_counted_and_people_stand_behind_them(engine: Engine) -> None:
    rows = {row["age_band"]: row for row in figures(engine, "ascof_2a") if row["la_code"] == "991"}
    assert {band: row["episodes_classified"] for band, row in rows.items()} == {
        "18 to 64": 2,
        "65 and above": 29,
        "Age not known": 1,
        "All": 32,
    }
    total = rows["All"]
    assert (total["no_ongoing_support"], total["long_term"], total["short_term_home"]) == (28, 3, 1)
    neither = ("nfa_deceased", "hospital", "nfa_self_funded", "nfa_declined", "progress_other", "unclassified")
    assert [total[name] for name in neither] == [1, 1, 1, 1, 1, 5]
