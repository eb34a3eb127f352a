"""Dates of birth: dd/mm/yyyy, yyyy-mm-dd or yyyymmdd, with or without a midnight time, in the canonical form yyyy-mm-dd.

The canonical form is text, so that it travels unchanged between engines. Only the dates listed in
``configs/normalise/date_of_birth.yaml`` count as placeholders; nothing here depends on the day of the run. Day and month
may have one digit, and hyphens or full stops may stand for slashes; the day always comes before the month.

>>> validate("1/2/1950"), validate("1950-02-01 00:00:00")
('1950-02-01', '1950-02-01')
>>> reason("1950"), reason("01/01/1900"), reason("30/02/1950")
('partial', 'placeholder', 'not_a_date')
"""

import re
from datetime import date
from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from linkage.normalise.invalid import InvalidValueError
from linkage.normalise.text import let_sql, one_of_sql, trim, trim_sql
from pseudo.config_file import ConfigModel

REASONS = {
    "missing": "there is no date.",
    "partial": "only the year, or the year and month, are given.",
    "placeholder": "this date is a placeholder for an unknown one.",
    "out_of_range": "the year lies outside the years a date of birth can have.",
    "not_a_date": "this is not a date written dd/mm/yyyy, yyyy-mm-dd or yyyymmdd.",
}
"""Reason codes in order of precedence (a text of another shape is ``not_a_date`` before the range is looked at)."""

_MIDNIGHT = r"[ T]+0?0:00(?::00(?:\.0+)?)?$"
_CANONICAL = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY_FIRST = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
_YEAR_FIRST = "[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"
_JOINED = "[0-9]{8}"
_PARTIAL = "[0-9]{4}|[0-9]{6}|[0-9]{4}/[0-9]{1,2}|[0-9]{1,2}/[0-9]{4}"


class DateOfBirthLists(ConfigModel):
    """Placeholder dates (yyyy-mm-dd) and the first and last possible year, both inclusive."""

    placeholders: tuple[str, ...]
    first_year: int
    last_year: int


@cache
def lists() -> DateOfBirthLists:
    """The packaged placeholders and limits."""
    return read_packaged("normalise/date_of_birth.yaml", DateOfBirthLists)


def compact(text: str | None) -> str:
    """The text without outer blanks and midnight, its separators slashes; empty for null. Nothing is checked."""
    return re.sub(_MIDNIGHT, "", trim(text)).translate(str.maketrans("-.", "//"))


def reason(text: str | None) -> str | None:
    """The reason code why the text is no usable date of birth (see ``REASONS``), or None when it is one."""
    written = compact(text)
    if not written:
        return "missing"
    if re.fullmatch(_PARTIAL, written):
        return "partial"
    iso = _iso(written)
    if iso is None:
        return "not_a_date"
    if iso in lists().placeholders:
        return "placeholder"
    if not lists().first_year <= int(iso[:4]) <= lists().last_year:
        return "out_of_range"
    return None if _exists(iso) else "not_a_date"


def is_valid(text: str | None) -> bool:
    """Whether the text is a full, possible date of birth and not a placeholder."""
    return reason(text) is None


def clean(text: str | None) -> str | None:
    """The date as yyyy-mm-dd, or None when the text is not a usable date of birth."""
    return _iso(compact(text)) if is_valid(text) else None


def validate(text: str | None) -> str:
    """The date as yyyy-mm-dd. Raises InvalidValueError with the reason code, never the value."""
    iso = clean(text)
    if iso is None:
        code = reason(text) or "not_a_date"
        raise InvalidValueError("date of birth", code, REASONS[code])
    return iso


def compact_sql(expr: str) -> str:
    """SQL of ``compact``; null stays null."""
    return f"translate(regexp_replace({trim_sql(expr)}, {literal(_MIDNIGHT)}, ''), '-.', '//')"


def clean_sql(expr: str) -> str:
    """SQL of the date as yyyy-mm-dd text, or null when the text is not a usable date of birth."""
    iso = f"case when regexp_full_match({expr}, '{_CANONICAL}') then {expr} else {_any_iso_sql(expr)} end"
    return let_sql("_iso", iso, f"case when {_usable_sql('_iso')} then _iso end")


def iso_sql(expr: str) -> str:
    """SQL of the text with a whole date as yyyy-mm-dd, usable or not; any other text as it stands, null for null."""
    return f"""case when regexp_full_match({expr}, '{_CANONICAL}') then {expr}
        else coalesce({_any_iso_sql(expr)}, {expr}) end"""


def is_valid_sql(expr: str) -> str:
    """SQL of ``is_valid``: true or false, false for null."""
    return f"({clean_sql(expr)}) is not null"


def reason_sql(expr: str) -> str:
    """SQL of ``reason``: the first reason code, or null when valid."""
    by_date = f"""case when _iso is null then 'not_a_date'
        when _iso in {one_of_sql(lists().placeholders)} then 'placeholder'
        when not {_in_range_sql("_iso")} then 'out_of_range'
        when try_cast(_iso as date) is null then 'not_a_date' end"""
    by_shape = f"""case when coalesce(_written, '') = '' then 'missing'
        when regexp_full_match(_written, {literal(_PARTIAL)}) then 'partial'
        else {let_sql("_iso", _iso_sql("_written"), by_date)} end"""
    return let_sql("_written", compact_sql(expr), by_shape)


def _iso(written: str) -> str | None:
    """The parts in the order yyyy-mm-dd, whether or not there is such a day; None for any other shape."""
    if re.fullmatch(_JOINED, written):
        return f"{written[:4]}-{written[4:6]}-{written[6:]}"
    parts = written.split("/")
    if re.fullmatch(_DAY_FIRST, written):
        parts.reverse()
    elif not re.fullmatch(_YEAR_FIRST, written):
        return None
    return "-".join(part.zfill(2) for part in parts)


def _exists(iso: str) -> bool:
    try:
        date.fromisoformat(iso)
    except ValueError:
        return False
    return True


def _any_iso_sql(expr: str) -> str:
    return let_sql("_written", compact_sql(expr), _iso_sql("_written"))


def _iso_sql(written: str) -> str:
    def part(number: int) -> str:
        return f"split_part({written}, '/', {number})"

    month = f"lpad({part(2)}, 2, '0')"
    return f"""case
        when regexp_full_match({written}, '{_DAY_FIRST}') then {part(3)} || '-' || {month} || '-' || lpad({part(1)}, 2, '0')
        when regexp_full_match({written}, '{_YEAR_FIRST}') then {part(1)} || '-' || {month} || '-' || lpad({part(3)}, 2, '0')
        when regexp_full_match({written}, '{_JOINED}')
            then substr({written}, 1, 4) || '-' || substr({written}, 5, 2) || '-' || substr({written}, 7, 2) end"""


def _in_range_sql(iso: str) -> str:
    return f"substr({iso}, 1, 4) between '{lists().first_year:04}' and '{lists().last_year:04}'"


def _usable_sql(iso: str) -> str:
    """SQL true for a day that exists, in range and not a placeholder; years of four digits compare as text."""
    return f"{_in_range_sql(iso)} and {iso} not in {one_of_sql(lists().placeholders)} and try_cast({iso} as date) is not null"
