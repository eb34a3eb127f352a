"""Hospital stays and GP registrations of the people of random worlds, and of others whom social care does not know."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from linkage.engine import Engine
from tests.independent.worlds import Row
from tests.unit.hospital_people import hospital_table

_CODES: dict[str, tuple[str | None, ...]] = {
    "admimeth": ("21", "22", "2A", "11", "12", "31", "82", "81", None),
    "dismeth": ("1", "1", "1", "1", "2", "4", "5", None),
    "disdest": ("19", "19", "19", "54", "51", "79", None),
    "tretspef": ("300", "300", "430", "110", "501", "650", "711", None),
    "classpat": ("1", "1", "1", "2", "3", None),
}
_OFTEN = {"admimeth": "21", "dismeth": "1", "disdest": "19", "tretspef": "300", "classpat": "1"}


def register_hospital(engine: Engine, rows: Sequence[Row]) -> None:
    """Make ``admissions`` and ``gp_registrations`` for the people of these rows and a few others."""
    near: dict[str, list[date]] = {}
    for row in rows:
        often = 8 if str(row.get("service_type")).endswith("ST-Max") else 1
        near.setdefault(row["person_pseudonym"], []).extend([row["event_start_date"]] * often)
    for person in list(near)[::4]:
        near[f"{person} unknown"] = near[person]
    codes = sorted({row["la_code"] for row in rows})
    episodes: list[Row] = []
    registrations: list[Row] = []
    for person, days in near.items():
        rng = random.Random(f"{person} in hospital")
        stays = [_stay(rng, person, days, codes) for _ in range(rng.randint(1, 4))]
        episodes += [one for stay in {stay[0]["admidate"]: stay for stay in stays}.values() for one in stay]
        registrations += [_registration(rng, person) for _ in range(rng.choice((0, 1, 1, 2)))]
    engine.register("admissions", hospital_table(episodes))
    engine.register("gp_registrations", hospital_table(registrations))


def _stay(rng: random.Random, person: str, days: Sequence[date], codes: Sequence[str]) -> list[Row]:
    discharged = rng.choice(days) + timedelta(days=rng.choice((-8, -7, -3, 0, 0, 3, 4, 20, 60, 84, 85)))
    admitted = discharged - timedelta(days=rng.choice((0, 1, 2, 5, 5, 30, 30, 800)))
    stay: Row = {
        "person_pseudonym": person,
        "person_id_type": "nhs_number",
        "admidate": admitted,
        "disdate": discharged if rng.random() < 0.9 else None,
        "la_code": rng.choice((*codes, None)) if rng.random() < 0.2 else codes[0],
        "epiorder": rng.choice(("1", "1", "1", "98", None)),
        "epistart": admitted,
    }
    stay |= {name: _code(rng, name) for name in _CODES}
    if rng.random() < 0.7:
        return [stay]
    changed: dict[str, Any] = {name: _code(rng, name) for name in ("dismeth", "disdest", "tretspef")}
    return [stay, stay | changed | {"epiorder": "2", "epistart": admitted + timedelta(days=1)}]


def _code(rng: random.Random, name: str) -> str | None:
    return _OFTEN[name] if rng.random() < 0.8 else rng.choice(_CODES[name])


def _registration(rng: random.Random, person: str) -> Row:
    born = f"{rng.choice((1930, 1940, 1943, 1948, 1957))}-{rng.randint(1, 12):02}"
    return {
        "person_pseudonym": person,
        "person_id_type": "nhs_number",
        "registration_start_date": date(rng.randint(2000, 2022), 1, 1) if rng.random() < 0.9 else None,
        "birth_month": born if rng.random() < 0.9 else None,
        "gender": rng.choice(("1", "2", "2", "9", None)),
    }
