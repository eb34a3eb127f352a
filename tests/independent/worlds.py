"""Small random worlds: two authorities each, whose people have events of every kind, with blanks, deaths and contradictions."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from linkage.cohort.derive.settings import grouped_values
from tests.unit.derived_events import YEAR

Row = dict[str, Any]
_FIRST = date(2020, 9, 1)
_DAYS = (YEAR.end - _FIRST).days + 60


def random_rows(seed: int, people: int = 40) -> list[Row]:
    """The rows of one world; the same seed makes the same world. Worlds share neither people nor authorities."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(people):
        codes = [f"{seed}a", f"{seed}b"] if rng.random() < 0.1 else [rng.choice((f"{seed}a", f"{seed}b"))]
        for code in codes:
            rows += _rows_of(rng, code, f"{seed}-{number}")
    return _traced(rows + _reabled_rows(seed), seed)


def _traced(rows: list[Row], seed: int) -> list[Row]:
    """The rows with how each person was traced: some stand under the authority's own id, some rows say another thing."""
    rng = random.Random(f"{seed} traced")
    qualities = ("confirmed", "confirmed", "confirmed", "superseded", "found", "corrected", None)
    of_person = {person: rng.choice(qualities) for person in sorted({row["person_pseudonym"] for row in rows})}
    unlinked = {person for person in of_person if rng.random() < 0.1}
    for row in rows:
        quality = of_person[row["person_pseudonym"]]
        row["link_quality"] = rng.choice(qualities) if rng.random() < 0.05 else quality
        if row["person_pseudonym"] in unlinked:
            row |= {"link_quality": "not_found", "person_id_type": "la_person_id"}
    return rows


def _reabled_rows(seed: int, people: int = 12) -> list[Row]:
    """The rows of people with short-term support to maximise independence and other events close to it."""
    rng = random.Random(f"{seed} reabled")
    rows: list[Row] = []
    for number in range(people):
        who = {
            "client_type": "Service user",
            "birth_month": rng.choice((None, "1930-05", "1945-11", "1957-08", "1990-01")),
        }
        events = _rows_of(rng, rng.choice((f"{seed}a", f"{seed}b")), f"{seed}-r{number}")
        began = date(2022, 2, 1) + timedelta(days=rng.randint(0, 420))
        for place, event in enumerate(events):
            start = began + timedelta(days=rng.choice((-100, -90, -3, 0, 6, 7, 8, 20, 35, 42, 49, 50)) if place else 0)
            event |= who | {
                "event_start_date": start,
                "event_end_date": start + timedelta(days=rng.choice((0, 6, 14, 42))),
            }
            if place and event["event_type"] == "Service" and rng.random() < 0.4:
                event["event_end_date"] = None
            if place and rng.random() < 0.1:
                event |= {"event_type": "Service", "service_component": "Equipment"}
        for event in events[: rng.choice((1, 1, 2))]:
            event |= {"event_type": "Service", "service_type": "Short term support: ST-Max"}
            event["service_component"] = rng.choice(("Reablement", "Reablement", None, "Equipment"))
        rows += events
    return rows


def _rows_of(rng: random.Random, code: str, person: str) -> list[Row]:
    who = {
        "la_code": code,
        "person_pseudonym": person,
        "person_id_type": "nhs_number",
        "reporting_period_start_date": YEAR.start,
        "reporting_period_end_date": YEAR.end,
        "birth_month": _sometimes(
            rng, 0.95, f"{rng.choice((1930, 1945, 1958, 1975, 1990, 2004, 2005))}-{rng.randint(1, 12):02}"
        ),
        "date_of_death": _sometimes(rng, 0.1, _day(rng)),
        "client_type": rng.choice(("Service user",) * 5 + ("Unpaid carer", "Unpaid carer known by association")),
        "gender": _value(rng, "gender"),
        "ethnicity": _value(rng, "ethnicity"),
        "primary_support_reason": rng.choice(("Learning disability support", _value(rng, "primary_support_reason"))),
        "accommodation_status": _value(rng, "accommodation_status"),
        "employment_status": _value(rng, "employment_status"),
        "la_person_pseudonym": f"id {person}",
    }
    if who["client_type"] != "Service user":
        seed = person.split("-")[0]
        who |= {f"adult_{place}_linked_person_pseudonym": f"id {seed}-{rng.randint(0, 50)}" for place in (1, 3)}
    if rng.random() < 0.2:  # one thing leads to another within weeks
        first = _day(rng)
        return [who | _event(rng, first + timedelta(days=rng.randint(0, 40)), (0, 1, 5)) for _ in range(9)]
    return [who | _event(rng, _day(rng), (0, 1, 5, 20, 60, 200, 400)) for _ in range(rng.randint(1, 7))]


def _event(rng: random.Random, start: date, lengths: Sequence[int]) -> Row:
    kind = rng.choice(("Service",) * 4 + ("Request", "Assessment", "Review"))
    end = start + timedelta(days=rng.choice(lengths))
    event: Row = {"event_type": kind, "event_start_date": start, "event_outcome": _value(rng, "event_outcome")}
    event["event_end_date"] = _sometimes(rng, 0.6 if kind == "Service" else 1, end)
    event["conversation"] = _sometimes(rng, 0.2, "Yes")
    if rng.random() < 0.2:
        event |= {name: _value(rng, name) for name in ("accommodation_status", "employment_status")}
    if kind == "Service":
        names = ("service_type", "service_component", "delivery_mechanism", "cost_frequency")
        event |= {name: _value(rng, name) for name in names}
        event |= {
            "unit_cost": rng.choice((None, 0.0, 25.0, 310.5)),
            "planned_units_per_week": rng.choice((None, 1.0, 14.0)),
        }
    names = {
        "Request": ("route_of_access",),
        "Assessment": ("assessment_type",),
        "Review": ("review_reason", "method_of_review"),
    }
    if kind == "Assessment":
        event["method_of_assessment"] = _value(rng, "method_of_review")
    return event | {name: _value(rng, name) for name in names.get(kind, ())}


def _value(rng: random.Random, field: str) -> str | None:
    """A wording of a random group, sometimes blank or unlisted."""
    if rng.random() < 0.1:
        return rng.choice((None, "not a listed wording"))
    groups = grouped_values().fields[field].groups
    return rng.choice(groups[rng.choice(list(groups))])


def _day(rng: random.Random) -> date:
    ends = (YEAR.start, YEAR.end, YEAR.start - timedelta(days=1), date(2022, 6, 30))
    return rng.choice(ends) if rng.random() < 0.1 else _FIRST + timedelta(days=rng.randint(0, _DAYS))


def _sometimes(rng: random.Random, share: float, value: Any) -> Any:
    return value if rng.random() < share else None
