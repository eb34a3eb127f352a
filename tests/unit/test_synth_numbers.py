"""NHS numbers of the synthetic world: never real, never twice, always valid."""

import numpy as np
import pytest

from linkage.errors import InternalError
from linkage.synth.people import nhs_numbers as numbers


def passes_modulus_11(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:010d}"]
    total = sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False))
    return (11 - total % 11) % 11 == digits[9]


def test_numbers_are_of_the_9_series_and_pass_modulus_11() -> None:
    made = numbers.nhs_numbers(1, np.arange(20_000)).tolist()
    assert all(9_000_000_000 <= number <= 9_999_999_999 and passes_modulus_11(number) for number in made)


def test_no_two_indexes_share_a_number() -> None:
    made = numbers.nhs_numbers(1, np.arange(500_000))
    assert len(np.unique(made)) == 500_000


def test_the_whole_range_is_one_to_one_before_numbers_are_formed() -> None:
    slots = np.concatenate(
        [numbers._permuted(3, np.arange(0, 300_000)), numbers._permuted(3, np.arange(89_700_000, 90_000_000))]
    )
    assert len(np.unique(slots)) == 600_000
    assert slots.min() >= 0
    assert slots.max() < numbers.CAPACITY


def test_sentinels_and_repeated_patterns_never_appear() -> None:
    patterns = numbers.repeated_patterns()
    assert {9_999_999_999, 9_000_000_009, 9_009_009_009} <= set(patterns.tolist())
    assert all(passes_modulus_11(number) and len(set(str(number))) < 3 for number in patterns.tolist())
    seed, struck = 7, []
    for first in range(0, numbers.CAPACITY, 500_000):
        index = np.arange(first, min(first + 500_000, numbers.CAPACITY))
        struck.append(index[np.isin(numbers._number(numbers._permuted(seed, index)), patterns)])
        if len(np.concatenate(struck)) > 4:
            break
    indexes = np.concatenate(struck)
    made = numbers.nhs_numbers(seed, indexes[indexes < numbers.CAPACITY - numbers._RESERVED])
    assert not np.isin(made, patterns).any()
    assert len(np.unique(made)) == len(made) > 4


def test_the_seed_changes_the_numbers() -> None:
    assert (numbers.nhs_numbers(1, np.arange(50)) != numbers.nhs_numbers(2, np.arange(50))).all()


def test_a_world_beyond_the_range_is_refused() -> None:
    with pytest.raises(InternalError, match="larger than the range"):
        numbers.nhs_numbers(1, [numbers.CAPACITY])
