"""The only import of openpyxl: a submission in an Excel workbook (.xlsx) → its headings and rows as text.

Formulas are read by the value that was last computed; macros are never looked at. A date is written dd/mm/yyyy, a number
as the sheet shows it, a whole number with all its digits up to fifteen, beyond which a spreadsheet keeps none.
"""

import re
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
_MOST_BYTES = 4 << 30
_MOST_INFLATED = 300
_SMALL_BYTES = 50 << 20
_MOST_CELLS = 2_000
_MOST_DIGITS = 15
_SAVE = "Save the table as .xlsx without a password, or as CSV (UTF-8)."
_ZEROS = re.compile("0+")
_DECIMALS = re.compile("(?:#,##)?0[.](0+)")


@dataclass(frozen=True)
class Workbook:
    """One worksheet: ``number`` of the sheet from 1, its layout, and the rows below its headings as text."""

    path: Path
    number: int
    layout: Layout
    rows: list[list[str]]

    def body(self, columns: Columns) -> Body:
        """The rows below the headings as a table; cells beyond the headings make a row a reject."""
        collected = Collected(columns)
        for place, row in enumerate(self.rows):
            collected.add(place, _record(row, columns.width))
        return collected.body(np.arange(1, len(self.rows) + 1), first=0)


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
    try:
        with _opened(path) as book:
            return _found(path, book, sheet)
    except LinkageError:
        raise
    except Exception:
        # Whatever the library stumbles over in a damaged file, its text may quote cells.
        raise InputError(
            f"{path}: the workbook is damaged and cannot be read. Open it, save it again, or use CSV."
        ) from None


def _refuse_unreadable(path: Path) -> None:
    data = path.read_bytes()
    if data.startswith(_OLE):
        kind = "a workbook with a password" if _ENCRYPTED in data else "an old Excel workbook (.xls)"
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
    with path.open("rb") as handle:
        book = openpyxl.load_workbook(handle, read_only=True, data_only=not formulas, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _found(path: Path, book: Any, sheet: str | None) -> Workbook:
    worksheets = list(book.worksheets)
    titles = [worksheet.title for worksheet in worksheets]
    if sheet is not None and sheet not in titles:
        raise UsageError(f"{path}: there is no worksheet of that name; it has {len(titles)} worksheets. See --sheet.")
    for number, worksheet in enumerate(worksheets, start=1):
        if sheet is not None and worksheet.title != sheet:
            continue
        worksheet.reset_dimensions()
        layout = find_heading_row(_texts(worksheet))
        if layout is not None:
            _refuse_uncomputed(path, number)
            rows = _texts(worksheet, layout.place + 2)
            return Workbook(path, number, _without_blank_end(layout), list(_bounded(path, rows)))
    where = "this worksheet" if sheet is not None else "no worksheet"
    raise InputError(
        f"{path}: {where} {'has no' if sheet is not None else 'has a'} row with the headings of a submission. "
        "Name the worksheet with --sheet, or save it as CSV."
    )


def _bounded(path: Path, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for row in rows:
        if len(row) > _MOST_CELLS:
            raise InputError(f"{path}: a row of the worksheet has more than {_MOST_CELLS:,} cells. Save it as CSV.")
        yield row


def _texts(worksheet: Any, first: int = 1) -> Iterator[list[str]]:
    for row in worksheet.iter_rows(min_row=first):
        yield [_text(cell) for cell in row]


def _refuse_uncomputed(path: Path, number: int) -> None:
    """Raise InputError when a formula has no value: nothing stands there until the workbook has been computed and saved."""
    with zipfile.ZipFile(path) as archive:
        formulas = any(
            b"<f" in archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")
        )
    if not formulas:
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
