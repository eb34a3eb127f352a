"""Released columns as they are gathered part by part: distinct values, and a narrow whole number for each row."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.columns import Answered
from pseudo.distinct import distinct_numbers, positions_of
from pseudo.rendering import Codes, TextForm, int63, order_keys, text_of
from pseudo.row_order import Key, Words

Places = npt.NDArray[Any]

_FEW = 4096  # text of no more distinct values is written straight from its list


@dataclass
class ValueColumn:
    """A column of values. Rows hold the place of their value, -1 for null, in the order in which values were met."""

    kind: pa.DataType
    _met: pa.Array = field(init=False)

    def __post_init__(self) -> None:
        self._met = pa.array([], self.kind)

    def add(self, part: Answered) -> Places:
        """Some rows of the column."""
        distinct = part.values.dictionary_encode()
        place = pc.index_in(distinct.dictionary, value_set=self._met)
        numbers = np.append(np.asarray(pc.fill_null(place, 0)), -1)
        if place.null_count:
            fresh = np.flatnonzero(np.asarray(place.is_null()))
            numbers[fresh] = len(self._met) + np.arange(len(fresh))
            self._met = pa.concat_arrays([self._met, distinct.dictionary.take(pa.array(fresh))])
        of_values = numbers.take(np.append(positions_of(distinct), -1)).astype(_narrow(len(self._met)))
        return of_values.take(part.positions)

    def ordered(self) -> "OrderedValues":
        """The values in their order, when every part was added."""
        order = np.asarray(pc.sort_indices(self._met), dtype=np.int64)
        rank = np.full(len(order) + 1, -1, dtype=_narrow(len(order)))
        rank[order] = np.arange(len(order))
        return OrderedValues(self._met.take(pa.array(order)), rank)


@dataclass(frozen=True)
class OrderedValues:
    """The distinct values of a whole column, rising; ``rank`` gives the place of each in the order they were met."""

    values: pa.Array
    rank: Places

    @property
    def type(self) -> pa.DataType:
        """The type of the released column."""
        return self.values.type

    def ranked(self, rows: Places) -> Places:
        """Rows as places among the rising values, -1 for null."""
        return self.rank.take(rows)

    def keys(self, rows: Places) -> list[Key]:
        """What to sort ranked rows by: nulls first."""
        return [(_from_zero(rows), len(self.values).bit_length())]

    def released(self, rows: Places) -> pa.Array:
        """Ranked rows as they leave."""
        is_few = len(self.values) <= _FEW and pa.types.is_string(self.values.type)
        places = _from_here(rows.astype(np.int32))
        return pa.DictionaryArray.from_arrays(places, self.values) if is_few else self.values.take(places)


@dataclass(frozen=True)
class PersonColumn:
    """Pseudonyms of people whose codes are known and in order. Rows hold places in the codes, -1 for null."""

    codes: Codes
    form: TextForm
    type: pa.DataType = field(default_factory=pa.string)

    def ranked(self, rows: Places) -> Places:
        """Rows as they are: the codes are in order already."""
        return rows

    def keys(self, rows: Places) -> list[Key]:
        """What to sort rows by: nulls first."""
        return [(_from_zero(rows), len(self.codes).bit_length())]

    def released(self, rows: Places) -> pa.Array:
        """The text of each row's code, made once for each person."""
        distinct, places = distinct_numbers(rows.astype(np.int64))
        return pa.DictionaryArray.from_arrays(_from_here(places), text_of(self.codes[distinct], self.form))


@dataclass(frozen=True)
class CodeColumn:
    """Pseudonyms of references, few of them alike. Rows hold the 16 bytes; sixteen zero bytes are null."""

    form: TextForm
    type: pa.DataType = field(default_factory=pa.string)

    def ranked(self, rows: Codes) -> Codes:
        """Rows as they are."""
        return rows

    def keys(self, rows: Codes) -> list[Key]:
        """What to sort rows by: nulls first, then the order of the texts."""
        present: Words = np.asarray(rows.any(axis=1), dtype=np.uint64)
        return [(present, 1), *((key, 64) for key in order_keys(rows, self.form))]

    def released(self, rows: Codes) -> pa.Array:
        """The text of each row's code."""
        return pc.if_else(pa.array(rows.any(axis=1)), text_of(rows, self.form), None)


@dataclass(frozen=True)
class IntegerColumn:
    """The same people as whole numbers, null exactly where the text is null; ``require_distinct_int63`` comes first."""

    codes: Codes
    type: pa.DataType = field(default_factory=pa.int64)

    def ranked(self, rows: Places) -> Places:
        """Rows as they are: the codes are in order already."""
        return rows

    def keys(self, _: Places) -> list[Key]:
        """Nothing to sort by: the numbers say no more than the text beside them."""
        return []

    def released(self, rows: Places) -> pa.Array:
        """The whole number of each row's code."""
        return pc.if_else(pa.array(rows >= 0), int63(self.codes[rows]), None)


Column = OrderedValues | PersonColumn | CodeColumn | IntegerColumn


def _from_here(rows: Places) -> pa.Array:
    """Places as Arrow has them, null for -1."""
    return pa.array(rows, mask=rows < 0) if rows.min(initial=0) < 0 else pa.array(rows)


def _from_zero(rows: Places) -> Words:
    """Places as numbers to sort by, null first. The narrow types have room for one more."""
    return (rows + 1).astype(np.uint64)


def _narrow(count: int) -> type[np.signedinteger[Any]]:
    return np.int8 if count <= 127 else np.int16 if count <= 32767 else np.int32
