"""Small tables of events for tests: rows as dictionaries in, an engine with ``event``, ``person`` and ``spell`` out.

    with derived([service("ann"), service("ann", event_start_date=date(2022, 5, 1))]) as engine:
        engine.rows(Step("count", "select count(*) from event"))

Column names are those of the released social care table; whatever is not given is null.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from linkage.cohort.derive.period import Period
from linkage.cohort.derive.run import Derivation, derive
from linkage.cohort.derive.settings import grouped_values
from linkage.cohort.derive.source import linked_source
from linkage.engine import Engine, Step, open_engine

Row = dict[str, Any]
YEAR = Period(date(2022, 4, 1), date(2023, 3, 31))
_DATES = (
    "reporting_period_start_date",
    "reporting_period_end_date",
    "date_of_death",
    "event_start_date",
    "event_end_date",
    "received_date",
)
_NUMBERS = ("unit_cost", "planned_units_per_week")
_TEXTS = (
    "la_code",
    "person_pseudonym",
    "person_id_type",
    "la_person_pseudonym",
    "birth_month",
    "conversation",
    "submission",
    "link_quality",
    "adult_1_linked_person_pseudonym",
    "adult_2_linked_person_pseudonym",
    "adult_3_linked_person_pseudonym",
)
_PERSON = {
    "la_code": "991",
    "person_id_type": "nhs_number",
    "birth_month": "1940-06",
    "client_type": "Service User",
    "gender": "Female",
    "primary_support_reason": "Mental Health Support",
    "reporting_period_start_date": YEAR.start,
    "reporting_period_end_date": YEAR.end,
}


def service(person: str, **changes: Any) -> Row:
    """A nursing home stay, open since January 2021, of a woman born in June 1940."""
    stay = {
        "event_type": "Service",
        "service_type": "Long Term Support: Nursing Care",
        "event_start_date": date(2021, 1, 1),
    }
    return {"person_pseudonym": person, **_PERSON, **stay, **changes}


def request(person: str, **changes: Any) -> Row:
    """A request from the community on 1 June 2022, closed on the same day with information and advice."""
    return {
        "person_pseudonym": person,
        **_PERSON,
        "event_type": "Request",
        "route_of_access": "Community / Other route",
        "event_outcome": "NFA - Information & Advice / Signposting only",
        **_on(changes),
    }


def assessment(person: str, **changes: Any) -> Row:
    """A long-term assessment on 1 June 2022 that led to support planning."""
    return {
        "person_pseudonym": person,
        **_PERSON,
        "event_type": "Assessment",
        "assessment_type": "Long Term Assessment",
        "event_outcome": "Progress to Support Planning / Services",
        **_on(changes),
    }


def review(person: str, **changes: Any) -> Row:
    """A planned review with the service user on 1 June 2022 that changed nothing."""
    return {
        "person_pseudonym": person,
        **_PERSON,
        "event_type": "Review",
        "review_reason": "Planned",
        "method_of_review": "Service User only",
        "event_outcome": "No change in package",
        **_on(changes),
    }


def _on(changes: Row) -> Row:
    """The dates of a one-day event, 1 June 2022 unless the changes give a start or an end."""
    start = changes.get("event_start_date", date(2022, 6, 1))
    return {"event_start_date": start, "event_end_date": start, **changes}


def care_engine(rows: Sequence[Row], *, leave_out: Sequence[str] = ()) -> Engine:
    """An engine with the table ``social_care`` of these rows; ``leave_out``: columns that the release lacks."""
    listed = {column for field in grouped_values().fields.values() for column in field.columns}
    types = {name: pa.date32() for name in _DATES} | dict.fromkeys(_NUMBERS, pa.float64())
    types |= dict.fromkeys([*_TEXTS, *sorted(listed)], pa.string())
    schema = pa.schema([(name, kind) for name, kind in types.items() if name not in leave_out])
    unknown = {name for row in rows for name in row} - set(types)
    assert not unknown, f"no such columns: {unknown}"
    engine = open_engine()
    engine.register("social_care", pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
    return engine


def derived(rows: Sequence[Row], *, leave_out: Sequence[str] = ("submission",), **choices: Any) -> Engine:
    """The engine after ``derive``; ``choices`` are those of ``Derivation`` (the year 2022/23 unless given)."""
    engine = care_engine(rows, leave_out=leave_out)
    derive(engine, linked_source(engine), Derivation(**{"period": YEAR, "keep_steps": True, **choices}))
    return engine


def table(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return engine.rows(Step("asked", sql))
