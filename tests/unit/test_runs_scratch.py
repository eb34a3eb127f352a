"""A scratch folder goes with its work, and that of a killed process at the next run."""

import tempfile
from pathlib import Path

from linkage.runs.scratch import scratch_folder


def test_what_a_killed_process_left_goes_at_the_next_run_and_nothing_else(tmp_path: Path) -> None:
    left = Path(tempfile.mkdtemp(prefix="cldlink-release-", dir=tmp_path))
    (left / ".lock").touch()
    (left / "numbers.parquet").touch()
    (tmp_path / "cldlink-release-of-somebody").mkdir()
    with scratch_folder("release", tmp_path) as first, scratch_folder("release", tmp_path) as second:
        assert not left.exists() and first.is_dir() and second.is_dir() and first != second
    assert [path.name for path in tmp_path.iterdir()] == ["cldlink-release-of-somebody"]
