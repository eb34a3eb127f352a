"""Columns as distinct values and positions: a treatment runs once per distinct value, and rows sort by small numbers."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from pseudo.distinct import Positions, encode, encoded_parts, positions_of
from pseudo.errors import SourceError, SourcePathError

__all__ = ["Answered", "Answers", "Positions", "Source", "answered", "encode", "open_source", "positions_of"]

# A number or date: no heading looks like one, and as a value it must not stand in a message.
_VALUE = re.compile(r"[\d\s/.:-]*\d[\d\s/.:-]*")

_BATCH_ROWS = 1 << 18
_ANSWERS = 1 << 17  # values of a column whose treated form is remembered
_TEXT = (pa.string(), pa.large_string())


@dataclass(frozen=True)
class Answered:
    """Some rows of a column: ``values``, some of them alike or null, and ``positions`` in them row by row, -1 for null."""

    values: pa.Array
    positions: Positions


class Answers:
    """What a rule makes of distinct values, remembered from one part of a table to the next.

    Null stays null, and a rule may answer null; ``kind`` is the type of the answers. Beyond ``most`` values it begins anew.
    """

    def __init__(self, rule: Callable[[Any], Any], kind: pa.DataType, most: int = _ANSWERS) -> None:
        self._rule = rule
        self._kind = kind
        self._most = most
        self._asked: pa.Array | None = None
        self._given = pa.array([], kind)

    def of(self, values: pa.Array) -> pa.Array:
        """The answer to each of some distinct values."""
        if self._asked is None or len(self._asked) > self._most or self._asked.type != values.type:
            self._asked, self._given = values, self._ask(values)
            return self._given
        place = pc.index_in(values, value_set=self._asked)
        if place.null_count:
            fresh = values.filter(place.is_null())
            self._given = pa.concat_arrays([self._given, self._ask(fresh)])
            self._asked = pa.concat_arrays([self._asked, fresh])
            place = pc.index_in(values, value_set=self._asked)
        return self._given.take(place)

    def _ask(self, values: pa.Array) -> pa.Array:
        rule = self._rule
        return pa.array([None if value is None else rule(value) for value in values.to_pylist()], self._kind)


def answered(column: pa.ChunkedArray, ask: Callable[[pa.Array], pa.Array]) -> list[Answered]:
    """What ``ask`` makes of the distinct values of a column, for some rows after the other."""
    return [Answered(ask(part.dictionary), positions_of(part)) for part in encoded_parts(column)]


@dataclass(frozen=True)
class Source:
    """A table to be released, read one column at a time or some rows at a time.

    ``read`` gives one column, ``read_rows`` some columns from the first row to the last, as tables of any size.
    """

    name: str
    columns: list[str]
    rows: int
    read: Callable[[str], pa.ChunkedArray]
    read_rows: Callable[[Sequence[str]], Iterator[pa.Table]]

    def column(self, name: str) -> pa.ChunkedArray:
        """A column by its name in lower case."""
        return self.read(self._own(name))

    def parts(self, names: Collection[str], rows: int) -> Iterator["Source"]:
        """Some columns (names in lower case) of the table, ``rows`` rows at a time, in order; the last part is shorter.

        A table without rows is one part without rows.
        """
        wanted = sorted({self._own(name) for name in names})
        if not self.rows:
            yield _in_memory(self.name, pa.table({name: self.read(name) for name in wanted}))
            return
        held: list[pa.Table] = []
        for table in self.read_rows(wanted):
            held.append(table)
            while sum(part.num_rows for part in held) >= rows:
                whole = pa.concat_tables(held)
                yield _in_memory(self.name, whole.slice(0, rows))
                held = [whole.slice(rows)]
        rest = pa.concat_tables(held) if held else None
        if rest is not None and rest.num_rows:
            yield _in_memory(self.name, rest)

    def _own(self, name: str) -> str:
        return next(column for column in self.columns if column.lower() == name)


def open_source(name: str, table: Path | pa.Table) -> Source:
    """A table in memory, a Parquet file, or a CSV file with headings (UTF-8; every column read as text, blank as null).

    Raises SourcePathError when the file is missing, SourceError when it cannot be read as such.
    """
    if isinstance(table, pa.Table):
        return _in_memory(name, table)
    if not table.is_file():
        raise SourcePathError(f"{name}: there is no file {table}. Give a Parquet or CSV file.")
    try:
        return _open_csv(name, table) if table.suffix.lower() == ".csv" else _open_parquet(name, table)
    except (pa.ArrowException, OSError):
        kind = "CSV" if table.suffix.lower() == ".csv" else "Parquet"
        raise SourceError(f"{name}: {table} cannot be read as {kind}.") from None


def _in_memory(name: str, table: pa.Table) -> Source:
    return Source(name, table.column_names, table.num_rows, table.column, lambda names: iter([table.select(names)]))


def _open_parquet(name: str, path: Path) -> Source:
    metadata = pq.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    texts = [field.name for field in schema if field.type in _TEXT]
    repeated = sorted(_short_dictionaries(metadata).intersection(texts))

    @lru_cache(maxsize=2)  # the LA code is needed with every local identifier
    def read(column: str) -> pa.ChunkedArray:
        try:
            with pq.ParquetFile(path, read_dictionary=repeated) as file:
                return file.read([column]).column(0)
        except (pa.ArrowException, OSError):
            raise SourceError(f"{name}: column {column} of {path} cannot be read.") from None

    def read_rows(columns: Sequence[str]) -> Iterator[pa.Table]:
        try:
            with pq.ParquetFile(path, read_dictionary=repeated) as file:
                for batch in file.iter_batches(_BATCH_ROWS, columns=list(columns)):
                    yield pa.Table.from_batches([batch])
        except (pa.ArrowException, OSError):
            raise SourceError(f"{name}: {path} cannot be read.") from None

    return Source(name, schema.names, metadata.num_rows, read, read_rows)


def _short_dictionaries(metadata: pq.FileMetaData) -> set[str]:
    """The columns that are quicker to read as they are stored: distinct values apart, in less than a byte for each row."""
    if not metadata.num_row_groups:
        return set()
    group = metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    return {
        column.path_in_schema
        for column in columns
        if column.has_dictionary_page and column.data_page_offset - column.dictionary_page_offset < column.num_values
    }


def _open_csv(name: str, path: Path) -> Source:
    try:
        with csv.open_csv(path) as reader:
            headings = reader.schema.names
    except UnicodeDecodeError:
        raise SourceError(f"{name}: {path} is not UTF-8 text. Save it as 'CSV UTF-8' and retry.") from None
    if any(_VALUE.fullmatch(heading) for heading in headings):
        raise SourceError(f"{name}: the first line of {path} holds values. Put a line of headings in front of it.")
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    table = csv.read_csv(path, convert_options=options, parse_options=csv.ParseOptions(newlines_in_values=True))
    return _in_memory(name, table)
