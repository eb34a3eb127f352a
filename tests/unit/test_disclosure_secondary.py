"""Complementary suppression: no hidden cell can be worked out from what is shown, and no more is hidden than must be."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pseudo.disclosure import Cells, GatedTable, Totals, apply, load_policies
from pseudo.disclosure.bounds import Sum, too_narrow
from pseudo.disclosure.secondary import Exact, hidden_cells, require_sums
from pseudo.errors import PolicyError

POLICY = load_policies(Path(__file__).parents[2] / "configs" / "disclosure" / "policies.yaml")["threshold10"]


def crossed(inner: np.ndarray) -> np.ndarray:
    """A table of rows and columns with its totals as last row and last column."""
    with_rows = np.vstack([inner, inner.sum(axis=0)])
    return np.hstack([with_rows, with_rows.sum(axis=1, keepdims=True)])


def gated(inner: np.ndarray) -> GatedTable:
    full = crossed(inner)
    parts = tuple(f"c{place}" for place in range(inner.shape[1]))
    names = [*parts, "total"]
    table = pa.table({"row": [*(f"r{place:04}" for place in range(inner.shape[0])), "Total"]})
    for place, name in enumerate(names):
        table = table.append_column(name, pa.array(full[:, place].tolist(), pa.int64()))
    return apply(
        POLICY, table, Cells({name: name for name in names}, totals=Totals({"row": "Total"}, {"total": parts}))
    )


def shown(table: GatedTable) -> np.ndarray:
    """Numbers as shown, not a number where hidden."""
    columns = [table.values[name].to_pylist() for name in table.cells.counts]
    return np.array([[np.nan if value is None else value for value in column] for column in columns]).T


def possible_values(seen: np.ndarray) -> np.ndarray:
    """How far apart the values of each hidden cell can be, by another program's linear optimiser; 0 for shown ones."""
    unknown = {place: number for number, place in enumerate(zip(*np.nonzero(np.isnan(seen)), strict=True))}
    lines = [[(row, column) for column in range(seen.shape[1])] for row in range(seen.shape[0])]
    lines += [[(row, column) for row in range(seen.shape[0])] for column in range(seen.shape[1])]
    matrix, right = np.zeros((len(lines), len(unknown))), np.zeros(len(lines))
    for number, line in enumerate(lines):
        for position, place in enumerate(line):
            sign = -1 if position == len(line) - 1 else 1
            if place in unknown:
                matrix[number, unknown[place]] = sign
            else:
                right[number] -= sign * seen[place]
    spread = np.zeros(seen.shape)
    for place, number in unknown.items():
        ends = []
        for direction in (1, -1):
            cost = np.zeros(len(unknown))
            cost[number] = direction
            found = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, None))
            assert found.status in (0, 3)
            ends.append(np.inf if found.status == 3 else direction * found.fun)
        spread[place] = np.inf if np.isinf(ends[1]) else ends[1] - ends[0]
    return spread


def test_two_rows_and_two_columns_share_one_small_cell() -> None:
    made = gated(np.array([[4, 30, 40], [50, 60, 70], [80, 90, 99]]))
    assert np.isnan(shown(made)).sum() == made.record.suppressed == 4
    assert made.record.secondary == 3
    assert not np.isnan(shown(made)[-1]).any()


def test_hidden_zeros_do_not_protect_one_another() -> None:
    """45 of 45 would tell that the two others are nobody."""
    assert np.isnan(shown(gated(np.array([[0, 0, 45], [50, 60, 70]])))[0, :-1]).all()


def test_small_cells_that_protect_one_another_need_no_more() -> None:
    assert gated(np.array([[6, 6, 40], [7, 7, 70]])).record.secondary == 0


def test_nothing_small_hides_nothing() -> None:
    assert gated(np.array([[10, 11], [12, 13]])).record.suppressed == 0


def test_hidden_cells_that_only_several_totals_together_tell_are_found() -> None:
    """Three sums of two hidden cells each: one alone leaves 18 values, all together one."""
    values = np.array([40.0, 49, 71, 9, 31, 40])
    sums = [Sum(0, (3, 4)), Sum(1, (3, 5)), Sum(2, (4, 5))]
    hidden = np.array([False, False, False, True, True, True])
    assert too_narrow(values, hidden, sums, 10) == [3, 4, 5]
    found = hidden_cells(Exact(values, values, sums), hidden, 10)
    assert not too_narrow(values, found, sums, 10)


