"""What a store does with a file that comes in: who may read it, what it is compared with, what is returned."""

import os
from pathlib import Path

import pytest

from tests.unit.keeping_stores import add_quarter


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    added = add_quarter(tmp_path, "Q1", {})
    assert added.report
    for folder in (tmp_path / "store", added.receipt.parent, added.report):
        assert folder.stat().st_mode & 0o777 == 0o700
    files = [*added.receipt.parent.iterdir(), *added.report.iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
