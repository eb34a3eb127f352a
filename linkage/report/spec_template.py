"""The blank workbook of a submission: headings with notes, drop-down lists, and text cells that Excel does not damage.

Sheets: the submission to fill, its lists, what each column is. The same template gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

DATA_SHEET, LISTS_SHEET, READ_ME_SHEET = "Submission", "Lists", "Read me"
LAST_ROW = 20_000
"""The last row of the drop-down lists, counted as Excel counts: 19,999 rows may be filled by choosing."""

_CREATED = datetime(2000, 1, 1)
_TITLE_LIMIT, _MESSAGE_LIMIT = 32, 255
_WIDTHS = (14, 40)
_NOTE = {"x_scale": 2.2, "y_scale": 1.6, "author": "cldlink"}


@dataclass(frozen=True)
class TemplateColumn:
    """One column to fill. ``about`` are the cells that describe it on the read-me sheet; ``note`` is shown on its heading.

    ``number_format`` is Excel's (``@`` for text). A list that is not ``complete`` lets other values pass, with a warning.
    """

    heading: str
    note: str
    about: tuple[str, ...]
    mandatory: bool
    number_format: str = "@"
    values: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class Template:
    """A workbook to be: its columns, and what its read-me sheet says (lines, then a table with ``about_headings``)."""

    columns: Sequence[TemplateColumn]
    read_me: Sequence[str]
    about_headings: tuple[str, ...]


def write_template(template: Template, path: Path) -> None:
    """Write the workbook to ``path``."""
    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _CREATED, "title": "Blank submission", "author": "cldlink"})
    data, lists, read_me = (book.add_worksheet(name) for name in (DATA_SHEET, LISTS_SHEET, READ_ME_SHEET))
    _write_data(book, data, template)
    _write_lists(book, lists, template)
    _write_read_me(book, read_me, template)
    book.close()


def _write_data(book: Workbook, sheet: Worksheet, template: Template) -> None:
    mandatory, voluntary = _heading(book, "#BDD7EE"), _heading(book, "#E7E6E6")
    formats = {number_format: book.add_format({"num_format": number_format}) for number_format in _formats(template)}
    list_columns = _list_columns(template)
    for position, column in enumerate(template.columns):
        width = min(max(len(column.heading) // 2 + 4, _WIDTHS[0]), _WIDTHS[1])
        sheet.set_column(position, position, width, formats[column.number_format])
        sheet.write_string(0, position, column.heading, mandatory if column.mandatory else voluntary)
        sheet.write_comment(0, position, column.note, _NOTE)
        if column.values:
            sheet.data_validation(1, position, LAST_ROW - 1, position, _choice(column, list_columns[column.heading]))
    sheet.set_row(0, 45)
    sheet.freeze_panes(1, 0)


def _choice(column: TemplateColumn, list_column: int) -> dict[str, object]:
    """A drop-down list that refers to the sheet of lists."""
    letter = xl_col_to_name(list_column)
    message = "The value is not in the list" if column.complete else "The value is not among those known of this list"
    return {
        "validate": "list",
        "source": f"={LISTS_SHEET}!${letter}$2:${letter}${len(column.values) + 1}",
        "error_type": "stop" if column.complete else "warning",
        "error_title": column.heading[:_TITLE_LIMIT],
        "error_message": f"{message}; choose from it, or see the sheet {LISTS_SHEET}."[:_MESSAGE_LIMIT],
    }


def _write_lists(book: Workbook, sheet: Worksheet, template: Template) -> None:
    heading, text = _heading(book, "#E2EFDA"), book.add_format({"num_format": "@"})
    columns = _list_columns(template)
    for column in template.columns:
        if column.values:
            position = columns[column.heading]
            sheet.set_column(position, position, _WIDTHS[1], text)
            sheet.write_string(0, position, column.heading, heading)
            sheet.write_column(1, position, column.values, text)
    sheet.freeze_panes(1, 0)


def _write_read_me(book: Workbook, sheet: Worksheet, template: Template) -> None:
    heading, wrapped = (
        _heading(book, "#E2EFDA"),
        book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
    )
    for row, line in enumerate(template.read_me):
        sheet.write_string(row, 0, line)
    top = len(template.read_me) + 1
    for position, title in enumerate(template.about_headings):
        sheet.set_column(
            position, position, _WIDTHS[1 if position in (0, len(template.about_headings) - 1) else 0], wrapped
        )
        sheet.write_string(top, position, title, heading)
    for row, column in enumerate(template.columns, start=top + 1):
        for position, cell in enumerate(column.about):
            sheet.write_string(row, position, cell, wrapped)


def _heading(book: Workbook, colour: str) -> Format:
    return book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": colour, "border": 1, "num_format": "@"}
    )


def _formats(template: Template) -> list[str]:
    return sorted({column.number_format for column in template.columns})


def _list_columns(template: Template) -> dict[str, int]:
    headings = [column.heading for column in template.columns if column.values]
    return {heading: position for position, heading in enumerate(headings)}