@pytest.mark.parametrize("most_exact", [0, 1000])
def test_a_cell_with_too_few_possible_values_is_found(most_exact: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pseudo.disclosure.bounds.MOST_EXACT", most_exact)
    values, hidden = np.array([9.0, 4, 5]), np.array([False, True, True])
    assert too_narrow(values, hidden, [Sum(0, (1, 2))], 10) == [1, 2]
    assert too_narrow(values, hidden, [Sum(0, (1, 2))], 9) == []


def test_a_total_that_is_not_the_sum_of_its_parts_is_refused() -> None:
    with pytest.raises(PolicyError, match="not the sum of its parts"):
        require_sums(Exact(np.array([90.0, 40, 40]), np.array([90.0, 40, 40]), [Sum(0, (1, 2))]))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.lists(st.integers(0, 30), min_size=4, max_size=16))
def test_every_hidden_cell_has_values_far_apart_that_fit_what_is_shown(width: int, numbers: list[int]) -> None:
    inner = np.array(numbers[: len(numbers) // width * width]).reshape(-1, width)
    seen = shown(gated(inner))
    assert np.all(np.isnan(seen) | ((seen >= POLICY.threshold) & (seen == crossed(inner))))
    assert np.all(possible_values(seen)[np.isnan(seen)] >= POLICY.threshold - 1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=9, max_size=24))
def test_the_same_table_gives_the_same_cells(numbers: list[int]) -> None:
    inner = np.array(numbers[: len(numbers) // 3 * 3]).reshape(-1, 3)
    assert gated(inner).display.equals(gated(inner).display)


def test_subtotals_and_totals_over_two_columns_are_all_kept_in_mind() -> None:
    """One small reason in one age band: the subtotal, the other band and the grand total together must not tell it."""
    labels = [(band, reason) for band in ("18-64", "65+") for reason in ("a", "b", "Total")]
    rows = {"band": [*(band for band, _ in labels), "All"], "reason": [*(reason for _, reason in labels), "Total"]}
    table = pa.table({**rows, "people": [3, 20, 23, 30, 40, 70, 93]})
    cells = Cells({"people": "people"}, totals=Totals({"band": "All", "reason": "Total"}))
    assert apply(POLICY, table, cells).values["people"].to_pylist() == [None, None, 23, 30, 40, 70, 93]


def test_what_counts_the_same_people_in_another_way_is_hidden_with_them() -> None:
    """20 people in a band would be told by their 20 person-years."""
    table = pa.table({"band": ["a", "b", "c", "All"], "people": [4, 20, 40, 64], "years": [4, 30, 19, 53]})
    cells = Cells({"people": "people", "years": "people"}, totals=Totals({"band": "All"}))
    made = apply(POLICY, table, cells).values
    hidden = [[value is None for value in made[name].to_pylist()] for name in ("people", "years")]
    assert hidden[0] == hidden[1] == [True, True, False, False]


@pytest.mark.parametrize("columns", [{"people": []}, {"row": [], "people": []}, {"row": ["a"], "people": [None]}])
def test_tables_of_nothing_pass(columns: dict[str, list[object]]) -> None:
    types = {"row": pa.string(), "people": pa.int64()}
    table = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
    assert apply(POLICY, table, Cells({"people": "people"})).record.suppressed == 0


def test_a_table_of_authorities_takes_milliseconds() -> None:
    """152 authorities by 7 columns; the time allowed is generous to a busy machine."""
    inner = np.random.default_rng(5).negative_binomial(1, 0.02, size=(152, 7))
    gated(inner[:5])
    start = time.process_time()
    made = gated(inner)
    assert time.process_time() - start < 1.5
    assert 0 < made.record.secondary < made.record.suppressed


def test_hidden_cells_are_the_small_ones_and_those_beside_them() -> None:
    table = Exact(np.array([60.0, 3, 20, 37]), np.array([60.0, 3, 20, 37]), [Sum(0, (1, 2, 3))])
    assert hidden_cells(table, np.array([False, True, False, False]), 10).tolist() == [False, True, True, False]
