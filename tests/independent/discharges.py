"""Stays in hospital, discharges and the reablement after them, in plain Python over the tables as pandas has them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from tests.independent.ascof_2a import clusters, end
from tests.independent.tables import Derived

Row = dict[str, Any]
DAY = timedelta(days=1)
EARLY = date(1, 1, 1)
NOT_ACUTE = [
    "199",
    "223",
    "290",
    "291",
    "331",
    "344",
    "345",
    "346",
    "424",
    "499",
    "501",
    "504",
    "560",
    "660",
    "661",
    "662",
    "840",
    "920",
]
EMERGENCY = ["21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D", "31", "32", "81", "82", "83"]


@dataclass
class Discharge:
    la_code: str
    person: str
    person_key: int
    labels: tuple[str | None, ...]
    admitted: date
    discharged: date
    lives_in: str | None
    reason: str | None


@dataclass
class Episode:
    la_code: str
    person_key: int
    labels: tuple[str | None, ...] = (None, None, None)
    outcome: tuple[bool, bool, bool] = (False, False, False)
    reason: str | None = None


def age_on(born: date, day: date) -> int:
    return int((day - born).days // 365.25)


class Hospital:
    """Everything that the two parts look at."""

    def __init__(self, derived: Derived) -> None:
        self.derived = derived
        sources = {row["person_key"]: row["person_key_source"] for row in derived.event.to_dict("records")}
        self.of_person = {
            place: {**row, "source": sources.get(row["person_key"])} for place, row in derived.of_person.items()
        }
        self.by_pseudonym: dict[str, list[Row]] = defaultdict(list)
        for row in derived.person.to_dict("records"):
            self.by_pseudonym[row["person_pseudonym"]].append(row)
        self.long_term: dict[str, list[Row]] = defaultdict(list)
        for row in derived.event[derived.event.setting.notna()].to_dict("records"):
            one = self.of_person[(row["la_code"], row["person_key"])]
            dead = one["date_of_death"] is not None and one["date_of_death"] < derived.first
            if row["client_type_group"] == "service_user" and not dead:
                self.long_term[str(one["person_pseudonym"])].append(row)
        self.registrations: dict[str, list[Row]] = defaultdict(list)
        for row in derived.registrations.to_dict("records"):
            self.registrations[row["person_pseudonym"]].append(row)

    @cached_property
    def stays(self) -> list[Row]:
        """The last episode of every stay."""
        found: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in self.derived.admissions.to_dict("records"):
            found[(row["person_pseudonym"], row["admidate"], row["admimeth"])].append(row)
        return [max(episodes, key=_order) for episodes in found.values()]

    @cached_property
    def numbers(self) -> dict[str, int]:
        unknown = {stay["person_pseudonym"]: stay["patient_number"] for stay in self.stays}
        known = {person: min(row["person_key"] for row in rows) for person, rows in self.by_pseudonym.items()}
        return unknown | known

    def born(self, person: str) -> date | None:
        told = [row for row in self.registrations[person] if row["birth_month"]]
        if told:
            latest = max(told, key=lambda row: (row["registration_start_date"] or EARLY, row["birth_month"]))
            return date.fromisoformat(latest["birth_month"] + "-01")
        return min((row["birth_month"] for row in self.by_pseudonym[person] if row["birth_month"]), default=None)

    def gender(self, person: str) -> str:
        told = [row for row in self.registrations[person] if row["gender"] in ("1", "2")]
        if told:
            latest = max(told, key=lambda row: (row["registration_start_date"] or EARLY, row["gender"]))
            return "Male" if latest["gender"] == "1" else "Female"
        known = [row["gender"] for row in self.by_pseudonym[person] if row["gender"] in ("Female", "Male")]
        return min(known, default="Not known")

    def discharges(self) -> list[Discharge]:
        return [
            self.discharge(stay)
            for stay in self.stays
            if stay["disdate"] and self.derived.first <= stay["disdate"] <= self.derived.last
        ]

    def discharge(self, stay: Row) -> Discharge:
        person, admitted, left = stay["person_pseudonym"], stay["admidate"], stay["disdate"]
        open_then = [row for row in self.long_term[person] if row["start_date"] <= admitted <= end(row)]
        born = self.born(person)
        age = age_on(born, left) if born and born <= left else None
        function = stay["tretspef"] or ""
        first = self.derived.first
        checks = [
            ("no_birth_month", age is None),
            ("too_young", age is not None and age < 65),
            ("same_day", admitted >= left),
            ("admission_method", stay["admimeth"] in ("31", "32", "82", "83")),
            ("discharge_method", stay["dismeth"] in ("4", "5")),
            ("destination", stay["disdest"] in ("49", "50", "51", "52", "79", "87", "88")),
            ("treatment_function", function in NOT_ACUTE or function[:2] == "65" or function[:1] == "7"),
            ("not_stated", None in (stay["admimeth"], stay["dismeth"], stay["disdest"], stay["tretspef"])),
            ("long_stay", admitted < first.replace(year=first.year - 1)),
            ("care_home", any(row["setting"] != "community" for row in open_then)),
            ("no_residence", stay["la_code"] is None),
        ]
        band = None
        if age is not None and age >= 65:
            band = "85+" if age >= 85 else "75-84" if age >= 75 else "65-74"
        codes = [row["la_code"] for row in self.by_pseudonym[person]]
        return Discharge(
            stay["la_code"] or min(codes, default="not known"),
            person,
            self.numbers[person],
            ("community" if open_then else "none", band, self.gender(person)),
            admitted,
            left,
            stay["la_code"],
            next((name for name, holds in checks if holds), None),
        )

    def reablement(self) -> list[Episode]:
        counted: dict[str, list[Discharge]] = defaultdict(list)
        for one in self.discharges():
            if not one.reason:
                counted[one.person].append(one)
        event = self.derived.event
        chosen = event[
            (event.service_group == "short_term_max")
            & (event.component_group == "reablement")
            & (event.client_type_group == "service_user")
        ]
        found = []
        for (la_code, key), services in self.derived.events(chosen):
            for cluster in clusters(services, 7):
                start = cluster[0]["start_date"]
                if self.derived.first - 3 * DAY <= start <= self.derived.last + 7 * DAY:
                    found.append(self.episode(la_code, key, start, counted))
        return found

    def episode(self, la_code: str, key: int, start: date, counted: dict[str, list[Discharge]]) -> Episode:
        one = self.of_person[(la_code, key)]
        person, died = str(one["person_pseudonym"]), one["date_of_death"]
        near = [
            left
            for left in counted[person]
            if start - 7 * DAY <= left.discharged <= start + 3 * DAY and left.admitted <= start
        ]
        led = max(near, key=lambda left: (left.discharged, left.admitted), default=None)
        labels = led.labels if led else (None, None, None)
        if died is not None and died < self.derived.first:
            return Episode(la_code, key, labels, reason="died")
        if one["source"] == "la_person_id":
            return Episode(la_code, key, labels, reason="not_linked")
        if led is None:
            return Episode(la_code, key, labels, reason="no_discharge")
        until = led.discharged + 84 * DAY
        readmitted = any(
            max(start, led.discharged) < stay["admidate"] <= until and self.is_readmission(stay)
            for stay in self.stays
            if stay["person_pseudonym"] == person
        )
        homes = [row["start_date"] for row in self.long_term[person] if row["setting"] in ("nursing", "residential")]
        entered = any(led.discharged <= day <= until for day in homes)
        dead = died is not None and led.discharged <= died <= until
        return Episode(la_code, key, labels, (dead, readmitted, entered))

    def is_readmission(self, stay: Row) -> bool:
        return (
            stay["admimeth"] in EMERGENCY
            and stay["classpat"] not in ("3", "4")
            and stay["disdate"] is not None
            and stay["admidate"] < stay["disdate"]
            and stay["admidate"] >= self.derived.first
            and stay["dismeth"] not in ("5", None)
        )


def _order(episode: Row) -> tuple[object, ...]:
    place = int(episode["epiorder"]) if episode["epiorder"] not in ("98", "99", None) else -1
    return (place, episode["epistart"], episode["disdate"] or EARLY)
