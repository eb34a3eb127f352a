"""Invented events of social care with the columns of a release policy, as many rows and people as wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.releasing import _listed_values
from pseudo.policy import TablePolicy

Ints = npt.NDArray[np.int64]

_BATCH = 500_000
_AUTHORITIES = 153
# Written once for each of so many people or events: form, and how many different ones.
_FORMS = {
    "la_name": ("Authority {:03d}", _AUTHORITIES),
    "person_unique_identifier": ("P{:08d}", 1 << 40),
    "first_name": ("First{:05d}", 20_000),
    "last_name": ("Last{:06d}", 90_000),
    "gp_practice_name": ("Surgery {:04d}", 7_000),
    "gp_practice_code": ("A{:05d}", 7_000),
    "postcode": ("ZX{:d} 1AA", 9),
    "provider_cqc_location_name": ("Home {:05d}", 40_000),
    "provider_cqc_location_id": ("1-{:09d}", 40_000),
    "reporting_year": ("{:d}", 1),
}
_ROW_FORMS = {
    "record_id": "R{:09d}",
    "row_number": "{:d}",
    "event_reference": "E{:09d}",
    "event_description": "Agreed {:d}",
}
_SERVICE = ("service_", "delivery_", "provider_", "unit_cost", "cost_frequency", "planned_")
_REVIEW = ("review_", "method_of_review")


def valid_numbers(count: int) -> pa.Array:
    """Distinct valid NHS numbers of the 9-series, as text, in no order."""
    bodies = np.arange(900_000_001, 900_000_001 + count * 11 // 10 + 11, dtype=np.int64)
    weighted = sum((bodies // 10**place % 10 * (place + 2) for place in range(9)), np.zeros(len(bodies), np.int64))
    check = (11 - weighted % 11) % 11
    numbers = (bodies[check != 10] * 10 + check[check != 10])[:count]
    return pa.array(np.random.default_rng(0).permutation(numbers)).cast(pa.string())


def write_events(path: Path, policy: TablePolicy, columns: Sequence[str], rows: int, people: int) -> None:
    """Write events as Parquet, in row groups of the size that DuckDB makes. One person in fifty has no NHS number."""
    random = np.random.default_rng(1)
    numbers = valid_numbers(people)
    lists = _listed_values()
    with pq.ParquetWriter(
        path, _batch(0, 1, random, numbers, lists).table(policy, columns).schema, compression="zstd"
    ) as file:
        for start in range(0, rows, _BATCH):
            batch = _batch(start, min(_BATCH, rows - start), random, numbers, lists)
            file.write_table(batch.table(policy, columns), row_group_size=122_880)


def _batch(
    start: int, count: int, random: np.random.Generator, numbers: pa.Array, lists: Mapping[str, Any]
) -> "_Batch":
    row = np.arange(start, start + count)
    return _Batch(row, random.integers(0, len(numbers), count), random.integers(0, 4, count), random, numbers, lists)


@dataclass(frozen=True)
class _Batch:
    """Some events: their place, their person and their kind (0 and 1 are services, 2 a review)."""

    row: Ints
    person: Ints
    kind: Ints
    random: np.random.Generator
    numbers: pa.Array
    lists: Mapping[str, Any]

    def table(self, policy: TablePolicy, columns: Sequence[str]) -> pa.Table:
        """The events with these columns; those of services and reviews are blank in other events."""
        made = {}
        for name in columns:
            made[name] = self._column(name, policy.columns[name])
            if name.startswith(_SERVICE):
                made[name] = _blank(made[name], self.kind > 1)
            elif name.startswith(_REVIEW):
                made[name] = _blank(made[name], self.kind != 2)
        return pa.table(made)

    def _column(self, name: str, treatment: Any) -> pa.Array:
        if name in ("traced_nhs_number", "nhs_number"):
            return _blank(self.numbers.take(pa.array(self.person)), self.person % 50 == 0)
        if name == "la_code":
            return _written("{:03d}", self.person % _AUTHORITIES + 100)
        if name == "link_quality":
            place = np.where(self.person % 50 == 0, 2, self.person % 2)
            return pa.array(["confirmed", "found", "not_found"]).take(pa.array(place))
        if "linked_person_id" in name:
            other = self.person % _AUTHORITIES + _AUTHORITIES * (self.person * 7 % 9_000)
            return _blank(_written("P{:08d}", other), self.row % 20 > 0)
        if name == "submission":
            return _written("S{:06d}", self.row // _BATCH)
        if name in _ROW_FORMS:
            return _written(_ROW_FORMS[name], self.row)
        if name in _FORMS:
            return _written(_FORMS[name][0], self.person % _FORMS[name][1])
        return self._value(name, treatment)

    def _value(self, name: str, treatment: Any) -> pa.Array:
        """A day, a number, or a value of the column's list."""
        count = len(self.row)
        if name == "date_of_birth":
            return _days(12_000 - self.person * 7_919 % 36_500)
        if name == "date_of_death":
            return _blank(_days(self.person % 700 + 18_800), self.person % 30 > 0)
        kind = getattr(treatment, "type", None)
        if kind == "date":
            days = _days(self.random.integers(18_300, 19_400, count))
            return _blank(days, self.row % 3 == 0) if "end" in name else days
        if kind in ("number", "integer"):
            values = self.random.integers(0, 20 if kind == "integer" else 9_000, count)
            return pa.array(values if kind == "integer" else values / 10)
        listed = list(self.lists.get(name) or getattr(treatment, "values", None) or ["other"])
        return pa.array(listed).take(pa.array(self.random.integers(0, len(listed), count)))


def _written(form: str, numbers: Ints) -> pa.Array:
    """Numbers written into a form, once for each distinct one."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return pa.array([form.format(number) for number in distinct.tolist()]).take(pa.array(places))


def _days(days: Ints) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _blank(values: pa.Array, rows: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(rows), None, values)
