"""Distinct values of a column and where each row's value stands among them, by sorting whole numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Positions = npt.NDArray[Any]  # whole numbers, -1 where a row has no value
Numbers = npt.NDArray[np.int64]

_SOME = 16_384
_SHORT = 4096  # rows


def distinct_numbers(numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.int32]]:
    """Distinct numbers from 0 upwards and the position of every row's number; negative ones have none (-1).

    >>> [part.tolist() for part in distinct_numbers(np.array([7, 3, -1, 7]))]
    [[3, 7], [1, 0, -1, 1]]
    """
    if _all_differ(numbers):
        return numbers, np.arange(len(numbers), dtype=np.int32)
    positions = np.empty(len(numbers), dtype=np.int32)
    found = [np.empty(0, dtype=np.int64)]
    last, count = -1, 0  # the number before, and how many there are so far: negative ones are none
    for rising, rows in _sorted(numbers):
        is_new = np.empty(len(rising), dtype=np.bool_)
        is_new[0] = rising[0] != last
        np.not_equal(rising[1:], rising[:-1], out=is_new[1:])
        rank = np.cumsum(is_new, dtype=np.int32)
        rank += np.int32(count - 1)
        positions[rows] = rank
        found.append(rising[is_new])
        last, count = int(rising[-1]), int(rank[-1]) + 1
    return np.concatenate(found), positions


def _sorted(numbers: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """The numbers from the lowest up, all negative ones as -1, and the row of each; some at a time.

    Number and row in one whole number of 64 bits, where they fit, sort faster than numbers with their rows beside them.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0) + 1).bit_length() + bits >= 64:
        order = np.argsort(numbers)
        for start in range(0, len(order), _SOME):
            rows = order[start : start + _SOME]
            yield np.maximum(numbers[rows], -1), rows
        return
    packed = np.empty(len(numbers), dtype=np.int64)
    for start in range(0, len(packed), _SOME):
        some = packed[start : start + _SOME]
        np.maximum(numbers[start : start + _SOME], -1, out=some)
        some += 1
        some <<= bits
        some |= np.arange(start, start + len(some))
    packed.sort()
    for start in range(0, len(packed), _SOME):
        some = packed[start : start + _SOME]
        yield (some >> bits) - 1, some & ((1 << bits) - 1)


def _all_differ(numbers: Numbers) -> bool:
    """Whether no number stands twice and none is negative; decided by a few of them where those show it already."""
    for some in (numbers[:_SOME], numbers):
        rising = np.sort(some)
        if (len(rising) and rising[0] < 0) or (rising[1:] == rising[:-1]).any():
            return False
    return True


def encode(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as one dictionary array, however it was chunked and encoded before."""
    if not len(column):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        return pa.DictionaryArray.from_arrays(pa.nulls(0, pa.int32()), pa.nulls(0, kind))
    if not pa.types.is_dictionary(column.type):
        chunks = column.dictionary_encode().chunks  # they share one dictionary
        indices = pa.concat_arrays([chunk.indices for chunk in chunks])
        return pa.DictionaryArray.from_arrays(indices, chunks[0].dictionary, safe=False)
    joined = column.unify_dictionaries().combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def encoded_parts(column: pa.ChunkedArray) -> list[pa.DictionaryArray]:
    """A column as dictionary arrays: one, or those that it is in, each with its own dictionary, when they are not short."""
    if pa.types.is_dictionary(column.type) and 0 < column.num_chunks * _SHORT <= len(column):
        return column.chunks  # type: ignore[no-any-return]
    return [encode(column)]


def positions_of(encoded: pa.DictionaryArray) -> Positions:
    """Row positions of a dictionary array, -1 where null."""
    positions: Positions = np.asarray(pc.fill_null(encoded.indices, -1) if encoded.null_count else encoded.indices)
    return positions


def encoded_at(positions: Positions, values: pa.Array) -> pa.DictionaryArray:
    """A dictionary array of distinct values; rows of position -1 are null."""
    blank = positions < 0
    return pa.DictionaryArray.from_arrays(pa.array(positions, pa.int32(), mask=blank if blank.any() else None), values)
