"""k-anonymity and l-diversity as conditions: what is measured, what is withheld or dropped, and what stops a release."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudo.anonymity import measure, require
from pseudo.conditions import Anonymity
from pseudo.errors import PolicyError
from pseudo.policy_model import ReleasePolicy

People = list[tuple[Any, ...]]
COLUMNS = ("person_pseudonym", "area", "sex", "reason", "day")


def staged(folder: Path, rows: People, group: int = 1000) -> dict[str, Path]:
    """Rows of a released table ``t``, in released order."""
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    table = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=False)) for row in rows], schema=schema)
    pq.write_table(table, folder / "t.parquet", row_group_size=group)
    return {"t": folder / "t.parquet"}


def policy(**settings: Any) -> ReleasePolicy:
    table = {"quasi_identifiers": ["area", "sex"]}
    if settings.get("l", 1) > 1:
        table["sensitive"] = "reason"  # type: ignore[assignment]
    condition = Anonymity.model_validate({"k": 2, "tables": {"t": table}, **settings})
    return ReleasePolicy(name="p", version="1", description="d", anonymity=condition, tables={})


def rows_of(paths: dict[str, Path]) -> People:
    return [tuple(row.values()) for row in pq.read_table(paths["t"]).to_pylist()]


THREE = [("a", "X", "1", "r", "d"), ("b", "X", "1", "s", "d"), ("c", "Y", "1", "r", "d")]


def test_a_person_is_one_line_with_everything_that_their_rows_tell(tmp_path: Path) -> None:
    """Somebody released with two areas is like those who are released with the same two."""
    rows = [("a", "X", "1"), ("a", "X", "1"), ("a", "Y", "1"), ("b", "X", "1"), ("c", "X", "1")]
    found = measure(staged(tmp_path, rows), policy())["tables"]["t"]
    assert (found["people"], found["classes"], found["k_min"], found["people_below"]) == (3, 2, 1, 1)


def test_a_value_that_one_row_lacks_and_another_has_is_known(tmp_path: Path) -> None:
    rows = [("a", None, "1"), ("a", "X", "1"), ("b", "X", "1")]
    assert measure(staged(tmp_path, rows), policy())["tables"]["t"]["k_min"] == 2


def test_what_is_withheld_of_a_person_is_withheld_in_all_their_rows(tmp_path: Path) -> None:
    """Else the row of last year would tell what was withheld from this year's."""
    rows = [("a", "X", "1"), ("a", "X", "2"), ("b", "X", "1"), ("c", "X", "1"), ("d", "Y", "1")]
    paths = staged(tmp_path, rows)
    require(paths, policy(action="generalise", generalise=["area"], then="drop"))
    assert [row[:3] for row in rows_of(paths)] == [("b", "X", "1"), ("c", "X", "1")]
    paths = staged(tmp_path, [*rows, ("e", "Z", "1"), ("e", "Z", "2")])
    done = require(paths, policy(action="generalise", generalise=["area"], then="drop"))["tables"]["t"]
    assert [row[:3] for row in rows_of(paths)] == [
        ("a", None, "1"), ("a", None, "2"), ("b", "X", "1"), ("c", "X", "1"), ("e", None, "1"), ("e", None, "2")
    ]  # fmt: skip
    assert (done["rows_withheld"], done["rows_dropped"], done["k_min"]) == ({"area": 4}, 1, 2)


def test_rows_of_one_person_in_two_row_groups_are_one_person(tmp_path: Path) -> None:
    rows = [("a", "X", "1"), ("a", "X", "1"), ("a", "X", "1"), ("b", "X", "1")]
    assert measure(staged(tmp_path, rows, group=2), policy())["tables"]["t"]["k_min"] == 2


def test_rows_out_of_order_are_not_measured(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="in order of person"):
        measure(staged(tmp_path, [("b", "X", "1"), ("a", "X", "1")]), policy())


def test_missing_is_a_value_of_its_own_and_may_also_match_anything(tmp_path: Path) -> None:
    rows = [("a", "X", "1"), ("b", "X", "1"), ("c", None, "1"), ("d", "Y", "2")]
    found = measure(staged(tmp_path, rows), policy())["tables"]["t"]
    assert (found["k_min"], found["people_below"]) == (1, 2)
    assert found["missing_matches_anything"] == {"classes_tried": 2, "classes_below": 1, "k_min": 1}


def test_l_counts_the_different_sensitive_values_of_a_class(tmp_path: Path) -> None:
    rows = [("a", "X", "1", "r"), ("b", "X", "1", "r"), ("c", "Y", "1", "r"), ("d", "Y", "1", "s")]
    found = measure(staged(tmp_path, rows), policy(l=2))["tables"]["t"]
    assert (found["l_min"], found["people_homogeneous"], found["people_below"]) == (1, 2, 0)


