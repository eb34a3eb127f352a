"""A difference of two percentages is made from what is shown of them."""

from pathlib import Path

import pyarrow as pa
import pytest

from pseudo.disclosure import Cells, Difference, Percentage, apply, load_policies
from pseudo.errors import PolicyError

POLICIES = load_policies(Path(__file__).parents[2] / "configs" / "disclosure" / "policies.yaml")
COUNTS = {"part": [112, 3, 0], "all": [222, 40, 0], "sure": [108, 4, 2], "all_sure": [218, 20, 20]}
RATES = [Percentage("rate", "part", "all", part=False), Percentage("sure_rate", "sure", "all_sure", part=False)]
CELLS = Cells({name: name for name in COUNTS}, percentages=RATES, differences=[Difference("less", "sure_rate", "rate")])


def test_it_is_of_the_percentages_as_shown_and_hidden_or_empty_with_them() -> None:
    rounded = apply(POLICIES["hes_subnational"], pa.table(COUNTS), CELLS)
    assert rounded.display["rate"].to_pylist() == ["50.0", "*", ""]
    assert rounded.display["sure_rate"].to_pylist() == ["50.0", "*", "*"]
    assert rounded.display["less"].to_pylist() == ["0.0", "*", "*"]
    exact = apply(POLICIES["none"], pa.table(COUNTS), CELLS)
    assert exact.display["less"].to_pylist() == ["-1.0", "12.5", ""]
    assert exact.values["less"].to_pylist() == [-1.0, 12.5, None]


def test_only_percentages_of_the_gate_are_compared() -> None:
    cells = Cells({name: name for name in COUNTS}, percentages=RATES, differences=[Difference("less", "rate", "part")])
    with pytest.raises(PolicyError, match="A difference is of percentages that the gate makes: part"):
        apply(POLICIES["none"], pa.table(COUNTS), cells)


def test_st_max_is_a_kind_of_service_and_no_extreme() -> None:
    table = pa.table({"short_term_max": [12], "once_short_term_max": [11]})
    shown = apply(POLICIES["hes_subnational"], table, Cells({name: name for name in table.column_names}))
    assert shown.display.to_pylist() == [{"short_term_max": "10", "once_short_term_max": "10"}]
    with pytest.raises(PolicyError, match="A minimum or maximum is the value of one person"):
        apply(POLICIES["hes_subnational"], pa.table({"stay_max": [12]}), Cells({"stay_max": "stay_max"}))
