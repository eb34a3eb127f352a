"""Who each row of a table is about, settled in one place and shown to nobody.

The NHS number of an accepted link, else the local person id, else nobody known, who gets a pseudonym used once.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.columns import Source
from pseudo.distinct import distinct_numbers, encoded_parts, positions_of
from pseudo.errors import IdentifierError
from pseudo.hashing import Hasher
from pseudo.messages import la_person_id_messages, nhs_number_texts, nhs_numbers, one_time_messages
from pseudo.partitions import Array
from pseudo.policy import PersonRoles
from pseudo.rendering import Codes, order_of
from pseudo.treatments import shift_days

ID_TYPES = ("nhs_number", "la_person_id", "one_time")

_PART_ROWS = 1 << 18

Ranks = npt.NDArray[np.int32]  # places in the ordered codes, -1 for none
Kinds = npt.NDArray[np.int8]  # places in ``ID_TYPES``
Hashers = Mapping[str, Hasher]


@dataclass(frozen=True)
class People:
    """The people of a table. ``codes`` stand in the order of their texts; ``person`` and ``local`` are places in them.

    ``person``: who each row is about. ``kind``: the place of its kind in ``ID_TYPES``. ``local``: the person of the row's
    own local id, -1 where there is none. ``shift_codes``: the codes of the same people under the key for date shifts, when
    they were asked for. ``counts``: rows, or people where the name says so.
    """

    codes: Codes
    person: Ranks
    kind: Kinds
    local: Ranks
    shift_codes: Codes | None
    counts: Mapping[str, int]

    def rows(self, rows: slice) -> dict[str, Array]:
        """Who some rows are about, as it is held: ``person``, ``kind`` and ``local``."""
        return {"person": self.person[rows], "kind": self.kind[rows], "local": self.local[rows]}

    def days(self, max_days: int, rows: slice) -> npt.NDArray[np.int64]:
        """Days by which the dates of some rows move. Raises ValueError when the people were found without shifts."""
        if self.shift_codes is None:
            raise ValueError("the people were found without their shifts")
        return shift_days(self.shift_codes[self.person[rows]].tobytes(), max_days)


def find_people(source: Source, roles: PersonRoles, hashers: Hashers, release_id: str, *, shifts: bool) -> People:
    """Settle the person of every row. With ``shifts`` their codes under the key for date shifts are made too.

    Raises IdentifierError when local ids contradict themselves, or rows of nobody known have no record id of their own.
    """
    counts = {"rows_in": source.rows}
    if roles.nhs_number:
        hashers["nhs_number"].expect(source.rows)
    with ThreadPoolExecutor(
        len(ID_TYPES), thread_name_prefix="people"
    ) as threads:  # hashes one kind while the next is read
        numbers = _accepted_numbers(source, roles, counts) if roles.nhs_number else _nobody(source.rows)
        made = [threads.submit(hashers["nhs_number"].codes, numbers.messages)]
        locals_ = _local_ids(source, roles, counts) if roles.la_person_id else _nobody(source.rows)
        made.append(threads.submit(hashers["la_person_id"].codes, locals_.messages))
        once = _one_time(source, roles, (numbers.places < 0) & (locals_.places < 0), release_id)
        made.append(threads.submit(hashers["one_time"].codes, once.messages))
        parts = [numbers, locals_, once]
        person, kind = _first_of(parts)
        counts |= _id_type_counts(person, kind, parts)
        codes = np.concatenate([part.result() for part in made])
    shift_codes = np.concatenate([hashers["date_shift"].codes(part.messages) for part in parts]) if shifts else None
    order = order_of(codes, roles.text)
    rank = np.empty(len(order) + 1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[-1] = -1
    _rank(person, rank)
    local = locals_.places
    if len(locals_.messages):
        _rank(local, np.append(rank[len(numbers.messages) :][: len(locals_.messages)], np.int32(-1)))
    ordered = None if shift_codes is None else shift_codes.take(order, axis=0)
    return People(codes.take(order, axis=0), person, kind, local, ordered, counts)


def _rank(places: Ranks, rank: Ranks) -> None:
    """Put ranks in the place of places; the last rank is that of none."""
    for start in range(0, len(places), _PART_ROWS):
        some = places[start : start + _PART_ROWS]
        some[:] = rank.take(some)


@dataclass(frozen=True)
class _Known:
    """Rows known by one kind of id: ``places`` in the distinct messages row by row, -1 where there is none."""

    places: Ranks
    messages: pa.Array


def _accepted_numbers(source: Source, roles: PersonRoles, counts: dict[str, int]) -> _Known:
    """Messages of the valid NHS numbers of accepted links; counts the others by reason."""
    column, quality = str(roles.nhs_number), roles.link_quality
    numbers = np.empty(source.rows, dtype=np.int64)
    start = given = valid = 0
    for part in source.parts([column, quality or column], _PART_ROWS):
        here = numbers[start : start + part.rows]
        here[:] = nhs_numbers(part.column(column))
        given += part.rows - part.column(column).null_count
        valid += int(np.count_nonzero(here >= 0))
        if quality:
            here[~_accepted(part.column(quality), roles.accepted_links)] = -1
        start += part.rows
    counts["nhs_number_given"], counts["nhs_number_invalid"] = given, given - valid
    if quality:
        counts["nhs_number_not_accepted"] = valid - int(np.count_nonzero(numbers >= 0))
    distinct, places = distinct_numbers(numbers)
    return _Known(places, nhs_number_texts(distinct))


def _accepted(quality: pa.ChunkedArray, outcomes: Collection[str]) -> npt.NDArray[np.bool_]:
    """The rows whose link has one of the outcomes."""
    found = []
    for part in encoded_parts(quality):
        accepted = [value in outcomes for value in part.dictionary.cast(pa.string()).to_pylist()]
        found.append(np.array([*accepted, False], dtype=np.bool_).take(positions_of(part)))
    return np.concatenate(found)


def _local_ids(source: Source, roles: PersonRoles, counts: dict[str, int]) -> _Known:
    messages = la_person_id_messages(source.column(str(roles.la_code)), source.column(str(roles.la_person_id)))
    counts["la_person_id_missing"] = messages.null_count
    return _Known(positions_of(messages).astype(np.int32), messages.dictionary)


def _one_time(source: Source, roles: PersonRoles, unknown: npt.NDArray[np.bool_], release_id: str) -> _Known:
    """Messages used once, for the rows of nobody known. Without a record id the row number stands for it."""
    rows = np.flatnonzero(unknown)
    if not len(rows):
        return _nobody(source.rows)
    if roles.record_id:
        ids = _filtered(source, roles.record_id, unknown)
    else:
        ids = pa.chunked_array([pc.binary_join_element_wise("row", pa.array(rows + 1).cast(pa.string()), "-")])
    messages = one_time_messages(release_id, source.name, ids)
    lost = len(rows) - len(messages.dictionary)
    if lost:
        raise IdentifierError(
            f"{source.name}: {lost} rows of people without any identifier have no record id of their own (blank or used "
            "twice), and would be taken for one person. Number the records."
        )
    places = np.full(source.rows, -1, dtype=np.int32)
    places[rows] = positions_of(messages)
    return _Known(places, messages.dictionary)


def _filtered(source: Source, column: str, rows: npt.NDArray[np.bool_]) -> pa.ChunkedArray:
    """Some rows of a column, as text."""
    start = 0
    found = []
    for part in source.parts([column], _PART_ROWS):
        here = pa.array(rows[start : start + part.rows])
        found += part.column(column).filter(here).cast(pa.string()).chunks
        start += part.rows
    return pa.chunked_array(found, pa.string())


def _first_of(parts: Sequence[_Known]) -> tuple[Ranks, Kinds]:
    """The first message that each row has, in the parts one after another, and the part that it came from."""
    person = parts[0].places.copy()
    kind = (person >= 0).astype(np.int8) - np.int8(1)
    offset = len(parts[0].messages)
    for place, part in enumerate(parts[1:], 1):
        rows = np.flatnonzero((person < 0) & (part.places >= 0))
        person[rows] = part.places[rows] + offset
        kind[rows] = place
        offset += len(part.messages)
    return person, kind


def _id_type_counts(person: Ranks, kind: Kinds, parts: Sequence[_Known]) -> dict[str, int]:
    """Rows and people of each kind. ``person``: places in the parts one after another."""
    counts = {}
    seen = np.zeros(sum(len(part.messages) for part in parts), dtype=np.bool_)
    seen[person] = True
    for place, (name, part) in enumerate(zip(ID_TYPES, parts, strict=True)):
        counts[f"rows_{name}"] = int(np.count_nonzero(kind == place))
        counts[f"people_{name}"] = int(np.count_nonzero(seen[: len(part.messages)]))
        seen = seen[len(part.messages) :]
    return counts | {"rows_out": len(kind)}


def _nobody(rows: int) -> _Known:
    return _Known(np.full(rows, -1, dtype=np.int32), pa.nulls(0, pa.binary()))
