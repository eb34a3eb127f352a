"""The prepared register: what it holds, how it is brought up to date, and that it is whole or not there at all."""

import csv
import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage import open_register
from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.engine.duckdb import duckdb
from linkage.errors import DiskFullError, InputError, MachineError, UsageError
from linkage.runs import kept_notes, verify_manifest
from linkage.trace import model
from linkage.trace.queries import Queries
from linkage.trace.register import (
    build_register,
    describe_register,
    extract,
    folder,
    index,
    parts,
    people,
    update_register,
)
from linkage.trace.run import trace_queries
from linkage.trace.source import ColumnMap
from tests.benchmarks.febrl4 import made_up_number

FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode", "valid_from", "valid_to")
ANN, BEN, CAT, DAN = (made_up_number(n) for n in range(1, 5))
ROWS = [
    (ANN, "Ann", "Oakes", "1938-02-03", "2", "qx73bb", "1990-01-01", "2001-05-01"),
    (ANN, "Ann", "Bishop", "03/02/1938", "2", "ZX2 1AA", "2001-05-01", ""),
    (BEN, "Ben", "Marsh", "1961-11-30", "1", "ZX4 2AB", "2010-01-01", ""),
]


def write(path: Path, rows: list[tuple[str, ...]], fields: tuple[str, ...] = FIELDS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([fields, *rows])
    return path


def crowd(count: int) -> list[tuple[str, ...]]:
    """People who differ in everything; each third with an earlier address."""
    rows = []
    for n in range(count):
        name = (f"Given{chr(65 + n % 26)}{chr(97 + n // 26)}", f"Family{chr(65 + n * 7 % 26)}{chr(97 + n % 25)}")
        born = f"{1930 + n % 60}-{1 + n % 12:02}-{1 + n % 28:02}"
        if n % 3 == 0:
            rows.append((made_up_number(50 + n), *name, born, "1", "QX9 9ZZ", "1999-01-01", "2005-01-01"))
        rows.append((made_up_number(50 + n), *name, born, "1", f"ZX{1 + n % 9} {n % 10}AB", "2005-01-01", ""))
    return rows


def versions(register: Path) -> list[dict[str, Any]]:
    return pq.read_table(register / "version").to_pylist()


def people_of(register: Path) -> dict[str, dict[str, Any]]:
    return {row["nhs_number"]: row for row in pq.read_table(register / "person").to_pylist()}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    build_register([write(folder / "people.csv", ROWS)], folder / "register", as_at="2024-03-31")
    return folder / "register"


@pytest.fixture(scope="module")
def crowd_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd")
    build_register([write(folder / "people.csv", crowd(40))], folder / "register")
    return folder / "register"


@pytest.fixture
def queries(tmp_path: Path) -> Queries:
    asked = [("", row[1], row[2], row[3], "", row[5], "", "") for row in crowd(12) if not row[7]]
    return Queries(path=write(tmp_path / "queries.csv", asked))


def test_history_is_kept_as_the_extract_has_it(register: Path) -> None:
    shown = [
        (row["nhs_number"], row["family_name"], row["date_of_birth"], row["postcode"]) for row in versions(register)
    ]
    assert sorted(shown) == sorted(
        [
            (ANN, "Oakes", "1938-02-03", "QX7 3BB"),
            (ANN, "Bishop", "1938-02-03", "ZX2 1AA"),
            (BEN, "Marsh", "1961-11-30", "ZX4 2AB"),
        ]
    )


def test_a_person_is_the_current_version_and_what_was_held_before(register: Path) -> None:
    ann = people_of(register)[ANN]
    assert (ann["family"], ann["postcode"], ann["family_more"], ann["postcode_more"]) == (
        "BISHOP",
        "ZX2 1AA",
        "OAKES",
        "QX7 3BB",
    )


def test_describe_says_what_is_in_it(register: Path) -> None:
    told = describe_register(register)
    expected = {
        "people": 2, "versions": 3, "with_history": 1, "without_date_of_birth": 0, "superseded": 0,
        "first_valid_from": "1990-01", "last_valid_from": "2010-01", "as_at": "2024-03-31",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert len(told["extract_people.csv"]) == 64


def test_former_values_in_one_row_become_history(tmp_path: Path) -> None:
    fields = ("nhs_number", "family_name", "date_of_birth", "PC1", "postcode_2", "MAIDEN")
    source = write(tmp_path / "wide.csv", [(ANN, "Bishop", "1938-02-03", "ZX2 1AA", "QX7 3BB", "Oakes")], fields)
    columns = ColumnMap({"postcode": "PC1", "family_name_2": "MAIDEN"})
    build_register([source], tmp_path / "register", columns=columns, as_at="2024-03-31")
    former, present = sorted(versions(tmp_path / "register"), key=lambda row: row["valid_to"] is None)
    assert (former["family_name"], former["postcode"], former["valid_to"]) == ("Oakes", "QX7 3BB", "2024-03-31")
    assert (present["family_name"], present["postcode"], present["valid_to"]) == ("Bishop", "ZX2 1AA", None)


def test_former_values_without_any_date_are_refused(tmp_path: Path) -> None:
    source = write(
        tmp_path / "wide.csv", [(ANN, "1938-02-03", "QX7 3BB")], ("nhs_number", "date_of_birth", "postcode_2")
    )
    with pytest.raises(UsageError, match="--as-at"):
        build_register([source], tmp_path / "register")


def test_a_later_extract_supersedes_and_adds(register: Path, tmp_path: Path) -> None:
    later = [
        (ANN, "Ann", "Bishop", "1938-02-03", "2", "ZX9 9AA", "2024-05-01", ""),
        (CAT, "Cat", "Quill", "1950-01-02", "2", "ZX5 5AA", "", ""),
    ]
    source = write(tmp_path / "later.csv", later)
    update_register(register, [source], tmp_path / "new", as_at="2024-06-30")
    history = [
        (row["postcode"], row["valid_from"], row["valid_to"])
        for row in versions(tmp_path / "new")
        if row["nhs_number"] == ANN
    ]
    assert history == [
        ("QX7 3BB", "1990-01-01", "2001-05-01"),
        ("ZX2 1AA", "2001-05-01", "2024-05-01"),
        ("ZX9 9AA", "2024-05-01", None),
    ]
    held = people_of(tmp_path / "new")
    assert (set(held), held[ANN]["postcode"]) == ({ANN, BEN, CAT}, "ZX9 9AA")
    assert describe_register(tmp_path / "new")["as_at"] == "2024-06-30"


def test_an_undated_later_row_ends_the_earlier_on_its_day(tmp_path: Path) -> None:
    fields = FIELDS[:6]
    first = write(tmp_path / "first.csv", [(ANN, "Ann", "Oakes", "1938-02-03", "2", "ZX2 1AA")], fields)
    later = write(tmp_path / "later.csv", [(ANN, "Ann", "Bishop", "1938-02-03", "2", "ZX2 1AA")], fields)
    build_register([first], tmp_path / "old")
    update_register(tmp_path / "old", [later], tmp_path / "new", as_at="2024-06-30")
    assert [(row["family_name"], row["valid_to"]) for row in versions(tmp_path / "new")] == [
        ("Oakes", "2024-06-30"),
        ("Bishop", None),
    ]


def test_cut_into_slices_it_finds_the_same_people(
    crowd_register: Path, queries: Queries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "_ROWS_OF_A_SLICE", 5)
    build_register([write(tmp_path / "people.csv", crowd(40))], tmp_path / "register")
    assert len(list((tmp_path / "register" / "person").iterdir())) > 4
    whole = trace_queries(queries, crowd_register, None).table
    cut = trace_queries(queries, tmp_path / "register", None).table
    columns = ["query_id", "nhs_number", "outcome"]
    assert cut.select(columns).equals(whole.select(columns))


class StoppedError(Exception):
    """Stands for a kill."""


def test_a_parquet_extract_read_in_parts_makes_the_same_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "people.parquet"
    columns = zip(*crowd(40), strict=True)
    pq.write_table(pa.table({name: list(values) for name, values in zip(FIELDS, columns, strict=True)}), source)
    build_register([source], tmp_path / "whole")
    monkeypatch.setattr(extract, "_ROWS_OF_A_CUT", 7)
    build_register([source], tmp_path / "parts")
    names = ("person/000.parquet", "version/000.parquet", "key/000.parquet", "register.json")
    assert all((tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes() for name in names)


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_a_key_of_more_people_than_the_limit_is_left_out(tmp_path: Path, limit: int) -> None:
    rows = [(key, person) for key in range(1, 9) for person in range(key)]
    with open_engine(folders=[tmp_path]) as engine:
        values = ", ".join(f"({key}::ubigint, {person}::uinteger)" for key, person in reversed(rows))
        part = Step("part", f"select * from (values {values}) t(key_hash, person_id)")
        engine.write_parquet(part, tmp_path / "part.parquet")
        index.write_bucket(engine, [tmp_path / "part.parquet"], tmp_path / "bucket.parquet", limit)
    written = pq.read_table(tmp_path / "bucket.parquet").to_pylist()
    assert [(row["key_hash"], row["person_id"]) for row in written] == [row for row in rows if row[0] <= limit]


def test_a_build_that_is_stopped_leaves_nothing_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "_ROWS_OF_A_SLICE", 8)
    source, out = write(tmp_path / "people.csv", crowd(40)), tmp_path / "register"
    made: list[int] = []
    original = people.make_people

    def make(engine: Any, postcode_as: Any, first_id: int) -> None:
        if len(made) == 2:
            made.append(0)
            raise StoppedError
        made.append(first_id)
        original(engine, postcode_as, first_id)

    monkeypatch.setattr(people, "make_people", make)
    with pytest.raises(StoppedError):
        build_register([source], out, options=EngineOptions(threads=1))
    assert not out.exists()
    build_register([source], out)
    slices = len(list((out / "person").iterdir()))
    assert len({first for first in made if first}) == slices
    assert [made.count(first) for first in made[:2]] == [1, 1]
    build_register([source], tmp_path / "again")
    same = ("register.json", "term_frequency.parquet", *(f"person/{n:03}.parquet" for n in range(slices)))
    assert all((out / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in same)
    assert verify_manifest(out) == []
    assert not list(tmp_path.glob(".*work*"))


def test_the_size_of_chunks_changes_nothing(crowd_register: Path, queries: Queries) -> None:
    one = trace_queries(queries, crowd_register, None)
    many = trace_queries(queries, crowd_register, None, chunk=3)
    assert many.table.equals(one.table)
    assert many.counts == one.counts


def test_a_trace_that_is_stopped_goes_on_from_its_chunks(
    crowd_register: Path, queries: Queries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linkage.trace import run

    whole = trace_queries(queries, crowd_register, None).table
    scored: list[int] = []
    original = run._score_chunk

    def score(engine: Any, register: Any, scorer: Any, number: int) -> dict[str, int]:
        if len(scored) == 2:
            scored.append(-1)
            raise StoppedError
        scored.append(number)
        return original(engine, register, scorer, number)

    monkeypatch.setattr(run, "_score_chunk", score)
    with pytest.raises(StoppedError):
        trace_queries(queries, crowd_register, tmp_path / "traced", chunk=3)
    assert not (tmp_path / "traced").exists()
    resumed = trace_queries(queries, crowd_register, tmp_path / "traced", chunk=3)
    assert scored == [0, 1, -1, 2, 3]
    assert resumed.table.equals(whole)
    assert not list(tmp_path.glob(".*work*"))


def test_one_person_is_asked_of_an_open_register(register: Path) -> None:
    with open_register(register, synthetic=True) as opened:
        found = opened.trace_one(
            {"given_name": "Ann", "family_name": "Oakes", "date_of_birth": "03/02/1938", "postcode": "QX7 3BB"}
        )
        confirmed = opened.trace_one({"nhs_number": BEN, "date_of_birth": "1961-11-30", "given_name": "Ben"})
        nobody = opened.trace_one({"given_name": "Zed", "family_name": "Nobody", "date_of_birth": "1999-09-09"})
        with pytest.raises(UsageError, match="no field 'surname'"):
            opened.trace_one({"surname": "Oakes"})
    assert (found.outcome, found.nhs_number) == ("found", ANN)
    assert (confirmed.outcome, confirmed.nhs_number, confirmed.step) == ("confirmed", BEN, "cross_check")
    assert (nobody.outcome, nobody.nhs_number) == ("not_found", None)


def test_after_a_question_that_was_stopped_the_next_is_answered(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = {"given_name": "Ann", "family_name": "Oakes", "date_of_birth": "03/02/1938", "postcode": "QX7 3BB"}

    def stopped(predicted: str) -> Step:
        raise KeyboardInterrupt

    with open_register(register, synthetic=True) as opened:
        for _ in range(2):  # while the statements are made, and once they are there
            with monkeypatch.context() as patch:
                patch.setattr(model, "_scored_step", stopped)
                with pytest.raises(KeyboardInterrupt):
                    opened.trace_one(ann)
            assert opened.trace_one(ann).nhs_number == ANN


def test_a_question_needs_a_purpose(register: Path) -> None:
    with pytest.raises(UsageError, match="what it is for"):
        open_register(register)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ({"nhs_number": "family_name"}, ROWS, "no row with a valid NHS number"),
        ({"date_of_birth": "gender"}, ROWS, "usable date of birth"),
        ({}, [], "heading and no rows"),
        (
            {},
            [(*ROWS[2][:6], "", ""), (BEN, "Ben", "Moss", *ROWS[2][3:6], "", "")],
            "1 NHS numbers on more than one undated row",
        ),
        ({}, [ROWS[2], (BEN, "Zed", *ROWS[2][2:])], "1 NHS numbers with rows that start on the same day"),
        (
            {"postcode": "family_name", "family_name": "postcode"},
            crowd(20),
            "field postcode can be read.*--columns postcode=",
        ),
        ({"date_of_birth": "postcode", "postcode": "date_of_birth"}, crowd(20), "field date_of_birth can be read"),
        ({"nhs_number": "given_name", "given_name": "nhs_number"}, crowd(20), "field nhs_number can be read"),
    ],
    ids=[
        "another column as number",
        "another column as date",
        "no rows",
        "undated duplicates",
        "duplicates of one day",
        "names as postcodes",
        "postcodes as dates",
        "names as numbers",
    ],
)
def test_what_is_wrong_with_an_extract_is_said(
    tmp_path: Path, columns: dict[str, str], rows: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        build_register([write(tmp_path / "a.csv", rows)], tmp_path / "register", columns=ColumnMap(columns))
    assert not (tmp_path / "register").exists()


def test_a_heading_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'NUMBER'"):
        build_register(
            [write(tmp_path / "a.csv", ROWS)], tmp_path / "register", columns=ColumnMap({"nhs_number": "NUMBER"})
        )


def test_rows_without_a_valid_number_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*ROWS, ("1234567890", "Eve", "Nunn", "1970-01-01", "2", "ZX1 1AA", "", "")]
    counts = build_register([write(tmp_path / "a.csv", rows)], tmp_path / "register")
    assert (counts["rows_read"], counts["rows_without_valid_nhs_number"], counts["versions"]) == (4, 1, 3)


def test_rows_that_are_the_same_count_once(tmp_path: Path) -> None:
    """Two parts of an extract may overlap."""
    source = write(tmp_path / "a.csv", ROWS)
    twice = write(tmp_path / "b.csv", ROWS[1:])
    counts = build_register([source, twice], tmp_path / "register")
    assert (counts["rows_read"], counts["rows_repeated"], counts["versions"]) == (5, 2, 3)


def test_a_row_that_was_corrected_on_its_day_is_history(tmp_path: Path) -> None:
    corrected = (BEN, "Bem", *ROWS[2][2:7], "2010-01-01")
    build_register([write(tmp_path / "a.csv", [ROWS[2], corrected])], tmp_path / "register")
    assert [row["given_name"] for row in versions(tmp_path / "register")] == ["Bem", "Ben"]


def test_a_succession_that_leads_nowhere_gives_no_number(tmp_path: Path) -> None:
    """A circle, and a chain that ends in a number without a record."""
    fields = ("nhs_number", "given_name", "family_name", "date_of_birth", "superseded_by")
    rows = [
        (ANN, "Ann", "Oakes", "1938-02-03", BEN),
        (BEN, "Ann", "Oakes", "1938-02-03", ANN),
        (CAT, "Cat", "Quill", "1950-01-02", made_up_number(9)),
        (DAN, "Dan", "Fen", "1960-01-02", ""),
    ]
    counts = build_register([write(tmp_path / "a.csv", rows, fields)], tmp_path / "register")
    assert (counts["superseded"], counts["succession_broken"]) == (3, 3)
    asked = [(number, given, family, born) for number, given, family, born, _ in rows]
    asked += [("", *rows[0][1:4]), ("", *rows[2][1:4])]
    queries = Queries(path=write(tmp_path / "queries.csv", asked, fields[:4]))
    traced = trace_queries(queries, tmp_path / "register", None).table.to_pylist()
    assert [row["outcome"] for row in traced[:4]] == ["invalidated", "invalidated", "invalidated", "confirmed"]
    assert [row["outcome"] for row in traced[4:]] == ["invalidated", "invalidated"], "by what they are as by number"
    assert [row["nhs_number"] for row in traced] == [None, None, None, DAN, None, None]
    assert [row["notes"] for row in traced if row["outcome"] == "invalidated"] == ["succession_broken"] * 5


@pytest.mark.parametrize(
    ("field", "heading"),
    [
        ("nhs_number", "given_name"),
        ("date_of_birth", "given_name"),
        ("postcode", "given_name"),
        ("gender", "postcode"),
        ("family_name", "gender"),
        ("given_name", "date_of_birth"),
    ],
)
def test_a_field_that_nobody_can_read_stops_a_trace(register: Path, tmp_path: Path, field: str, heading: str) -> None:
    columns = ColumnMap({field: heading, heading: "valid_to"})
    queries = Queries(path=write(tmp_path / "queries.csv", crowd(20)), columns=columns)
    with pytest.raises(InputError, match=f"field {field} can be read.*--columns {field}=.*without that column"):
        trace_queries(queries, register, tmp_path / "traced")
    few = replace(queries, path=write(tmp_path / "few.csv", crowd(12)[:12]))
    assert trace_queries(few, register, None).table.num_rows == 12


def test_an_empty_query_file_is_said(register: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="heading and no rows"):
        trace_queries(Queries(path=write(tmp_path / "queries.csv", [])), register, tmp_path / "traced")


@pytest.mark.parametrize("name", ["person/000.parquet", "register.json", "key"])
def test_a_damaged_register_is_refused(register: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(register, tmp_path / "bad")
    target = tmp_path / "bad" / name
    target = next(target.iterdir()) if target.is_dir() else target
    target.write_bytes(target.read_bytes()[:-7])
    with pytest.raises(InputError, match=f"the register is damaged: {name}"):
        describe_register(tmp_path / "bad")


@pytest.fixture
def altered(register: Path, tmp_path: Path) -> Path:
    """A register in which bytes of a file were changed and none lost."""
    shutil.copytree(register, tmp_path / "altered")
    person = tmp_path / "altered" / "person" / "000.parquet"
    person.write_bytes(bytes(person.stat().st_size))
    return tmp_path / "altered"


def test_changed_bytes_of_a_small_register_are_seen_at_once(altered: Path) -> None:
    for look in (describe_register, folder.open_register):
        with pytest.raises(InputError, match=r"the register is damaged: person/000\.parquet"):
            look(altered)


def test_changed_bytes_of_a_large_register_are_said_when_met(
    altered: Path, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "_HASHED_AT_ONCE", 0)
    describe_register(altered)
    with pytest.raises(InputError, match=r"the register is damaged: person/000\.parquet"):
        trace_queries(queries, altered, None)
    with pytest.raises(InputError, match=r"the register is damaged: person/000\.parquet"):
        describe_register(altered, verify=True)


def test_all_files_can_be_verified(register: Path) -> None:
    assert describe_register(register, verify=True)["files_verified"] == 6


def test_a_full_disk_is_said_and_what_is_finished_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = parts.whole

    @contextmanager
    def full(path: Path) -> Iterator[Path]:
        with original(path) as aside:
            if path.parent.name == "person":
                raise OSError(errno.ENOSPC, "No space left on device")
            yield aside

    monkeypatch.setattr(parts, "whole", full)
    with pytest.raises(MachineError, match="the disk is full"):
        build_register([write(tmp_path / "a.csv", ROWS)], tmp_path / "register")
    assert not (tmp_path / "register").exists()
    assert list(tmp_path.glob(".register.work-*/raw/000"))


def test_a_full_disk_is_no_fault_of_the_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the disk fills while an extract is read."""
    people = write(tmp_path / "a.csv", ROWS)
    with open_engine(folders=[tmp_path]) as engine:
        engine.write_parquet(
            Step("made", "select * from read_csv($file)", {"file": str(people)}), tmp_path / "a.parquet"
        )

    def full() -> None:
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    monkeypatch.setattr(Engine, "write_partitions", lambda self, step, *_: self.at_work(step.name, full))
    with pytest.raises(DiskFullError, match="the disk is full"):
        build_register([tmp_path / "a.parquet"], tmp_path / "register")


def test_work_of_another_column_map_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the extract."""
    source, out = write(tmp_path / "a.csv", ROWS), tmp_path / "register"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt) as stopped:
        patched.setattr(people, "make_people", stop)
        build_register([source], out, columns=ColumnMap({"given_name": "family_name", "family_name": "given_name"}))
    (left,) = tmp_path.glob(".register.work-*")
    assert str(left) in kept_notes(stopped.value)[0]
    build_register([source], out)
    assert not list(tmp_path.glob(".register.work-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_the_database_says_that_the_disk_is_full() -> None:
    with open_engine(folders=[Path("/dev")]) as engine, pytest.raises(MachineError, match="disk is full"):
        engine.write_parquet(Step("write", "select range as n from range(1000)"), Path("/dev/full"))


MARKS = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode", "confidentiality")


def marked(*codes: str) -> list[tuple[str, ...]]:
    return [(*row[:6], code) for row, code in zip((r for r in crowd(60) if not r[7]), codes, strict=False)]


def test_a_code_of_a_sensitive_record_counts_however_it_is_written(tmp_path: Path) -> None:
    rows = marked("S", "s", " Y ", "R", "V", "redacted", "i", "U", "n", "")
    counts = build_register([write(tmp_path / "a.csv", rows, MARKS)], tmp_path / "register")
    assert (counts["people"], counts["sensitive"], counts["invalidated"]) == (10, 6, 1)
    held = {
        row["nhs_number"]: (row["sensitive"], row["invalidated"]) for row in people_of(tmp_path / "register").values()
    }
    expected = [(True, False)] * 6 + [(False, True)] + [(False, False)] * 3
    assert [held[row[0]] for row in rows] == expected


@pytest.mark.parametrize("codes", [("S", "Sensitive", "YES", "1", ""), ("2",) * 5])
def test_a_confidentiality_code_that_is_not_known_is_refused(tmp_path: Path, codes: tuple[str, ...]) -> None:
    extract = write(tmp_path / "a.csv", marked(*codes), MARKS)
    said = (
        rf"{3 if 'S' in codes else 5} rows.*a.csv, row {2 if 'S' in codes else 1}\).*S, Y, R, V, REDACTED \(sensitive\)"
    )
    with pytest.raises(InputError, match=said) as refused:
        build_register([extract], tmp_path / "register")
    assert "YES" not in str(refused.value)
    assert list(tmp_path.iterdir()) == [extract]


@pytest.mark.parametrize(
    "field", ["given_name", "family_name", "gender", "valid_from", "valid_to", "date_of_death", "superseded_by"]
)
def test_a_column_that_cannot_be_the_one_meant_is_refused(tmp_path: Path, field: str) -> None:
    fields = (*FIELDS[:6], "date_of_death", "superseded_by", "valid_from", "valid_to", "wrong")
    rows = [(*row[:6], "", "", *row[6:], row[3] if field.endswith("name") else row[5]) for row in crowd(20)]
    with pytest.raises(InputError, match=f"None of the .* values of the field {field} can be read.*--columns {field}="):
        build_register(
            [write(tmp_path / "a.csv", rows, fields)], tmp_path / "register", columns=ColumnMap({field: "wrong"})
        )


def test_successors_without_a_record_mean_another_column(tmp_path: Path) -> None:
    rows = [(*row[:4], made_up_number(1000 + n)) for n, row in enumerate(row for row in crowd(40) if not row[7])]
    extract = write(tmp_path / "a.csv", rows, (*FIELDS[:4], "superseded_by"))
    with pytest.raises(InputError, match="None of the 40 numbers of the field superseded_by leads to a record"):
        build_register([extract], tmp_path / "register")
    few = write(tmp_path / "few.csv", rows[:19], (*FIELDS[:4], "superseded_by"))
    assert build_register([few], tmp_path / "register")["succession_broken"] == 19
