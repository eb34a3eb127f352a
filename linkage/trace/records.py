"""Queries and register rows in one prepared form: normalised identifiers, word lists and blocking keys.

Raw text stays in the source tables; everything here is derived and used only to compare.
"""

from typing import Literal

from linkage.engine import Step, ident
from linkage.normalise import date_of_birth, gender, name, nhs_number, postcode
from linkage.normalise.text import let_sql

PostcodeKind = Literal["uk", "text"]

LINK_FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "postcode", "gender")


def normalised_step(step_name: str, source: str, postcode_as: PostcodeKind, *, keep: tuple[str, ...]) -> Step:
    """One row per source row: identifiers in canonical or comparison form, null where missing or invalid.

    ``source`` has the fields of LINK_FIELDS plus ``other_given_name`` as text; the columns of ``keep`` are carried over.
    """
    kept = "".join(f"{ident(column)}, " for column in keep)
    code = postcode_sql("postcode", postcode_as)
    sql = f"""
select {kept}{nhs_number.clean_sql("nhs_number")} as nhs_number,
  {nhs_number.reason_sql("nhs_number")} as nhs_number_fault,
  {name.comparison_sql("given_name")} as given,
  {name.comparison_sql("other_given_name")} as other_given,
  {name.comparison_sql("family_name")} as family,
  {date_of_birth.clean_sql("date_of_birth")} as dob,
  {code} as postcode,
  nullif(nullif({gender.clean_sql("gender")}, '0'), '9') as gender
from {ident(source)}"""
    return Step(step_name, sql)


def postcode_sql(expression: str, postcode_as: PostcodeKind) -> str:
    """The postcode to compare: canonical and never a pseudo-postcode, or plain text when codes are not British."""
    if postcode_as == "text":
        return f"nullif(upper(regexp_replace({expression}, '[\\s]+', '', 'g')), '')"
    return let_sql(
        "_code", postcode.clean_sql(expression), f"case when not {postcode.is_pseudo_sql('_code')} then _code end"
    )


def postcode_parts_sql(postcode_as: PostcodeKind) -> str:
    """Select items ``postcode_sector``, ``postcode_district`` and ``postcode_area`` from ``postcode``; null for text."""
    if postcode_as == "text":
        return ", ".join(f"cast(null as varchar) as postcode_{part}" for part in ("sector", "district", "area"))
    parts = {"sector": postcode.sector_sql, "district": postcode.outcode_sql, "area": postcode.area_sql}
    return ",\n  ".join(f"{sql('postcode')} as postcode_{part}" for part, sql in parts.items())


def words_sql(expression: str) -> str:
    """The words of a comparison-form name and, for a name of several words, the whole without blanks; null-safe."""
    return (
        f"case when {expression} is null then []::varchar[] else list_distinct(list_append("
        f"string_split({expression}, ' '), replace({expression}, ' ', ''))) end"
    )


def query_step(postcode_as: PostcodeKind) -> Step:
    """One row per query, in the form that is compared; needs table ``query_normalised``."""
    sql = f"""
select query_row, query_id, nhs_number_given, nhs_number, nhs_number_fault, given, family, dob, postcode,
  {postcode_parts_sql(postcode_as)}, gender,
  {words_sql("given")} as given_tokens, {words_sql("family")} as family_tokens,
  case when postcode is null then []::varchar[] else [postcode] end as postcodes,
  case when dob is null then []::varchar[] else [dob] end as dobs
from query_normalised"""
    return Step("query_words", sql)


def nickname_step(step_name: str, source: str, row: str) -> Step:
    """``source`` plus ``given_related``: every name that is a nickname, full name or sibling form of a given-name word.

    Needs table ``nickname`` (name, related). Empty list when nothing is related. One row per row of ``source``.
    """
    sql = f"""
with word as (select {ident(row)} as r, unnest(given_tokens) as word from {ident(source)}),
related as (
  select word.r, list(distinct nickname.related order by nickname.related) as given_related
  from word join nickname on nickname.name = word.word group by word.r)
select s.*, coalesce(related.given_related, []::varchar[]) as given_related
from {ident(source)} s left join related on related.r = s.{ident(row)}"""
    return Step(step_name, sql)


def blocking_key_step(step_name: str, source: str, row: str, *, swap_dates: bool) -> Step:
    """One row per (row of ``source``, blocking key): ``row_id``, ``key_hash`` (64-bit).

    The keys (``docs/explanation/tracing.md``): date of birth; postcode; date of birth with the sound of any name word;
    sounds of given and family name in any order, alone or with the year or the day and month of birth; postcode district
    with date of birth; NHS number. ``swap_dates`` adds the date with day and month exchanged (queries only).
    """
    swapped = "substr(dob, 1, 4) || '-' || substr(dob, 9, 2) || '-' || substr(dob, 6, 2)"
    dates = f"list_distinct(list_concat(dobs, [{swapped}]))" if swap_dates else "dobs"
    sound = name.soundex_sql("w")
    sql = f"""
with word as (
  select {ident(row)} as row_id, nhs_number, postcodes, postcode_district, {dates} as dates,
    list_filter(list_distinct(list_transform(given_tokens, lambda w: {sound})), lambda s: s is not null) as given_sounds,
    list_filter(list_distinct(list_transform(family_tokens, lambda w: {sound})), lambda s: s is not null) as family_sounds
  from {ident(source)}),
dated as (select * exclude (dates), unnest(dates) as d from word),
sounded as (select row_id, d, unnest(list_distinct(list_concat(given_sounds, family_sounds))) as s from dated),
given as (select row_id, d, family_sounds, unnest(given_sounds) as g from dated),
paired as (select row_id, d, g, unnest(family_sounds) as f from given),
named as (
  select row_id, g, unnest(family_sounds) as f from (select row_id, family_sounds, unnest(given_sounds) as g from word)),
coded as (select row_id, unnest(postcodes) as p from word),
keyed as (
  select row_id, 'd|' || d as k from dated where d is not null
  union all select row_id, 'p|' || p from coded
  union all select row_id, 'ds|' || d || '|' || s from sounded
  union all select row_id, 'nn|' || least(g, f) || '|' || greatest(g, f) from named
  union all select row_id, 'dp|' || d || '|' || postcode_district from dated
  union all select row_id, 'ny|' || least(g, f) || '|' || greatest(g, f) || '|' || substr(d, 1, 4) from paired
  union all select row_id, 'nd|' || least(g, f) || '|' || greatest(g, f) || '|' || substr(d, 6) from paired
  union all select row_id, 'n|' || nhs_number from word)
select distinct row_id, hash(k) as key_hash from keyed where k is not null"""
    return Step(step_name, sql)
