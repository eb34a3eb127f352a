"""One table of identifiable rows becomes one table of de-identified rows. Rows in = rows out.

The people are settled first (``pseudo.people``). Then some rows at a time are treated and held aside in partitions of
people, and each partition is put in order: memory is bounded by the people and the size of a part, not by the rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.ahead import ahead
from pseudo.columns import Source
from pseudo.domain_keys import FIELDS, DomainKeys, derive_keys
from pseudo.errors import PolicyError
from pseudo.gathering import Column, OrderedValues
from pseudo.messages import nhs_number_messages
from pseudo.partitions import Array, Partitions
from pseudo.people import ID_TYPES, People, find_people
from pseudo.policy import TablePolicy
from pseudo.row_order import Key, row_order
from pseudo.treating import Treating
from pseudo.treatments import NO_LOOKUPS, Lookups, Treatment, needs_directory

__all__ = ["FIELDS", "ID_TYPES", "Deidentified", "DomainKeys", "deidentify", "derive_keys", "present_columns"]

PART_ROWS = 1 << 20  # rows that are treated at a time
PARTITION_ROWS = 1 << 18  # rows that are put in order at a time, or one person's when they are more
_PARTS_AHEAD = 6  # parts that may wait, treated
_COUNTED_ROWS = 1 << 20  # rows from which on not every one is counted to size the partitions


@dataclass(frozen=True)
class Deidentified:
    """A de-identified table, and what was done. ``counts`` are rows, or people where the name says so.

    ``columns`` gives each released column and the name under which its rows are held.
    """

    columns: Mapping[str, tuple[str, Column]]
    counts: Mapping[str, int]
    withheld: Mapping[str, int]
    held: Partitions

    def in_order(self, rows: int) -> Iterator[pa.Table]:
        """The rows in released order (by person, then every other column), ``rows`` at a time; the last table is shorter.

        They can be read once. A table without rows gives one empty table.
        """
        waiting: dict[str, Array] = {}
        for place in range(self.held.count):
            ordered = self._ordered(place)
            waiting = {name: np.concatenate([waiting[name], ordered[name]]) for name in waiting} or ordered
            whole = len(waiting["person"]) // rows * rows
            for start in range(0, whole, rows):
                yield self._released({name: values[start : start + rows] for name, values in waiting.items()})
            waiting = {name: values[whole:] for name, values in waiting.items()}
        if len(waiting["person"]) or not self.counts["rows_in"]:
            yield self._released(waiting)

    def _ordered(self, place: int) -> dict[str, Array]:
        """One partition in released order."""
        taken = self.held.take(place)
        columns: dict[str, Column] = {}
        for held, column in self.columns.values():
            columns.setdefault(held, column)  # the text of a person stands before the whole number
        rows = {held: column.ranked(taken.pop(held)) for held, column in columns.items()}
        order = row_order(_keys(columns, rows), len(rows["person"]))
        return {held: values.take(order, axis=0) for held, values in rows.items()}

    def _released(self, rows: Mapping[str, Array]) -> pa.Table:
        return pa.table({name: column.released(rows[held]) for name, (held, column) in self.columns.items()})


def _keys(columns: Mapping[str, Column], rows: Mapping[str, Array]) -> Iterator[Key]:
    for held, column in columns.items():
        yield from column.keys(rows[held])


@contextmanager
def deidentify(
    source: Source,
    policy: TablePolicy,
    keys: DomainKeys,
    listed: Mapping[str, Sequence[str]],
    lookups: Lookups = NO_LOOKUPS,
    *,
    folder: Path,
) -> Iterator[Deidentified]:
    """Apply a table policy that ``require_all_treated`` has compared with the table.

    A value that does not have the form its treatment needs leaves as null and is counted in ``withheld`` under the
    released name. ``folder`` takes the treated rows that do not fit in memory, until the context ends. Raises
    IdentifierError when local ids or record ids contradict themselves, PolicyError when an NHS number would leave.
    """
    columns = [(out, name, how) for out, name, how in present_columns(source, policy, lookups) if name and how]
    treating = Treating(columns, policy.person, keys, listed, lookups)

    def find() -> People:
        return find_people(source, policy.person, keys.hashers, keys.release_id, shifts=treating.shifts)

    first = find() if treating.shifts else None  # otherwise the people are settled while the first parts are treated
    with ahead(treating.parts(source, PART_ROWS, first), _PARTS_AHEAD) as parts:
        people = first or find()
        counts = dict(people.counts)
        if policy.person.integers:
            counts["people_compared_for_int63"] = keys.require_distinct_numbers(people.codes)
        partition = _partitions(people)
        with Partitions(int(partition[-1]) + 1 if len(partition) else 1, folder) as held:
            for rows, part in parts:
                held.add(people.rows(rows) | part, partition.take(people.person[rows]))
            keys.rest()
            released = treating.columns(people)
            _require_no_numbers(source.name, released)
            withheld = {name: count for name, count in treating.withheld.items() if count}
            yield Deidentified(released, counts, withheld, held)


def present_columns(
    source: Source, policy: TablePolicy, lookups: Lookups = NO_LOOKUPS
) -> list[tuple[str, str | None, Treatment | None]]:
    """Released columns of this table as (released name, source column, treatment), optional absent ones left out.

    An area that the release has no directory for is absent too. Source column and treatment are None for the columns
    that stand for the person.
    """
    present = {column.lower() for column in source.columns}
    return [
        (released, name, treatment)
        for released, name, treatment in policy.treated()
        if name is None or (name in present and (treatment is None or _can_be_looked_up(treatment, lookups)))
    ]


def _can_be_looked_up(treatment: Treatment, lookups: Lookups) -> bool:
    return not needs_directory(treatment) or lookups.has(getattr(treatment, "level", ""))


def _partitions(people: People) -> npt.NDArray[np.int16]:
    """The partition of each person: in the order of the pseudonyms, so that about ``PARTITION_ROWS`` rows are in each.

    Of many rows some are counted, in even steps.
    """
    step = 1 + len(people.person) // _COUNTED_ROWS
    rows = np.bincount(people.person[::step], minlength=len(people.codes)) * step
    place = (np.cumsum(rows) - 1).clip(0) // PARTITION_ROWS
    return np.cumsum(np.diff(place, prepend=place[:1]) > 0, dtype=np.int16)


# Ten digits together or in the usual groups. Other codes of ten digits and a hyphen, such as a CQC location id, are not
# NHS numbers although some would pass the check digit.
_NUMBER_AS_WRITTEN = r"^\s*(?:[0-9]{10}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{4})\s*$"


def _require_no_numbers(table: str, columns: Mapping[str, tuple[str, Column]]) -> None:
    """The last gate: no released text is a valid NHS number, whatever a pattern of the policy let through."""
    leaks = []
    for name, (_, column) in columns.items():
        if isinstance(column, OrderedValues) and pa.types.is_string(column.type):
            written = pc.match_substring_regex(column.values, _NUMBER_AS_WRITTEN)
            numbers = nhs_number_messages(pa.chunked_array([column.values.filter(written)]))
            if numbers.null_count < len(numbers):
                leaks.append(f"{table}.{name}: {len(numbers) - numbers.null_count} values are NHS numbers.")
    if leaks:
        raise PolicyError(
            "The release is stopped: identifiers stand where the policy expects codes. Narrow the pattern of the "
            "column or correct the data.\n" + "\n".join(leaks)
        )
