"""What an insider could single out: counted by hand on a small released table."""

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudo.attack import measure
from pseudo.policy_model import ReleasePolicy

JUNE, JULY = date(2022, 6, 1), date(2022, 7, 1)
# Ann and Bob are alike but for the dates of their events; Cat is the only one in Y; nobody knows when Dan was born.
ROWS = [
    ("ann", "1950-02", "1", "X", JUNE),
    ("ann", "1950-02", "1", "X", JULY),
    ("bob", "1950-02", "1", "X", JUNE),
    ("cat", "1950-02", "1", "Y", JUNE),
    ("dan", None, "2", "X", JULY),
]
COLUMNS = ("person_pseudonym", "birth_month", "gender", "area", "event_start_date")
INSIDER = {"birth": ["birth_month"], "sex": ["gender"], "area": ["area", "lsoa"], "event_date": "event_start_date"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("attack") / "care.parquet"
    pq.write_table(pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in ROWS]), path)
    policy = ReleasePolicy.model_validate(
        {"name": "p", "version": "1", "description": "d", "insider": {"care": INSIDER}, "tables": {}}
    )
    return measure({"care": path}, policy)["care"]


@pytest.mark.parametrize(
    ("facts", "people"),
    [
        (["birth"], 0),
        (["sex"], 1),  # Dan
        (["area"], 1),  # Cat
        (["birth", "area"], 1),  # Cat; Dan's birth is not known
        (["birth", "event_date"], 1),  # Ann, by the event in July
        (["area", "event_date"], 1),  # Cat; Ann and Dan share July in X
        (["birth", "sex", "area", "event_date"], 2),  # Ann and Cat
    ],
)
def test_people_singled_out_by_what_is_known(found: dict[str, Any], facts: list[str], people: int) -> None:
    outcome = next(outcome for outcome in found["by_facts"] if outcome["facts"] == facts)
    assert (outcome["people"], outcome["share"]) == (people, people / 4)


def test_the_most_by_number_of_facts_known(found: dict[str, Any]) -> None:
    worst = found["by_number_of_facts"]
    assert {number: outcome["share"] for number, outcome in worst.items()} == {"1": 0.25, "2": 0.5, "3": 0.75, "4": 0.5}


def test_a_column_that_the_release_lacks_is_not_known(found: dict[str, Any]) -> None:
    assert found["columns"]["area"] == ["area"]


def test_the_result_names_nobody(found: dict[str, Any]) -> None:
    assert not [name for name in ("ann", "bob", "cat", "dan", "1950", "2022") if name in str(found)]
