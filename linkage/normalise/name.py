"""Person names: a canonical form that keeps what was written, and a comparison form that forgets how.

Canonical: Unicode normal form C, no blank at either end, single spaces. Comparison: upper case, A to Z and single spaces;
accents folded in names written in Latin letters, apostrophes removed, other punctuation a space, text in brackets and
leading titles and trailing notes ("SEE NOTES") removed, "known as" between names left out, digits dropped; letters of other
scripts are kept. A name that says nothing ("UNKNOWN", "TWIN 1")
has no comparison form. The lists are in ``configs/normalise/name.yaml``.

>>> validate("  Siân   Ó Briain ")
'Siân Ó Briain'
>>> comparison("Mrs. Zoë O’Neill-Smith (Zo)"), comparison("Baby")
('ZOE ONEILL SMITH', None)
"""

import re
import unicodedata
from functools import cache

from linkage.configs import read_packaged
from linkage.engine.sql import literal
from linkage.normalise.invalid import InvalidValueError
from linkage.normalise.text import (
    WHITESPACE,
    any_of,
    let_sql,
    separators,
    simple_upper,
    trim,
    trim_sql,
    without,
    without_sql,
)
from pseudo.config_file import ConfigModel

REASONS = {
    "missing": "there is no name.",
    "placeholder": "this is a placeholder, not a name.",
    "no_letters": "a name holds at least one letter.",
}
"""Reason codes in order of precedence."""

_DIGITS = "0123456789"
_SIMPLE = "[A-Za-z]+(?:[ '-][A-Za-z]+)*"
_PLAIN = "[A-Z]+(?: [A-Z]+)*"
_LATIN = "[\\x01-\u036f\u1e00-\u1eff\u2000-\u206f]*"
_BRACKETED = r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}"
_NOT_A_LETTER = "[^A-Z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u1fff\u2c00-\u2dff\u3040-\U0010ffff]+"
_SOUNDEX_LETTERS = "BFPVCGJKQSXZDTLMNRAEIOUY HW"
_SOUNDEX_CODES = "1111222222223345560000000"
_SOUNDEX_LENGTH = 4


class NameLists(ConfigModel):
    """Letters with a written-out form; titles, words between two names and endings that are no part of a name; and names
    that say nothing (whole names, and patterns of them).
    """

    letters: dict[str, str]
    titles: tuple[str, ...]
    links: tuple[str, ...]
    endings: tuple[str, ...]
    placeholders: tuple[str, ...]
    placeholder_patterns: tuple[str, ...]


@cache
def lists() -> NameLists:
    """The packaged lists."""
    return read_packaged("normalise/name.yaml", NameLists)


def compact(text: str | None) -> str:
    """The canonical form of any text, placeholders included; empty for null. Null characters are removed."""
    return _collapse(unicodedata.normalize("NFC", (text or "").replace("\0", "")), f"[{WHITESPACE}]+")


def reason(text: str | None) -> str | None:
    """The reason code why the text is no name (see ``REASONS``), or None when it is one."""
    if not trim(text):
        return "missing"
    words = _words(text)
    if not words:
        return "no_letters"
    return "placeholder" if re.fullmatch(_placeholder(), words) else None


def is_valid(text: str | None) -> bool:
    """Whether the text is a name: it has a letter and is not a placeholder."""
    return reason(text) is None


def clean(text: str | None) -> str | None:
    """The canonical form, or None for a placeholder or a text without letters."""
    return compact(text) if is_valid(text) else None


def validate(text: str | None) -> str:
    """The canonical form. Raises InvalidValueError with the reason code, never the value."""
    code = reason(text)
    if code:
        raise InvalidValueError("name", code, REASONS[code])
    return compact(text)


def comparison(text: str | None) -> str | None:
    """The comparison form, or None when there is nothing to compare. A comparison form is its own comparison form."""
    return _words(text) if is_valid(text) else None


