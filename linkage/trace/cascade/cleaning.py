"""Input cleaning of the national cascade, in Python and in SQL.

Names in upper case without the listed characters; placeholders count as missing. Dates of a query are whole (yyyymmdd) or
partial (yyyy, yyyymm); dates of the register are read as the national platform reads its own malformed ones.

>>> clean_name("  O'Brien-Smith. ")
"O'BRIEN-SMITH"
>>> at_form("ZÖE")
'Z@E'
>>> reference_date("20151"), reference_date("1945-06-12"), partial_date("06/1945")
('20150101', '19450612', '194506')
"""

import re

from linkage.engine.sql import literal
from linkage.normalise import date_of_birth, name, postcode
from linkage.normalise.text import let_sql, simple_upper, without, without_sql
from linkage.trace.cascade.settings import load_cascade_settings

_CANONICAL = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def clean_text(text: str | None) -> str | None:
    """Upper case, single blanks, without the listed characters; None when nothing is left."""
    return name.compact(simple_upper(without(name.compact(text), _removed()))) or None


def clean_text_sql(expr: str) -> str:
    """SQL of ``clean_text``."""
    kept = without_sql(name.compact_sql(expr), _removed())
    return f"nullif({name.compact_sql(f'upper({kept})')}, '')"


def clean_name(text: str | None) -> str | None:
    """``clean_text`` of a name; None for a placeholder or a text without letters."""
    cleaned = clean_text(text)
    return cleaned if name.is_valid(cleaned) else None


def clean_name_sql(expr: str) -> str:
    """SQL of ``clean_name``."""
    return let_sql("_kept", clean_text_sql(expr), f"case when {name.is_valid_sql('_kept')} then _kept end")


def at_form(cleaned: str) -> str:
    """A cleaned name as the scores see it: every character outside ASCII is an at sign."""
    return re.sub(r"[^\x00-\x7f]", "@", cleaned)


def at_form_sql(cleaned: str) -> str:
    """SQL of ``at_form``; null stays null."""
    return f"regexp_replace({cleaned}, '[^\\x00-\\x7f]', '@', 'g')"


def block_name(cleaned: str | None) -> str | None:
    """A name for blocking: without accents, blanks and hyphens, then the normalised form of a nickname."""
    joined = (name.comparison(cleaned) or "").replace(" ", "")
    return load_cascade_settings().parameters.name_mapping.value.get(joined, joined) or None


def clean_postcode(text: str | None) -> str | None:
    """The postcode with one space, or None when it has not the shape of one (the record is kept)."""
    return postcode.clean(without(text, _removed()))


def clean_postcode_sql(expr: str) -> str:
    """SQL of ``clean_postcode``."""
    return postcode.clean_sql(without_sql(expr, _removed()))


def whole_date_sql(expr: str) -> str:
    """SQL of a whole, possible date as yyyymmdd, placeholders and all else null."""
    return f"replace({date_of_birth.clean_sql(expr)}, '-', '')"


def partial_date(text: str | None) -> str | None:
    """The year (yyyy) or year and month (yyyymm) of a partial date; None for a whole date or anything else."""
    if date_of_birth.reason(text) != "partial":
        return None
    written = date_of_birth.compact(text)
    parts = written.split("/")
    if len(parts) == 1:
        return written
    year, month = parts if len(parts[0]) > 2 else reversed(parts)
    return year + month.zfill(2)


def partial_date_sql(expr: str) -> str:
    """SQL of ``partial_date``."""
    first, second = "split_part(_written, '/', 1)", "split_part(_written, '/', 2)"
    parts = f"""case when not contains(_written, '/') then _written
        when strlen({first}) > 2 then {first} || lpad({second}, 2, '0') else {second} || lpad({first}, 2, '0') end"""
    body = let_sql("_written", date_of_birth.compact_sql(expr), parts)
    return f"case when {date_of_birth.reason_sql(expr)} = 'partial' then {body} end"


def reference_date(text: str | None) -> str | None:
    """A date of the register as yyyymmdd: partial ones as the first of the month or year, longer ones cut.

    None outside the first and last date (both inclusive) and for anything that is not digits.
    """
    written = text or ""
    digits = written.replace("-", "") if re.fullmatch(_CANONICAL, written) else written
    if not re.fullmatch("[0-9]{4,}", digits):
        return None
    filled = {4: f"{digits}0101", 5: f"{digits[:4]}0{digits[4:]}01", 6: f"{digits}01", 7: f"{digits[:6]}01"}
    whole = filled.get(len(digits), digits[:8])
    parameters = load_cascade_settings().parameters
    return whole if parameters.first_date.value <= whole <= parameters.last_date.value else None


def reference_date_sql(expr: str) -> str:
    """SQL of ``reference_date``."""
    parameters = load_cascade_settings().parameters
    limits = f"{literal(parameters.first_date.value)} and {literal(parameters.last_date.value)}"
    digits = f"case when regexp_full_match({expr}, '{_CANONICAL}') then replace({expr}, '-', '') else {expr} end"
    whole = """case when not regexp_full_match(_digits, '[0-9]{4,}') then null
        when strlen(_digits) = 4 then _digits || '0101'
        when strlen(_digits) = 5 then substr(_digits, 1, 4) || '0' || substr(_digits, 5) || '01'
        when strlen(_digits) < 8 then substr(_digits, 1, 6) || '01' else substr(_digits, 1, 8) end"""
    in_range = let_sql("_whole", whole, f"case when _whole between {limits} then _whole end")
    return let_sql("_digits", digits, in_range)


def _removed() -> str:
    return load_cascade_settings().parameters.removed_characters.value
