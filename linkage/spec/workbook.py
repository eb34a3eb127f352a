"""Workbooks of specifications: the cells of every sheet as text. The only import of openpyxl for specifications."""

import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from linkage.errors import InputError, UsageError

_MOST_BYTES = 200_000_000
_MOST_CELLS = 2_000_000
Grid = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet: its cells as text (empty for none), rows of the same length. Merged cells all hold the text of the first."""

    name: str
    cells: Grid


def read_workbook(path: Path) -> tuple[WorkbookSheet, ...]:
    """The sheets of an .xlsx workbook, in their order, hidden ones too.

    Raises UsageError when there is no such file, InputError when it is no workbook that can be read, or too large for a
    specification.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    _require_workbook(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, data_only=True)
        return tuple(WorkbookSheet(sheet.title, _cells(path, sheet)) for sheet in book.worksheets)
    except InputError:
        raise
    except Exception:
        raise InputError(f"{path}: the workbook cannot be read. Open it in Excel and save it again as .xlsx.") from None


def _require_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise InputError(
            f"{path}: this is not an .xlsx workbook, or it is protected by a password. Save it in Excel as .xlsx."
        ) from None
    if size > _MOST_BYTES:
        raise InputError(f"{path}: the workbook is too large for a specification ({size:,} bytes of content).")


def _cells(path: Path, sheet: Worksheet) -> Grid:
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        raise InputError(f"{path}: a sheet has {sheet.max_row:,} rows; that is no specification.")
    rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for block in sheet.merged_cells.ranges:
        _spread(rows, block.bounds)
    return tuple(tuple(row) for row in rows)


def _spread(rows: list[list[str]], bounds: tuple[int, int, int, int]) -> None:
    first_column, first_row, last_column, last_row = bounds
    for row, column in _places(first_row, last_row, first_column, last_column):
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = rows[first_row - 1][first_column - 1]


def _places(first_row: int, last_row: int, first_column: int, last_column: int) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(first_row - 1, last_row) for column in range(first_column - 1, last_column))


def _text(value: object) -> str:
    """The text of a cell: non-breaking spaces as spaces, no blanks at its ends."""
    return "" if value is None else str(value).replace("\u00a0", " ").strip()