def tokens(text: str | None) -> list[str] | None:
    """The words of the comparison form in their order, repeats kept; None when there is no comparison form."""
    words = comparison(text)
    return words.split(" ") if words is not None else None


def soundex(text: str | None) -> str | None:
    """American Soundex of the comparison form: a letter and three digits, or None without a letter A to Z.

    H and W are transparent (letters around them count as neighbours); vowels, Y and the space between words are not.

    >>> soundex("Ashcraft"), soundex("Jones-Smith"), soundex("JonesSmith")
    ('A261', 'J522', 'J525')
    """
    letters = re.sub("[^A-Z ]", "", comparison(text) or "").strip(" ")
    if not letters:
        return None
    first_voiced = re.sub("^[HW]", "A", letters)
    codes = first_voiced.translate(_soundex_table())
    for digit in "123456":
        codes = re.sub(f"{digit}+", digit, codes)
    return letters[0] + codes[1:].replace("0", "").ljust(_SOUNDEX_LENGTH, "0")[: _SOUNDEX_LENGTH - 1]


def compact_sql(expr: str) -> str:
    """SQL of ``compact``; null stays null. A name of ASCII letters with single separators is only looked at."""
    collapsed = _collapse_sql(f"nfc_normalize(replace({expr}, chr(0), ''))", f"[{WHITESPACE}]+")
    return f"case when regexp_full_match({expr}, {literal(_SIMPLE)}) then {expr} else {collapsed} end"


def reason_sql(expr: str) -> str:
    """SQL of ``reason``: the first reason code, or null when valid."""
    told = f"""case when _words = '' then 'no_letters'
        when regexp_full_match(_words, {literal(_placeholder())}) then 'placeholder' end"""
    missing = f"coalesce({trim_sql(expr)}, '') = ''"
    return f"case when {missing} then 'missing' else {let_sql('_words', _words_sql(expr), told)} end"


def is_valid_sql(expr: str) -> str:
    """SQL of ``is_valid``: true or false, false for null."""
    return f"({comparison_sql(expr)}) is not null"


def clean_sql(expr: str) -> str:
    """SQL of the canonical form, or null for a placeholder or a text without letters."""
    return f"case when {is_valid_sql(expr)} then {compact_sql(expr)} end"


def comparison_sql(expr: str) -> str:
    """SQL of ``comparison``; null when there is nothing to compare."""
    says_something = f"_words <> '' and not regexp_full_match(_words, {literal(_placeholder())})"
    return let_sql("_words", _words_sql(expr), f"case when {says_something} then _words end")


def tokens_sql(expr: str) -> str:
    """SQL of ``tokens``: a list of text, null when there is no comparison form."""
    return f"string_split({comparison_sql(expr)}, ' ')"


def soundex_sql(expr: str) -> str:
    """SQL of ``soundex``, from any text."""
    return comparison_soundex_sql(comparison_sql(expr))


def comparison_soundex_sql(comparison_form: str) -> str:
    """SQL of ``soundex`` from a column that holds comparison forms already; null without a letter A to Z."""
    others_removed = f"trim(regexp_replace({comparison_form}, '[^A-Z ]', '', 'g'), ' ')"
    letters = (
        f"case when regexp_full_match({comparison_form}, '[A-Z ]*') then {comparison_form} else {others_removed} end"
    )
    voiced = "case when substr(_letters, 1, 1) in ('H', 'W') then 'A' || substr(_letters, 2) else _letters end"
    single = "_codes"
    for digit in "123456":
        single = f"regexp_replace({single}, '{digit}+', '{digit}', 'g')"
    single = f"case when regexp_matches(_codes, '11|22|33|44|55|66') then {single} else _codes end"
    codes = let_sql("_codes", f"translate({voiced}, '{_SOUNDEX_LETTERS}', '{_SOUNDEX_CODES}')", single)
    digits = f"rpad(replace(substr({codes}, 2), '0', ''), {_SOUNDEX_LENGTH - 1}, '0')"
    return let_sql("_letters", letters, f"case when _letters <> '' then substr(_letters, 1, 1) || {digits} end")


