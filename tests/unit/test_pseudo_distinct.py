"""Distinct whole numbers of a column and where each row's stands, whichever way they are sorted."""

import numpy as np
import pytest

from pseudo.distinct import distinct_numbers


@pytest.mark.parametrize("rows", [0, 1, 2, 50, 40_000])
@pytest.mark.parametrize("highest", [5, 1_000, 10**10, 2**62])
def test_every_row_finds_its_number_and_negative_ones_have_none(highest: int, rows: int) -> None:
    numbers = np.random.default_rng(rows).integers(-2, highest, size=rows)
    distinct, positions = distinct_numbers(numbers)
    assert sorted(distinct.tolist()) == sorted({number for number in numbers.tolist() if number >= 0})
    assert (positions < 0).tolist() == (numbers < 0).tolist()
    assert distinct[positions[positions >= 0]].tolist() == numbers[numbers >= 0].tolist()
