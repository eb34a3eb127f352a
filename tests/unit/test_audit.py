"""The audit log: what may stand in it, and that nothing in it can be changed unseen."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pseudo.audit import HEAD, LOG, AuditLog
from pseudo.audit_entry import Action, require_form
from pseudo.errors import AuditError, AuditPathError, AuditValueError

ACTION = Action(
    "a.analyst", "trace", "Quarterly tracing of CLD", "2022-23 Q4", counts={"queries": 7}, manifest="a" * 64
)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path / "audit")
    for number in range(5):
        log.append(replace(ACTION, counts={"queries": number}))
    return log


def lines(log: AuditLog) -> list[bytes]:
    return (log.folder / LOG).read_bytes().splitlines(keepends=True)


def write(log: AuditLog, lines: list[bytes]) -> None:
    (log.folder / LOG).write_bytes(b"".join(lines))


@pytest.mark.skipif(os.name != "posix", reason="rights of folders are POSIX's")
def test_the_folder_is_its_owners_alone(log: AuditLog) -> None:
    assert stat.S_IMODE(log.folder.stat().st_mode) == 0o700


def test_entries_are_numbered_and_chained(log: AuditLog) -> None:
    entries = log.entries()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.prev for entry in entries[1:]] == [entry.sha256 for entry in entries[:-1]]
    assert entries[3].action == replace(ACTION, counts={"queries": 3}, made_from=[])
    assert log.verify() == []


@pytest.mark.parametrize("place", range(5))
def test_any_change_of_an_entry_is_found(log: AuditLog, place: int) -> None:
    changed = lines(log)
    changed[place] = changed[place].replace(b"a.analyst", b"b.analyst")
    write(log, changed)
    assert len(log.verify()) == 1


@pytest.mark.parametrize("place", range(4))
def test_an_entry_removed_from_the_middle_is_found(log: AuditLog, place: int) -> None:
    kept = lines(log)
    del kept[place]
    write(log, kept)
    assert log.verify() == [f"entry {place + 1} was altered, removed or put in another place"]


def test_a_cut_tail_is_found_by_the_head(log: AuditLog) -> None:
    write(log, lines(log)[:-2])
    assert log.verify() == ["head.json knows 5 entries, the log has 3: its end was cut off"]


def test_a_cut_tail_with_its_head_is_found_by_a_checkpoint_kept_elsewhere(log: AuditLog, tmp_path: Path) -> None:
    head = (log.folder / HEAD).read_bytes()
    for _ in range(2):
        log.append(ACTION)
    log.checkpoint().write(tmp_path / "kept.json")
    write(log, lines(log)[:5])
    (log.folder / HEAD).write_bytes(head)
    assert log.verify() == []
    assert log.verify([tmp_path / "kept.json"]) == ["kept.json knows 7 entries, the log has 5: its end was cut off"]


def test_a_log_written_anew_is_found_by_a_checkpoint(log: AuditLog, tmp_path: Path) -> None:
    log.checkpoint().write(tmp_path / "kept.json")
    for name in (LOG, HEAD):
        (log.folder / name).unlink()
    for _ in range(6):
        log.append(ACTION)
    assert log.verify() == [] and len(log.verify([tmp_path / "kept.json"])) == 1


@pytest.mark.parametrize("name", [LOG, HEAD])
def test_a_missing_file_is_found_and_nothing_is_added(log: AuditLog, name: str) -> None:
    (log.folder / name).unlink()
    assert log.verify()
    with pytest.raises(AuditError):
        log.append(ACTION)


def test_nothing_is_added_to_a_log_with_a_cut_tail(log: AuditLog) -> None:
    write(log, lines(log)[:-1])
    with pytest.raises(AuditError):
        log.append(ACTION)


def test_a_line_cut_off_while_it_was_written_goes_with_the_next_entry(log: AuditLog) -> None:
    with (log.folder / LOG).open("ab") as handle:
        handle.write(b'{"actor":"a')
    assert log.verify() == []
    assert log.append(ACTION).seq == 6
    assert log.verify() == []


def test_an_entry_whose_head_was_not_written_stands(log: AuditLog) -> None:
    head = (log.folder / HEAD).read_bytes()
    log.append(ACTION)
    (log.folder / HEAD).write_bytes(head)
    assert log.verify() == []
    assert log.append(ACTION).seq == 7


def test_keys_of_a_later_version_do_not_disturb_reading(tmp_path: Path, log: AuditLog) -> None:
    document = json.loads((log.folder / HEAD).read_text(encoding="utf-8"))
    document["witnesses"] = [{"name": "x"}]
    (tmp_path / "later.json").write_text(json.dumps(document), encoding="utf-8")
    assert log.verify([tmp_path / "later.json"]) == []


def test_two_processes_at_once_lose_no_entry(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pseudo.audit import AuditLog; from pseudo.audit_entry import Action\n"
        "for n in range(40): AuditLog(Path(sys.argv[1])).append(Action('p', 'trace', 'A purpose', 'R1', counts={'n': n}))"
    )
    folder = tmp_path / "audit"
    running = [subprocess.Popen([sys.executable, "-c", code, str(folder)]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert len(AuditLog(folder).entries()) == 80
    assert AuditLog(folder).verify() == []


def test_where_there_is_no_log_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditPathError):
        AuditLog(tmp_path).verify()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", "Looking up 999 000 0018"),
        ("purpose", "Born 03/02/1938, lost her card"),
        ("purpose", "trace Olivia Thornbury 6 May 1990"),
        ("purpose", "Born on the 6th of May"),
        ("purpose", "Born Sept. 3, 1938"),
        ("purpose", "Born 3sep38"),
        ("purpose", "Born 1938 02 03"),
        ("purpose", "Born 19380203"),
        ("purpose", "Case 123456"),
        ("purpose", "Who lives at ZX1 4AP"),
        ("purpose", "a\nb"),
        ("purpose", ""),
        ("reference", "9990000018"),
        ("reference", "one, two"),
        ("actor", "name\twith tab"),
    ],
)
def test_words_that_could_identify_somebody_are_refused(name: str, value: str) -> None:
    with pytest.raises(AuditValueError) as raised:
        require_form(name, value)
    assert not value or value not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("purpose", "Quarterly tracing, Q4 2022/23 (DSCRO)"), ("reference", "DARS-NIC-123456-A1B2C"),
     ("purpose", "Data of May 2026, 12 markets, 3 decisions, 152 authorities"),
     ("reference", "991 2022-04-01 to 2023-03-31"), ("actor", "CORP\\j.smith")],
)  # fmt: skip
def test_ordinary_words_are_taken(name: str, value: str) -> None:
    require_form(name, value)


@pytest.mark.parametrize("counts", [{"Queries": 1}, {"queries": -1}, {"queries": True}, {"queries": "9990000018"}])
def test_counts_are_names_and_whole_numbers(tmp_path: Path, counts: dict[str, int]) -> None:
    with pytest.raises(AuditValueError):
        AuditLog(tmp_path / "audit").append(replace(ACTION, counts=counts))
    assert not (tmp_path / "audit" / LOG).exists()
