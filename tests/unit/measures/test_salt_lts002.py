"""SALT LTS002a and b: worked reviews for every reason, sequel and way of not counting."""

from collections.abc import Iterator
from datetime import date

import pytest

from linkage.engine import Engine
from tests.unit.derived_events import review, service
from tests.unit.placed_people import figures, measured, people

BORN = {"birth_month": "1980-06"}
COMMUNITY = BORN | {"service_type": "Long Term Support: Community"}
CARE_HOME = BORN | {"service_type": "Long Term Support: Residential Care"}
UNPLANNED = BORN | {"review_reason": "Unplanned - Carer related"}
LED_ON = {"event_outcome": "Progress to Support Planning / Services"}
OUTCOMES = {
    "reablement": ("Progress to Reablement/ST-Max", "short_term"),
    "assessed again": ("Progress to Re-assessment / Unplanned Review", "changed"),
    "support planned": ("Progress to Support Planning / Services", "changed"),
    "no change": ("No change in package", "no_change"),
    "moved away": ("NFA - Moved to another LA", "ended"),
    "declined": ("NFA - Support declined", "ended"),
    "ended": ("NFA - Support ended: Other reason", "ended"),
    "advice": ("NFA - Information & Advice / Signposting only", "other_outcome"),
    "in hospital": ("Admitted to hospital", "other_outcome"),
    "blank": (None, "not_known"),
    "not valid": ("it went well", "not_known"),
}
HOME_FROM = {"nursing": "Long Term Support: Nursing Care", "residential": "Long Term Support: Residential Care"}


def _home(person: str, kind: str, start: date) -> dict[str, object]:
    return service(person, **BORN | {"service_type": HOME_FROM[kind], "event_start_date": start})


ROWS = [
    *(service(name, **COMMUNITY) for name in OUTCOMES),
    *(review(name, **UNPLANNED | {"event_outcome": outcome}) for name, (outcome, _) in OUTCOMES.items()),
    service("to nursing", **COMMUNITY), review("to nursing", **UNPLANNED | LED_ON),
    _home("to nursing", "nursing", date(2022, 6, 1)),
    service("to residential", **COMMUNITY), review("to residential", **UNPLANNED | LED_ON),
    _home("to residential", "residential", date(2023, 3, 31)),
    service("the earliest home", **COMMUNITY), review("the earliest home", **UNPLANNED | LED_ON),
    _home("the earliest home", "nursing", date(2022, 9, 1)), _home("the earliest home", "residential", date(2022, 8, 1)),
    service("two homes on a day", **COMMUNITY), review("two homes on a day", **UNPLANNED | LED_ON),
    _home("two homes on a day", "nursing", date(2022, 8, 1)), _home("two homes on a day", "residential", date(2022, 8, 1)),
    service("home after the year", **COMMUNITY), review("home after the year", **UNPLANNED | LED_ON),
    _home("home after the year", "nursing", date(2023, 4, 1)),
    service("home, but no change", **COMMUNITY), review("home, but no change", **UNPLANNED),
    _home("home, but no change", "nursing", date(2022, 9, 1)),
    service("from home to home", **CARE_HOME), review("from home to home", **UNPLANNED | LED_ON),
    _home("from home to home", "nursing", date(2022, 9, 1)),
    service("planned", **COMMUNITY), review("planned", **BORN),
    service("planned to a home", **COMMUNITY), review("planned to a home", **BORN | LED_ON),
    _home("planned to a home", "residential", date(2022, 7, 1)),
    service("in prison", **BORN | {"service_type": "Long Term Support: Prison"}), review("in prison", **UNPLANNED),
    service("home and community", **COMMUNITY), service("home and community", **CARE_HOME),
    review("home and community", **UNPLANNED),
    service("reviewed before support", **COMMUNITY | {"event_start_date": date(2022, 6, 2)}),
    review("reviewed before support", **UNPLANNED),
    review("no support", **UNPLANNED),
    service("carer only", **COMMUNITY), review("carer only", **UNPLANNED | {"method_of_review": "Carer only"}),
    service("method blank", **COMMUNITY), review("method blank", **UNPLANNED | {"method_of_review": None}),
    service("joint", **COMMUNITY), review("joint", **UNPLANNED | {"method_of_review": "Service User and carer"}),
    service("reason blank", **COMMUNITY), review("reason blank", **BORN | {"review_reason": None}),
    service("short term", **COMMUNITY),
    review("short term", **BORN | {"review_reason": "Review of short term support"}),
    service("last year", **COMMUNITY),
    review("last year", **UNPLANNED | {"event_start_date": date(2022, 3, 31)}),
    service("a child", **COMMUNITY | {"birth_month": "2010-01"}),
    review("a child", **UNPLANNED | {"birth_month": "2010-01"}),
    service("no birth month", **COMMUNITY | {"birth_month": None}),
    review("no birth month", **UNPLANNED | {"birth_month": None}),
    service("dead at the end", **COMMUNITY | {"date_of_death": date(2023, 1, 1)}), review("dead at the end", **UNPLANNED),
    service("12 months to the day", **COMMUNITY | {"event_start_date": date(2022, 3, 31)}),
    review("12 months to the day", **UNPLANNED),
    service("a chain", **COMMUNITY | {"event_end_date": date(2022, 6, 30)}),
    _home("a chain", "nursing", date(2022, 7, 1)), review("a chain", **UNPLANNED),
    service("twice", **COMMUNITY | {"event_end_date": date(2022, 8, 31)}), _home("twice", "residential", date(2022, 9, 1)),
    review("twice", **UNPLANNED), review("twice", **BORN | {"event_start_date": date(2022, 10, 1)}),
    review("twice", **UNPLANNED | {"event_start_date": date(2022, 11, 1)}),
]  # fmt: skip
NOT_COUNTED = {
    "no support": ["no_support"],
    "carer only": ["method"],
    "method blank": ["method"],
    "reason blank": ["reason_not_valid"],
    "short term": ["short_term_review"],
    "a child": ["under_18"],
    "no birth month": ["age_not_known"],
}


