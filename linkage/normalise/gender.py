"""Gender codes: 0 not known, 1 male, 2 female, 9 not specified.

Source: NHS Data Dictionary, PERSON GENDER CODE. Words and letters that stand for a code are listed in
``configs/normalise/gender.yaml``; X means not known, as the Personal Demographics Service reads it.

>>> validate("Female"), reason("Z")
('2', 'unknown_code')
"""

import re
from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from linkage.normalise.invalid import InvalidValueError
from linkage.normalise.text import WHITESPACE, let_sql, one_of_sql, simple_upper
from pseudo.config_file import ConfigModel

REASONS = {
    "missing": "there is no gender.",
    "unknown_code": "this is none of the known codes and words for gender.",
}
"""Reason codes in order of precedence."""


class GenderLists(ConfigModel):
    """What may be written for each code, upper case."""

    codes: dict[str, tuple[str, ...]]


@cache
def lists() -> GenderLists:
    """The packaged codes."""
    return read_packaged("normalise/gender.yaml", GenderLists)


def compact(text: str | None) -> str:
    """The text in upper case with single spaces; empty for null. Nothing is checked."""
    return re.sub(f"[{WHITESPACE}]+", " ", simple_upper(text or "")).strip(" ")


def clean(text: str | None) -> str | None:
    """The code, or None when the text is blank or no known code."""
    return _code_of().get(compact(text))


def reason(text: str | None) -> str | None:
    """The reason code why the text is no gender (see ``REASONS``), or None when it is one. "Not known" is valid: code 0."""
    written = compact(text)
    if not written:
        return "missing"
    return None if written in _code_of() else "unknown_code"


def is_valid(text: str | None) -> bool:
    """Whether the text stands for one of the four codes."""
    return reason(text) is None


def validate(text: str | None) -> str:
    """The code. Raises InvalidValueError with the reason code, never the value."""
    code = clean(text)
    if code is None:
        why = reason(text) or "unknown_code"
        raise InvalidValueError("gender", why, REASONS[why])
    return code


def compact_sql(expr: str) -> str:
    """SQL of ``compact``; null stays null."""
    return f"trim(regexp_replace(upper({expr}), {literal(f'[{WHITESPACE}]+')}, ' ', 'g'), ' ')"


def clean_sql(expr: str) -> str:
    """SQL of the code, or null when the text is blank or no known code."""
    whens = " ".join(
        f"when _written in {one_of_sql(words)} then {literal(code)}" for code, words in lists().codes.items()
    )
    return let_sql("_written", compact_sql(expr), f"case {whens} end")


def is_valid_sql(expr: str) -> str:
    """SQL of ``is_valid``: true or false, false for null."""
    return f"({clean_sql(expr)}) is not null"


def reason_sql(expr: str) -> str:
    """SQL of ``reason``: the first reason code, or null when valid."""
    return f"""case
        when coalesce({compact_sql(expr)}, '') = '' then 'missing'
        when {clean_sql(expr)} is null then 'unknown_code' end"""


@cache
def _code_of() -> dict[str, str]:
    return {word: code for code, words in lists().codes.items() for word in words}
