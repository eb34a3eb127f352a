"""The old ASCOF 2D: worked people in every column, and which columns count."""

from datetime import date
from typing import Any

from tests.unit.derived_events import Row, request, service
from tests.unit.placed_people import figures, measured, people

ENDED = date(2022, 7, 1)
AFTER = {"event_start_date": date(2022, 7, 3), "event_end_date": None}


def reabled(person: str, **changes: Any) -> list[Row]:
    """A request on 1 June 2022 and reablement from 3 June to 1 July without a telling outcome."""
    stay = {
        "service_type": "Short Term Support: ST-Max",
        "event_start_date": date(2022, 6, 3),
        "event_end_date": ENDED,
        "event_outcome": None,
    }
    asked = {"event_outcome": "Progress to Reablement/ST-Max"}
    who = {"birth_month": changes.pop("birth_month", "1940-06")}
    return [request(person, **asked, **who), service(person, **{**stay, **who, **changes})]


ROWS = [
    *reabled("low level"),
    service("low level", service_type="Short Term Support: Ongoing Low Level", **AFTER),
    *reabled("other short term"),
    service("other short term", service_type="Short Term Support: Other Short Term", **AFTER),
    *reabled("signposted", event_outcome="NFA - Information & Advice / Signposting only"),
    *reabled("ended as planned", event_outcome="Service ended as planned"),
    *reabled("moved", event_outcome="NFA - Moved to another LA"),
    *reabled("a home"),
    service("a home", **AFTER),
    *reabled("community", birth_month="1990-01"),
    service("community", service_type="Long Term Support: Community", birth_month="1990-01", **AFTER),
    *reabled("deceased", event_outcome="NFA - Deceased"),
    *reabled("self-funded", event_outcome="NFA - Self-funded client (inc 12wk disregard)"),
    *reabled("declined", event_outcome="NFA - Support declined"),
    *reabled("leads on", event_outcome="Progress to Assessment / Unplanned Review"),
    *reabled("a child", birth_month="2010-01"),
    *reabled("no birth month", birth_month=None),
    reabled("without request")[1],
    *reabled("existing client"),
    service("existing client", service_type="Long Term Support: Community"),
]


def test_the_rows_of_sts002a_count_as_the_old_definition_has_it() -> None:
    with measured("ascof_2d_salt", ROWS) as engine:
        assert people(engine, "ascof_2d_salt") == {
            "low level": ["low_level"],
            "other short term": ["short_term_other"],
            "signposted": ["signposted"],
            "ended as planned": ["no_services_other"],
            "moved": ["no_services_other"],
            "a home": ["long_term"],
            "community": ["long_term"],
            "deceased": ["early_cessation"],
            "self-funded": ["self_funded"],
            "declined": ["declined"],
            "leads on": ["not_classified"],
            "a child": ["under_18"],
            "no birth month": ["no_birth_month"],
            "without request": ["no_request"],
            "existing client": ["existing_client"],
        }
        counted = {
            row["age_band"]: (row["no_or_lower_support"], row["episodes_counted"])
            for row in figures(engine, "ascof_2d_salt")
        }
    assert counted == {"18 to 64": (0, 1), "65 and over": (5, 6), "Age not known": (0, 0), "All": (5, 7)}
