"""Writing a synthetic world: CSV files in the forms that their sources use, or Parquet; and a manifest without times.

Everything is the same for the same profile and seed, byte for byte, whatever the number of processes.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.runs import file_record
from linkage.runs.outputs import MANIFEST
from linkage.synth.columns import Columns

FORMAT = "cldlink-synthetic-world-1"
CSV, PARQUET = "csv", "parquet"
FORMS = (CSV, PARQUET)
BYTE_ORDER_MARK = "utf-8-sig"
# Blocks that share one row group of a Parquet file.
_BLOCKS_PER_ROW_GROUP = 16


def csv_bytes(names: Sequence[str], table: Columns, line_end: str = "\n", encoding: str = "utf-8") -> bytes:
    """The rows of a table as CSV without a heading (ISO dates, blank for nothing)."""
    text = io.StringIO()
    columns = [_texts(np.asarray(table[name])) for name in names]
    csv.writer(text, lineterminator=line_end).writerows(zip(*columns, strict=True))
    return text.getvalue().encode("utf-8" if encoding == BYTE_ORDER_MARK else encoding, errors="replace")


def arrow_table(names: Sequence[str], table: Columns) -> pa.Table:
    """The rows of a table with types: text (null for blank), dates, whole numbers and decimals."""
    return pa.table({name: _arrow(np.asarray(table[name])) for name in names})


class CsvFile:
    """A CSV file that rows are appended to, in one encoding and with one heading."""

    def __init__(self, path: Path, headings: Sequence[str], line_end: str = "\n", encoding: str = "utf-8") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        heading = io.StringIO()
        csv.writer(heading, lineterminator=line_end).writerow(headings)
        self._handle: BinaryIO = path.open("wb")
        self._handle.write(heading.getvalue().encode(encoding, errors="replace"))

    def append(self, number: int, rows: Any) -> None:  # noqa: ARG002 - as ParquetFile
        """Append the rows of one block; blocks come in order."""
        self._handle.write(rows)

    def close(self) -> None:
        """Finish the file."""
        self._handle.close()


class ParquetFile:
    """A Parquet file that blocks are appended to; blocks of neighbouring numbers share a row group."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def append(self, number: int, rows: Any) -> None:
        """Append the rows of block ``number``; blocks come in order."""
        if self._waiting and number % _BLOCKS_PER_ROW_GROUP == 0:
            self._write()
        self._waiting.append(rows)

    def close(self) -> None:
        """Finish the file."""
        if self._waiting:
            self._write()
        if self._writer:
            self._writer.close()

    def _write(self) -> None:
        table = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._waiting = []


def opened(path: Path, form: str, headings: Sequence[str]) -> CsvFile | ParquetFile:
    """A file of a form that blocks are appended to."""
    return ParquetFile(path) if form == PARQUET else CsvFile(path, headings)


def write_table(path: Path, names: Sequence[str], table: Columns, form: str = CSV) -> int:
    """Write one whole table; return the rows."""
    file = opened(path, form, names)
    file.append(0, arrow_table(names, table) if form == PARQUET else csv_bytes(names, table))
    file.close()
    return len(np.asarray(table[names[0]]))


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8, LF)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_manifest(
    folder: Path, settings: Mapping[str, Any], counts: Mapping[str, int], command: str = "synth"
) -> None:
    """Write ``manifest.json``: that the folder is synthetic, how it was made, counts, and every file with its hash."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    document = {
        "format": FORMAT,
        "command": command,
        "synthetic": True,
        "settings": dict(settings),
        "counts": dict(counts),
        "outputs": [file_record(path, folder) for path in files],
    }
    write_text(folder / MANIFEST, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _texts(values: Any) -> list[Any]:
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values.astype("datetime64[D]")) if len(values) else np.empty(0, dtype="U10")
        return ["" if text == "NaT" else text for text in texts.tolist()]
    return list(values.tolist())


def _arrow(values: Any) -> pa.Array:
    if values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[D]"))
    if values.dtype.kind == "O":
        return pa.array(values, type=pa.string(), mask=values == "")
    return pa.array(values)
