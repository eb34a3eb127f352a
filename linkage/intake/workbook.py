"""The only import of openpyxl: a submission in an Excel workbook (.xlsx) → its headings and rows as text.

Formulas are read by the value that was last computed; macros are never looked at. A date is written dd/mm/yyyy, a number
as the sheet shows it, a whole number with all its digits up to fifteen, beyond which a spreadsheet keeps none.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from linkage.errors import InputError, LinkageError, UsageError
from linkage.intake.body import Body, Collected, Columns
from linkage.intake.decoding import require_file
from linkage.intake.layout import Layout, find_heading_row
from linkage.intake.records import TOO_MANY_CELLS, Record
from linkage.normalise.text import WHITESPACE

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_PART = "xl/workbook.xml"
_MOST_BYTES = 2 << 30
_CHUNK = 1 << 20
_MOST_INFLATED = 300
_SMALL_BYTES = 50 << 20
_MOST_CELLS = 2_000
_MOST_DIGITS = 15
_SAVE = "Save the table as .xlsx without a password, or as CSV (UTF-8)."
_ZEROS = re.compile("0+")
_DECIMALS = re.compile("(?:#,##)?0[.](0+)")


@dataclass(frozen=True)
class Workbook:
    """One worksheet of a workbook: its ``number`` from 1, its ``title``, and its layout."""

    path: Path
    number: int
    title: str
    layout: Layout

    def body(self, columns: Columns) -> Body:
        """The rows below the headings as a table; cells beyond the headings make a row a reject."""
        collected = Collected(columns)
        rows = 0
        with _opened(self.path) as book:
            worksheet = book.worksheets[self.number - 1]
            worksheet.reset_dimensions()
            for place, row in enumerate(_texts(self.path, worksheet, self.layout.place + 2)):
                collected.add(place, _record(row, columns.width))
                rows = place + 1
        return collected.body(np.arange(1, rows + 1), first=0)


def is_workbook(path: Path) -> bool:
    """Whether a file begins as an Excel workbook does, old ones and protected ones included. Raises as ``require_file``."""
    require_file(path)
    try:
        with path.open("rb") as handle:
            return handle.read(4) in (_ZIP, _OLE)
    except OSError:
        return False


def read_workbook(path: Path, sheet: str | None = None) -> Workbook:
    """The worksheet called ``sheet``, or the first with the headings of a submission.

    Raises UsageError when there is no such worksheet, InputError for an old, protected, damaged or monstrous workbook and
    for one without the headings of a submission.
    """
    _refuse_unreadable(path)
    with _opened(path) as book:
        number, title, layout = _found(path, book, sheet)
    _refuse_uncomputed(path, number)
    return Workbook(path, number, title, layout)


def worksheet_rows(path: Path, sheet: str | None = None) -> list[list[str]]:
    """Every row of the worksheet called ``sheet``, or of the first one, as text: tables that are no submission.

    Raises as ``read_workbook``, but for the headings of a submission.
    """
    _refuse_unreadable(path)
    with _opened(path) as book:
        titles = [worksheet.title for worksheet in book.worksheets]
        if sheet is not None and sheet not in titles:
            raise UsageError(f"{path}: there is no worksheet of that name among its {len(titles)}. Check the name.")
        number = titles.index(sheet) if sheet is not None else 0
        worksheet = book.worksheets[number]
        worksheet.reset_dimensions()
        rows = list(_texts(path, worksheet))
    _refuse_uncomputed(path, number + 1)
    return rows


def _refuse_unreadable(path: Path) -> None:
    with path.open("rb") as handle:
        old = handle.read(4) == _OLE
    if old:
        kind = "a workbook with a password" if _ENCRYPTED in path.read_bytes() else "an old Excel workbook (.xls)"
        raise InputError(f"{path}: this is {kind}. {_SAVE}")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(f"{path}: the workbook is damaged and cannot be read. Open it and save it again.") from None
    if _WORKBOOK_PART not in names:
        raise InputError(
            f"{path}: this is a zip archive, not an Excel workbook (.xlsx). Give the table itself, as CSV."
        )
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if size > _MOST_BYTES or (size > _SMALL_BYTES and size > _MOST_INFLATED * max(1, packed)):
        raise InputError(f"{path}: the workbook would unpack to {size >> 20:,} MB and was not opened. Save it as CSV.")


@contextmanager
def _opened(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """The workbook with the computed values of its formulas, or with the formulas; the name may end in anything."""
    try:
        with path.open("rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(handle, read_only=True, data_only=not formulas, keep_links=False)
            try:
                yield book
            finally:
                book.close()
    except (LinkageError, MemoryError):
        raise
    except Exception:
        # Whatever the library stumbles over in a damaged file, its text may quote cells.
        message = f"{path}: the workbook is damaged and cannot be read. Open it and save it again, or save it as CSV."
        raise InputError(message) from None


def _found(path: Path, book: Any, sheet: str | None) -> tuple[int, str, Layout]:
    """The number, title and layout of the worksheet to read."""
    titles = [worksheet.title for worksheet in book.worksheets]
    if sheet is not None and sheet not in titles:
        raise UsageError(f"{path}: there is no worksheet of that name among its {len(titles)}. Check --sheet.")
    for number, worksheet in enumerate(book.worksheets, start=1):
        if sheet is None or worksheet.title == sheet:
            worksheet.reset_dimensions()
            layout = find_heading_row(_texts(path, worksheet))
            if layout is not None:
                return number, str(worksheet.title), _without_blank_end(layout)
    raise InputError(
        f"{path}: {'that' if sheet else 'no'} worksheet has {'no' if sheet else 'a'} row with the headings of a submission. "
        "Check its headings, or save the table as CSV (UTF-8)."
    )


def _texts(path: Path, worksheet: Any, first: int = 1) -> Iterator[list[str]]:
    """The rows of a worksheet from row ``first`` (from 1) on. Raises InputError for a row too wide to be one."""
    for row in worksheet.iter_rows(min_row=first):
        if len(row) > _MOST_CELLS:
            raise InputError(f"{path}: a row of the worksheet has more than {_MOST_CELLS:,} cells. Save it as CSV.")
        yield [_text(cell) for cell in row]


def _refuse_uncomputed(path: Path, number: int) -> None:
    """Raise InputError when a formula has no value: nothing stands there until the workbook has been computed and saved."""
    if not _has_formulas(path):
        return
    with _opened(path) as values, _opened(path, formulas=True) as written:
        sheets = (book.worksheets[number - 1] for book in (values, written))
        empty = sum(
            formula.data_type == "f" and value.value is None
            for value_row, formula_row in zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
            for value, formula in zip(value_row, formula_row, strict=False)
        )
    if empty:
        raise InputError(
            f"{path}: {empty:,} formulas have no computed value. Open the workbook in Excel, save it, and give that."
        )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for name in (name for name in archive.namelist() if name.startswith("xl/worksheets/")):
            with archive.open(name) as part:
                end = b""
                while chunk := part.read(_CHUNK):
                    if b"<f>" in end + chunk or b"<f " in end + chunk:
                        return True
                    end = chunk[-3:]
    return False


def _without_blank_end(layout: Layout) -> Layout:
    headings = list(layout.headings)
    while headings and not headings[-1].strip(WHITESPACE):
        headings.pop()
    return Layout(layout.separator, layout.place, tuple(headings), layout.above)


def _record(row: list[str], width: int) -> Record:
    beyond = any(cell.strip(WHITESPACE) for cell in row[width:])
    cells = (row + [""] * width)[:width]
    return Record(cells, (",".join(row),) if beyond else (), 0, TOO_MANY_CELLS if beyond else None)


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%d/%m/%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or "General"))
    return str(value)


def _number(value: float, shown: str) -> str:
    """A number as the sheet shows it; beyond fifteen digits in scientific notation, for what follows is lost.

    >>> _number(9434765919.0, "General"), _number(12.5, "0.00"), _number(1234, "0000000"), _number(1e17 / 3, "0")
    ('9434765919', '12.50', '0001234', '3.33333333333333E+16')
    """
    if value != value or abs(value) >= 10**_MOST_DIGITS:
        return f"{value:.{_MOST_DIGITS - 1}E}"
    if decimals := _DECIMALS.fullmatch(shown):
        return f"{value:.{len(decimals[1])}f}"
    if value == int(value):
        return str(int(value)).zfill(len(shown)) if _ZEROS.fullmatch(shown) and value >= 0 else str(int(value))
    return f"{value:.{_MOST_DIGITS}g}"
