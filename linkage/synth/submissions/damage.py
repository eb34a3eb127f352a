"""What programs between the case system and the file did to its text: a spreadsheet, or a database tool.

Spreadsheet: date columns in other forms, identifiers without their leading zeros, long numbers in scientific notation,
no-break spaces, ``.0`` behind numbers. Database tool: ``NULL`` for blanks, a time on every date, text padded to a width.
The columns that name the submission stay readable.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt

from linkage.spec import Field, Specification, load_specification
from linkage.synth.block import Setting
from linkage.synth.columns import Columns
from linkage.synth.draws import Bools, Draws, Ints, Texts
from linkage.synth.profile import AuthorityProfile

_FIRST_SPREADSHEET_DAY = date(1899, 12, 30)
_NUMBERS = ("nhs_number", "number_of_adults_cared_for")
_IDENTIFIERS = (
    "person_unique_identifier", "event_reference",
    "adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id",
)  # fmt: skip
# From so many digits on a spreadsheet shows a number in scientific notation.
_LONG_NUMBER = 12
# Widths of fixed-length text columns in the database.
_WIDTHS = {"first_name": 20, "last_name": 20, "postcode": 8, "gender": 10}


def _american(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _serial(day: date) -> str:
    return str((day - _FIRST_SPREADSHEET_DAY).days)


def _short_year(day: date) -> str:
    return f"{day:%d/%m/%y}"


def _unharmed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


# Forms that a spreadsheet leaves dates in; the date columns of a file have them in turn, starting with its quarter.
DATE_FORMS: dict[str, Callable[[date], str]] = {
    "dd/mm/yyyy": _unharmed,
    "m/d/yyyy": _american,
    "day number": _serial,
    "dd/mm/yy": _short_year,
}


def damaged(setting: Setting, authority: AuthorityProfile, quarter: int, table: Columns, event_id: Ints) -> Columns:
    """The text of one file after the programs of its authority; ``event_id`` of each row decides which rows suffer."""
    spec = load_specification(authority.spec)
    if quarter in authority.sql_export_quarters:
        table = _exported(table, spec)
    if quarter in authority.excel_quarters:
        table = _spreadsheet(setting, quarter, table, spec, event_id)
    return table


def date_form_names(spec: Specification, quarter: int) -> dict[str, str]:
    """The form of the dates below each heading in a file of a quarter that a spreadsheet saved."""
    return {spec.field(name).heading: form for name, form in _date_forms(spec, quarter).items()}


def _date_forms(spec: Specification, quarter: int) -> dict[str, str]:
    forms = list(DATE_FORMS)
    dates = [field.id for field in spec.date_fields if field.section != "submission"]
    return {name: forms[turn % len(forms)] for turn, name in enumerate(dates, start=quarter)}


def _exported(table: Columns, spec: Specification) -> Columns:
    written = dict(table)
    for field in spec.date_fields:
        written[field.id] = np.array([f"{v[:10]} 00:00:00" if v else v for v in table[field.id].tolist()], dtype=object)
    for name, width in _WIDTHS.items():
        written[name] = np.array([v.ljust(width) if v else v for v in table[name].tolist()], dtype=object)
    return {name: np.where(values == "", "NULL", values).astype(object) for name, values in written.items()}


def _spreadsheet(setting: Setting, quarter: int, table: Columns, spec: Specification, event_id: Ints) -> Columns:
    draws, rates = Draws(setting.profile.seed), setting.profile.submission
    written = dict(table)
    for name, form in _date_forms(spec, quarter).items():
        written[name] = _redated(table[name], DATE_FORMS[form])
    for name in _present(_IDENTIFIERS, spec):
        written[name] = np.array([v.lstrip("0") if v.isdecimal() else v for v in table[name].tolist()], dtype=object)
    hard_spaces = draws.chance(f"hard_space/{quarter}", event_id, rates.excel_no_break_space)
    for field in _spaced(spec):
        written[field.id] = _struck(written[field.id], hard_spaces, lambda text: text.replace(" ", "\u00a0"))
    pointed = draws.chance(f"point_zero/{quarter}", event_id, rates.excel_point_zero)
    rounded = draws.chance(f"scientific/{quarter}", event_id, rates.excel_scientific)
    for name in _present((*_NUMBERS, *_IDENTIFIERS), spec):
        written[name] = _struck(
            written[name], pointed & ~rounded, lambda text: f"{text}.0" if text.isdecimal() else text
        )
        written[name] = _struck(written[name], rounded, _scientific)
    return written


def _redated(values: npt.NDArray[np.generic], form: Callable[[date], str]) -> Texts:
    days = {
        text: date(int(text[6:10]), int(text[3:5]), int(text[:2]))
        for text in set(values.tolist())
        if text[:1].isdecimal()
    }
    forms = {text: form(day) for text, day in days.items()}
    return np.array([forms.get(text, text) for text in values.tolist()], dtype=object)


def _scientific(text: str) -> str:
    """The NHS number, and any longer number, as a narrow column shows it."""
    return f"{float(text):.2E}" if text.isdecimal() and (len(text) >= _LONG_NUMBER or len(text) == 10) else text


def _spaced(spec: Specification) -> list[Field]:
    return [field for field in spec.fields if field.data_type in ("text", "list") and field.section != "submission"]


def _present(names: tuple[str, ...], spec: Specification) -> list[str]:
    return [name for name in names if spec.has(name)]


def _struck(values: npt.NDArray[np.generic], rows: Bools, change: Callable[[str], str]) -> Texts:
    written = np.array(values, dtype=object)
    written[rows] = [change(text) for text in values[rows].tolist()]
    return written
