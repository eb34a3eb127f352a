"""People of a released table and the columns that they share: read a row group at a time, one line per person and combination.

Rows of a release stand in the order of their person, so people are counted along the file and no pseudonym is kept.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pseudo.errors import PolicyError
from pseudo.policy_model import PERSON_PSEUDONYM

Ints = npt.NDArray[np.int64]
_LARGEST = 2**62


@dataclass(frozen=True)
class Combinations:
    """Each person once for every combination of values released of them.

    ``person`` numbers the people from 0; ``digits`` has a column for each of ``columns``: 0 for null, else the place of
    the value in ``values`` plus one. Lines are distinct, in no order that means anything.
    """

    columns: list[str]
    values: Mapping[str, pa.Array]
    person: Ints
    digits: npt.NDArray[np.int32]
    people: int

    def only(self, columns: Sequence[str]) -> "Combinations":
        """Some of the columns, in the order given. Lines may then repeat."""
        places = [self.columns.index(column) for column in columns]
        values = {column: self.values[column] for column in columns}
        return Combinations(list(columns), values, self.person, self.digits[:, places], self.people)

    def codes(self) -> Ints:
        """One number for each line; equal lines have equal numbers, and so have lines of other files read alike."""
        return combined(self.digits, self.sizes())

    def sizes(self) -> list[int]:
        """How many different digits each column has, null included."""
        return [len(self.values[column]) + 1 for column in self.columns]


def combinations(path: Path, columns: Sequence[str]) -> Combinations:
    """Read the combinations of these columns in a Parquet file whose rows are in order of person.

    Raises ValueError when they are not: people would be counted twice.
    """
    with pq.ParquetFile(path) as file:
        values = {column: _values(file, column) for column in columns}
        people = 0
        persons, tables = [np.zeros(0, dtype=np.int64)], [np.zeros((0, len(columns)), dtype=np.int32)]
        for rows in whole_people(file, columns):
            number = numbered(rows.column(PERSON_PSEUDONYM).combine_chunks())
            table = np.stack([number, *(digits(rows.column(column), values[column]) for column in columns)], axis=1)
            first = _first_of_each(table, [len(values[column]) + 1 for column in columns])
            persons.append(table[first, 0] + people)
            tables.append(table[first, 1:].astype(np.int32))
            people += int(number[-1]) + 1
    return Combinations(list(columns), values, np.concatenate(persons), np.concatenate(tables), people)


def one_line_each(found: Combinations) -> npt.NDArray[np.int32]:
    """One line of digits for each person, in the order of their numbers.

    0 where no row tells a value, the value's digit where all that tell one agree; every different set of several values
    has a digit of its own.
    """
    lines = np.zeros((found.people, len(found.columns)), dtype=np.int32)
    for place, size in enumerate(found.sizes()):
        told = found.digits[:, place] > 0
        person, digit = distinct(found.person[told], found.digits[told, place].astype(np.int64))
        lines[person, place] = digit
        several = np.flatnonzero(np.bincount(person, minlength=found.people) > 1)
        sets: dict[tuple[int, ...], int] = {}
        starts, ends = np.searchsorted(person, several, "left"), np.searchsorted(person, several, "right")
        for who, start, end in zip(several.tolist(), starts.tolist(), ends.tolist(), strict=True):
            lines[who, place] = sets.setdefault(tuple(digit[start:end].tolist()), size + len(sets))
    return lines


def whole_people(file: pq.ParquetFile, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows in parts of about a row group, no person's rows in two of them; only these columns and the person.

    Raises ValueError when the rows are not in order of person.
    """
    asked = None if columns is None else list(dict.fromkeys([PERSON_PSEUDONYM, *columns]))
    held = file.schema_arrow.empty_table()
    held = held if asked is None else held.select(asked)
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, asked)
        if not len(rows):
            continue
        rows = pa.concat_tables([held, rows.select(held.column_names)])
        people = rows.column(PERSON_PSEUDONYM).combine_chunks()
        if pc.any(pc.less(people.slice(1), people.slice(0, len(people) - 1))).as_py():
            raise ValueError("the rows of a release are in order of person")
        complete = pc.index(people, people[-1]).as_py()
        if complete:
            yield rows.slice(0, complete)
        held = rows.slice(complete)
    if len(held):
        yield held


def digits(column: pa.ChunkedArray, values: pa.Array) -> Ints:
    """Null as 0, a value as its place in ``values`` plus one."""
    return np.asarray(pc.fill_null(pc.index_in(column, value_set=values), -1)).astype(np.int64) + 1


def distinct(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The different pairs of two columns of numbers from 0, in order of the first and then the second."""
    size = int(other.max(initial=0)) + 1
    if (int(one.max(initial=0)) + 1) * size > _LARGEST:
        known, one = np.unique(one, return_inverse=True)
        pairs = _different(one.astype(np.int64) * size + other)
        return known[pairs // size], pairs % size
    pairs = _different(one * size + other)
    return pairs // size, pairs % size


def _different(numbers: Ints) -> Ints:
    """The different numbers, in order. Faster than numpy's own for millions of them."""
    ordered = np.sort(numbers)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def how_many(person: Ints, people: int) -> int:
    """How many different people, of ``people`` numbered from 0, are named."""
    named = np.zeros(people, dtype=np.bool_)
    named[person] = True
    return int(named.sum())


def combined(table: npt.NDArray[np.integer], sizes: Sequence[int]) -> Ints:
    """One number for each line of digits; equal lines have equal numbers.

    Raises PolicyError when there are more possible combinations than numbers: no such release can be anonymous.
    """
    code = np.zeros(len(table), dtype=np.int64)
    possible = 1
    for place, size in enumerate(sizes):
        possible *= size
        if possible > _LARGEST:
            raise PolicyError(
                "The quasi-identifiers have too many values to be counted. Name fewer, or coarser, columns."
            )
        code = code * size + table[:, place]
    return code


def _values(file: pq.ParquetFile, column: str) -> pa.Array:
    """The different values of a column, nulls left out, in order."""
    found = [file.read_row_group(group, [column]).column(0).unique() for group in range(file.num_row_groups)]
    kind = file.schema_arrow.field(column).type
    return ordered_values(pa.chunked_array(found, kind))


def ordered_values(column: pa.ChunkedArray) -> pa.Array:
    """The different values of a column in order, nulls left out."""
    values = pc.drop_null(column.unique())
    return values.take(pc.sort_indices(values))


def numbered(names: pa.Array) -> Ints:
    """The person of each row, from 0."""
    changes = np.asarray(pc.not_equal(names.slice(1), names.slice(0, len(names) - 1))).astype(np.int64)
    return np.concatenate([[0], np.cumsum(changes)])


def _first_of_each(table: Ints, sizes: Sequence[int]) -> Ints:
    """Places of the first of each different line; the first column is the person, the others have digits of these sizes."""
    person, codes = table[:, 0], combined(table[:, 1:], sizes)
    possible = math.prod(sizes)
    if (int(person[-1]) + 1) * possible > _LARGEST:
        codes, possible = np.unique(codes, return_inverse=True)[1].astype(np.int64), len(codes)
    return np.asarray(np.unique(person * possible + codes, return_index=True)[1])
