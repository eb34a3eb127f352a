"""Whatever is in a file, checking it ends in findings or a clear refusal, and every row is accounted for.

All 200 cases are read; every kind of damage is checked by every rule twice. ``make fuzz`` checks 10,000 by every rule.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.engine import Engine, open_engine
from tests.fuzz.damaged import KINDS, damaged
from tests.fuzz.outcome import outcome

CASES = 100
CHECKED = len(KINDS)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


@pytest.mark.parametrize("first", range(0, CASES, 50))
def test_damaged_files_are_read_with_every_row_accounted_for_or_refused(
    engine: Engine, tmp_path: Path, first: int
) -> None:
    for seed in range(first, first + 50):
        found = outcome(engine, tmp_path / "submission.csv", seed, rules=False)
        assert found.right, f"seed {seed}, {found.kind}: {found.told}"


@pytest.mark.parametrize("seed", range(CHECKED))
def test_damaged_files_end_in_findings_or_a_refusal(engine: Engine, tmp_path: Path, seed: int) -> None:
    found = outcome(engine, tmp_path / "submission.csv", seed)
    assert found.right, f"{found.kind}: {found.told}"


def test_every_kind_of_damage_is_among_the_cases() -> None:
    assert {damaged(seed)[0] for seed in range(CASES)} == set(KINDS)
