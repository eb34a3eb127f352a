"""A store keeps every version of every accepted file, notices every change, and is as it was when an add is interrupted."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from linkage.engine import Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.intake.keeping import add as adding
from linkage.intake.keeping.consolidated import consolidate_store
from linkage.intake.keeping.purge import purge_store
from linkage.intake.keeping.store import Store, open_store
from tests.unit.keeping_stores import add, add_quarter, quarter_file

MANY = [{"person_unique_identifier": f"P{number}"} for number in range(30)]


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def record(store: Path, out: Path, as_at: date | None = None) -> list[tuple[object, ...]]:
    consolidate_store(store, out, as_at=as_at)
    with open_engine(folders=[out]) as engine:
        engine.read_parquet("events", [out / "events.parquet"])
        sql = "select submission, person_unique_identifier, event_end_date from events"
        return engine.rows(Step("look", sql))


def test_an_accepted_file_is_kept_as_it_came_with_rows_receipt_and_manifest(tmp_path: Path) -> None:
    added = add_quarter(tmp_path, "Q1", {}, {"event_type": None})
    assert added.outcome == "added" and added.entry
    folder = open_store(tmp_path / "store").folder(added.entry)
    assert folder == tmp_path / "store/authorities/991/submissions/991_2022-06-30_v1"
    names = ["manifest.json", "receipt.txt", "rows_IDENTIFIABLE.parquet", "submission_IDENTIFIABLE.csv"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / "submission_IDENTIFIABLE.csv").read_bytes() == (tmp_path / "v4.2_Q1.csv").read_bytes()
    assert (added.entry.rows_read, added.entry.rows_kept, added.entry.rows_rejected) == (2, 1, 1)


def test_receipt_log_and_manifest_hold_no_identifiers(tmp_path: Path) -> None:
    added = add_quarter(tmp_path, "Q1", {})
    folder = added.receipt.parent
    for path in (added.receipt, folder / "manifest.json", tmp_path / "store/log.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert not any(value in text for value in ("9990000018", "Ada", "Example", "ZX1 1AA", "15/06/1950"))


def test_the_same_file_again_is_recognised(tmp_path: Path) -> None:
    first = add_quarter(tmp_path, "Q1", {})
    before = files_of(tmp_path / "store")
    again = add_quarter(tmp_path, "Q1", {}, name="renamed.csv")
    assert (again.outcome, again.entry) == ("already_there", first.entry)
    assert files_of(tmp_path / "store") == before


def test_a_changed_file_for_the_same_period_is_a_new_version(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q1", {"event_end_date": "20/06/2022"})
    ids = [entry.id for entry in open_store(tmp_path / "store").entries()]
    assert ids == ["991_2022-06-30_v1", "991_2022-06-30_v2"]
    assert [row[0] for row in record(tmp_path / "store", tmp_path / "out")] == ["991_2022-06-30_v2"]


def test_a_file_that_is_not_accepted_is_returned_and_not_kept(tmp_path: Path) -> None:
    returned = add_quarter(tmp_path, "Q1", {"la_name": "Elsewhere"})
    assert returned.outcome == "returned" and returned.report
    assert "returned" in returned.report.parts and "Returned" in returned.receipt.read_text(encoding="utf-8")
    store = open_store(tmp_path / "store")
    assert store.entries() == () and [line.action for line in store.log()] == ["returned"]
    assert not [*(tmp_path / "store").rglob("rows_*"), *(tmp_path / "store").rglob("submission_*")]


def test_the_record_is_as_it_stood_on_the_day(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {}, {"person_unique_identifier": "P2"})
    add_quarter(tmp_path, "Q2", {"event_end_date": "15/09/2022"})
    store, ended = tmp_path / "store", date(2022, 9, 15)
    before = [("991_2022-06-30_v1", "P1", None), ("991_2022-06-30_v1", "P2", None)]
    assert record(store, tmp_path / "a", date(2022, 10, 19)) == before
    assert record(store, tmp_path / "b", date(2022, 10, 20)) == [("991_2022-09-30_v1", "P1", ended)]
    assert record(store, tmp_path / "c") == [("991_2022-09-30_v1", "P1", ended)]


def test_a_store_and_its_files_give_the_same_record(tmp_path: Path) -> None:
    from linkage.api import consolidate_submissions

    dates = {"date_of_birth": "1950?", "event_start_date": None}
    paths = [quarter_file(tmp_path, "Q1", {}, dates), quarter_file(tmp_path, "Q1", {}, version="v6")]
    consolidate_submissions(paths, tmp_path / "files", synthetic=True)
    for path in paths:
        add(tmp_path / "store", path)
    consolidate_store(tmp_path / "store", tmp_path / "kept")
    with open_engine(folders=[tmp_path]) as engine:
        for name in ("events", "persons"):
            for place in ("files", "kept"):
                engine.read_parquet(f"{place}_{name}", [tmp_path / place / f"{name}.parquet"])
            assert engine.columns(f"files_{name}") == engine.columns(f"kept_{name}")
            leave = " exclude (submission)" if name == "events" else ""
            first, second = (
                engine.rows(Step("look", f"select *{leave} from {place}_{name} order by all"))
                for place in ("files", "kept")
            )
            assert first == second


def test_rows_are_accounted_for(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q2", {}, {"event_type": None})
    counts = consolidate_store(tmp_path / "store", tmp_path / "out").counts
    assert counts == {
        "rows_in": 3,
        "events": 1,
        "rows_superseded": 1,
        "rows_rejected": 1,
        "rows_blank": 0,
        "persons": 1,
        "submissions": 2,
        "submissions_purged": 0,
    }


@pytest.mark.parametrize("name", ["submission_IDENTIFIABLE.csv", "rows_IDENTIFIABLE.parquet", "manifest.json"])
def test_a_stored_file_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    added = add_quarter(tmp_path, "Q1", {})
    with (added.receipt.parent / name).open("ab") as handle:
        handle.write(b" ")
    with pytest.raises(InputError, match="991_2022-06-30_v1"):
        consolidate_store(tmp_path / "store", tmp_path / "out")
    with pytest.raises(InputError, match="991_2022-06-30_v1"):
        add_quarter(tmp_path, "Q1", {})


def test_a_log_that_was_changed_is_refused(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q2", {})
    log = tmp_path / "store/log.jsonl"
    first, second = log.read_text(encoding="utf-8").splitlines()
    for altered in (first.replace("2022-07-20", "2022-07-19") + "\n" + second + "\n", second + "\n"):
        log.write_text(altered, encoding="utf-8")
        with pytest.raises(InputError, match="line 1 of the log"):
            open_store(tmp_path / "store").entries()


@pytest.mark.parametrize("moment", ["write_check", "put", "record"])
def test_an_add_interrupted_at_any_moment_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    add_quarter(tmp_path, "Q1", {})
    before = record(tmp_path / "store", tmp_path / "before")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((adding, moment) if moment == "write_check" else (Store, moment)), killed)
        with pytest.raises(KeyboardInterrupt):
            add_quarter(tmp_path, "Q2", {}, {"person_unique_identifier": "P2"})
    assert record(tmp_path / "store", tmp_path / "after") == before
    assert add_quarter(tmp_path, "Q2", {}).outcome == "added"
    assert [row[0] for row in record(tmp_path / "store", tmp_path / "then")] == ["991_2022-09-30_v1"]


def test_an_add_killed_outright_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    child = os.fork()
    if child == 0:
        Store.record = lambda *_: os._exit(9)  # type: ignore[assignment, method-assign, misc, return-value]
        add_quarter(tmp_path, "Q2", {})
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert [row[0] for row in record(tmp_path / "store", tmp_path / "out")] == ["991_2022-06-30_v1"]
    assert add_quarter(tmp_path, "Q2", {}).outcome == "added"


def test_a_log_line_cut_off_half_way_does_not_count(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    with (tmp_path / "store/log.jsonl").open("ab") as handle:
        handle.write(b'{"number": 2, "at": "20')
    assert len(open_store(tmp_path / "store").entries()) == 1
    add_quarter(tmp_path, "Q2", {})
    assert [line.number for line in open_store(tmp_path / "store").log()] == [1, 2]


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_log_whose_last_lines_were_cut_off_is_refused(tmp_path: Path, lines: int) -> None:
    for quarter in ("Q1", "Q2", "Q3"):
        add_quarter(tmp_path, quarter, {})
    log = tmp_path / "store/log.jsonl"
    log.write_text("".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[:lines]), encoding="utf-8")
    with pytest.raises(InputError, match="does not end as it was written"):
        open_store(tmp_path / "store").entries()
    with pytest.raises(InputError, match="does not end as it was written"):
        add_quarter(tmp_path, "Q4", {})


def test_a_last_line_cut_in_the_middle_after_it_was_written_is_refused(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    log = tmp_path / "store/log.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    with pytest.raises(InputError, match="does not end as it was written"):
        open_store(tmp_path / "store").entries()


def test_a_log_without_its_head_is_refused(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    add_quarter(tmp_path, "Q2", {})
    (tmp_path / "store/log.head").unlink()
    with pytest.raises(InputError, match=r"log\.head"):
        open_store(tmp_path / "store").entries()


@pytest.mark.parametrize("quarters", [("Q1",), ("Q1", "Q2")])
def test_a_command_that_ended_between_the_line_and_the_head_has_done_its_work(
    tmp_path: Path, quarters: tuple[str, ...]
) -> None:
    head, before = tmp_path / "store/log.head", b""
    for quarter in quarters:
        before = head.read_bytes() if head.exists() else b""
        add_quarter(tmp_path, quarter, {})
    head.write_bytes(before) if before else head.unlink()
    assert len(open_store(tmp_path / "store").entries()) == len(quarters)
    add_quarter(tmp_path, "Q3", {})
    assert len(open_store(tmp_path / "store").log()) == len(quarters) + 1


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_what_is_no_submission_leaves_no_store(tmp_path: Path, text: str, there: bool) -> None:
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    if there:
        (tmp_path / "store").mkdir()
    with pytest.raises(InputError):
        add(tmp_path / "store", tmp_path / "bad.csv")
    assert (tmp_path / "store").exists() == there
    assert not there or not list((tmp_path / "store").iterdir())


def test_what_is_no_submission_leaves_a_store_as_it_was(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    before = files_of(tmp_path / "store")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError):
        add(tmp_path / "store", tmp_path / "bad.csv")
    assert files_of(tmp_path / "store") == before


def half_written(store: Path) -> None:
    """What kill -9 half-way of the second add leaves: a folder aside, folders that the log does not name, a head not finished."""
    aside = store / ".part-2"
    (aside / "received").mkdir(parents=True)
    (aside / "received/next.csv").write_text("half of a fi", encoding="utf-8")
    (aside / "submission").mkdir()
    (aside / "submission/rows_IDENTIFIABLE.parquet").write_bytes(b"PAR1")
    (store / ".part-log.head").write_text('{"num', encoding="utf-8")
    for kind in ("submissions", "reports"):
        put = store / "authorities/991" / kind / "991_2022-09-30_v1"
        put.mkdir(parents=True)
        (put / "manifest.json").write_text("{", encoding="utf-8")


def test_after_a_kill_half_way_of_an_add_every_command_works(tmp_path: Path) -> None:
    store = tmp_path / "store"
    add_quarter(tmp_path, "Q1", {})
    half_written(store)
    assert [row[0] for row in record(store, tmp_path / "out")] == ["991_2022-06-30_v1"]
    assert add_quarter(tmp_path, "Q2", {}).outcome == "added"
    assert [row[0] for row in record(store, tmp_path / "then")] == ["991_2022-09-30_v1"]
    kept = {path.name for path in (store / "authorities/991/submissions").iterdir()}
    assert kept == {"991_2022-06-30_v1", "991_2022-09-30_v1"}
    assert open_store(store).leftovers(), "what was in the way is set aside"
    purge_store(store, as_at=date.today() + timedelta(days=3))
    assert open_store(store).leftovers() == []


def test_a_purge_works_after_a_kill_half_way_too(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {})
    half_written(tmp_path / "store")
    counts = purge_store(tmp_path / "store", as_at=date.today() + timedelta(days=3))
    assert counts["leftovers"] == 2 and counts["submissions"] == 0
    assert [row[0] for row in record(tmp_path / "store", tmp_path / "out")] == ["991_2022-06-30_v1"]


@pytest.mark.parametrize("left", [(), (".part-store.json",), ("store.json", ".part-1/received/next.csv")])
def test_after_a_kill_half_way_of_the_first_add_the_next_one_works(tmp_path: Path, left: tuple[str, ...]) -> None:
    store = tmp_path / "store"
    store.mkdir()
    for name in left:
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        text = '{"format": "cldlink-submission-store-1"}' if name == "store.json" else '{"for'
        (store / name).write_text(text, encoding="utf-8")
    assert add_quarter(tmp_path, "Q1", {}).outcome == "added"
    assert len(open_store(store).entries()) == 1


def test_authorities_are_kept_apart(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", {"person_unique_identifier": "ONLY991"})
    add_quarter(tmp_path, "Q1", {"person_unique_identifier": "ONLY992", "event_type": "Wrong"}, {}, version="v6")
    consolidate_store(tmp_path / "store", tmp_path / "out", separate=True)
    for mine, other in (("991", "992"), ("992", "991")):
        places = [tmp_path / "store/authorities" / mine, tmp_path / "out" / mine]
        for path in (path for place in places for path in place.rglob("*") if path.is_file()):
            assert f"ONLY{other}".encode() not in path.read_bytes()
        with open_engine(folders=[tmp_path]) as engine:
            engine.read_parquet("events", [tmp_path / "out" / mine / "events.parquet"])
            assert engine.rows(Step("look", "select distinct la_code from events")) == [(mine,)]


def test_a_submission_that_shrinks_is_warned_about(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q1", *MANY)
    fewer = add_quarter(tmp_path, "Q2", *MANY[:27]).shrunk
    assert [str(kind) for kind in fewer] == ["Service / Service User: 30 events before, 27 now"]
    assert add_quarter(tmp_path, "Q3", *MANY[:26]).shrunk == ()


def test_a_folder_with_something_else_in_it_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no store"):
        add_quarter(tmp_path, "Q1", {})


def test_a_day_in_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="future"):
        add(tmp_path / "store", quarter_file(tmp_path, "Q1", {}), date(2999, 1, 1))
