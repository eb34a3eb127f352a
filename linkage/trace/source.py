"""Reading what is to be traced, or what a register is made of: a CSV or Parquet file and a column map.

Everything is text, trimmed, and blank means missing. Nothing is dropped: a row that cannot be read stops the reading
with its number (never its content).
"""

import codecs
import csv
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linkage.engine import Engine, Step, ident, literal
from linkage.errors import DiskFullError, InputError, InternalError, MachineError, UsageError

_DELIMITERS = (",", "\t", ";", "|")
_PARQUET = (".parquet", ".pq")
TRACE_FILE = "trace.parquet"
# A number, date or postcode: no heading looks like one, and as a value it must not stand in a message.
_VALUE = re.compile(r"[\d\s/.:-]*\d[\d\s/.:-]*|[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnMap:
    """Which heading holds which field; a field without an entry is found under its own name, if there."""

    headings: Mapping[str, str]

    def __post_init__(self) -> None:
        repeated = {heading for heading in self.headings.values() if list(self.headings.values()).count(heading) > 1}
        if repeated:
            raise UsageError("--columns gives one heading to two fields. Each heading may be used once.")


def parse_column_map(text: str | None, known: Sequence[str]) -> ColumnMap:
    """``FIELD=COLUMN,FIELD=COLUMN`` as given to ``--columns``. Raises UsageError on an unknown or repeated field.

    >>> parse_column_map("given_name=first name", ["given_name"]).headings
    {'given_name': 'first name'}
    """
    headings: dict[str, str] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        field, equals, heading = part.partition("=")
        field = field.strip()
        if not equals or not heading.strip():
            raise UsageError("--columns is a list like given_name=Forename,family_name=Surname; a part lacks its '='.")
        if field not in known:
            raise UsageError(f"--columns: there is no field '{field}'. The fields are: {', '.join(known)}.")
        if field in headings:
            raise UsageError(f"--columns: the field '{field}' is given twice.")
        headings[field] = heading.strip()
    return ColumnMap(headings)


def trace_file_of(path: Path) -> Path:
    """``trace.parquet`` of a trace, given that file or its folder."""
    return path / TRACE_FILE if path.is_dir() else path


def require_file(path: Path, what: str) -> Path:
    """The path, if it is a file that is not empty. Raises UsageError or InputError with what to do."""
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder; {what} must be a file.")
    if not path.exists():
        raise UsageError(f"{path}: there is no such file. Check the path of {what}.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; {what} needs a heading row and at least one row.")
    return path


@dataclass(frozen=True)
class Source:
    """A file to read and its column map. ``scratch`` is a folder for a UTF-8 copy, if one is needed."""

    path: Path
    columns: ColumnMap
    scratch: Path


@dataclass(frozen=True)
class Scan:
    """How the database reads a source: ``sql`` (bound ``values``) gives ``row_number`` (1 = first after the heading) and
    every field as trimmed text, null where the file lacks it; ``found`` are the fields that it has, ``dates`` those of
    them that are dates by their type, and so yyyy-mm-dd as text.
    """

    sql: str
    values: Mapping[str, str]
    found: tuple[str, ...]
    dates: tuple[str, ...]
    source: Source

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Say what is wrong with the file when the database cannot read it as a table."""
        try:
            yield
        except (InputError, InternalError):
            raise InputError(_unreadable(self.source)) from None
        except DiskFullError:
            raise
        except MachineError:
            if not is_parquet(self.source.path):
                raise
            raise InputError(_unreadable(self.source)) from None


def scan_source(engine: Engine, source: Source, fields: Sequence[str]) -> Scan:
    """How to read a file without holding it. Raises UsageError when a mapped heading is not in the file."""
    wanted = {source.columns.headings.get(field, field).casefold() for field in fields}
    raw, values, headings = _parquet_scan(engine, source) if is_parquet(source.path) else _csv_scan(source, wanted)
    found = _found([*headings], source, fields)
    listed = ",\n".join(
        f"{_text_sql(column, headings[column]) if column else 'cast(null as varchar)'} as {ident(field)}"
        for field, column in found.items()
    )
    sql = f"select _row as row_number,\n{listed}\nfrom ({raw})"
    there = {field: headings[column] for field, column in found.items() if column}
    return Scan(sql, values, (*there,), tuple(field for field, kind in there.items() if kind == "DATE"), source)


def _text_sql(column: str, kind: str) -> str:
    """A column as text: trimmed, blank as null; a date, which can be neither, as it stands; a whole number without a decimal
    point, as a column of numbers with blanks has one.
    """
    text = f"cast({ident(column)} as varchar)"
    if kind == "DOUBLE" or kind.startswith("DECIMAL"):
        whole = f"try_cast({ident(column)} as bigint)"
        return f"case when {whole} = {ident(column)} then cast({whole} as varchar) else nullif({text}, 'nan') end"
    return text if kind == "DATE" else f"nullif(trim({text}), '')"


def load_source(engine: Engine, name: str, source: Source, fields: Sequence[str]) -> list[str]:
    """Load a file as table ``name``, as ``scan_source`` reads it. Returns the fields that the file has.

    Raises UsageError when a mapped heading is not in the file, InputError when the file cannot be read as a table.
    """
    scan = scan_source(engine, source, fields)
    with scan.reading():
        engine.run(Step(name, f"{scan.sql}\norder by _row", scan.values))
    return list(scan.found)


def _found(headings: Sequence[str], source: Source, fields: Sequence[str]) -> dict[str, str | None]:
    """The heading of each field (None when the file has none), blanks around headings and their case ignored."""
    heading_of: dict[str, str] = {}
    for heading in headings:
        heading_of.setdefault(heading.strip().casefold(), heading)
    names = ", ".join(heading.strip() for heading in headings if heading != "_row")
    for field, heading in source.columns.headings.items():
        if heading.casefold() not in heading_of:
            raise UsageError(f"{source.path}: no column '{heading}' for the field '{field}'. The columns are: {names}.")
    return {field: heading_of.get(source.columns.headings.get(field, field).casefold()) for field in fields}


def is_parquet(path: Path) -> bool:
    """Whether a file is read as Parquet: by its name."""
    return path.suffix.lower() in _PARQUET


def _parquet_scan(engine: Engine, source: Source) -> tuple[str, dict[str, str], dict[str, str]]:
    """SQL of the rows, its values, and the type of every column."""
    values = {"path": str(source.path)}
    try:
        described = engine.rows(Step("describe_source", "describe select * from read_parquet($path)", values))
    except (InputError, MachineError, InternalError):
        raise InputError(_unreadable(source)) from None
    sql = (
        "select file_row_number + 1 as _row, * exclude (file_row_number)\n"
        "from read_parquet($path, file_row_number = true)"
    )
    return sql, values, {row[0]: row[1] for row in described}


def _csv_scan(source: Source, wanted: Set[str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """Every record after the first line, which is the heading; nothing of the form is guessed, so no row is passed over."""
    encoding = _encoding(source.path)
    delimiter = _delimiter(source.path, encoding)
    path = source.path
    if encoding != "utf-8":
        path = source.scratch / f"{len(list(source.scratch.glob('*.utf8.csv')))}.utf8.csv"
        _transcode(source.path, path, encoding)
    headings = _column_names(source.path, _headings(source.path, encoding, delimiter), wanted)
    columns = ", ".join(f"{literal(heading)}: 'VARCHAR'" for heading in headings)
    sql = (
        f"select row_number() over () as _row, * from read_csv($path, auto_detect = false, columns = {{{columns}}},\n"
        "header = true, skip = 0, comment = '', delim = $delimiter, quote = '\"', escape = '\"', strict_mode = true)"
    )
    return sql, {"path": str(path), "delimiter": delimiter}, dict.fromkeys(headings, "VARCHAR")


def _headings(path: Path, encoding: str, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline="") as handle:
        try:
            headings = [part.replace("\x00", "").strip() for part in next(csv.reader(handle, delimiter=delimiter))]
        except csv.Error:
            raise InputError(f"{path}: this is not a CSV file. Save it as 'CSV UTF-8' and retry.") from None
    if any(_VALUE.fullmatch(heading) for heading in headings):
        raise InputError(f"{path}: the first line holds values. Put a line of headings in front of it.")
    return headings


def _column_names(path: Path, headings: Sequence[str], wanted: Set[str]) -> list[str]:
    """The headings as names that differ. Raises InputError when a heading that is wanted stands there twice."""
    if not any(headings):
        raise InputError(f"{path}: the first line is blank. It must hold the headings.")
    names: list[str] = []
    for position, heading in enumerate(headings, start=1):
        known = {name.casefold() for name in names} | {"_row", ""}
        if heading.casefold() in known & wanted:
            raise InputError(f"{path}: two columns have the heading '{heading}'. Rename or remove one of them.")
        names.append(f"{heading} (column {position})" if heading.casefold() in known else heading)
    return names


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, UTF-16 if it says so, else Windows-1252 (which reads any byte)."""
    with path.open("rb") as handle:
        start = handle.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while chunk := handle.read(1 << 22):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _transcode(path: Path, target: Path, encoding: str) -> None:
    with (
        path.open(encoding=encoding, errors="replace", newline="") as old,
        target.open("w", encoding="utf-8", newline="") as new,
    ):
        shutil.copyfileobj(old, new, 1 << 20)


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that occurs most in the heading row; a comma when none does."""
    with path.open(encoding=encoding, errors="replace", newline="") as handle:
        heading = handle.readline(1 << 20)
    return max(_DELIMITERS, key=heading.count)


def _unreadable(source: Source) -> str:
    """Why a file cannot be read; of a CSV, the first record whose number of columns is not that of the heading."""
    path = source.path
    if is_parquet(path):
        return f"{path}: this is not a readable Parquet file."
    encoding = _encoding(path)
    advice = "Look there for a missing quote or a stray separator, save the file as CSV again, and retry."
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as handle:
            rows = csv.reader(handle, delimiter=_delimiter(path, encoding))
            width = len(next(rows, []))
            for number, row in enumerate(rows, start=1):
                if row and len(row) != width:
                    return f"{path}: row {number} has {len(row)} columns, the heading has {width}. {advice}"
    except csv.Error:
        return f"{path}: this is not a CSV file. Save it as 'CSV UTF-8' and retry."
    return f"{path}: this cannot be read as CSV. {advice}"
