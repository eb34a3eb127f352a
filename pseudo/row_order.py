"""The order of released rows: by their columns, first to last, found by sorting whole numbers.

As many columns as fit go into one whole number of 64 bits; only rows that tie in it are looked at further.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
# A column to sort by, and how many bits its numbers take.
Key = tuple[Words, int]

_BITS = 64


def row_order(keys: Iterator[Key], rows: int) -> Rows:
    """Row numbers in the order of the keys. Rows that tie are equal in every key, so any order of them is the same table.

    >>> row_order(iter([(np.array([1, 0, 1], np.uint64), 1), (np.array([9, 9, 2], np.uint64), 4)]), 3).tolist()
    [1, 2, 0]
    """
    order = np.arange(rows, dtype=np.int64)
    tied = order  # places in ``order`` whose rows are not told apart yet
    group = np.zeros(rows, dtype=np.uint64)  # of each tied place: rows of one number are not told apart
    packed: Words | None = None
    used = 0
    for key, bits in keys:
        room = _BITS - int(group[-1]).bit_length() if len(group) else 0
        if packed is not None and used + bits > room:
            order, tied, group = _told_apart(order, tied, group, packed, used)
            packed, used = None, 0
        if len(tied) < 2:
            return order
        packed = key if packed is None else (packed << np.uint64(bits)) | key
        used += bits
    if packed is not None:
        order, _, _ = _told_apart(order, tied, group, packed, used)
    return order


def _told_apart(order: Rows, tied: Rows, group: Words, packed: Words, bits: int) -> tuple[Rows, Rows, Words]:
    """Sort the tied rows by one more number within their groups; what is still tied, in new groups."""
    key = packed[order[tied]]
    if int(group[-1]).bit_length() + bits <= _BITS:
        whole = key if not group[-1] else (group << np.uint64(bits)) | key
        moved = np.argsort(whole)
        is_same = whole[moved][1:] == whole[moved][:-1]
    else:
        moved = np.lexsort((key, group))
        key = key[moved]
        is_same = (key[1:] == key[:-1]) & (group[1:] == group[:-1])  # lexsort leaves the groups where they were
    order = order.copy()
    order[tied] = order[tied[moved]]
    first = np.append(True, ~is_same)
    single = first & np.append(~is_same, True)
    left = ~single
    return order, tied[left], (np.cumsum(first)[left] - 1).astype(np.uint64)
