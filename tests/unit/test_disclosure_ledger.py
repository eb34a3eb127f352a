"""The disclosure ledger: a new table is checked against all earlier ones, and says which cells and why by position only."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudo.differencing import conflicts
from pseudo.disclosure import Cells, Totals, apply, load_policies
from pseudo.errors import LedgerError, PolicyError
from pseudo.ledger import Counted, Ledger, Population, counted

POLICIES = load_policies(Path(__file__).parents[2] / "configs" / "disclosure" / "policies.yaml")
EVERYBODY = Population("dscro/university/P1", "release-1", {"supported": ("2022/23",)})
ON_THE_LAST_DAY = Population("dscro/university/P1", "release-1", {"supported": ("2022/23",), "on": ("2023-03-31",)})
NEXT_DELIVERY = Population("dscro/university/P1", "release-2", EVERYBODY.where)
OTHER_PROJECT = Population("dscro/university/P2", "release-1", EVERYBODY.where)


def table(
    people: list[int],
    population: Population = EVERYBODY,
    *,
    policy: str = "threshold10",
    name: str = "table",
    totals: Totals | None = None,
    **labels: list[str],
) -> Counted:
    labels = labels or {"area": ["a", "b", "c", "d"][: len(people)]}
    cells = Cells({"people": "people"}, totals=totals or Totals())
    return counted(name, apply(POLICIES[policy], pa.table({**labels, "people": people}), cells), population)


def show(path: Path, *tables: Counted) -> None:
    for one in tables:
        with Ledger(path).showing([one]):
            pass


def refusal(path: Path, one: Counted) -> str:
    with pytest.raises(PolicyError, match="The disclosure gate stops this output") as stopped:
        show(path, one)
    return str(stopped.value)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_part_of_a_population_beside_the_whole_tells_the_few_who_are_not_in_it(ledger: Path) -> None:
    show(ledger, table([50, 60], name="all"))
    told = refusal(ledger, table([46, 50], ON_THE_LAST_DAY, name="last day"))
    assert "last day (beside all shown at 20" in told
    assert ": differs by fewer than 10): row 1, column people. Leave out" in told
    assert "row 2" not in told
    assert not any(number in told for number in ("50", "46", " 4 "))


def test_nothing_is_added_for_a_table_that_was_stopped(ledger: Path) -> None:
    show(ledger, table([50, 60], name="all"))
    refusal(ledger, table([46, 50], ON_THE_LAST_DAY))
    assert [entry.table.name for entry in Ledger(ledger).entries()] == ["all"]


def test_nothing_is_added_when_the_tables_cannot_be_written(ledger: Path) -> None:
    with pytest.raises(OSError, match="full"), Ledger(ledger).showing([table([50, 60])]):
        raise OSError("full")
    assert Ledger(ledger).entries() == ()


@pytest.mark.parametrize("difference", [0, 10, -10])
def test_the_same_number_and_differences_of_enough_people_pass(ledger: Path, difference: int) -> None:
    show(ledger, table([50, 60]), table([50 + difference, 60], NEXT_DELIVERY))


@pytest.mark.parametrize("difference", [1, 9, -1, -9])
def test_a_later_delivery_tells_the_few_who_came_or_went(ledger: Path, difference: int) -> None:
    show(ledger, table([50, 60]))
    assert "row 1" in refusal(ledger, table([50 + difference, 60], NEXT_DELIVERY))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=4))
def test_no_two_exact_numbers_that_were_shown_tell_a_few_people(numbers: list[tuple[int, int]]) -> None:
    """Everybody, and those of them who stayed: whatever passes, no difference of two shown cells is 1 to 9."""
    everybody = table([stayed + left for stayed, left in numbers], name="everybody")
    stayed = table([stayed for stayed, _ in numbers], ON_THE_LAST_DAY, name="stayed")
    pairs = zip(everybody.columns["people"], stayed.columns["people"], strict=True)
    few = any(whole is not None and part is not None and 0 < int(whole) - int(part) < 10 for whole, part in pairs)
    assert bool(conflicts(stayed, [(everybody, "earlier")])) == few


def test_other_data_and_other_people_are_not_compared(ledger: Path) -> None:
    elsewhere = Population(EVERYBODY.data, EVERYBODY.delivery, {"registered": ("2022/23",)})
    show(ledger, table([50, 60]), table([49, 60], OTHER_PROJECT), table([49, 60], elsewhere))


def test_fewer_values_of_a_condition_are_part_of_more(ledger: Path) -> None:
    both = Population("d", "1", {"authority": ("991", "992")})
    show(ledger, table([50], both, name="both"))
    refusal(ledger, table([45], Population("d", "1", {"authority": ("991",)})))


def test_of_many_cells_the_first_are_named(ledger: Path) -> None:
    areas = list("abcdefgh")
    show(ledger, table([50] * 8, area=areas))
    told = refusal(ledger, table([45] * 8, ON_THE_LAST_DAY, area=areas))
    assert "8 cells tell too much" in told and "8 cells, such as" in told and told.count("area ") < 8


def test_tables_that_are_shown_together_are_checked_against_one_another(ledger: Path) -> None:
    tables = [table([50, 60], name="all"), table([46, 50], ON_THE_LAST_DAY, name="last day")]
    with pytest.raises(PolicyError, match="beside all at the same time"), Ledger(ledger).showing(tables):
        raise AssertionError("shown")


def test_the_same_table_again_is_not_added_again(ledger: Path) -> None:
    show(ledger, table([50, 60]), table([50, 60]))
    assert len(Ledger(ledger).entries()) == 1


@pytest.mark.parametrize("policy", ["hes_subnational", "opensafely", "cld_round5"])
def test_differences_of_rounded_numbers_always_leave_enough_possible(ledger: Path, policy: str) -> None:
    """20 and 25 stand for 18 to 22 and 23 to 27: the difference may be 1 to 9, and a threshold is 8 at most."""
    show(ledger, table([20, 7], policy=policy), table([23, 8], NEXT_DELIVERY, policy=policy))


def test_an_exact_number_beside_a_rounded_one_is_judged_by_what_follows(ledger: Path) -> None:
    """20 stands for 18 to 22: exactly 23 is 1 to 5 more; exactly 25 may be 3 to 7 more; exactly 33 is 11 or more."""
    show(ledger, table([20, 20, 20], policy="hes_subnational"))
    told = refusal(ledger, table([23, 20, 33], NEXT_DELIVERY))
    assert "row 1" in told
    assert "row 2" not in told
    assert "row 3" not in told


def test_a_hidden_cell_that_an_earlier_table_shows_is_not_hidden(ledger: Path) -> None:
    show(ledger, table([5, 30], policy="cld_round5"))
    assert ": hidden in one and shown in the other): row 1, column people. Leave" in refusal(ledger, table([5, 30]))


def test_a_cell_hidden_for_others_may_not_be_shown_by_another_table(ledger: Path) -> None:
    totals = Totals({"area": "Total"})
    with_total = table([4, 20, 40, 64], totals=totals, area=["a", "b", "c", "Total"])
    assert with_total.columns["people"] == [None, None, 40, 64]
    show(ledger, with_total)
    assert "row 2" in refusal(ledger, table([4, 20, 40], name="without total", area=["a", "b", "c"]))


def test_bands_cut_otherwise_tell_one_year_of_age(ledger: Path) -> None:
    show(ledger, table([400, 300], age=["18 to 64", "65 and over"]))
    told = refusal(ledger, table([404, 296], age=["18 to 65", "66 and over"]))
    assert "age from 65 to under 66 (all rows), column people" in told


def test_finer_bands_with_enough_people_pass(ledger: Path) -> None:
    show(ledger, table([400, 300], age=["18 to 64", "65 and over"]))
    show(ledger, table([400, 120, 180], age=["18 to 64", "65 to 84", "85 and over"]))


def test_a_band_that_is_hidden_and_told_by_an_earlier_one_is_stopped(ledger: Path) -> None:
    show(ledger, table([400, 65], age=["18-64", "65+"]))
    told = refusal(ledger, table([400, 60, 5], age=["18-64", "65-84", "85+"]))
    assert "age from 85 to under 1000" in told


def test_columns_that_add_up_are_compared_as_categories(ledger: Path) -> None:
    cells = Cells({"home": "home", "care": "care", "all": "all"}, totals=Totals(columns={"all": ("home", "care")}))

    def split(home: int, care: int, population: Population) -> Counted:
        exact = pa.table({"area": ["a"], "home": [home], "care": [care], "all": [home + care]})
        return counted("split", apply(POLICIES["threshold10"], exact, cells), population)

    show(ledger, split(40, 50, EVERYBODY))
    assert "row 1, column home" in refusal(ledger, split(43, 47, NEXT_DELIVERY))


def test_the_ledger_holds_what_was_shown_and_nothing_else(ledger: Path) -> None:
    show(ledger, table([3, 42], policy="hes_subnational"))
    document: dict[str, Any] = json.loads(ledger.read_text(encoding="utf-8"))
    assert document["table"]["columns"] == {"people": [None, 40]}
    assert document["table"]["labels"] == [["a"], ["b"]]
    assert document["prev"] == "0" * 64


@pytest.mark.parametrize("change", [(b"[40,", b"[45,"), (b'"seq":1', b'"seq":3')])
def test_an_altered_ledger_is_found(ledger: Path, change: tuple[bytes, bytes]) -> None:
    show(ledger, table([40, 60], name="one"), table([70, 80], OTHER_PROJECT, name="two"))
    ledger.write_bytes(ledger.read_bytes().replace(*change))
    with pytest.raises(LedgerError, match="altered, removed or put elsewhere"):
        Ledger(ledger).entries()


def test_a_removed_line_is_found(ledger: Path) -> None:
    show(ledger, table([40, 60], name="one"), table([70, 80], OTHER_PROJECT, name="two"))
    ledger.write_bytes(ledger.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(LedgerError, match="line 1"):
        Ledger(ledger).entries()


def test_half_a_line_of_an_interrupted_command_is_written_over(ledger: Path) -> None:
    show(ledger, table([40, 60], name="one"))
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + whole[:50])
    show(ledger, table([70, 80], OTHER_PROJECT, name="two"))
    assert [entry.seq for entry in Ledger(ledger).entries()] == [1, 2]
