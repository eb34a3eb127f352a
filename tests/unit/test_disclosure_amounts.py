"""Sums, averages and medians of the gate: neither a subtraction nor a division nor an earlier table tells of one person."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pseudo.differencing import conflicts
from pseudo.disclosure import Cells, GatedTable, Percentage, Totals, apply, load_policies
from pseudo.ledger import Counted, Population, counted

POLICIES = load_policies(Path(__file__).parents[2] / "configs" / "disclosure" / "policies.yaml")
SHOWING = sorted(set(POLICIES) - {"none"})
ROUNDING = ["cld_round5", "hes_subnational", "opensafely"]
COSTS = Cells(
    counts={"people": "people"},
    amounts={"cost": "costed", "mean": "costed"},
    amount_sums=["cost"],
    totals=Totals({"gender": "All"}),
)


def gated(policy: str, groups: list[list[float]]) -> GatedTable:
    """People's costs by group, with the total of all."""
    rows = [*groups, [cost for group in groups for cost in group]]
    table = {
        "gender": [*(f"group {number}" for number in range(len(groups))), "All"],
        "people": [len(row) for row in rows],
        "costed": [len(row) for row in rows],
        "cost": [sum(row) if row else None for row in rows],
        "mean": [sum(row) / len(row) if row else None for row in rows],
    }
    kinds = {name: pa.float64() for name in ("cost", "mean")}
    return apply(
        POLICIES[policy],
        pa.table({name: pa.array(column, kinds.get(name)) for name, column in table.items()}),
        COSTS,
    )


def shown(policy: str, groups: list[list[float]], column: str = "cost") -> list[str]:
    made: list[str] = gated(policy, groups).display[column].to_pylist()
    return made


def test_a_hidden_amount_is_no_difference_for_the_smallest_shown_group_is_hidden_too() -> None:
    groups = [[700.0] * 120, [650.0] * 75, [1000.0, 1035.0, 1035.0]]
    assert shown("cld_round5", groups) == ["84000.0", "*", "*", "138000.0"]
    assert shown("cld_round5", groups, "mean") == ["700.0", "*", "*", "690.0"]


def test_of_one_group_and_a_few_both_are_hidden() -> None:
    assert shown("cld_round5", [[700.0] * 120, [650.0] * 3])[:2] == ["*", "*"]


@pytest.mark.parametrize("policy", SHOWING)
def test_nobody_and_too_few_have_one_sign(policy: str) -> None:
    sign = POLICIES[policy].hidden
    for column in ("cost", "mean"):
        assert shown(policy, [[], [5.0], [300.0] * 40, [200.0] * 60], column)[:2] == [sign, sign]


def test_an_average_leaves_the_amounts_of_two_average_people_open() -> None:
    assert shown("cld_round5", [[613.0] * 20], "mean") == ["600.0"] * 2
    assert shown("cld_round5", [[613.4] * 1000], "mean") == ["614.0"] * 2
    assert shown("cld_round5", [[613.4] * 9000], "mean") == ["613.0"] * 2
    assert shown("cld_round5", [[14.2] * 200], "mean") == ["14.2"] * 2


def test_exact_figures_stay_exact_inside() -> None:
    assert shown("none", [[613.4], []]) == ["613.4", "", "613.4"]


def people(chance: random.Random) -> list[list[float]]:
    """Up to five groups of people with costs of their own; one group in three is small."""
    sizes = [chance.choice([chance.randint(0, 12), chance.randint(10, 60), chance.randint(60, 900)]) for _ in range(5)]
    return [
        [float(round(chance.lognormvariate(6, 0.6))) for _ in range(size)] for size in sizes[: chance.randint(1, 5)]
    ]


@pytest.mark.parametrize("policy", SHOWING)
def test_no_hidden_amount_is_what_the_total_leaves(policy: str) -> None:
    """Hidden groups stand for as many people as an amount needs, or their total is hidden."""
    chance = random.Random(20231)
    for _ in range(20):
        groups = people(chance)
        *parts, total = gated(policy, groups).values["mean"].to_pylist()
        behind = [len(group) for group, value in zip(groups, parts, strict=True) if value is None and group]
        if behind and total is not None:
            assert len(behind) > 1
            assert sum(behind) >= POLICIES[policy].amount_threshold


