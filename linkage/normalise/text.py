"""What every normaliser shares: which characters are blank, upper case without surprises, and one SQL device.

Python and DuckDB disagree about which characters are white space and how letters such as ``ß`` are upper-cased; both
forms of a rule therefore use the characters and the mapping of this module.
"""

from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from pseudo.config_file import ConfigModel

WHITESPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Characters treated as blank, no-break, zero-width and byte-order-mark spaces included."""


class Separators(ConfigModel):
    """Characters that people type between the parts of a number or a name."""

    hyphens: str
    apostrophes: str


@cache
def separators() -> Separators:
    """The packaged separators."""
    return read_packaged("normalise/separators.yaml", Separators)


def trim(text: str | None) -> str:
    """The text without blanks at either end; the empty text for null.

    >>> trim("\\u00a0 A ")
    'A'
    """
    return (text or "").strip(WHITESPACE)


def trim_sql(expr: str) -> str:
    """SQL of ``trim``; null stays null."""
    blanks = any_of(WHITESPACE)
    return f"regexp_replace({expr}, {literal(f'^{blanks}+|{blanks}+$')}, '', 'g')"


def without(text: str | None, characters: str) -> str:
    """The text with every one of the characters removed; the empty text for null."""
    return (text or "").translate(dict.fromkeys(map(ord, characters)))


def without_sql(expr: str, characters: str) -> str:
    """SQL of ``without``; null stays null. (DuckDB's ``translate`` and ``trim`` take ten times as long.)"""
    return f"regexp_replace({expr}, {literal(any_of(characters) + '+')}, '', 'g')"


def any_of(characters: str) -> str:
    """A regular expression for any one of the characters, read alike by Python and DuckDB.

    >>> any_of(" -")
    '[ \\\\-]'
    """
    return "[" + "".join(f"\\{character}" if character in "\\]^-[" else character for character in characters) + "]"


def simple_upper(text: str) -> str:
    """Upper case letter by letter, never changing the length: the mapping that DuckDB's ``upper`` uses.

    >>> simple_upper("straße")
    'STRAẞE'
    """
    return "".join(_upper(character) for character in text)


def one_of_sql(words: list[str] | tuple[str, ...]) -> str:
    """A bracketed SQL list of text constants, for ``in``."""
    return "(" + ", ".join(literal(word) for word in words) + ")"


def let_sql(name: str, value: str, body: str) -> str:
    """SQL that works out ``value`` once per row and names it inside ``body``.

    DuckDB repeats a shared expression inside ``case`` and ``and``; a list of one element does not.
    """
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _upper(character: str) -> str:
    if character == "ß":
        return "ẞ"
    return next((form for form in (character.upper(), character.title()) if len(form) == 1), character)
