"""Age in completed years: Python and SQL agree on the same vectors."""

import json
from datetime import date
from pathlib import Path

import pytest

from linkage.engine import Step, open_engine
from linkage.spec import age_years, age_years_sql

VECTORS = Path(__file__).parents[1] / "vectors" / "age_years.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['birth']} on {case['on']}")
def test_completed_years(case: dict) -> None:
    birth, on = date.fromisoformat(case["birth"]), date.fromisoformat(case["on"])
    step = Step(
        "age", f"select {age_years_sql('cast($birth as date)', 'cast($on as date)')}", {"birth": birth, "on": on}
    )
    with open_engine() as engine:
        assert age_years(birth, on) == engine.value(step) == case["age_years"]


def test_an_unknown_date_gives_no_age() -> None:
    with open_engine() as engine:
        assert engine.value(Step("age", f"select {age_years_sql('cast(null as date)', 'current_date')}")) is None
