"""NHS numbers that can never be real: 900 000 0000 to 999 999 9999, which are not issued.

Every index below ``CAPACITY`` has its own number, without a list of those already given: seven digits after the 9 and a
choice of nine eighth digits make the index, and a keyed permutation scatters it. Each choice of seven digits has at
least nine eighth digits for which the Modulus 11 check digit exists.
Source of the range: NHS number range table of the ``nhs-number`` package ("not to be issued, synthetic and test").
"""

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from linkage.errors import InternalError
from linkage.synth.draws import Ints, mix

CAPACITY = 90_000_000
_LEFT, _RIGHT, _ROUNDS = 9_000, 10_000, 4
_WEIGHTS = np.arange(10, 1, -1)
# The last indexes are kept for those whose number would be a pattern that no reader should accept.
_RESERVED = 1_024
_TEN_DIGITS = 10**9


def nhs_numbers(seed: int, index: npt.ArrayLike) -> Ints:
    """The NHS number of each index, as a whole number of ten digits. Raises InternalError beyond the capacity."""
    index = np.asarray(index, dtype=np.int64)
    if index.size and (index.min() < 0 or index.max() >= CAPACITY - _RESERVED):
        raise InternalError("The synthetic world is larger than the range of NHS numbers that are never issued.")
    numbers = _number(_permuted(seed, index))
    patterns = repeated_patterns()
    struck = np.isin(numbers, patterns)
    if struck.any():
        numbers[struck] = _spares(seed)[np.searchsorted(patterns, numbers[struck])]
    return numbers


@cache
def repeated_patterns() -> Ints:
    """Valid numbers of the 9-series with two different digits or one, in order; 9999999999, a sentinel, is one of them."""
    choices = [int("".join(digits)) for other in "012345678" for digits in product("9" + other, repeat=10)]
    written = np.unique([number for number in choices if number >= 9 * _TEN_DIGITS])
    digits = np.stack([written // 10**power % 10 for power in range(9, -1, -1)], axis=1)
    check = (11 - (digits[:, :9] * _WEIGHTS[:9]).sum(axis=1) % 11) % 11
    return np.asarray(written[check == digits[:, 9]])


def text(numbers: Ints) -> npt.NDArray[np.object_]:
    """NHS numbers as ten digits; a negative number (none) becomes an empty text."""
    if len(numbers) and numbers.min() >= _TEN_DIGITS:
        return np.array(list(map(str, numbers.tolist())), dtype=object)
    return np.array([f"{number:010d}" if number >= 0 else "" for number in numbers.tolist()], dtype=object)


def _spares(seed: int) -> Ints:
    """Numbers of the reserved indexes that are no patterns, one for each pattern."""
    spares = _number(_permuted(seed, np.arange(CAPACITY - _RESERVED, CAPACITY)))
    return np.asarray(spares[~np.isin(spares, repeated_patterns())])


def _permuted(seed: int, index: Ints) -> Ints:
    """A keyed one-to-one map of 0 to CAPACITY - 1 (a Feistel network of two unequal halves)."""
    left, right = index // _RIGHT, index % _RIGHT
    for turn in range(_ROUNDS):
        left = (left + _scramble(seed, 2 * turn, right)) % _LEFT
        right = (right + _scramble(seed, 2 * turn + 1, left)) % _RIGHT
    return left * _RIGHT + right


def _scramble(seed: int, turn: int, half: Ints) -> Ints:
    with np.errstate(over="ignore"):
        keyed = half.astype(np.uint64) ^ mix(np.asarray([seed * 64 + turn], dtype=np.uint64))
        return (mix(keyed) >> np.uint64(2)).astype(np.int64)


def _number(slot: Ints) -> Ints:
    """The slot's number: seven digits, the nine usable eighth digits in turn, and the check digit."""
    stem, place = slot // 9, slot % 9
    digits = [np.full_like(stem, 9)] + [(stem // 10**power) % 10 for power in range(6, -1, -1)]
    total = sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=False))
    # An eighth digit d is unusable when (total + 2d) leaves 1: the check digit would be 10.
    unusable = ((1 - np.asarray(total)) * 6) % 11
    eighth = place + (place >= unusable)
    remainder = (np.asarray(total) + 2 * eighth) % 11
    check = (11 - remainder) % 11
    return np.asarray(((9 * 10**7 + stem) * 10 + eighth) * 10 + check, dtype=np.int64)
