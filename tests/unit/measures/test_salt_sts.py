"""SALT STS001 and STS002: worked people for every branch of the rules that tell what followed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from linkage.engine import Engine
from tests.unit.derived_events import YEAR, Row, assessment, care_engine, request, review, service, table
from tests.unit.placed_people import figures, keep_figures, people

STS001, NEW, EXISTING = "salt_sts001", "salt_sts002a", "salt_sts002b"
ASSESSED = "Progress to Assessment / Unplanned Review"
PLANNED = "Service ended as planned"
DECLINED, NHS, DIED = "NFA - Support declined", "NFA - 100% NHS funded care", "NFA - Deceased"
END_OF_LIFE = "Progress to End of Life Care"


def june(day: int) -> date:
    return date(2022, 6, day)


def july(day: int) -> date:
    return date(2022, 7, day)


def dates(start: date, end: date | None) -> Row:
    return {"event_start_date": start, "event_end_date": end}


def long_term(person: str, start: date, end: date | None = None, kind: str = "Community", **changes: Any) -> Row:
    return service(person, service_type=f"Long Term Support: {kind}", **dates(start, end), **changes)


def short_term(person: str, start: date, end: date | None, kind: str = "ST-Max", **changes: Any) -> Row:
    return service(person, **{"service_type": f"Short Term Support: {kind}", **dates(start, end), **changes})


def after_request(person: str, *rows: Row, **changes: Any) -> list[Row]:
    """A request on 1 June, then short-term support from 5 to 30 June that ended as planned unless changes say otherwise."""
    support = {"event_outcome": PLANNED, **changes}
    return [request(person), short_term(person, june(5), june(30), **support), *rows]


# The request of 1 June has the outcome "information", which counts as signposted, where nothing that follows tells more.
REQUESTS: dict[str, list[Row]] = {
    "nothing follows": [request("nothing follows")],
    "assessment said to follow": [request("assessment said to follow", event_outcome=ASSESSED)],
    "no outcome": [request("no outcome", event_outcome=None)],
    "died": [request("died", event_outcome=DIED)],
    "end of life": [request("end of life", event_outcome=END_OF_LIFE)],
    "after 28 days": [request("after 28 days"), long_term("after 28 days", june(29))],
    "after 29 days": [request("after 29 days"), long_term("after 29 days", june(30))],
    "nursing first": [
        request("nursing first"),
        short_term("nursing first", june(2), june(4), "Other Short Term"),
        long_term("nursing first", june(5)),
        long_term("nursing first", june(6), kind="Nursing Care"),
    ],
    "reablement first": [
        request("reablement first"),
        long_term("reablement first", june(2), kind="Nursing Care"),
        short_term("reablement first", june(9), june(20)),
    ],
    "low level": [request("low level"), short_term("low level", june(1), june(2), "Ongoing Low Level")],
    "3 days between": [
        request("3 days between"),
        assessment("3 days between", **dates(june(2), june(10))),
        long_term("3 days between", june(13), kind="Residential Care"),
    ],
    "4 days between": [
        request("4 days between"),
        assessment("4 days between", **dates(june(2), june(10))),
        long_term("4 days between", june(14), kind="Residential Care"),
    ],
    "short inside long": [
        request("short inside long"),
        assessment("short inside long", **dates(june(2), june(30))),
        review("short inside long", **dates(june(5), june(6))),
        long_term("short inside long", july(3), kind="Prison"),
    ],
    "next request": [
        request("next request"),
        request("next request", event_start_date=june(10)),
        long_term("next request", june(12), kind="Residential Care"),
    ],
    "4 days between requests": [
        request("4 days between requests"),
        request("4 days between requests", event_start_date=june(5), event_outcome=DECLINED),
    ],
    "5 days between requests": [
        request("5 days between requests"),
        request("5 days between requests", event_start_date=june(6), event_outcome=DECLINED),
    ],
    "request inside a long one": [
        request("request inside a long one", **dates(june(1), june(30))),
        request("request inside a long one", **dates(june(3), june(4))),
        request("request inside a long one", **dates(july(4), july(4)), event_outcome=NHS),
    ],
    "two outcomes of one day": [
        request("two outcomes of one day", event_outcome=END_OF_LIFE, route_of_access="Prison"),
        request("two outcomes of one day"),
    ],
    "later outcome": [
        request("later outcome"),
        assessment("later outcome", event_start_date=june(3), event_outcome=NHS),
    ],
    "last later outcome": [
        request("last later outcome"),
        assessment("last later outcome", event_start_date=june(3), event_outcome=NHS),
        review("last later outcome", event_start_date=june(5), event_outcome=DIED),
    ],
    "two later outcomes": [
        request("two later outcomes"),
        assessment("two later outcomes", event_start_date=june(3), event_outcome=NHS),
        review("two later outcomes", event_start_date=june(3), event_outcome=DIED),
    ],
    "one later outcome twice": [
        request("one later outcome twice"),
        assessment("one later outcome twice", event_start_date=june(3), event_outcome=NHS),
        review("one later outcome twice", event_start_date=june(3), event_outcome=NHS),
    ],
    "a service of no rank": [
        request("a service of no rank"),
        service(
            "a service of no rank",
            service_type="Carer Support: Direct to Carer",
            **dates(june(2), june(3)),
            event_outcome=DECLINED,
        ),
    ],
    "existing": [request("existing"), long_term("existing", date(2021, 1, 1))],
    "support ended that day": [
        request("support ended that day"),
        long_term("support ended that day", date(2021, 1, 1), june(1)),
    ],
    "support ended before": [
        request("support ended before"),
        long_term("support ended before", date(2021, 1, 1), date(2022, 5, 31)),
    ],
    "support from that day": [request("support from that day"), long_term("support from that day", june(1))],
    "support before the year": [
        request("support before the year", **dates(date(2022, 3, 15), date(2022, 4, 5))),
        long_term("support before the year", date(2021, 1, 1), date(2022, 3, 20)),
    ],
    "support as a carer": [
        request("support as a carer"),
        long_term("support as a carer", date(2021, 1, 1), client_type="Carer"),
        long_term("support as a carer", june(2), client_type="Carer"),
    ],
    "support elsewhere": [request("support elsewhere"), long_term("support elsewhere", june(2), la_code="992")],
    "carer": [request("carer", client_type="Carer")],
    "a child": [request("a child", birth_month="2008-06")],
    "no birth month": [request("no birth month", birth_month=None)],
    "on the first day": [request("on the first day", **dates(date(2022, 3, 28), YEAR.start))],
    "the day before": [request("the day before", **dates(date(2022, 3, 28), date(2022, 3, 31)))],
    "on the last day": [
        request("on the last day", event_start_date=YEAR.end),
        long_term("on the last day", date(2023, 4, 1)),
    ],
    "the day after": [request("the day after", event_start_date=date(2023, 4, 1))],
}

SHORT_TERM: dict[str, list[Row]] = {
    "ended as planned": after_request("ended as planned"),
    "nursing after 3 days": after_request(
        "nursing after 3 days", long_term("nursing after 3 days", july(3), kind="Nursing Care")
    ),
    "nursing after 4 days": after_request(
        "nursing after 4 days", long_term("nursing after 4 days", july(4), kind="Nursing Care")
    ),
    "long term goes first": after_request(
        "long term goes first",
        short_term("long term goes first", july(1), july(2), "Other Short Term"),
        short_term("long term goes first", july(1), july(2), "Ongoing Low Level"),
        long_term("long term goes first", july(5), kind="Prison"),
    ),
    "low level after it": after_request(
        "low level after it",
        short_term("low level after it", july(1), None, "Ongoing Low Level"),
        short_term("low level after it", july(1), july(2), "Other Short Term"),
    ),
    "1 day between services": after_request(
        "1 day between services",
        short_term("1 day between services", july(1), july(20), event_outcome=DECLINED),
    ),
    "2 days between services": after_request(
        "2 days between services",
        short_term("2 days between services", july(2), july(20), event_outcome=DECLINED),
    ),
    "NHS funded": after_request("NHS funded", event_outcome=NHS),
    "self-funded": after_request("self-funded", event_outcome="NFA - Self-funded client (inc 12wk disregard)"),
    "information": after_request("information", event_outcome="NFA - Information & Advice / Signposting only"),
    "hospital": after_request("hospital", event_outcome="Admitted to hospital"),
    "hospital and review": after_request(
        "hospital and review", review("hospital and review", event_start_date=july(1)), event_outcome="Admitted to hospital"
    ),
    "planned and review": after_request(
        "planned and review", review("planned and review", event_start_date=july(1))
    ),
    "support goes on": after_request("support goes on", event_outcome="No change in package"),
    "review ended in death": after_request(
        "review ended in death", review("review ended in death", event_start_date=july(1), event_outcome=DIED)
    ),
    "two ends": after_request(
        "two ends",
        review("two ends", event_start_date=july(1), event_outcome=DIED),
        assessment("two ends", event_start_date=july(1), event_outcome=NHS),
    ),
    "end of life after it": after_request(
        "end of life after it",
        assessment("end of life after it", event_start_date=july(1), event_outcome=END_OF_LIFE),
        event_outcome=DECLINED,
    ),
    "nobody asked": [short_term("nobody asked", june(5), june(30))],
    "asked before the year": [
        request("asked before the year", event_start_date=date(2022, 3, 20)),
        short_term("asked before the year", date(2022, 3, 25), date(2022, 4, 20)),
    ],
    "an existing client": after_request(
        "an existing client", long_term("an existing client", date(2021, 1, 1), kind="Residential Care")
    ),
    "long term from that day": [
        short_term("long term from that day", june(5), june(30)),
        long_term("long term from that day", june(5)),
    ],
    "long term until the day before": [
        short_term("long term until the day before", june(5), june(30)),
        long_term("long term until the day before", date(2021, 1, 1), june(4)),
    ],
    "existing, two services": [
        long_term("existing, two services", date(2021, 1, 1)),
        short_term("existing, two services", june(5), june(30)),
        short_term("existing, two services", july(1), july(8)),
        short_term("existing, two services", july(10), july(12)),
    ],
    "existing, age not known": [
        long_term("existing, age not known", date(2021, 1, 1), birth_month=None),
        short_term("existing, age not known", june(5), june(30), birth_month=None),
    ],
    "existing, a child": [
        long_term("existing, a child", date(2021, 1, 1), birth_month="2008-06"),
        short_term("existing, a child", june(5), june(30), birth_month="2008-06"),
    ],
    "existing, still open": [
        long_term("existing, still open", date(2021, 1, 1)),
        short_term("existing, still open", june(5), None),
    ],
    "existing, until after the year": [
        long_term("existing, until after the year", date(2021, 1, 1)),
        short_term("existing, until after the year", date(2023, 3, 1), date(2023, 4, 1)),
    ],
    "existing, from before the year": [
        long_term("existing, from before the year", date(2021, 1, 1), date(2022, 3, 31)),
        short_term("existing, from before the year", date(2022, 3, 1), YEAR.start),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Iterator[Engine]:
    rows = [row for one in (*REQUESTS.values(), *SHORT_TERM.values()) for row in one]
    measures = [MEASURES[name] for name in (STS001, NEW, EXISTING)]
    with care_engine(rows, leave_out=("submission",)) as engine:
        asked = Asked(YEAR)
        derive_for(engine, measures, asked)
        for measure in measures:
            make_people(engine, measure, asked)
            keep_figures(engine, measure, asked)
        yield engine


def test_requests_of_new_clients_stand_by_what_followed(made: Engine) -> None:
    found = people(made, STS001)
    assert {name: found.get(name) for name in REQUESTS} == {
        "nothing follows": ["signposted"],
        "assessment said to follow": ["not_classified"],
        "no outcome": ["not_classified"],
        "died": ["deceased"],
        "end of life": ["end_of_life"],
        "after 28 days": ["community"],
        "after 29 days": ["signposted"],
        "nursing first": ["nursing"],
        "reablement first": ["short_term_max"],
        "low level": ["low_level"],
        "3 days between": ["residential"],
        "4 days between": ["signposted"],
        "short inside long": ["prison"],
        "next request": ["residential", "signposted"],
        "4 days between requests": ["no_services_other"],
        "5 days between requests": ["no_services_other", "signposted"],
        "request inside a long one": ["nhs_funded"],
        "two outcomes of one day": ["end_of_life"],
        "later outcome": ["nhs_funded"],
        "last later outcome": ["deceased"],
        "two later outcomes": ["no_services_other"],
        "one later outcome twice": ["nhs_funded"],
        "a service of no rank": ["no_services_other"],
        "existing": ["existing_client"],
        "support ended that day": ["existing_client"],
        "support ended before": ["signposted"],
        "support from that day": ["existing_client"],
        "support before the year": ["existing_client"],
        "support as a carer": ["signposted"],
        "support elsewhere": ["signposted"],
        "carer": None,
        "a child": ["under_18"],
        "no birth month": ["no_birth_month"],
        "on the first day": ["signposted"],
        "the day before": None,
        "on the last day": ["signposted"],
        "the day after": None,
    }


def test_a_request_says_how_what_followed_is_known_and_how_the_person_came(made: Engine) -> None:
    found = people(made, STS001, "told_by", "route")
    assert found["after 28 days"] == [("service", "community_other", "community")]
    assert found["later outcome"] == [("later_outcome", "community_other", "nhs_funded")]
    assert found["nothing follows"] == [("own_outcome", "community_other", "signposted")]
    assert found["no outcome"] == [("nothing", "community_other", "not_classified")]
    assert found["two outcomes of one day"] == [("own_outcome", "prison", "end_of_life")]


def test_requests_are_counted_and_not_people(made: Engine) -> None:
    last = figures(made, STS001)[-1]
    assert (last["la_code"], last["age_band"], last["route"]) == ("992", "All", "All")
    total = next(
        row for row in figures(made, STS001) if row["la_code"] == "991" and row["route"] == row["age_band"] == "All"
    )
    counted = table(made, "select count(*), count(distinct person_key) from salt_sts001_people where reason is null")[0]
    assert (total["requests"], total["long_term"]) == (counted[0], 5)
    assert counted[0] - counted[1] == 2


def test_short_term_support_of_new_clients_stands_by_what_followed(made: Engine) -> None:
    found = people(made, NEW)
    assert {name: found.get(name) for name in ("reablement first", *SHORT_TERM)} == {
        "reablement first": ["not_classified"],
        "ended as planned": ["no_services_other"],
        "nursing after 3 days": ["long_term"],
        "nursing after 4 days": ["no_services_other"],
        "long term goes first": ["long_term"],
        "low level after it": ["low_level"],
        "1 day between services": ["declined"],
        "2 days between services": ["declined", "no_services_other"],
        "NHS funded": ["early_cessation"],
        "self-funded": ["self_funded"],
        "information": ["signposted"],
        "hospital": ["no_services_other"],
        "hospital and review": ["not_classified"],
        "planned and review": ["no_services_other"],
        "support goes on": ["not_classified"],
        "review ended in death": ["early_cessation"],
        "two ends": ["no_services_other"],
        "end of life after it": ["declined"],
        "nobody asked": ["no_request"],
        "asked before the year": ["no_request"],
        "an existing client": ["existing_client"],
        "long term from that day": ["existing_client"],
        "long term until the day before": ["no_request"],
        "existing, two services": ["existing_client"],
        "existing, age not known": ["existing_client"],
        "existing, a child": ["existing_client"],
        "existing, still open": None,
        "existing, until after the year": None,
        "existing, from before the year": ["existing_client"],
    }


def test_the_route_to_short_term_support_is_that_of_the_request(made: Engine) -> None:
    labels = ("age_band", "route", "primary_support_reason", "ethnic_group")
    reason = "Mental health support"
    assert people(made, NEW, *labels)["NHS funded"] == [
        ("65+", "community_other", reason, "unknown", "early_cessation")
    ]
    assert people(made, NEW, "route")["nobody asked"] == [("not known", "no_request")]


def test_what_the_data_cannot_tell_is_said_in_its_column(made: Engine) -> None:
    assert figures(made, NEW)[0]["early_cessation_long_term"] == "cannot be derived"
    assert figures(made, EXISTING)[0]["route_of_access"] == "cannot be derived"


def test_short_term_support_of_existing_clients_is_counted(made: Engine) -> None:
    found = people(made, EXISTING, "age_band")
    counted, new = ("65+", "episodes"), ("65+", "new_client")
    names = [name for name in SHORT_TERM if name.startswith(("existing", "long term ", "an "))]
    assert {name: found.get(name) for name in names} == {
        "long term goes first": [new],
        "an existing client": [counted],
        "long term from that day": [counted],
        "long term until the day before": [new],
        "existing, two services": [counted],
        "existing, age not known": [("not known", "episodes")],
        "existing, a child": [(None, "under_18")],
        "existing, still open": None,
        "existing, until after the year": None,
        "existing, from before the year": [counted],
    }
    # "existing, two services" is two periods: the third service begins two days after the second. "reablement first" is the
    # seventh: long-term support began between the request and the short-term support.
    total = next(row for row in figures(made, EXISTING) if row["la_code"] == "991" and row["age_band"] == "All")
    assert total["episodes"] == 7
