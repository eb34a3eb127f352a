"""The engine: locked down, silent about values, steps that can be read."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.engine import Engine, EngineOptions, Step, ident, literal, open_engine, translate_cause
from linkage.errors import InputError, InternalError, LinkageError, MachineError, UsageError

CANARY = "ZZCANARY 19/07/1931"
LONG_QUERY = "select count(*) from range(9000000) a, range(90000) b where a.range % 7 < b.range % 11"


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


@pytest.fixture
def engine(inside: Path) -> Iterator[Engine]:
    with open_engine(folders=[inside]) as opened:
        opened.register("person", pa.table({"name": [CANARY, "Ada", None], "age": [91, 40, 17]}))
        yield opened


# --- lock-down

OUTSIDE: list[tuple[str, str]] = [
    ("read CSV", "select * from read_csv($path)"),
    ("read text", "select * from read_text($path)"),
    ("read Parquet", "select * from read_parquet($path)"),
    ("list files", "select * from glob($path)"),
]


@pytest.mark.parametrize("sql", [sql for _, sql in OUTSIDE], ids=[name for name, _ in OUTSIDE])
def test_a_file_outside_its_folders_cannot_be_reached(engine: Engine, tmp_path: Path, sql: str) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="outside the folders"):
        engine.rows(Step("read", sql, {"path": str(tmp_path / "outside.csv")}))


def test_a_path_that_climbs_out_is_outside(engine: Engine, inside: Path) -> None:
    (inside.parent / "outside.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(UsageError):
        engine.rows(Step("read", "select * from read_csv($path)", {"path": f"{inside}/../outside.csv"}))


def test_nothing_is_written_outside(engine: Engine, tmp_path: Path) -> None:
    for write in (engine.write_csv, engine.write_parquet):
        with pytest.raises(UsageError, match="outside the folders"):
            write(Step("write", "select * from person order by age"), tmp_path / "outside")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    "sql",
    ["attach 'other.duckdb'", "install httpfs", "load httpfs", "set enable_external_access = true", "set threads = 1",
     "set lock_configuration = false", "copy person to 'https://example.invalid/x.csv'"],
)  # fmt: skip
def test_the_lock_cannot_be_opened(engine: Engine, sql: str) -> None:
    with pytest.raises(LinkageError):
        engine.rows(Step("unlock", sql))


def test_python_variables_are_not_tables(engine: Engine) -> None:
    secret = pa.table({"name": [CANARY]})
    with pytest.raises(InternalError, match="Step 'look'"):
        engine.rows(Step("look", "select * from secret"))
    assert secret.num_rows == 1


# --- errors say no value

FAILING: list[tuple[str, str, type[LinkageError]]] = [
    ("cast", "select cast(name as date) from person", InputError),
    ("number", "select cast(name as integer) from person", InputError),
    ("format", "select strptime(name, '%d/%m/%Y') from person", InputError),
    ("error", "select error(name) from person", InputError),
    ("no_column", f'select "{CANARY}" from person', InternalError),
    ("no_table", f'select * from "{CANARY}"', InternalError),
    ("syntax", f"selekt '{CANARY}'", InternalError),
]


@pytest.mark.parametrize(("name", "sql", "kind"), FAILING, ids=[case[0] for case in FAILING])
def test_an_error_names_the_step_and_no_value(engine: Engine, name: str, sql: str, kind: type[LinkageError]) -> None:
    asks: list[Callable[[Step], object]] = [engine.run, engine.rows, engine.arrow, lambda s: list(engine.batches(s))]
    for ask in asks:
        with pytest.raises(kind) as caught:
            ask(Step(name, sql))
        assert f"Step '{name}'" in str(caught.value)
        assert "CANARY" not in str(caught.value) and "1931" not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_file_that_is_no_parquet_is_named_and_not_quoted(engine: Engine, inside: Path) -> None:
    (inside / "false.parquet").write_text(CANARY * 20, encoding="utf-8")
    with pytest.raises(InputError, match=r"false\.parquet: this is not a readable Parquet file") as caught:
        engine.read_parquet("table", [inside / "false.parquet"])
    assert "CANARY" not in str(caught.value)


def test_a_missing_file_is_a_matter_of_the_machine(engine: Engine, inside: Path) -> None:
    with pytest.raises(MachineError, match="Check the path"):
        engine.read_parquet("table", [inside / "nowhere.parquet"])


def test_too_little_memory_says_what_to_do(inside: Path) -> None:
    with (
        open_engine(EngineOptions(memory_limit="5MB"), [inside]) as small,
        pytest.raises(MachineError, match="--memory"),
    ):
        small.run(Step("large", "select range as a, repeat('x', 100) || range as b from range(3000000)"))


@pytest.mark.parametrize("size", ["lots", "2", "GB", "-1GB", "2GB; select 1"])
def test_a_memory_limit_is_a_size(size: str) -> None:
    with pytest.raises(UsageError, match="such as 2GB"):
        open_engine(EngineOptions(memory_limit=size))


def test_a_temporary_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        open_engine(EngineOptions(temp_directory=tmp_path / "nowhere"))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_stops_a_query_at_once(engine: Engine) -> None:
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.rows(Step("long", LONG_QUERY))
    assert time.monotonic() - start < 5
    assert engine.count("person") == 3


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_stops_a_library_that_asks_again_and_again(engine: Engine) -> None:
    def library() -> None:
        for _ in range(3):
            with contextlib.suppress(Exception):
                engine.connection.execute(LONG_QUERY).fetchall()

    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.at_work("library", library)
    assert time.monotonic() - start < 10


def test_an_interrupt_within_a_library_is_told_apart() -> None:
    with pytest.raises(KeyboardInterrupt):
        translate_cause(RuntimeError("Query interrupted"), "score")
    assert translate_cause(ValueError(CANARY), "score") is None


# --- steps, values, names


def test_a_step_makes_a_table_and_counts_it(engine: Engine) -> None:
    assert engine.run(Step("adult", "select * from person where age >= $age", {"age": 18})) == 2
    assert (engine.columns("adult"), engine.count("adult")) == (["name", "age"], 2)
    engine.drop("adult", "never_there")
    with pytest.raises(InternalError):
        engine.count("adult")


def test_a_step_can_make_its_table_without_rows(engine: Engine) -> None:
    step = Step(
        "made",
        "select $n as n, [day] as days from range(date '2024-01-01', date '2024-01-03', interval 1 day) t(day)",
        {"n": 1},
    )
    engine.run(step)
    kinds = engine.table("made").schema
    for _ in range(2):
        engine.run_empty(step)
        assert engine.table("made").num_rows == 0
        assert engine.table("made").schema == kinds


def test_a_view_is_worked_out_each_time(engine: Engine) -> None:
    engine.run(Step("one", "select 1 as n"))
    engine.view(Step("seen", "select n + 1 as n from one"))
    engine.run(Step("one", "select 5 as n"))
    assert engine.rows(Step("look", "from seen")) == [(6,)]


def test_the_script_shows_steps_and_no_values(engine: Engine) -> None:
    engine.run(Step("wanted", "select * from person where name = $name", {"name": CANARY}))
    assert engine.script() == "-- wanted\nselect * from person where name = $name;\n"


@pytest.mark.parametrize(
    "value", ["text", "O'Brien; drop table person --", "", 7, -1.5, True, date(1931, 7, 19), ["a", "b'c"], [1, 2], None]
)
def test_values_are_bound_as_they_are(engine: Engine, value: object) -> None:
    assert engine.value(Step("echo", "select $value", {"value": value})) == value  # type: ignore[dict-item]
    assert engine.count("person") == 3


@pytest.mark.parametrize("name", ["", "two words", "semi;colon", "1st", 'quo"te'])
def test_a_step_has_a_plain_name(name: str) -> None:
    with pytest.raises(InternalError, match="plain name"):
        Step(name, "select 1")


@pytest.mark.parametrize("name", ["a", "Unit Cost (£)", 'a"b', '"', "select", "x; drop table person", "é\n"])
def test_any_name_can_be_quoted(engine: Engine, name: str) -> None:
    assert engine.arrow(Step("named", f"select 1 as {ident(name)}")).column_names == [name]


@pytest.mark.parametrize("text", ["", "'", "O'Brien", "''", "\\", "$name", "a\nb", "£ é"])
def test_any_text_can_be_a_literal(engine: Engine, text: str) -> None:
    assert engine.value(Step("said", f"select {literal(text)}")) == text


@pytest.mark.parametrize("quote", [ident, literal])
def test_a_null_character_is_refused(quote: Callable[[str], str]) -> None:
    with pytest.raises(InternalError):
        quote("a\x00b")


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(InternalError):
        ident("")


# --- files


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_rows_are_the_same_bytes(inside: Path, threads: int) -> None:
    with open_engine(EngineOptions(threads=threads), [inside]) as opened:
        step = Step("rows", "select range as a, hash(range) as b from range(300000) order by a")
        opened.write_parquet(step, inside / "rows.parquet")
        opened.write_parquet(step, inside / "again.parquet")
    assert (inside / "rows.parquet").read_bytes() == (inside / "again.parquet").read_bytes()
    with open_engine(EngineOptions(threads=1), [inside]) as opened:
        opened.write_parquet(step, inside / "one_thread.parquet")
    assert (inside / "one_thread.parquet").read_bytes() == (inside / "rows.parquet").read_bytes()


def test_csv_and_parquet_come_back(engine: Engine, inside: Path) -> None:
    step = Step("write", "select * from person order by age")
    engine.write_parquet(step, inside / "p.parquet")
    engine.write_csv(step, inside / "p.csv")
    assert engine.read_parquet("back", [inside / "p.parquet"], ["age"]) == 3
    assert engine.columns("back") == ["age"]
    assert pq.read_table(inside / "p.parquet").num_rows == 3
    assert (inside / "p.csv").read_text(encoding="utf-8").splitlines()[0] == "name,age"


def test_batches_are_the_table_in_pieces(engine: Engine) -> None:
    batches = list(engine.batches(Step("many", "select range as a from range(10000) order by a"), 3000))
    assert sum(batch.num_rows for batch in batches) == 10_000
    assert len(batches) > 1
