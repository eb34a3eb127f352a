"""UK postcodes: one canonical form, upper case with one space before the last three characters.

Source of the shape: the request builder of NHS England's Master Person Service. A postcode of the right shape is valid
whether or not its area exists; an unknown area is only warned about. Areas and pseudo-postcodes are listed in
``configs/normalise/postcode.yaml``, areas for invented addresses in ``configs/codelists/synthetic_postcode_areas.yaml``.

>>> validate("ls14ap"), outcode("LS1 4AP"), sector("LS1 4AP"), area("LS1 4AP")
('LS1 4AP', 'LS1', 'LS1 4', 'LS')
"""

import re
from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from linkage.normalise.invalid import InvalidValueError
from linkage.normalise.text import WHITESPACE, one_of_sql, simple_upper, trim, trim_sql, without, without_sql
from pseudo.config_file import ConfigModel

REASONS = {
    "missing": "there is no postcode.",
    "partial": "this is only the beginning of a postcode.",
    "not_a_postcode": "this does not have the shape of a UK postcode, such as AA9 9AA.",
}
"""Reason codes in order of precedence."""

_INWARD_LENGTH = 3
_CANONICAL = "[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}"


class PostcodeLists(ConfigModel):
    """Areas that exist, pseudo-postcodes with their meaning, and the shape of both halves of a postcode."""

    areas: tuple[str, ...]
    pseudo_outcode: str
    pseudo_postcodes: dict[str, str]
    pattern: str
    inward: str


class SyntheticAreas(ConfigModel):
    """Postcode areas that do not exist, for invented addresses."""

    areas: tuple[str, ...]


@cache
def lists() -> PostcodeLists:
    """The packaged lists of real areas and pseudo-postcodes."""
    return read_packaged("normalise/postcode.yaml", PostcodeLists)


@cache
def synthetic_areas() -> tuple[str, ...]:
    """Areas that no real postcode has."""
    return read_packaged("codelists/synthetic_postcode_areas.yaml", SyntheticAreas).areas


def compact(text: str | None) -> str:
    """The text in upper case without any blank; empty for null. Nothing is checked."""
    return simple_upper(without(text, WHITESPACE))


def reason(text: str | None) -> str | None:
    """The reason code why the text is no postcode (see ``REASONS``), or None when it is valid."""
    trimmed = trim(text)
    if not trimmed:
        return "missing"
    if re.fullmatch(_full(), trimmed):
        return None
    return "partial" if re.fullmatch(_beginning(), trimmed) else "not_a_postcode"


def is_valid(text: str | None) -> bool:
    """Whether the text has the shape of a UK postcode, in any case and with or without the space."""
    return reason(text) is None


def clean(text: str | None) -> str | None:
    """The canonical spaced form, or None when the text is not a postcode."""
    return _spaced(compact(text)) if is_valid(text) else None


def validate(text: str | None) -> str:
    """The canonical spaced form. Raises InvalidValueError with the reason code, never the value."""
    code = reason(text)
    if code:
        raise InvalidValueError("postcode", code, REASONS[code])
    return _spaced(compact(text))


def warning(text: str | None) -> str | None:
    """``unknown_area`` for a valid postcode whose area does not exist; None otherwise, pseudo-postcodes included."""
    postcode = clean(text)
    if postcode is None or is_pseudo(postcode) or area(postcode) in lists().areas:
        return None
    return "unknown_area"


def is_pseudo(text: str | None) -> bool:
    """Whether this is a ZZ99 code: it says why there is no address and is never evidence for or against a match."""
    return outcode(text) == lists().pseudo_outcode


def is_synthetic(text: str | None) -> bool:
    """Whether this is a postcode of an area kept for invented addresses."""
    return area(text) in synthetic_areas()


def outcode(text: str | None) -> str | None:
    """The part before the space (``LS1``), or None when the text is not a postcode."""
    postcode = clean(text)
    return postcode and postcode.split(" ")[0]


def sector(text: str | None) -> str | None:
    """The outcode and the first character after the space (``LS1 4``), or None when the text is not a postcode."""
    postcode = clean(text)
    return postcode and postcode[:-2]


def area(text: str | None) -> str | None:
    """The leading letters (``LS``), or None when the text is not a postcode."""
    postcode = clean(text)
    return postcode and re.split("[0-9]", postcode)[0]


def compact_sql(expr: str) -> str:
    """SQL of ``compact``; null stays null."""
    return f"upper({without_sql(expr, WHITESPACE)})"


def clean_sql(expr: str) -> str:
    """SQL of the canonical spaced form, or null when the text is not a postcode. A canonical text is only looked at."""
    spaced = f"regexp_replace({compact_sql(expr)}, '(.{{{_INWARD_LENGTH}}})$', ' \\1')"
    return f"""case
        when regexp_full_match({expr}, '{_CANONICAL}') then {expr}
        when {is_valid_sql(expr)} then {spaced} end"""


def is_valid_sql(expr: str) -> str:
    """SQL of ``is_valid``: true or false, false for null."""
    return f"coalesce(regexp_full_match({trim_sql(expr)}, {literal(_full())}), false)"


def reason_sql(expr: str) -> str:
    """SQL of ``reason``: the first reason code, or null when valid."""
    return f"""case
        when coalesce({trim_sql(expr)}, '') = '' then 'missing'
        when {is_valid_sql(expr)} then null
        when regexp_full_match({trim_sql(expr)}, {literal(_beginning())}) then 'partial'
        else 'not_a_postcode' end"""


def warning_sql(postcode: str) -> str:
    """SQL of ``warning`` for a canonical postcode (a column made by ``clean_sql``); null for null."""
    known = one_of_sql(lists().areas)
    return f"case when not {is_pseudo_sql(postcode)} and {area_sql(postcode)} not in {known} then 'unknown_area' end"


def is_pseudo_sql(postcode: str) -> str:
    """SQL of ``is_pseudo`` for a canonical postcode; false for null."""
    return f"coalesce(starts_with({postcode}, {literal(lists().pseudo_outcode + ' ')}), false)"


def outcode_sql(postcode: str) -> str:
    """SQL of ``outcode`` for a canonical postcode; null for null."""
    return f"split_part({postcode}, ' ', 1)"


def sector_sql(postcode: str) -> str:
    """SQL of ``sector`` for a canonical postcode; null for null."""
    return f"substr({postcode}, 1, length({postcode}) - 2)"


def area_sql(postcode: str) -> str:
    """SQL of ``area`` for a canonical postcode; null for null."""
    return f"regexp_extract({postcode}, '^[A-Z]+')"


def _spaced(joined: str) -> str:
    return f"{joined[:-_INWARD_LENGTH]} {joined[-_INWARD_LENGTH:]}"


@cache
def _full() -> str:
    return f"{lists().pattern}[{WHITESPACE}]*{lists().inward}"


@cache
def _beginning() -> str:
    """An outcode, or an outcode and the first character after the space."""
    return f"{lists().pattern}(?:[{WHITESPACE}]+[0-9])?"
