"""Each normaliser gives the same answers in Python and in SQL: one test body, the cases in ``tests/vectors``."""

import doctest
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
import yaml

from linkage.engine import Step, open_engine
from linkage.normalise import date_of_birth, date_parts, gender, name, nhs_number, postcode, text
from linkage.normalise.invalid import InvalidValueError

VECTORS = Path(__file__).parents[1] / "vectors"
MODULES = {
    "nhs_number": nhs_number,
    "postcode": postcode,
    "name": name,
    "date_of_birth": date_of_birth,
    "gender": gender,
}
Form = Callable[[ModuleType, str, Any], Any]


@cache
def cases(field: str) -> list[dict[str, Any]]:
    return yaml.safe_load((VECTORS / f"{field}.yaml").read_text(encoding="utf-8"))["cases"]


def python_form(module: ModuleType, verb: str, value: str | None) -> Any:
    return getattr(module, verb)(value)


def sql_form(module: ModuleType, verb: str, value: str | None) -> Any:
    return sql_answers(module, verb)[value]


@cache
def sql_answers(module: ModuleType, verb: str) -> dict[str | None, Any]:
    """The SQL form of every value of the cases, as one column; what is derived from a canonical postcode is given one."""
    field = next(field for field, known in MODULES.items() if known is module)
    values = sorted({case.get(key) for case in cases(field) for key in ("value", "comparison")} - {None})
    derived = module is postcode and verb not in ("clean", "reason", "is_valid")
    expr = module.clean_sql("typed") if derived else "typed"
    with open_engine() as engine:
        engine.register("typed", pa.table({"typed": pa.array([*values, None], pa.string())}))
        query = f"select typed, {getattr(module, verb + '_sql')(expr)} from typed"
        return dict(engine.rows(Step("answers", query)))


ALL = [(field, case) for field in MODULES for case in cases(field)]
NAMES = [f"{field}-{number}" for number, (field, _) in enumerate(ALL)]


@pytest.mark.parametrize("form", [python_form, sql_form])
@pytest.mark.parametrize(("field", "case"), ALL, ids=NAMES)
def test_canonical_form_and_reason(form: Form, field: str, case: dict[str, Any]) -> None:
    module, value = MODULES[field], case["value"]
    assert form(module, "clean", value) == case.get("clean")
    assert form(module, "reason", value) == case.get("reason")
    assert form(module, "is_valid", value) is ("clean" in case)


@pytest.mark.parametrize("form", [python_form, sql_form])
@pytest.mark.parametrize("case", cases("postcode"))
def test_what_follows_from_a_postcode(form: Form, case: dict[str, Any]) -> None:
    for verb in ("outcode", "sector", "area", "warning"):
        assert form(postcode, verb, case["value"]) == case.get(verb)
    assert form(postcode, "is_pseudo", case["value"]) is case.get("pseudo", False)
    assert postcode.is_synthetic(case["value"]) is case.get("synthetic", False)


@pytest.mark.parametrize("form", [python_form, sql_form])
@pytest.mark.parametrize("case", cases("name"))
def test_what_is_compared_of_a_name(form: Form, case: dict[str, Any]) -> None:
    words = case.get("comparison")
    assert form(name, "comparison", case["value"]) == words == form(name, "comparison", words)
    assert form(name, "soundex", case["value"]) == case.get("soundex")
    assert form(name, "tokens", case["value"]) == (words.split() if words else None)


@pytest.mark.parametrize(("field", "case"), [pair for pair in ALL if pair[1].get("reason")])
def test_validate_tells_the_reason_and_never_the_value(field: str, case: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        MODULES[field].validate(case["value"])
    assert caught.value.reason == case["reason"]
    assert not (case["value"] or "").strip() or case["value"] not in str(caught.value)


@pytest.mark.parametrize(("field", "case"), [pair for pair in ALL if "clean" in pair[1]])
def test_canonical_form_is_stable(field: str, case: dict[str, Any]) -> None:
    assert MODULES[field].validate(case["value"]) == MODULES[field].validate(case["clean"]) == case["clean"]


def test_how_far_a_date_of_birth_can_be_read() -> None:
    expected = {case["value"]: case.get("known") for case in cases("date_parts")}
    with open_engine() as engine:
        engine.register("typed", pa.table({"typed": pa.array(list(expected), pa.string())}))
        rows = engine.rows(Step("answers", f"select typed, {date_parts.known_sql('typed')} from typed"))
    assert dict(rows) == {value: date_parts.known(value) for value in expected} == expected


def test_no_synthetic_postcode_area_is_real() -> None:
    assert not set(postcode.synthetic_areas()) & {*postcode.lists().areas, "ZZ"}


@pytest.mark.parametrize("module", [*MODULES.values(), date_parts, text], ids=lambda module: module.__name__)
def test_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