def _words(text: str | None) -> str:
    """Folded words without punctuation, digits, titles and notes; placeholders included; may be empty."""
    folded = without(_fold(simple_upper(compact(text))), separators().apostrophes + _DIGITS)
    words = _collapse(re.sub(_BRACKETED, " ", folded), _NOT_A_LETTER)
    return re.sub(_endings(), "", re.sub(_links(), " ", re.sub(_leading_titles(), "", words)))


def _fold(upper: str) -> str:
    if re.fullmatch(_LATIN, upper):
        decomposed = unicodedata.normalize("NFD", upper)
        kept = "".join(letter for letter in decomposed if not unicodedata.category(letter).startswith("M"))
        upper = unicodedata.normalize("NFC", kept)
    return upper.translate({ord(letter): written for letter, written in lists().letters.items()})


def _collapse(text: str, pattern: str) -> str:
    return re.sub(pattern, " ", text).strip(" ")


def _words_sql(expr: str) -> str:
    """SQL of ``_words``; null stays null. A name of plain letters, which most are, skips the folding."""
    folded = without_sql(_fold_sql("_upper"), separators().apostrophes + _DIGITS)
    unbracketed = f"regexp_replace({folded}, {literal(_BRACKETED)}, ' ', 'g')"
    plain = f"regexp_full_match(_upper, {literal(_PLAIN)})"
    words = f"case when {plain} then _upper else {_collapse_sql(unbracketed, _NOT_A_LETTER)} end"
    bare = f"regexp_replace(_all, {literal(_leading_titles())}, '')"
    bare = f"regexp_replace(regexp_replace({bare}, {literal(_links())}, ' ', 'g'), {literal(_endings())}, '')"
    untitled = f"case when contains(_all, ' ') then {bare} else _all end"
    return let_sql("_upper", f"upper({compact_sql(expr)})", let_sql("_all", words, untitled))


def _fold_sql(upper: str) -> str:
    latin = f"regexp_full_match({upper}, {literal(_LATIN)})"
    unaccented = f"case when {latin} then strip_accents({upper}) else {upper} end"
    written = f"case when regexp_matches(_folded, {literal(any_of(''.join(lists().letters)))}) then {_written_out_sql('_folded')}"
    return let_sql("_folded", unaccented, f"{written} else _folded end")


def _written_out_sql(expr: str) -> str:
    single = {letter: written for letter, written in lists().letters.items() if len(written) == 1}
    for letter, written in lists().letters.items():
        if letter not in single:
            expr = f"replace({expr}, {literal(letter)}, {literal(written)})"
    return f"translate({expr}, {literal(''.join(single))}, {literal(''.join(single.values()))})"


def _collapse_sql(expr: str, pattern: str) -> str:
    return f"trim(regexp_replace({expr}, {literal(pattern)}, ' ', 'g'), ' ')"


@cache
def _leading_titles() -> str:
    return f"^(?:(?:{'|'.join(lists().titles)}) )+"


@cache
def _links() -> str:
    return f"(?: (?:{'|'.join(lists().links)}))+ "


@cache
def _endings() -> str:
    return f"(?: (?:{'|'.join(lists().endings)}))+$"


@cache
def _placeholder() -> str:
    return f"(?:{'|'.join([*lists().placeholders, *lists().placeholder_patterns])})"


@cache
def _soundex_table() -> dict[int, str | None]:
    codes = {ord(letter): code for letter, code in zip(_SOUNDEX_LETTERS, _SOUNDEX_CODES, strict=False)}
    return codes | dict.fromkeys(map(ord, _SOUNDEX_LETTERS[len(_SOUNDEX_CODES) :]))
