"""People of a released table and the columns that they share: read a row group at a time, one line per person and combination.

Rows of a release stand in the order of their person, so people are counted along the file and no pseudonym is kept.
"""

from collections.abc import Mapping, Sequence
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
        parts: list[tuple[Ints, ...]] = []
        last: str | None = None
        people = 0
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, [PERSON_PSEUDONYM, *columns])
            names = rows.column(PERSON_PSEUDONYM).combine_chunks()
            if not len(names):
                continue
            number = _numbered(names, last, people)
            last, people = names[-1].as_py(), int(number[-1]) + 1
            parts.append(distinct([number, *(digits(rows.column(column), values[column]) for column in columns)]))
    if not parts:
        parts = [tuple(np.zeros(0, dtype=np.int64) for _ in (0, *columns))]
    person, *found = distinct([np.concatenate([part[place] for part in parts]) for place in range(len(columns) + 1)])
    table = np.stack(found, axis=1).astype(np.int32) if found else np.zeros((len(person), 0), dtype=np.int32)
    return Combinations(list(columns), values, person, table, people)


def digits(column: pa.ChunkedArray, values: pa.Array) -> Ints:
    """Null as 0, a value as its place in ``values`` plus one."""
    return np.asarray(pc.fill_null(pc.index_in(column, value_set=values), -1)).astype(np.int64) + 1


def distinct(columns: Sequence[Ints]) -> tuple[Ints, ...]:
    """The different lines of several columns, in the order of the columns."""
    order = np.lexsort(list(reversed(columns)))
    ordered = [column[order] for column in columns]
    if not len(order):
        return tuple(ordered)
    new = np.zeros(len(order), dtype=np.bool_)
    new[0] = True
    for column in ordered:
        new[1:] |= column[1:] != column[:-1]
    return tuple(column[new] for column in ordered)


def combined(table: npt.NDArray[np.int32], sizes: Sequence[int]) -> Ints:
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


def _numbered(names: pa.Array, last: str | None, people: int) -> Ints:
    """The number of the person of each row, going on from the ``people`` before, of whom ``last`` was the last."""
    one, other = names.slice(1), names.slice(0, len(names) - 1)
    if pc.any(pc.less(one, other)).as_py() or (last is not None and names[0].as_py() < last):
        raise ValueError("the rows of a release are in order of person")
    starts = np.concatenate([[names[0].as_py() != last], np.asarray(pc.not_equal(one, other))]).astype(np.int64)
    return np.asarray(np.cumsum(starts) + people - 1)