def test_a_class_without_any_sensitive_value_tells_nothing(tmp_path: Path) -> None:
    rows = [("a", "X", "1", None), ("b", "X", "1", None)]
    assert require(staged(tmp_path, rows), policy(l=2))["tables"]["t"]["people_homogeneous"] == 0


def test_a_condition_that_is_met_changes_no_byte(tmp_path: Path) -> None:
    paths = staged(tmp_path, THREE[:2])
    before = paths["t"].read_bytes()
    assert require(paths, policy(action="drop"))["tables"]["t"]["people_below"] == 0
    assert paths["t"].read_bytes() == before


def test_too_few_alike_stop_the_release(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"t: 1 of 3 people share area, sex with fewer than 1 others\."):
        require(staged(tmp_path, THREE), policy())


def test_a_share_may_be_allowed(tmp_path: Path) -> None:
    assert require(staged(tmp_path, THREE), policy(share_below=0.34))["tables"]["t"]["people_below"] == 1


def test_rows_of_small_classes_are_dropped_and_counted(tmp_path: Path) -> None:
    paths = staged(tmp_path, THREE)
    done = require(paths, policy(action="drop"))["tables"]["t"]
    assert [row[0] for row in rows_of(paths)] == ["a", "b"]
    assert (done["rows_dropped"], done["people"], done["people_below"], done["before"]["people_below"]) == (1, 2, 0, 1)


def test_columns_are_withheld_in_the_stated_order_and_only_from_small_classes(tmp_path: Path) -> None:
    rows = [("a", "X", "1"), ("b", "X", "1"), ("c", "Y", "1"), ("d", "Z", "1"), ("e", "Z", "2"), ("f", "Y", "2")]
    paths = staged(tmp_path, rows)
    done = require(paths, policy(action="generalise", generalise=["area", "sex"]))["tables"]["t"]
    assert [row[:3] for row in rows_of(paths)] == [
        ("a", "X", "1"), ("b", "X", "1"), ("c", None, "1"), ("d", None, "1"), ("e", None, "2"), ("f", None, "2")
    ]  # fmt: skip
    assert done["rows_withheld"] == {"area": 4}


def test_what_generalising_leaves_stops_the_release_or_is_dropped(tmp_path: Path) -> None:
    rows = [("a", "X", "1"), ("b", "X", "1"), ("c", "Y", "2")]
    generalise: dict[str, Any] = {"action": "generalise", "generalise": ["area"]}
    with pytest.raises(PolicyError, match="1 of 3 people"):
        require(staged(tmp_path, rows), policy(**generalise))
    paths = staged(tmp_path, rows)
    assert require(paths, policy(**generalise, then="drop"))["tables"]["t"]["rows_dropped"] == 1
    assert [row[0] for row in rows_of(paths)] == ["a", "b"]


def test_too_little_variety_is_generalised_as_too_few_people_are(tmp_path: Path) -> None:
    rows = [("a", "X", "1", "r"), ("b", "X", "1", "r"), ("c", "Y", "1", "s"), ("d", "Y", "1", "s")]
    paths = staged(tmp_path, rows)
    require(paths, policy(l=2, action="generalise", generalise=["area"]))
    assert {row[1] for row in rows_of(paths)} == {None}


def test_rows_stay_in_order_of_person_and_then_of_every_column(tmp_path: Path) -> None:
    """Else the order of two rows would still tell which area was withheld from which."""
    rows = [("a", "X", "1", "r", "2"), ("a", "Y", "1", "r", "1"), ("b", "Z", "1", "r", "1")]
    paths = staged(tmp_path, rows, group=1)
    require(paths, policy(action="generalise", generalise=["area"]))
    assert [row[-1] for row in rows_of(paths)] == ["1", "2", "1"]


def test_a_table_without_rows_meets_every_condition(tmp_path: Path) -> None:
    assert require(staged(tmp_path, []), policy(l=2))["tables"]["t"]["people"] == 0


def test_a_column_that_the_release_lacks_is_left_out(tmp_path: Path) -> None:
    settings = policy().anonymity
    assert settings
    table = {"quasi_identifiers": ["area", "lsoa"]}
    condition = Anonymity.model_validate({"k": 2, "share_below": 1.0, "tables": {"t": table, "absent": table}})
    asked = ReleasePolicy(name="p", version="1", description="d", anonymity=condition, tables={})
    assert measure(staged(tmp_path, THREE), asked)["tables"]["t"]["quasi_identifiers"] == ["area"]


def test_without_a_condition_there_is_nothing_to_hold(tmp_path: Path) -> None:
    none = ReleasePolicy(name="p", version="1", description="d", tables={})
    assert measure(staged(tmp_path, THREE), none) == require(staged(tmp_path, THREE), none) == {}