@pytest.mark.parametrize("policy", SHOWING)
def test_dividing_a_sum_by_its_average_gives_the_people_as_rounded(policy: str) -> None:
    chance = random.Random(20232)
    for _ in range(20):
        for row in gated(policy, people(chance)).values.to_pylist():
            if row["cost"] is not None and row["mean"]:
                assert round(row["cost"] / row["mean"], 6) % 5 == 0


@pytest.mark.parametrize("policy", SHOWING)
def test_one_persons_amount_could_be_otherwise_by_half_an_average_and_the_same_be_shown(policy: str) -> None:
    """Whoever knows the number of people and everybody else's amounts cannot tell the last person's more closely."""
    chance = random.Random(20233)
    for _ in range(60):
        group = [float(chance.randint(100, 1900)) for _ in range(chance.randint(10, 400))]
        half = sum(group) / len(group) / 2
        others = [[*group[:-1], group[-1] + moved] for moved in (half, -half)]
        for column in ("cost", "mean"):
            assert shown(policy, [group], column) in [shown(policy, [other], column) for other in others]


def told(policy: str, size: int, delivery: str, cost: float = 600.0) -> Counted:
    return counted("costs", gated(policy, [[cost] * size]), Population("a", delivery, {"supported": ("2023",)}))


def told_conflicts(new: Counted, earlier: Counted) -> list[str]:
    return [one.place for one in conflicts(new, [(earlier, "before")]) if one.place.endswith(("cost", "mean"))]


def test_amounts_of_the_same_cell_a_few_people_apart_are_refused_where_counts_are_exact() -> None:
    before = told("threshold10", 41, "first")
    assert told_conflicts(told("threshold10", 40, "second"), before) != []
    assert told_conflicts(told("threshold10", 60, "second"), before) == []
    assert told_conflicts(told("threshold10", 41, "second"), before) == []


@pytest.mark.parametrize("policy", ROUNDING)
def test_rounded_amounts_are_not_for_they_leave_the_amounts_of_more_people_open(policy: str) -> None:
    assert told_conflicts(told(policy, 41, "second", 640.0), told(policy, 45, "first")) == []


def test_amounts_as_they_were_shown_before_rounding_are_refused_a_few_people_apart() -> None:
    def exactly(size: int, delivery: str) -> Counted:
        made: dict[str, Any] = vars(told("hes_subnational", size, delivery))
        cells = {name: [[one[0], 0.0, one[2]] for one in row if one] for name, row in made["amounts"].items()}
        return Counted(**{**made, "amounts": cells, "policy": {**made["policy"], "round_to": 1}})

    assert told_conflicts(exactly(45, "second"), exactly(40, "first")) != []


SHARE = Cells(counts={"part": "part", "all": "all"}, percentages=(Percentage("percent", "part", "all"),))


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (2, 20, "*"),
        (14, 15, "*"),
        (10, 20, "*"),
        (800, 1255, "63.7"),
        (33, 102, "35.0"),
        (0, 800, "*"),
        (1, 800, "*"),
        (799, 800, "*"),
        (800, 800, "*"),
    ],
)
def test_a_percentage_that_rounding_could_move_far_is_left_out(part: int, whole: int, percent: str) -> None:
    made = apply(POLICIES["cld_round5"], pa.table({"part": [part], "all": [whole]}), SHARE)
    assert made.display["percent"].to_pylist() == [percent]


def test_a_true_zero_is_shown_where_the_count_says_so() -> None:
    made = apply(POLICIES["hes_subnational"], pa.table({"part": [0, 100], "all": [100, 100]}), SHARE)
    assert made.display["percent"].to_pylist() == ["0.0", "*"]


def test_a_rate_is_judged_in_proportion() -> None:
    cells = Cells(counts=SHARE.counts, percentages=(Percentage("rate", "part", "all", per=100_000, part=False),))
    made = apply(POLICIES["cld_round5"], pa.table({"part": [52, 1, 50], "all": [150_000, 150_000, 100]}), cells)
    assert made.display["rate"].to_pylist() == ["33.3", "*", "50000.0"]
