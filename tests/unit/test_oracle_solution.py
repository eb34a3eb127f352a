"""The people behind the published LTS001 tables: they give every printed figure, and nobody stands where nobody can."""

from functools import cache

import pytest

from linkage.synth.oracle.newsletter import (
    ALL_REASONS,
    AT_YEAR_END,
    TABLES,
    TOTAL,
    Cell,
    Group,
    cells,
    exact,
    nearest_5,
    people,
    published,
)
from tests.oracle_solution import LEAST, solve

GROUPS = people()


def test_every_printed_figure_comes_back_when_rounded() -> None:
    assert [(cell, exact(cell, GROUPS)) for cell in cells() if nearest_5(exact(cell, GROUPS)) != cell.printed] == []


def test_there_are_three_tables_of_25_rows_and_7_figures() -> None:
    assert len(cells()) == 3 * 25 * 7


def test_rounded_cells_need_not_add_up_to_their_rounded_total() -> None:
    row = [
        cell for cell in cells() if cell.table == "LTS001a" and (cell.age_band, cell.reason) == ("All adults", "Total")
    ]
    assert [cell.printed for cell in row] == [945, 1735, 795, 450, 5590, 5, 9520]
    dual = [c.printed for c in cells() if (c.table, c.age_band, "dual" in c.reason) == ("LTS001b", "18 to 64", True)]
    assert dual == [0, 0, 0, 0, 0, 0, 5]


def test_nobody_stands_in_a_later_table_without_the_earlier_ones() -> None:
    assert [group for group in GROUPS if group.over_12_months and not group.at_end] == []
    for cell in cells():
        if cell.column == TOTAL:
            counts = [exact(Cell(t, cell.age_band, cell.reason, TOTAL, 0), GROUPS) for t in TABLES]
            assert counts == sorted(counts, reverse=True)


def test_a_column_may_hold_more_people_on_the_last_day_than_in_the_year() -> None:
    part = [Cell(table, "18 to 64", ALL_REASONS, "community_part_direct_payment", 0) for table in TABLES]
    in_year, at_end, over = (exact(cell, GROUPS) for cell in part)
    assert in_year < at_end > over


def test_the_column_of_the_year_ranks_at_least_as_high_as_that_of_its_last_day() -> None:
    assert [group for group in GROUPS if group.at_end and group.at_end not in AT_YEAR_END[group.in_year]] == []


@pytest.mark.parametrize("change", LEAST)
def test_every_kind_of_change_happens_to_somebody(change: tuple[str, str]) -> None:
    assert any((group.in_year, group.at_end) == change for group in GROUPS)


def test_the_printed_differences_are_those_of_published_and_derived_totals() -> None:
    derived = {(c.table, c.column): c.printed for c in cells() if c.age_band == "All adults"}
    printed = published("difference_percent")
    stated = published("published")
    assert len(printed) == 21
    worked = {key: 100 * (stated[key] - derived[key]) / stated[key] for key in printed}
    assert {key: round(value, 1) for key, value in worked.items()} == pytest.approx(printed)


def test_the_problem_can_be_solved_again() -> None:
    pytest.importorskip("scipy")
    assert [cell for cell in cells() if nearest_5(exact(cell, solved())) != cell.printed] == []


@cache
def solved() -> tuple[Group, ...]:
    return tuple(solve())