@pytest.fixture(scope="module")
def in_the_year() -> Iterator[Engine]:
    with measured("salt_lts002a", ROWS) as engine:
        yield engine


@pytest.fixture(scope="module")
def longer() -> Iterator[Engine]:
    with measured("salt_lts002b", ROWS) as engine:
        yield engine


def test_unplanned_reviews_and_planned_ones_that_led_to_a_home(in_the_year: Engine) -> None:
    assert people(in_the_year, "salt_lts002a") == NOT_COUNTED | {name: [place] for name, (_, place) in OUTCOMES.items()} | {
        "to nursing": ["nursing"],
        "to residential": ["residential"],
        "the earliest home": ["residential"],
        "two homes on a day": ["nursing"],
        "home after the year": ["changed"],
        "home, but no change": ["no_change"],
        "from home to home": ["changed"],
        "planned": ["planned"],
        "planned to a home": ["residential"],
        "in prison": ["no_change"],
        "home and community": ["no_change"],
        "reviewed before support": ["no_change"],
        "joint": ["no_change"],
        "dead at the end": ["no_change"],
        "12 months to the day": ["no_change"],
        "a chain": ["no_change"],
        "twice": ["no_change", "planned"],
    }  # fmt: skip
    places = people(in_the_year, "salt_lts002a", "setting", "review_reason")
    assert places["to nursing"] == [("community", "Unplanned - Carer related", "nursing")]
    assert places["from home to home"][0][0] == "care_home"
    assert places["planned to a home"] == [("community", "Planned", "residential")]
    assert places["in prison"][0][0] == "prison"
    assert places["home and community"][0][0] == "care_home"
    assert places["reviewed before support"][0][0] == "none"


def test_every_review_is_an_event_of_its_own(in_the_year: Engine) -> None:
    shown = {
        tuple(row[name] for name in ("setting", "age_band", "review_reason")): row
        for row in figures(in_the_year, "salt_lts002a")
    }
    assert shown["Residential or nursing care", "All", "Carer related"]["reviews"] == 3
    assert shown["Community", "18 to 64", "Planned review that led to a care home"]["care_home"] == 1
    total = shown["All", "All", "All"]
    assert (total["reviews"], total["nursing"], total["residential"]) == (28, 2, 3)
    assert {total[name] for name in ("level_increased", "level_decreased", "all_suspended")} == {"cannot be derived"}


def test_those_supported_for_longer_with_all_planned_reviews(longer: Engine) -> None:
    found = people(longer, "salt_lts002b")
    assert {name: places for name, places in found.items() if name in NOT_COUNTED} == NOT_COUNTED
    assert {name: found[name] for name in ("planned", "planned to a home", "twice", "a chain")} == {
        "planned": ["no_change"],
        "planned to a home": ["residential"],
        "twice": ["no_change"],
        "a chain": ["no_change"],
    }
    assert {name for name, places in found.items() if places == ["no_support"]} == {
        "no support", "reviewed before support", "12 months to the day", "dead at the end",
    }  # fmt: skip
    assert [place[:2] for place in people(longer, "salt_lts002b", "setting", "review_reason")["twice"]] == [
        ("care_home", "Planned"), ("care_home", "Unplanned - Carer related"), ("community", "Unplanned - Carer related"),
    ]  # fmt: skip


def test_clients_stand_once_in_a_setting() -> None:
    rows = [row for row in ROWS if row["person_pseudonym"] in ("twice", "planned", "to nursing", *NOT_COUNTED)]
    with measured("salt_lts002b_clients", rows) as engine:
        assert people(engine, "salt_lts002b_clients", "setting") == {
            name: [(None, reasons[0])] for name, reasons in NOT_COUNTED.items()
        } | {
            "twice": [("care_home", "both"), ("community", "unplanned")],
            "planned": [("community", "planned")],
            "to nursing": [("community", "unplanned")],
        }
    with measured("salt_lts002a_clients", rows) as engine:
        found = people(engine, "salt_lts002a_clients", "setting")
        assert found["twice"] == [("care_home", "unplanned"), ("community", "unplanned")]
        assert found["planned"] == [(None, "planned")]
        shown = {(row["setting"], row["age_band"]): row["clients"] for row in figures(engine, "salt_lts002a_clients")}
    assert (shown["Community", "All"], shown["Residential or nursing care", "18 to 64"]) == (2, 1)


def test_where_no_review_has_a_method_none_is_asked_for() -> None:
    old = {"la_code": "992"}
    rows = [service("v4.2", **COMMUNITY | old), review("v4.2", **UNPLANNED | old | {"method_of_review": None})]
    rows += [service("v6", **COMMUNITY), review("v6", **UNPLANNED | {"method_of_review": None})]
    rows += [service("v6 too", **COMMUNITY), review("v6 too", **UNPLANNED)]
    with measured("salt_lts002a", rows) as engine:
        assert people(engine, "salt_lts002a") == {"v4.2": ["no_change"], "v6": ["method"], "v6 too": ["no_change"]}
