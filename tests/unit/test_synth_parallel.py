"""Blocks made by several processes: the same result as by one, and nothing left after an interruption."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from linkage.errors import MachineError, UsageError
from linkage.synth import Making, build, load_profile, parallel, synth
from linkage.synth.parts import Plan
from linkage.synth.writing import ParquetFile, arrow_table


def hashes(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_processes_make_what_one_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_WORKERS_FROM_PEOPLE", 0)
    profile = load_profile("realistic")
    for name, workers, tasks in (("one", 1, 8), ("two", 2, 1)):
        monkeypatch.setattr(parallel, "BLOCKS_PER_TASK", tasks)
        counts = synth(profile, tmp_path / name, people=9_000, synthetic=True, making=Making(workers=workers))
        assert counts["people"] == 9_000
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


def test_the_last_block_is_cut_to_the_number_asked_for() -> None:
    profile = load_profile("realistic").model_copy(update={"people": 5_000})
    parts = list(parallel.parts_in_order(Plan(profile, "csv", register_only=True), 1))
    assert [part.number for part in parts] == [0, 1, 2]
    assert sum(part.people for part in parts) == 5_000


def test_a_register_alone_is_the_register_of_the_whole_world(tmp_path: Path) -> None:
    profile = load_profile("sample")
    synth(profile, tmp_path / "world", people=1_500, synthetic=True)
    counts = synth(profile, tmp_path / "alone", people=1_500, synthetic=True, making=Making(register_only=True))
    assert set(counts) == {"people", "register.csv"}
    assert hashes(tmp_path / "world")["register.csv"] == hashes(tmp_path / "alone")["register.csv"]


def test_parquet_holds_the_rows_of_csv_with_types(tmp_path: Path) -> None:
    profile = load_profile("sample")
    for form in ("csv", "parquet"):
        synth(profile, tmp_path / form, people=300, synthetic=True, making=Making(form=form))
    table = pq.read_table(tmp_path / "parquet" / "register.parquet").to_pylist()
    lines = (tmp_path / "csv" / "register.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    written = [",".join("" if row[name] is None else str(row[name]) for name in names) for row in table]
    assert written == lines[1:]
    schema = pq.read_schema(tmp_path / "parquet" / "register.parquet")
    assert {str(schema.field(name).type) for name in ("date_of_birth", "valid_from", "valid_to")} == {"date32[day]"}
    submissions = [sorted((tmp_path / form / "submissions").iterdir()) for form in ("csv", "parquet")]
    assert [path.read_bytes() for path in submissions[0]] == [path.read_bytes() for path in submissions[1]]


def test_row_groups_depend_on_block_numbers_only(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "table.parquet")
    for number in range(40):
        file.append(number, arrow_table(("n",), {"n": np.arange(number % 3)}))
    file.close()
    assert pq.ParquetFile(tmp_path / "table.parquet").num_row_groups == 3


def test_a_table_without_rows_keeps_its_columns_and_types(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "empty.parquet")
    table = {"name": np.empty(0, dtype=object), "day": np.empty(0, dtype="datetime64[D]")}
    file.append(0, arrow_table(("name", "day"), table))
    file.close()
    schema = pq.read_schema(tmp_path / "empty.parquet")
    assert [str(schema.field(name).type) for name in ("name", "day")] == ["string", "date32[day]"]


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synth(load_profile("sample"), tmp_path / "world", people=3_000, synthetic=True, making=Making(progress=stop))
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_after_every_block(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    making = Making(register_only=True, progress=lambda done, total: told.append((done, total)))
    synth(load_profile("sample"), tmp_path / "world", people=3_000, synthetic=True, making=making)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (3_000, 3_000)


def test_a_worker_that_is_stopped_from_outside_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plan: Plan, workers: int) -> None:
        raise parallel.BrokenProcessPool

    monkeypatch.setattr(parallel, "_by_workers", broken)
    with pytest.raises(MachineError, match="fewer --workers"):
        list(parallel.parts_in_order(Plan(load_profile("sample"), "csv"), 2))


@pytest.mark.parametrize("making", [Making(form="xlsx"), Making(workers=0)])
def test_what_cannot_be_made_is_refused(tmp_path: Path, making: Making) -> None:
    with pytest.raises(UsageError):
        synth(load_profile("sample"), tmp_path / "world", synthetic=True, making=making)
