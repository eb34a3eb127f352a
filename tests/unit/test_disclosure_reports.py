"""Pages about a trace outside the restricted zone: groups, outcomes, bands and rates as the disclosure gate shows them."""

from linkage.cohort.shown import disclosure_policy
from linkage.report import Table
from linkage.trace.evaluate.curves import CalibrationBand
from linkage.trace.evaluate.figures import GroupQuality, Proportion
from linkage.trace.evaluate.groups import gated_groups
from linkage.trace.evaluate.report import _by_band, _cells, _share_table
from linkage.trace.evaluate.statement import _outcomes

EXACT_OR_HIDDEN, ROUNDED, INSIDE = (disclosure_policy(name) for name in ("threshold10", "hes_subnational", "none"))


def group(name: str, people: int, linked: int) -> GroupQuality:
    nobody = Proportion(0, 0)
    return GroupQuality("gender", name, people, Proportion(linked, people), nobody, nobody)


def column(table: Table, place: int) -> list[object]:
    return [row[place] for row in table.rows]


def test_a_hidden_group_is_not_told_by_the_others_and_all() -> None:
    shown = gated_groups([group("a", 4, 4), group("b", 30, 20), group("c", 80, 60)], EXACT_OR_HIDDEN)
    assert [one.people for one in shown] == [0, 0, 80]


def test_few_unlinked_people_are_not_told_by_the_linked_ones() -> None:
    shown = gated_groups([group("a", 50, 47), group("b", 60, 30), group("c", 80, 60)], EXACT_OR_HIDDEN)
    assert shown[0].linked == Proportion(0, 0)


def test_groups_are_rounded_by_a_policy_that_rounds_and_exact_inside() -> None:
    groups = [group("a", 4, 4), group("b", 52, 21)]
    assert [one.linked for one in gated_groups(groups, ROUNDED)] == [Proportion(0, 0), Proportion(20, 50)]
    assert gated_groups(groups, INSIDE) == groups
    assert gated_groups([], ROUNDED) == []


def test_an_outcome_of_few_people_is_hidden_with_another_where_numbers_are_exact() -> None:
    by_outcome = {"confirmed": 400, "found": 30, "invalid_number": 3}
    table = _outcomes(by_outcome, EXACT_OR_HIDDEN)
    assert (column(table, 2), column(table, 3)) == (["400", "*", "*"], ["92.4", "*", "*"])
    assert column(_outcomes(by_outcome, ROUNDED), 3) == ["92.0", "6.9", "*"]
    assert _outcomes({}, EXACT_OR_HIDDEN).rows == []


def test_a_rate_of_few_people_is_hidden() -> None:
    rows = [("few", "of few", Proportion(6, 7)), ("more", "of more", Proportion(7, 8)), ("none", "", Proportion(0, 0))]
    table = _share_table("Rates", rows, ROUNDED)
    assert column(table, 3) == ["*", 87.5, None]
    assert column(_share_table("Rates", rows, INSIDE), 3) == ["6", "7", "0"]


def test_the_share_that_is_right_is_made_from_the_numbers_shown() -> None:
    bands = [CalibrationBand("20 to 25", 0.9, Proportion(49, 52)), CalibrationBand("15 to 20", 0.5, Proportion(3, 9))]
    shown = _cells(_by_band(bands, ROUNDED))
    assert [row[:4] for row in shown] == [["20 to 25", "50", 90.0, 100.0], ["15 to 20", "10", 50.0, None]]
