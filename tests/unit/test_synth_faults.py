"""Small faults of typing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.synth.draws import Draws
from linkage.synth.faults import invalid_number, nickname, one_digit_wrong, swapped_day_and_month, typed_wrong
from linkage.synth.nhs_numbers import nhs_numbers

DRAWS = Draws(11)


def passes_modulus_11(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:010d}"]
    return (11 - sum(w * d for w, d in zip(range(10, 1, -1), digits, strict=False)) % 11) % 11 == digits[9]


days = st.dates(
    min_value=np.datetime64("1915-01-01").astype(object), max_value=np.datetime64("2005-12-31").astype(object)
)


@given(st.integers(0, 10_000), st.sampled_from(["Margaret", "Al", "O'Brien", "Nguyen", "Ng", "Zoë"]))
def test_a_typing_error_keeps_the_first_letter_and_about_the_length(identity: int, word: str) -> None:
    wrong = typed_wrong(DRAWS, "typo", identity, word)
    assert wrong[0] == word[0]
    assert abs(len(wrong) - len(word)) <= 1


def test_typing_errors_change_most_names() -> None:
    wrong = [typed_wrong(DRAWS, "typo", identity, "Margaret") for identity in range(200)]
    assert sum(word != "Margaret" for word in wrong) > 190
    assert len(set(wrong)) > 15


def test_a_nickname_is_one_of_the_list_and_unknown_names_have_none() -> None:
    assert nickname(DRAWS, 4, "William").isalpha()
    assert nickname(DRAWS, 4, "Jaswinder") == ""


@pytest.mark.parametrize(
    ("date", "expected"), [("1950-03-04", "1950-04-03"), ("1950-03-03", "NaT"), ("1950-03-13", "NaT")]
)
def test_day_and_month_swap_only_where_that_is_another_date(date: str, expected: str) -> None:
    assert str(swapped_day_and_month(np.array([date], dtype="datetime64[D]"))[0]) == expected


@given(days, st.integers(0, 10_000))
def test_one_wrong_digit_gives_another_date_not_in_a_later_year(day: object, identity: int) -> None:
    date = np.array([day], dtype="datetime64[D]")
    wrong = one_digit_wrong(DRAWS, np.array([identity]), date)
    assert wrong[0] != date[0]
    assert wrong[0].astype("datetime64[Y]") <= date[0].astype("datetime64[Y]")


@given(st.integers(0, 1_000_000))
def test_an_invalid_number_is_invalid(index: int) -> None:
    wrong = invalid_number(DRAWS, index, int(nhs_numbers(1, [index])[0]))
    assert wrong.startswith("9")
    assert len(wrong) == 9 or not passes_modulus_11(int(wrong))
