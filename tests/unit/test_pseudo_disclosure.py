"""The disclosure gate: boundary values of every policy, totals, percentages, amounts, and what it refuses."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from pydantic import ValidationError

from pseudo.disclosure import (
    DEFAULT_POLICY,
    Cells,
    GatedTable,
    GateRecord,
    Percentage,
    Totals,
    apply,
    choose_policy,
    load_policies,
)
from pseudo.errors import PolicyError

ROOT = Path(__file__).parents[2]
POLICIES = load_policies(ROOT / "configs" / "disclosure" / "policies.yaml")
PEOPLE = Cells(counts={"people": "people"})
R = "[REDACTED]"
VECTORS = yaml.safe_load((ROOT / "tests" / "vectors" / "disclosure.yaml").read_text(encoding="utf-8"))["boundaries"]


PAGE = ROOT / "docs" / "reference" / "disclosure.md"
START, END = "<!-- boundaries: made by python -m tests.unit.test_pseudo_disclosure -->\n", "<!-- end -->"


def with_boundaries(text: str) -> str:
    """The page with the table of boundary values as the vectors have it."""
    names = [name for name in VECTORS[0]["shown"] if name != "none"]
    lines = ["| n people | " + " | ".join(f"`{name}`" for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {row['n']} | " + " | ".join(row["shown"][name] for name in names) + " |" for row in VECTORS]
    before, rest = text.split(START)
    return before + START + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1]


def gated(policy: str, cells: Cells = PEOPLE, **columns: list[Any]) -> GatedTable:
    return apply(choose_policy(POLICIES, policy), pa.table(columns), cells)


def shown(policy: str, cells: Cells = PEOPLE, **columns: list[Any]) -> dict[str, list[str]]:
    return gated(policy, cells, **columns).display.to_pydict()


@pytest.mark.parametrize(
    ("policy", "people", "text"), [(name, row["n"], text) for row in VECTORS for name, text in row["shown"].items()]
)
def test_boundary_values(policy: str, people: int, text: str) -> None:
    assert shown(policy, people=[people])["people"] == [text]


def test_the_table_in_the_documentation_is_that_of_the_vectors() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_boundaries(text) == text


def test_the_default_is_hes_subnational() -> None:
    assert choose_policy(POLICIES).name == DEFAULT_POLICY == "hes_subnational"


def test_an_unknown_policy_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(PolicyError, match="cld_round5, hes_subnational, none"):
        choose_policy(POLICIES, "mine")


def test_the_threshold_tests_people_and_not_events() -> None:
    cells = Cells(counts={"visits": "people"})
    assert shown("hes_subnational", cells, visits=[50, 53], people=[7, 8]) == {"visits": ["*", "55"]}


def test_values_are_numbers_with_null_where_hidden() -> None:
    assert gated("hes_subnational", people=[3, 12]).values.to_pydict() == {"people": [None, 10]}


def test_an_absent_count_stays_empty() -> None:
    assert shown("hes_subnational", people=[None, 12])["people"] == ["", "10"]


def test_labels_pass_and_columns_of_people_behind_others_do_not() -> None:
    cells = Cells(counts={"visits": "people"}, labels=("year",))
    made = gated("none", cells, area=["a"], year=[2022], visits=[9], people=[4])
    assert made.display.column_names == made.values.column_names == ["area", "year", "visits"]


TOTALS = Cells(counts={"people": "people"}, totals=Totals(rows={"age": "Total"}))
AGES = {"age": ["18-64", "65+", "Total"]}


@pytest.mark.parametrize(
    ("policy", "parts", "total"),
    [
        ("hes_subnational", [7, 13], "20"),
        ("opensafely", [13, 13], "30"),
        ("opensafely", [7, 13], "15"),
        ("opensafely", [5, 5], R),
        ("threshold10", [9, 13], "22"),
        ("threshold10", [4, 5], "*"),
        ("threshold10", [11, 13], "24"),
        ("cld_round5", [13, 13], "25"),
        ("none", [1, 2], "3"),
    ],
)
def test_totals(policy: str, parts: list[int], total: str) -> None:
    assert shown(policy, TOTALS, **AGES, people=[*parts, sum(parts)])["people"][-1] == total


def test_a_hidden_cell_is_not_told_by_the_totals_of_its_row_and_its_column() -> None:
    cells = Cells(
        counts={name: name for name in ("a", "b", "all")},
        totals=Totals(rows={"age": "Total"}, columns={"all": ("a", "b")}),
    )
    table = shown("threshold10", cells, **AGES, a=[9, 20, 29], b=[20, 30, 50], all=[29, 50, 79])
    assert (table["a"], table["b"], table["all"]) == (["*", "*", "29"], ["*", "*", "50"], ["29", "50", "79"])


def test_a_total_without_its_parts_is_refused() -> None:
    with pytest.raises(PolicyError, match="none of its parts"):
        shown("opensafely", TOTALS, age=["Total"], people=[20])


PERCENT = Cells(counts={"n": "n", "all": "all"}, percentages=(Percentage("percent", "n", "all"),))


@pytest.mark.parametrize(
    ("policy", "n", "whole", "percent"),
    [
        ("hes_subnational", 12, 18, "*"),
        ("hes_subnational", 112, 218, "50.0"),
        ("none", 12, 18, "66.7"),
        ("hes_subnational", 7, 18, "*"),
        ("hes_subnational", 0, 0, ""),
        ("threshold10", 9, 40, "*"),
        ("threshold10", 20, 40, "50.0"),
        ("threshold10", 38, 40, "*"),
        ("hes_subnational", 0, 18, "0.0"),
    ],
)
def test_percentages_are_made_from_what_is_shown(policy: str, n: int, whole: int, percent: str) -> None:
    assert shown(policy, PERCENT, n=[n], all=[whole])["percent"] == [percent]


def test_rates_per_thousand() -> None:
    cells = Cells(counts={"n": "n", "all": "all"}, percentages=(Percentage("rate", "n", "all", per=1000, decimals=0),))
    assert shown("hes_subnational", cells, n=[52], all=[1001])["rate"] == ["50"]


@pytest.mark.parametrize(
    ("policy", "people", "mean"),
    [
        ("hes_subnational", 7, "*"),
        ("hes_subnational", 8, "4.0"),
        ("hes_subnational", 0, "*"),
        ("opensafely", 5, R),
        ("opensafely", 6, "4.0"),
        ("threshold10", 9, "*"),
        ("threshold10", 10, "4.0"),
    ],
)
def test_a_mean_of_few_people_is_hidden(policy: str, people: int, mean: str) -> None:
    cells = Cells(counts={"n": "n"}, amounts={"mean": "n"})
    assert shown(policy, cells, n=[people], mean=[3.5 if people else None])["mean"] == [mean]


@pytest.mark.parametrize("name", ["min_age", "longest_stay_max", "minimum", "highest"])
def test_a_minimum_or_maximum_is_refused_outside_the_zone(name: str) -> None:
    cells = Cells(counts={"n": "n"}, amounts={name: "n"})
    with pytest.raises(PolicyError, match=f"value of one person.*{name}"):
        gated("hes_subnational", cells, n=[50], **{name: [3.5]})
    assert gated("none", cells, n=[50], **{name: [3.5]}).display[name].to_pylist() == ["3.5"]


def test_what_a_percentage_leaves_to_100_is_hidden_too_where_numbers_are_exact() -> None:
    """38 of 40 would tell that 2 are otherwise."""
    assert shown("threshold10", PERCENT, n=[38, 30], all=[40, 40])["n"] == ["*", "30"]
    events = Cells(counts={"n": "n", "all": "all"}, percentages=(Percentage("rate", "n", "all", part=False),))
    assert shown("threshold10", events, n=[38], all=[40])["rate"] == ["95.0"]


def test_a_policy_that_hides_and_shows_exact_numbers_protects_the_hidden_ones() -> None:
    with pytest.raises(ValidationError, match="secondary must be complementary"):
        POLICIES["threshold10"].model_validate({**POLICIES["threshold10"].model_dump(), "secondary": "none"})


def test_results_of_a_model_pass_as_they_are() -> None:
    cells = Cells(counts={"n": "n"}, model_results=("rate_ratio",))
    assert gated("hes_subnational", cells, n=[8], rate_ratio=[1.234]).display["rate_ratio"].to_pylist() == [1.234]


def test_the_record_counts_cells_and_shows_none() -> None:
    record = gated("hes_subnational", PERCENT, n=[0, 7, 20], all=[20, 20, 20]).record
    assert record == GateRecord(policy="hes_subnational", cells=9, suppressed=3, rounded=4, zero_or_full=1, smallest=20)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"people": [1], "cost": [2.5]}, "not told of: cost"),
        ({"people": [-1]}, "whole numbers"),
        ({"people": [1.5]}, "whole numbers"),
        ({"other": ["a"]}, "not counts here: people"),
    ],
)
def test_what_cannot_be_judged_is_refused(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        gated("hes_subnational", **columns)


def test_a_count_without_people_behind_it_is_refused() -> None:
    with pytest.raises(PolicyError, match="people behind every count"):
        shown("none", Cells(counts={"visits": "people"}), visits=[3], people=[0])


def test_only_the_gate_makes_a_gated_table() -> None:
    table = pa.table({"people": [1]})
    with pytest.raises(PolicyError, match="by the disclosure gate only"):
        GatedTable(table, table, GateRecord("none", 1, 0, 0, 0), PEOPLE, POLICIES["none"], object())


if __name__ == "__main__":
    PAGE.write_text(with_boundaries(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
