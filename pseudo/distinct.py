"""Distinct values of a column and where each row's value stands among them, by sorting whole numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Positions = npt.NDArray[Any]  # whole numbers, -1 where a row has no value
Numbers = npt.NDArray[np.int64]

_SOME = 16_384


def distinct_numbers(numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.int32]]:
    """Distinct numbers from 0 upwards and the position of every row's number; negative ones have none (-1).

    >>> [part.tolist() for part in distinct_numbers(np.array([7, 3, -1, 7]))]
    [[3, 7], [1, 0, -1, 1]]
    """
    if _all_differ(numbers):
        return numbers, np.arange(len(numbers), dtype=np.int32)
    rising, order = _sorted(numbers)
    is_new = np.empty(len(rising), dtype=np.bool_)
    is_new[:1] = True
    np.not_equal(rising[1:], rising[:-1], out=is_new[1:])
    blank = int(np.searchsorted(rising, 0))
    is_new[:blank] = False
    is_new[blank : blank + 1] = True
    rank = np.cumsum(is_new, dtype=np.int32) - 1
    positions = np.empty(len(numbers), dtype=np.int32)
    positions[order] = rank
    return rising[is_new], positions


def _sorted(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The numbers from the lowest up, all negative ones as -1, and the row of each.

    Number and row in one whole number of 64 bits, where they fit, sort faster than numbers with their rows beside them.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0) + 1).bit_length() + bits >= 64:
        order = np.argsort(numbers)
        return np.maximum(numbers[order], -1), order
    packed = np.maximum(numbers, -1)
    packed += 1
    packed <<= bits
    for start in range(0, len(packed), _SOME):
        packed[start : start + _SOME] |= np.arange(start, min(start + _SOME, len(packed)))
    packed.sort()
    rising = packed >> bits
    rising -= 1
    packed &= (1 << bits) - 1
    return rising, packed


def _all_differ(numbers: Numbers) -> bool:
    """Whether no number stands twice and none is negative; decided by a few of them where those show it already."""
    for some in (numbers[:_SOME], numbers):
        rising = np.sort(some)
        if (len(rising) and rising[0] < 0) or (rising[1:] == rising[:-1]).any():
            return False
    return True


def encode(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as one dictionary array, however it was chunked and encoded before."""
    if column.num_chunks == 0:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], kind))
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = encoded.unify_dictionaries().combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def positions_of(encoded: pa.DictionaryArray) -> Positions:
    """Row positions of a dictionary array, -1 where null."""
    positions: Positions = np.asarray(pc.fill_null(encoded.indices, -1))
    return positions


def encoded_at(positions: Positions, values: pa.Array) -> pa.DictionaryArray:
    """A dictionary array of distinct values; rows of position -1 are null."""
    return pa.DictionaryArray.from_arrays(pa.array(positions, pa.int32(), mask=positions < 0), values)
