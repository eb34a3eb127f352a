"""Small faults of writing: names, dates, numbers, postcodes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.synth.draws import Draws
from linkage.synth.people.nhs_numbers import nhs_numbers
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.records.faults import digit_wrong, familiar_forms, invalid_numbers, swapped_day_and_month
from linkage.synth.records.misspelling import edited, misspelt, rewritten, without_accents, without_punctuation
from linkage.synth.records.odds import raised, spread_out
from linkage.synth.records.postcode_faults import wrong_postcodes

DRAWS = Draws(11)
DIGIT_KINDS = {"year": 1.0, "decade": 1.0, "month": 1.0, "day": 1.0, "year_exchanged": 1.0, "day_exchanged": 1.0}
words = st.sampled_from(["Margaret", "Al", "O'Brien", "Nguyen", "Ng", "Zoë", "Smith-Jones", "de Souza"])
units = st.floats(0, 1, exclude_max=True)
days = st.dates(
    min_value=np.datetime64("1905-01-01").astype(object), max_value=np.datetime64("2005-12-31").astype(object)
)


def passes_modulus_11(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:010d}"]
    return (11 - sum(w * d for w, d in zip(range(10, 1, -1), digits, strict=False)) % 11) % 11 == digits[9]


@given(words, units, units, units)
def test_an_edit_keeps_the_first_letter_and_about_the_length(word: str, what: float, place: float, key: float) -> None:
    wrong = edited(word, what, place, key)
    assert wrong[0] == word[0]
    assert abs(len(wrong) - len(word)) <= 1


@pytest.mark.parametrize("word", ["", "X"])
def test_a_single_letter_is_not_edited(word: str) -> None:
    assert edited(word, 0.5, 0.5, 0.5) == word


@pytest.mark.parametrize(
    ("word", "how", "wrong"),
    [
        ("Catherine", "phonetic", {"Katherine", "Caterine", "Cathireine", "Catherene"}),
        ("Philip", "phonetic", {"Filip", "Phylip", "Philyp", "Phillip"}),
        ("Bernard", "look_alike", {"Bemard"}),
        ("Xx", "phonetic", {"Xx"}),
    ],
)
def test_names_are_written_as_they_sound_or_look(word: str, how: str, wrong: set[str]) -> None:
    made = {rewritten(word, how, which / 200) for which in range(200)}
    assert made & wrong
    assert all(abs(len(name) - len(word)) <= 1 for name in made)


def test_misspellings_change_nearly_every_name_and_are_many() -> None:
    wrong = misspelt(
        DRAWS, "typo", np.arange(400), ["Margaret"] * 400, {"edit": 0.6, "phonetic": 0.3, "look_alike": 0.1}
    )
    assert sum(word != "Margaret" for word in wrong) > 390
    assert len(set(wrong)) > 60


@pytest.mark.parametrize(
    ("word", "plain"), [("José", "Jose"), ("Conceição", "Conceicao"), ("Zoë", "Zoe"), ("Ann", "Ann")]
)
def test_accents_are_lost(word: str, plain: str) -> None:
    assert without_accents(word) == plain


@pytest.mark.parametrize(
    ("word", "space", "bare"),
    [
        ("O'Brien", False, "Obrien"),
        ("O'Brien", True, "O Brien"),
        ("Smith-Jones", True, "Smith Jones"),
        ("Smith-Jones", False, "Smithjones"),
        ("McDonald", False, "McDonald"),
    ],
)
def test_apostrophes_and_hyphens_are_lost_or_become_spaces(word: str, space: bool, bare: str) -> None:
    assert without_punctuation(word, space) == bare


def test_familiar_forms_are_the_same_for_the_same_person_and_empty_where_none_is_known() -> None:
    ids = np.array([4, 4, 5])
    first, again, none = familiar_forms(DRAWS, ids, ["William", "William", "Jaswinder"])
    assert first == again != ""
    assert none == ""


@pytest.mark.parametrize(
    ("date", "expected"), [("1950-03-04", "1950-04-03"), ("1950-03-03", "NaT"), ("1950-03-13", "NaT")]
)
def test_day_and_month_swap_only_where_that_is_another_date(date: str, expected: str) -> None:
    assert str(swapped_day_and_month(np.array([date], dtype="datetime64[D]"))[0]) == expected


@given(days, st.integers(0, 10_000))
def test_one_wrong_digit_gives_another_date_not_in_a_later_decade(day: object, identity: int) -> None:
    date = np.array([day], dtype="datetime64[D]")
    wrong = digit_wrong(DRAWS, np.array([identity]), date, DIGIT_KINDS)
    assert wrong[0] != date[0]
    assert wrong[0].astype(int) // 3653 <= date[0].astype(int) // 3653 + 1
    assert sum(a != b for a, b in zip(str(wrong[0]), str(date[0]), strict=True)) <= 2


def test_wrong_digits_do_not_pile_up_on_a_day_of_the_month() -> None:
    dates = np.arange("1950-01-01", "1980-01-01", dtype="datetime64[D]")
    wrong = digit_wrong(DRAWS, np.arange(len(dates)), dates, DIGIT_KINDS)
    held = np.unique((wrong - wrong.astype("datetime64[M]")).astype(int), return_counts=True)[1]
    assert held[:28].max() < 1.5 * len(dates) / 30.4


@given(st.integers(0, 1_000_000), st.sampled_from(["check_digit", "lost_digit", "exchanged"]))
def test_an_invalid_number_is_invalid(index: int, kind: str) -> None:
    number = number_text(nhs_numbers(1, np.array([index]))).tolist()
    wrong = invalid_numbers(DRAWS, np.array([index]), number, {kind: 1.0})[0]
    assert wrong.startswith("9")
    assert len(wrong) == 9 or not passes_modulus_11(int(wrong))


@pytest.mark.parametrize("kind", ["letter", "digit", "letter_for_digit", "exchanged"])
def test_a_wrong_postcode_differs_and_keeps_its_area(kind: str) -> None:
    right = ["ZX10 0AB", "QX9 5ZZ", "XQ98 9AA"] * 30
    wrong = wrong_postcodes(DRAWS, np.arange(90), right, {kind: 1.0})
    assert all(a != b and a[:2] == b[:2] and len(a) == len(b) for a, b in zip(wrong, right, strict=True))


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.1, 2.0])
@pytest.mark.parametrize("rate", [0.0, 0.001, 0.03, 0.4, 0.9, 1.0])
def test_carelessness_spreads_a_rate_without_changing_it(rate: float, spread: float) -> None:
    careless = DRAWS.bell("careless", np.arange(60_000))
    chances = spread_out(np.full(60_000, rate), careless, spread)
    assert chances.mean() == pytest.approx(rate, rel=0.03)
    assert spread == 0 or rate in (0, 1) or np.corrcoef(chances, careless)[0, 1] > 0.5


def test_a_factor_multiplies_odds() -> None:
    assert raised(0.2, np.array([1.0, 4.0])) == pytest.approx([0.2, 0.5])
    assert raised(0.0, np.array([9.0])).tolist() == [0]
