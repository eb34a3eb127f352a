"""Workbooks of tables, written with xlsxwriter. The same sheets give the same bytes, and no cell is a formula.

Every cell is text, but for plain numbers in the columns that hold figures, with which a reader wants to go on.
A cell that a spreadsheet would take for a formula has an apostrophe before it; characters that a workbook cannot hold
are shown as U+FFFD; a text longer than a cell may be is cut and says so. The heading row stays in view and filters.
"""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from linkage.errors import InternalError, MachineError

LONGEST_TEXT = 32_000
"""Characters of a cell before it is cut; a workbook allows 32,767 UTF-16 units."""

MOST_ROWS = 1_000_000
_CREATED = datetime(2000, 1, 1)
_CUT = " [cut: the whole text is in the Parquet file]"
_BLOCK = 10_000
_FORMULA = r"\A([=+@\t\r]|-[\s\S])"  # a hyphen alone is a mark
_NUMBER = r"\A-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?\z"
_MOST_DECIMALS = 6
_LIKE_MARKUP = r"_x([0-9A-Fa-f]{4})_"
_IMPOSSIBLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"


@dataclass(frozen=True)
class ExcelColumn:
    """A column of a sheet: its heading, its width in characters, and whether long texts go over several lines.

    ``number``: its plain numbers are numbers, set to the right; what is none (the mark of a hidden cell) stays text.
    ``decimals``: of these numbers, with thousands separators; None as they are.
    """

    title: str
    width: int = 18
    wrap: bool = False
    right: bool = False
    number: bool = False
    decimals: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet: ``notes`` above the heading row, one line each, then one row per row of ``table``.

    ``table`` has one column for each of ``columns``; whatever its types, its values are written as text (or as the column
    says), null as an empty cell.
    """

    name: str
    columns: Sequence[ExcelColumn]
    table: pa.Table
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.table.num_columns != len(self.columns) or self.table.num_rows > MOST_ROWS:
            raise InternalError(f"The sheet '{self.name}' does not fit its columns.")


def text_sheet(
    name: str, columns: Sequence[ExcelColumn], rows: Sequence[Sequence[object]], notes: Sequence[str] = ()
) -> Sheet:
    """A sheet of a few rows given as Python values; whole numbers get thousands separators."""
    texts = [[_shown(row[place]) for row in rows] for place in range(len(columns))]
    table = pa.table([pa.array(column, pa.string()) for column in texts], names=[str(n) for n in range(len(columns))])
    return Sheet(name, columns, table, notes)


def write_workbook(path: Path, title: str, sheets: Sequence[Sheet]) -> None:
    """Write the sheets to one .xlsx file, in order. Raises MachineError when it cannot be written."""
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    try:
        with Workbook(str(path), options) as book:
            book.set_properties({"title": title, "created": _CREATED})
            styles = _Styles(book)
            for sheet in sheets:
                _write_sheet(book.add_worksheet(sheet.name, worksheet_class=_TextWorksheet), sheet, styles)
    except (OSError, XlsxWriterException):
        raise MachineError(
            f"{path}: the workbook cannot be written. Check the folder, the rights and the space."
        ) from None


def without_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with an apostrophe before those that a spreadsheet would take for a formula."""
    return pc.replace_substring_regex(texts, _FORMULA, r"'\1")


class _Styles:
    """The formats of a workbook; all of them hold text, so that a cell stays text when it is edited."""

    def __init__(self, book: Workbook) -> None:
        text = {"num_format": "@", "valign": "top"}
        self.heading = book.add_format(
            {**text, "bold": True, "text_wrap": True, "bg_color": "#F4F6F9", "bottom": 2, "bottom_color": "#9FB0C0"}
        )
        self.note = book.add_format({**text, "italic": True, "font_color": "#4D5965"})
        self.plain = book.add_format(text)
        self.wrapped = book.add_format({**text, "text_wrap": True})
        self.right = book.add_format({**text, "align": "right"})
        right = {"valign": "top", "align": "right"}
        self._number = book.add_format(right)
        self._decimals = [
            book.add_format({**right, "num_format": "#,##0" + ("." + "0" * places if places else "")})
            for places in range(_MOST_DECIMALS + 1)
        ]

    def of(self, column: ExcelColumn) -> Format:
        """The format of a column's cells."""
        if column.number:
            return self._number if column.decimals is None else self._decimals[min(column.decimals, _MOST_DECIMALS)]
        return self.right if column.right else self.wrapped if column.wrap else self.plain


