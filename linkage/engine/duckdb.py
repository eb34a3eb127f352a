"""The only import of duckdb: opening, limits, lock-down, and errors translated so that no value escapes.

DuckDB's error text quotes the data it choked on. Nothing of it is passed on: an error names the step and the kind of
fault, and its cause is cut (``from None``).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from linkage.engine.sql import Step, ident
from linkage.errors import DiskFullError, InputError, InternalError, LinkageError, MachineError, UsageError

_ROW_GROUP = 122_880

_SIZE = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)

Result = TypeVar("Result")


@dataclass(frozen=True)
class EngineOptions:
    """Limits of one engine. ``memory_limit`` such as ``"2GB"``; ``None`` leaves DuckDB's own default."""

    memory_limit: str | None = None
    threads: int | None = None
    temp_directory: Path | None = None


class Engine:
    """One locked, in-memory database with a record of every step it ran.

    It can read and write only inside the folders named at opening; it never looks up Python variables, never loads an
    extension and never reaches the network. Not safe to share between threads, but for ``interrupt``.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._worker = ThreadPoolExecutor(1)
        self._empty: dict[tuple[str, str], str] = {}
        self.steps: list[Step] = []

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._worker.shutdown()
        self._connection.close()

    def run(self, step: Step) -> int:
        """Make (or replace) a table named ``step.name`` from the query; return its row count."""
        created = Step(step.name, f"create or replace table {ident(step.name)} as\n{step.sql}", step.values)
        rows = self.rows(created)
        self.steps.append(step)
        return int(rows[0][0])

    def run_empty(self, step: Step) -> None:
        """Make (or replace) the table of a step with its columns and no rows: nothing is worked out.

        The columns are asked for once, so the tables that the step reads must always have the same ones.
        """
        made = self._empty.get((step.name, step.sql))
        if made is None:
            described = self.rows(Step(step.name, f"describe {step.sql}", step.values))
            columns = ", ".join(f"{ident(column)} {kind}" for column, kind, *_ in described)
            made = self._empty[step.name, step.sql] = f"create or replace table {ident(step.name)} ({columns})"
        self._execute(Step(step.name, made))
        self.steps.append(step)

    def run_all(self, steps: Sequence[Step]) -> None:
        """Run steps in order."""
        for step in steps:
            self.run(step)

    def rows(self, step: Step) -> list[tuple[Any, ...]]:
        """The rows of a query, for small results."""
        return self.at_work(step.name, lambda: self._ask(step).fetchall())

    def value(self, step: Step) -> Any:
        """The single value of a query with one row and one column."""
        return self.rows(step)[0][0]

    def arrow(self, step: Step) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self.at_work(
            step.name, lambda: self._connection.sql(step.sql, params=dict(step.values) or None).to_arrow_table()
        )

    def batches(self, step: Step, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """The result of a query as Arrow batches, for results too large to hold."""
        with _translated(step.name):
            relation: Any = self._connection.cursor().sql(step.sql, params=dict(step.values) or None)
            yield from relation.to_arrow_reader(rows)

    def table(self, name: str) -> pa.Table:
        """A whole table as Arrow."""
        return self.arrow(Step(f"read_{name}", f"select * from {ident(name)}"))

    def register(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the database under ``name``."""
        with _translated(name):
            self._connection.register("_arrow_input", table)
            try:
                self._connection.execute(f"create or replace table {ident(name)} as select * from _arrow_input")
            finally:
                self._connection.unregister("_arrow_input")

    def read_parquet(self, name: str, paths: Sequence[Path], columns: Sequence[str] = ()) -> int:
        """Make a table from Parquet files (all columns, or the named ones); return its row count."""
        chosen = ", ".join(ident(column) for column in columns) or "*"
        step = Step(name, f"select {chosen} from read_parquet($paths)", {"paths": [str(p) for p in paths]})
        try:
            return self.run(step)
        except InputError:
            files = ", ".join(str(path) for path in paths)
            raise InputError(f"{files}: this is not a readable Parquet file. Make it again.") from None

    def view(self, step: Step) -> None:
        """Let a query without values be asked for as the table ``step.name``: its rows are worked out each time."""
        self._execute(Step(step.name, f"create or replace view {ident(step.name)} as\n{step.sql}"))
        self.steps.append(step)

    def look_into(self, name: str, path: Path) -> None:
        """Let a Parquet file be asked for as the table ``name`` while it stays where it lies."""
        quoted = str(path).replace("'", "''")
        sql = f"create or replace view {ident(name)} as select * from read_parquet('{quoted}')"
        try:
            self._execute(Step(name, sql))
        except InputError:
            raise InputError(f"{path}: this is not a readable Parquet file. Make it again.") from None

    def write_parquet(self, step: Step, path: Path, row_group_size: int = _ROW_GROUP) -> None:
        """Write a query's result to one Parquet file. Give the query an ``order by``: same input, same bytes."""
        copy = (
            f"copy (\n{step.sql}\n) to $path (format parquet, compression zstd, row_group_size {int(row_group_size)})"
        )
        self._execute(Step(step.name, copy, {**step.values, "path": str(path)}))
        self.steps.append(step)

    def write_partitions(self, step: Step, folder: Path, column: str) -> None:
        """Write a query's result to ``folder``, a subfolder ``column=value`` for each value of one column. No order."""
        copy = f"copy (\n{step.sql}\n) to $folder (format parquet, compression snappy, partition_by ({ident(column)}))"
        self._execute(Step(step.name, copy, {**step.values, "folder": str(folder)}))
        self.steps.append(step)

    def write_csv(self, step: Step, path: Path) -> None:
        """Write a query's result to one CSV file (UTF-8, heading, quoted where needed). Give the query an ``order by``."""
        copy = f"copy (\n{step.sql}\n) to $path (format csv, header true)"
        self._execute(Step(step.name, copy, {**step.values, "path": str(path)}))
        self.steps.append(step)

    def count(self, name: str) -> int:
        """Rows of a table."""
        return int(self.value(Step("count_rows", f"select count(*) from {ident(name)}")))

    def columns(self, name: str) -> list[str]:
        """Column names of a table, in order."""
        return [row[0] for row in self.rows(Step("describe_table", f"describe {ident(name)}"))]

    def keep_rows(self, step: Step) -> None:
        """Keep of the table ``step.name`` the rows for which the condition ``step.sql`` holds."""
        deleted = f"delete from {ident(step.name)} where ({step.sql}) is not true"
        self._execute(Step(step.name, deleted, step.values))
        self.steps.append(Step(step.name, f"select * from {ident(step.name)} where {step.sql}", step.values))

    def drop(self, *names: str) -> None:
        """Drop tables, to give their memory back."""
        for name in names:
            self._execute(Step("drop_table", f"drop table if exists {ident(name)}"))

    def script(self) -> str:
        """Every step run so far, as readable SQL without bound values."""
        return "\n".join(str(step) for step in self.steps)

    def at_work(self, name: str, call: Callable[[], Result]) -> Result:
        """The result of a call that uses the database, for the step ``name``.

        It runs in the engine's own thread, so that Ctrl-C stops even a long query at once; errors of the database are
        translated. A call must not ask for another.
        """
        with _translated(name):
            future = self._worker.submit(call)
            try:
                return future.result()
            except KeyboardInterrupt:
                while not future.done():
                    self._connection.interrupt()
                    wait([future], timeout=0.1)
                raise

    def interrupt(self) -> None:
        """End whatever another thread is doing with this engine; it meets KeyboardInterrupt."""
        self._connection.interrupt()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection, for Splink, which must share it. Long calls go through ``at_work``."""
        return self._connection

    def _execute(self, step: Step) -> None:
        self.at_work(step.name, lambda: self._ask(step))

    def _ask(self, step: Step) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(step.sql, dict(step.values) or None)


def open_engine(options: EngineOptions | None = None, folders: Sequence[Path] = ()) -> Engine:
    """Open an in-memory database that may touch only ``folders`` (and its temporary directory), then lock it.

    Raises UsageError when the temporary directory is not there or the memory limit is not a size.
    """
    options = options or EngineOptions()
    if options.temp_directory and not options.temp_directory.is_dir():
        raise UsageError(f"{options.temp_directory}: there is no such folder. Give --temp-dir one that is there.")
    if options.memory_limit and not _SIZE.fullmatch(options.memory_limit):
        raise UsageError("--memory is a number and a unit, such as 2GB or 512MB.")
    allowed = [*folders, *([options.temp_directory] if options.temp_directory else [])]
    settings: list[tuple[str, Any]] = [
        ("preserve_insertion_order", True),
        ("autoinstall_known_extensions", False),
        ("autoload_known_extensions", False),
        ("enable_progress_bar", False),
        ("parquet_metadata_cache", True),
        ("allowed_directories", [f"{Path(folder).resolve()}/" for folder in allowed]),
    ]
    if options.memory_limit:
        settings.append(("memory_limit", options.memory_limit))
    if options.threads:
        settings.append(("threads", options.threads))
    settings.append(("temp_directory", str(options.temp_directory.resolve()) if options.temp_directory else ""))
    settings += [("enable_external_access", False), ("lock_configuration", True)]
    with _translated("open_database"):
        connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
        for name, value in settings:
            connection.execute(f"set {name} = {_setting(value)}")
    return Engine(connection)


def translate(error: BaseException, step: str) -> LinkageError:
    """A database error in our words: the step and the kind of fault, never the text, which may quote data."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return MachineError(
            f"Step '{step}' ran out of memory. Give --memory a larger value, or --temp-dir a folder to spill to."
        )
    if isinstance(error, duckdb.PermissionException):
        return UsageError(f"Step '{step}' tried to reach a file outside the folders it was given.")
    if isinstance(error, duckdb.IOException | duckdb.HTTPException):
        full = re.search(r"no space left|disk (is )?full|max_temp_directory_size", str(error), re.IGNORECASE)
        if full:
            return DiskFullError(
                f"Step '{step}': the disk is full. Make room, or give --out and --temp-dir another disk."
            )
        return MachineError(
            f"Step '{step}': a file could not be read or written. Check the path, the rights and the disk."
        )
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException | duckdb.ConstraintException):
        return InputError(f"Step '{step}' met data that do not have the expected form.")
    return InternalError(
        f"Step '{step}' failed ({type(error).__name__}). This is a fault of cldlink: please report the step."
    )


def translate_cause(error: BaseException | None, step: str) -> LinkageError | None:
    """What a library that uses the connection stumbled over, in our words; None when it was not the database.

    Raises KeyboardInterrupt when it was Ctrl-C that arrived while the database was at work.
    """
    while error is not None:
        # Ctrl-C during a query that a library runs on the main thread is a plain RuntimeError of the database's binding.
        stopped = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
        if stopped or isinstance(error, duckdb.InterruptException | KeyboardInterrupt):
            raise KeyboardInterrupt from None
        if isinstance(error, duckdb.Error | MemoryError):
            return translate(error, step)
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def _translated(step: str) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:
        translated = translate_cause(error, step)
        if translated is None:
            raise
        raise translated from None


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_setting(item) for item in value) + "]"
    return "'" + str(value).replace("'", "''") + "'"
