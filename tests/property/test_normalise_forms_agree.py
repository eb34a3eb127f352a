"""On any text at all, the Python and the SQL form of every normaliser agree."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.engine import Engine, Step, open_engine
from linkage.normalise import date_of_birth, gender, name, nhs_number, postcode
from linkage.normalise.text import WHITESPACE

SCRIPTS = st.characters(exclude_categories=("Cs", "Cn"))
BLANK = st.text(st.sampled_from(WHITESPACE), max_size=2)
DIGITS = st.text(st.sampled_from("0123456789"), min_size=8, max_size=11)
ALMOST_A_NUMBER = st.text(st.sampled_from("0123456789eE+-._ xX\u00a0\u0669９"), min_size=8, max_size=12)
ALMOST_A_DATE = st.from_regex(r"[0-9]{1,4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,4}([ T]00:00(:00(\.0+)?)?)?", fullmatch=True)
ALMOST_A_POSTCODE = st.from_regex(r"[A-Za-zſK]{1,2}[0-9][A-Za-z0-9]?\s*[0-9]?[A-Za-z]{0,2}", fullmatch=True)
WORDS = st.lists(
    st.sampled_from(
        ["mr", "Dr.", "baby", "of", "Twin", "2", "(Bill)", "O’Neil", "ß", "Æ", "Иван", "test", "zz", "-", "é"]
    )
    | st.text(st.characters(max_codepoint=0x24F), max_size=6)
).map(" ".join)
TYPED = st.none() | st.text(SCRIPTS) | WORDS | ALMOST_A_NUMBER | ALMOST_A_DATE | ALMOST_A_POSTCODE | DIGITS
TEXTS = st.lists(st.tuples(BLANK, TYPED, BLANK).map(lambda parts: parts[1] and "".join(parts)), min_size=1, max_size=60)

VERBS = dict.fromkeys((nhs_number, postcode, name, date_of_birth, gender), ("compact", "clean", "is_valid", "reason"))
VERBS[name] += ("comparison", "tokens", "soundex")
PARTS = ("outcode", "sector", "area", "warning", "is_pseudo")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def sql_answers(engine: Engine, module: ModuleType, verbs: tuple[str, ...], typed: list[str | None]) -> list[Any]:
    engine.register("typed", pa.table({"position": range(len(typed)), "value": pa.array(typed, pa.string())}))
    columns = ", ".join(getattr(module, f"{verb}_sql")("value") for verb in verbs)
    return engine.rows(Step("answers", f"select {columns} from typed order by position"))


def python_answers(module: ModuleType, verbs: tuple[str, ...], typed: list[str | None]) -> list[Any]:
    """What the Python form says; only ``compact`` differs by design, giving the empty text for null."""
    return [
        tuple(None if (verb, value) == ("compact", None) else getattr(module, verb)(value) for verb in verbs)
        for value in typed
    ]


@pytest.mark.parametrize("module", VERBS, ids=lambda module: module.__name__.split(".")[-1])
@settings(max_examples=40, deadline=None)
@given(typed=TEXTS)
def test_python_and_sql_agree(engine: Engine, module: ModuleType, typed: list[str | None]) -> None:
    assert sql_answers(engine, module, VERBS[module], typed) == python_answers(module, VERBS[module], typed)


@settings(max_examples=40, deadline=None)
@given(typed=TEXTS)
def test_postcode_parts_agree(engine: Engine, typed: list[str | None]) -> None:
    canonical = [postcode.clean(value) for value in typed]
    assert sql_answers(engine, postcode, PARTS, canonical) == python_answers(postcode, PARTS, canonical)


@settings(max_examples=40, deadline=None)
@given(typed=TEXTS)
def test_canonical_forms_are_their_own_canonical_form(typed: list[str | None]) -> None:
    for module in (nhs_number, postcode, name, date_of_birth, gender):
        canonical = [module.clean(value) for value in typed]
        assert [module.clean(value) for value in canonical] == canonical
    compared = [name.comparison(value) for value in typed]
    assert [name.comparison(value) for value in compared] == compared