class _TextWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet that takes whole rows of ready XML, which is six times as fast as cell by cell."""

    def write_ready_rows(self, rows: Sequence[str], last_row: int, last_column: int) -> None:
        """Append rows (``<row>`` elements) after those written so far; the last is ``last_row``, counted from zero."""
        self._write_single_row(last_row + 1)
        self._check_dimensions(last_row, last_column)
        self.fh.write("".join(rows))


def _write_sheet(worksheet: _TextWorksheet, sheet: Sheet, styles: _Styles) -> None:
    heading, last = len(sheet.notes), len(sheet.columns) - 1
    rows = sheet.table.num_rows
    for place, column in enumerate(sheet.columns):
        worksheet.set_column(place, place, column.width, styles.of(column))
    worksheet.freeze_panes(heading + 1, 0)
    worksheet.autofilter(heading, 0, heading + max(rows, 1), last)
    worksheet.ignore_errors({"number_stored_as_text": f"A1:{_letters(last)}{heading + rows + 1}"})
    worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(heading)
    for row, note in enumerate(sheet.notes):
        worksheet.write_string(row, 0, note, styles.note)
    for place, column in enumerate(sheet.columns):
        worksheet.write_string(heading, place, column.title, styles.heading)
    formats = [styles.of(column)._get_xf_index() for column in sheet.columns]
    for first, ready in _ready_rows(sheet, heading + 2, formats):
        worksheet.write_ready_rows(ready, first + len(ready) - 2, last)


def _ready_rows(sheet: Sheet, first_row: int, formats: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
    """Blocks of rows as XML, each with the number of its first row, counted from one."""
    for start in range(0, sheet.table.num_rows, _BLOCK):
        block = sheet.table.slice(start, _BLOCK)
        rows, first = block.num_rows, first_row + start
        numbers = pc.cast(pa.array(range(first, first + rows)), pa.string())
        cells = _cells(block, numbers, sheet.columns, formats)
        columns = [cells.slice(place * rows, rows) for place in range(len(sheet.columns))]
        joined = pc.binary_join_element_wise('<row r="', numbers, '">', *columns, "</row>", "")
        yield first, joined.to_pylist()


def _cells(block: pa.Table, numbers: pa.Array, columns: Sequence[ExcelColumn], formats: Sequence[int]) -> pa.Array:
    """The cells of a block as XML, one column after the other; nothing for null. ``numbers``: of its rows.

    All columns at once: a workbook of many small sheets would else be thousands of calls on a few texts each.
    """
    texts = pa.concat_arrays([pc.cast(column, pa.string()).combine_chunks() for column in block.columns])
    of_column = pa.array(np.repeat(np.arange(len(columns)), block.num_rows))
    opening = pa.array([f'<c r="{_letters(place)}' for place in range(len(columns))]).take(of_column)
    styled = pa.array([f'" s="{style}"' for style in formats]).take(of_column)
    head = pc.binary_join_element_wise(opening, pa.concat_arrays([numbers] * len(columns)), styled, "")
    inline = ' t="inlineStr"><is><t xml:space="preserve">'
    of_text = pc.binary_join_element_wise(head, inline, _escaped(texts), "</t></is></c>", "")
    of_number = pc.binary_join_element_wise(head, "><v>", texts, "</v></c>", "")
    may_be_number = pa.array([column.number for column in columns]).take(of_column)
    is_number = pc.and_(may_be_number, pc.match_substring_regex(texts, _NUMBER))
    return pc.fill_null(pc.if_else(is_number, of_number, of_text), "")


def _escaped(texts: pa.Array) -> pa.Array:
    texts = without_formulas(_cut(texts))
    texts = pc.replace_substring_regex(texts, _LIKE_MARKUP, r"_x005F_x\1_")
    texts = pc.replace_substring_regex(texts, _IMPOSSIBLE, "\N{REPLACEMENT CHARACTER}")
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, character, entity)
    return texts


def _cut(texts: pa.Array) -> pa.Array:
    long = pc.greater(pc.utf8_length(texts), LONGEST_TEXT // 2)
    if not pc.any(long).as_py():
        return texts
    kept = pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT // 2 - len(_CUT))
    return pc.if_else(long, pc.binary_join_element_wise(kept, _CUT, ""), texts)


def _letters(place: int) -> str:
    """The letters of a column counted from zero.

    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    first, second = divmod(place, 26)
    return (string.ascii_uppercase[first - 1] if first else "") + string.ascii_uppercase[second]


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:,}" if isinstance(value, int) else str(value)
