"""A date of birth as far as it can be read: the canonical form yyyy-mm-dd with an underscore for each digit that is not known.

The form is a pattern of SQL's ``like``. Beside whole dates it reads a year; a year and a month; months by their English name; a
day of zero; a year of two digits, whose century stays open; and of anything else the one year that stands in it. Null where
nothing can be read, and for the placeholders of an unknown date.

>>> known("1972-03"), known("30-Mar-1972"), known("30/03/72"), known("31/02/1972")
('1972-03-__', '1972-03-30', '__72-03-30', '1972-__-__')
>>> known("01/01/1900"), known("unknown")
(None, None)
"""

import re

from linkage.engine.sql import literal
from linkage.normalise import date_of_birth
from linkage.normalise.text import let_sql, one_of_sql, trim, trim_sql

_MONTHS = ("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?", "sept?(?:ember)?",
           "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?")  # fmt: skip
# Midnight of a named time zone, ordinals, months by name and numbers of one digit: what stands for them.
_REWRITTEN = (
    (r"([ T]0?0:00(?::00(?:\.0+)?)?)Z$", r"\1"),
    (r"(?i)([0-9])(?:st|nd|rd|th)\b", r"\1"),
    *((rf"(?i)(?:^|[ /.,-]+){name}\b[ /.,-]*", f"/{number:02}/") for number, name in enumerate(_MONTHS, start=1)),
    (r"\b([0-9])\b", r"0\1"),
)
_YEAR, _MONTH, _DAY = "([0-9]{4})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_BORN = "((?:18|19|20)[0-9]{2})"
# What is no whole date, and how far it can be read; the first that fits. 1 January of a short year stands for the year.
_SHAPES = (
    (f"{_YEAR}/?{_MONTH}(?:/?00)?", r"\1-\2-__"),
    (f"(?:00)?/?{_MONTH}/{_YEAR}", r"\2-\1-__"),
    ("01/01/([0-9]{2})", r"__\1-__-__"),
    (f"{_DAY}/{_MONTH}/([0-9]{{2}})", r"__\3-\2-\1"),
    (f"{_BORN}[0-9]{{4}}", r"\1-__-__"),
    (f"(?:.*[^0-9])?{_BORN}(?:[^0-9].*)?", r"\1-__-__"),
)


def known(text: str | None) -> str | None:
    """The date as far as it can be read, or None."""
    written = trim(text)
    for pattern, by in _REWRITTEN:
        written = re.sub(pattern, by, written, flags=re.ASCII)
    if whole := date_of_birth.clean(written):
        return whole
    compact = date_of_birth.compact(written)
    shaped = next(
        (
            re.sub(f"^{shape}$", form, compact, flags=re.ASCII)
            for shape, form in _SHAPES
            if re.fullmatch(shape, compact)
        ),
        None,
    )
    if shaped is None or date_of_birth.reason(written) in ("placeholder", "out_of_range"):
        return None
    return None if _earliest(shaped) in _placeholders() or not _possible(shaped) else shaped


def known_sql(expr: str) -> str:
    """SQL of ``known``."""
    rewritten = trim_sql(expr)
    for pattern, by in _REWRITTEN:
        rewritten = f"regexp_replace({rewritten}, {literal(pattern)}, {literal(by)}, 'g')"
    cases = " ".join(
        f"when regexp_full_match(_compact, {literal(shape)}) "
        f"then regexp_replace(_compact, {literal(f'^{shape}$')}, {literal(form)})"
        for shape, form in _SHAPES
    )
    limits = date_of_birth.lists()
    possible = (
        f"not replace(ltrim(_shaped, '_'), '__', '01') in {one_of_sql(_placeholders())} and (starts_with(_shaped, '__') "
        f"or substr(_shaped, 1, 4) between '{limits.first_year:04}' and '{limits.last_year:04}')"
    )
    shaped = let_sql(
        "_compact",
        date_of_birth.compact_sql("_rewritten"),
        let_sql("_shaped", f"case {cases} end", f"case when {possible} then _shaped end"),
    )
    return let_sql(
        "_rewritten",
        rewritten,
        f"""coalesce({date_of_birth.clean_sql("_rewritten")},
        case when {date_of_birth.reason_sql("_rewritten")} not in ('placeholder', 'out_of_range') then {shaped} end)""",
    )


def _earliest(shaped: str) -> str:
    """The first day that a form allows; of a year of two digits, without its century."""
    return shaped.lstrip("_").replace("__", "01")


def _placeholders() -> tuple[str, ...]:
    listed = date_of_birth.lists().placeholders
    return (*listed, *(day[2:] for day in listed))


def _possible(shaped: str) -> bool:
    limits = date_of_birth.lists()
    return shaped.startswith("__") or limits.first_year <= int(shaped[:4]) <= limits.last_year
