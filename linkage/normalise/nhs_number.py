"""NHS numbers: ten ASCII digits, the last a Modulus 11 check digit.

Source: NHS Data Dictionary, NHS NUMBER. The weights are 10 to 2 for the first nine digits; eleven minus the remainder of
their sum is the check digit, with 11 written as 0 and 10 never issued. A few numbers pass the check and are
placeholders: they are listed in ``configs/normalise/nhs_number.yaml``.

>>> validate("943 476 5919")
'9434765919'
>>> reason("9434765918")
'bad_check_digit'
"""

import re
from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from linkage.normalise.invalid import InvalidValueError
from linkage.normalise.text import WHITESPACE, let_sql, separators, without, without_sql
from pseudo.config_file import ConfigModel

REASONS = {
    "missing": "there is no NHS number.",
    "not_digits": "an NHS number holds only the digits 0 to 9, spaces and hyphens.",
    "wrong_length": "an NHS number has ten digits.",
    "bad_check_digit": "the check digit is wrong; one of the digits is mistyped.",
    "repeated_digits": "one digit repeated ten times is a placeholder, not an NHS number.",
    "pattern": "this is a known placeholder, not an NHS number.",
}
"""Reason codes in order of precedence: of several faults the first is told."""

_DIGITS = re.compile("[0-9]+")
_LENGTH = 10


class NhsNumberLists(ConfigModel):
    """Numbers that pass the check digit and are never valid, by reason code."""

    never_valid: dict[str, tuple[str, ...]]


@cache
def _never_valid() -> dict[str, str]:
    lists = read_packaged("normalise/nhs_number.yaml", NhsNumberLists)
    return {number: code for code, numbers in lists.never_valid.items() for number in numbers}


def compact(text: str | None) -> str:
    """The text without blanks and hyphens; empty for null. Nothing is checked."""
    return without(text, WHITESPACE + separators().hyphens)


def check_digit(first_nine: str) -> str | None:
    """The check digit of nine ASCII digits, or None where no number with them is issued.

    >>> check_digit("943476591"), check_digit("999000000")
    ('9', None)
    """
    remainder = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), first_nine, strict=True)) % 11
    return str(remainder) if remainder < 10 else None


def reason(text: str | None) -> str | None:
    """The reason code why the text is no NHS number (see ``REASONS``), or None when it is valid."""
    number = compact(text)
    if not number:
        return "missing"
    if not _DIGITS.fullmatch(number):
        return "not_digits"
    if len(number) != _LENGTH:
        return "wrong_length"
    if check_digit(number[:9]) != number[9]:
        return "bad_check_digit"
    return _never_valid().get(number)


def is_valid(text: str | None) -> bool:
    """Whether the text is a valid NHS number, blanks and hyphens allowed."""
    return reason(text) is None


def clean(text: str | None) -> str | None:
    """The canonical ten digits, or None when the text is not a valid NHS number."""
    return compact(text) if is_valid(text) else None


def validate(text: str | None) -> str:
    """The canonical ten digits. Raises InvalidValueError with the reason code, never the value."""
    code = reason(text)
    if code:
        raise InvalidValueError("NHS number", code, REASONS[code])
    return compact(text)


def compact_sql(expr: str) -> str:
    """SQL of ``compact``; null stays null."""
    return without_sql(expr, WHITESPACE + separators().hyphens)


def clean_sql(expr: str) -> str:
    """SQL of the canonical ten digits, or null when the text is not a valid NHS number.

    A text of ten bytes is taken as it stands, which spares a clean column the removal of separators: with a separator
    in it, it would hold too few digits anyway.
    """
    separated = let_sql("_compact", compact_sql(expr), f"case when {_passes_sql('_compact')} then _compact end")
    return (
        f"case when strlen({expr}) = {_LENGTH} then case when {_passes_sql(expr)} then {expr} end else {separated} end"
    )


def is_valid_sql(expr: str) -> str:
    """SQL of ``is_valid``: true or false, false for null.

    Written without branches, for whole columns: DuckDB works out a repeated expression once only outside ``case`` and
    ``and``. The rule is that of ``clean_sql``.
    """
    text = f"(case when strlen({expr}) = {_LENGTH} then {expr} else {compact_sql(expr)} end)"
    bits = " & ".join(f"({condition})::utinyint" for condition in _conditions_sql(text, _digits_sql(text)))
    return f"coalesce({bits}, 0) = 1"


def reason_sql(expr: str) -> str:
    """SQL of ``reason``: the first reason code, or null when valid."""
    listed = "\n".join(
        f"when _text = {literal(number)} then {literal(code)}" for number, code in _never_valid().items()
    )
    told = f"""case
        when coalesce(_text, '') = '' then 'missing'
        when not regexp_full_match(_text, '[0-9]+') then 'not_digits'
        when strlen(_text) <> {_LENGTH} then 'wrong_length'
        {listed}
        else 'bad_check_digit' end"""
    return f"case when {clean_sql(expr)} is null then {let_sql('_text', compact_sql(expr), told)} end"


def _passes_sql(text: str) -> str:
    """SQL true for ten digits with the right check digit that are not listed as placeholders."""
    checked = " and ".join(_conditions_sql(text, "_digits"))
    return let_sql("_digits", _digits_sql(text), checked)


def _digits_sql(text: str) -> str:
    """SQL of the number 1 d1 … d10 1 for ten digits d1 … d10. Anything else gives null or a number of another length.

    A cast also reads a point, a space, an underscore or an exponent. With a 1 in front and behind none of them leaves
    twelve digits: all but the exponent take a place from the digits, and an exponent would end in the 1 behind.
    """
    return f"try_cast('1' || {text} || '1' as ubigint)"


def _conditions_sql(text: str, digits: str) -> tuple[str, ...]:
    """What must hold of a text and its ``_digits_sql``: ten bytes, ten digits, a right check sum, not a placeholder."""
    size, table = _placeholder_table()
    return (
        f"strlen({text}) = {_LENGTH}",
        f"{digits} between {10 ** (_LENGTH + 1)} and {2 * 10 ** (_LENGTH + 1) - 1}",
        f"{_check_sum_sql(digits)} % 11 = 1",
        f"({list(table)}::ubigint[])[cast({digits} % {size} as bigint) + 1] <> {digits}",
    )


@cache
def _placeholder_table() -> tuple[int, tuple[int, ...]]:
    """The listed placeholders (as ``_digits_sql`` gives them) by their remainder, for one comparison instead of many.

    The size is the least at which no two of them share a remainder; free places hold 0.
    """
    listed = [int(f"1{number}1") for number in _never_valid()]
    size = next(n for n in range(len(listed), 10**6) if len({number % n for number in listed}) == len(listed))
    by_remainder = {number % size: number for number in listed}
    return size, tuple(by_remainder.get(remainder, 0) for remainder in range(size))


def _check_sum_sql(digits: str) -> str:
    """SQL of a sum that is the weighted digit sum (weights 1 for the last digit to 11 for the leading 1), modulo 11.

    The digit with weight k + 1 is q[k] - 10 * q[k+1], where q[k] is the number without its last k digits (and without the
    1 behind). Collected by q[k] the factor is 1 - 9k, which is 1 + 2k modulo 11: one division a digit. The leading 1 has
    weight 11, that is nothing, but its own q[10] (factor 10, value 1) is left out here: a right sum is therefore 1
    modulo 11.
    """
    factors = [(k, (1 + 2 * k) % 11) for k in range(_LENGTH)]
    return "(" + " + ".join(f"{factor} * ({digits} // {10 ** (k + 1)})" for k, factor in factors if factor) + ")"
