"""The derived tables as pandas has them: text as objects, dates as ``datetime.date``, None where there is nothing."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import pandas as pd

from linkage.engine import Engine


@dataclass(frozen=True)
class Derived:
    """What a measure may read, and the year it is made for."""

    event: pd.DataFrame
    person: pd.DataFrame
    first: date
    last: date
    admissions: pd.DataFrame = field(default_factory=pd.DataFrame)
    registrations: pd.DataFrame = field(default_factory=pd.DataFrame)
    submitted: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def of_person(self) -> dict[tuple[str, int], dict[str, object]]:
        """Person's details by authority and key."""
        return {(row["la_code"], row["person_key"]): row for row in self.person.to_dict("records")}

    def events(self, chosen: pd.DataFrame) -> list[tuple[tuple[str, int], list[dict[str, object]]]]:
        """Rows of events by authority and person."""
        found: dict[tuple[str, int], list[dict[str, object]]] = {}
        for row in chosen.to_dict("records"):
            found.setdefault((row["la_code"], row["person_key"]), []).append(row)
        return list(found.items())


def read(engine: Engine, name: str) -> pd.DataFrame:
    """A derived table in pandas."""
    found = pd.DataFrame(engine.table(name).to_pylist()).astype(object)
    return found.where(found.notna(), None)


def on(day: object) -> str:
    """A date as text, for labels."""
    return day.isoformat() if isinstance(day, date) else ""


def band(age: object) -> str | None:
    """The two adult bands; None for children."""
    if age is None or pd.isna(age):
        return "not known"
    return "65+" if int(age) >= 65 else "18-64" if int(age) >= 18 else None
