"""Slips of the pen are found by quick looks first: they never pass over a pair that counting the edits would keep."""

import random
from collections.abc import Iterator

import pyarrow as pa
import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.trace.comparisons import comparison_of

_EDITS = "damerau_levenshtein({0}_l, {0}_r)"
_LETTERS = ("AB", "ABCD", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PAIRS = 20_000


def slipped(text: str, letters: str, chance: random.Random) -> str:
    """The text with one letter wrong, missing, added, or exchanged with its neighbour."""
    place = chance.randrange(len(text))
    before, letter, after = text[:place], text[place], text[place + 1 :]
    other = chance.choice(letters)
    wrong, missing, added = before + other + after, before + after, before + other + letter + after
    return chance.choice([wrong, missing, added, exchanged(text, place)]) or letter


def exchanged(text: str, place: int) -> str:
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def pairs(letters: str, lengths: range, chance: random.Random) -> Iterator[tuple[str, str]]:
    for _ in range(_PAIRS):
        text = "".join(chance.choices(letters, k=chance.choice(lengths)))
        other = text
        for _ in range(chance.randrange(4)):
            other = slipped(other, letters, chance)
        yield text, other


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def wrongly_judged(engine: Engine, quick: str, plain: str, columns: dict[str, list[str]]) -> int:
    engine.register("pair", pa.table(columns))
    kept = engine.value(Step("kept", f"select count(*) from pair where {plain}"))
    assert 0 < kept < engine.count("pair")
    return int(engine.value(Step("wrong", f"select count(*) from pair where ({quick}) is distinct from ({plain})")))


@pytest.mark.parametrize("letters", _LETTERS)
def test_a_name_with_a_slip(engine: Engine, letters: str):
    made = [*pairs(letters, range(1, 13), random.Random(len(letters)))]
    columns = {"family_l": [one for one, _ in made], "family_r": [other for _, other in made]}
    near = next(level.sql for level in comparison_of("family_name").levels if level.name == "near")
    shorter = "least(length(family_l), length(family_r))"
    plain = f"""jaro_winkler_similarity(family_l, family_r) >= 0.92
      or {shorter} >= 3 and {_EDITS.format("family")} <= case when {shorter} >= 7 then 2 else 1 end"""
    assert wrongly_judged(engine, near.replace("family_tokens_l", "[family_l]"), plain, columns) == 0


@pytest.mark.parametrize("letters", _LETTERS)
def test_a_postcode_with_a_slip(engine: Engine, letters: str):
    made = [*pairs(letters, range(1, 9), random.Random(len(letters)))]
    columns = {"postcode_l": [one for one, _ in made], "postcode_r": [other for _, other in made]}
    near = next(level.sql for level in comparison_of("postcode").levels if level.name == "near")
    assert wrongly_judged(engine, near, f"{_EDITS.format('postcode')} <= 1", columns) == 0


def test_a_date_with_a_slip(engine: Engine):
    chance = random.Random(10)
    dates = [
        f"{chance.randrange(1900, 2030)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}" for _ in range(200)
    ]
    columns = {"dob_l": [one for one in dates for _ in dates], "dob_r": dates * len(dates)}
    near = next(level.sql for level in comparison_of("date_of_birth").levels if level.name == "near")
    assert wrongly_judged(engine, near, f"{_EDITS.format('dob')} <= 1", columns) == 0
