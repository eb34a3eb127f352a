"""Queries and register rows in one prepared form: normalised identifiers, word lists and blocking keys.

Raw text stays in the source tables; everything here is derived and used only to compare.
"""

from dataclasses import dataclass
from typing import Literal

from linkage.engine import Step, ident, literal
from linkage.normalise import date_of_birth, date_parts, gender, name, nhs_number, postcode
from linkage.normalise.text import WHITESPACE, let_sql, without_sql

PostcodeKind = Literal["uk", "text"]

NAMES = ("given_name", "family_name")
LINK_FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "postcode", "gender")


def query_steps(postcode_as: PostcodeKind) -> list[Step]:
    """Steps that make ``query``, one row per row of ``query_source``, as compared; needs table ``nickname``."""
    return [
        _normalised_step(
            "query_normalised", "query_source", postcode_as, keep=("query_row", "query_id", "nhs_number_given")
        ),
        _query_step(postcode_as),
        nickname_step("query", "query_words", "query_row"),
    ]


def _normalised_step(step_name: str, source: str, postcode_as: PostcodeKind, *, keep: tuple[str, ...]) -> Step:
    """One row per source row: identifiers in canonical or comparison form, null where missing or invalid.

    ``source`` has the fields of LINK_FIELDS plus ``other_given_name`` as text; the columns of ``keep`` are carried over.
    ``nameless``: there is no name, and a placeholder for one ("ZZZ TEST PATIENT"): perhaps nobody at all.
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
  case when dob is null then {date_parts.known_sql("date_of_birth")} end as dob_read,
  case when dob is null and dob_read is null then {date_of_birth.reason_sql("date_of_birth")} end as dob_fault,
  {code} as postcode,
  nullif(nullif({gender.clean_sql("gender")}, '0'), '9') as gender,
  given is null and family is null and ({" or ".join(f"({name.reason_sql(field)}) = 'placeholder'" for field in NAMES)})
    as nameless
from {ident(source)}"""
    return Step(step_name, sql)


def postcode_sql(expression: str, postcode_as: PostcodeKind) -> str:
    """The postcode to compare: canonical and never a pseudo-postcode, or plain text when codes are not British."""
    if postcode_as == "text":
        return f"nullif(upper({without_sql(expression, WHITESPACE)}), '')"
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


def _query_step(postcode_as: PostcodeKind) -> Step:
    """One row per query, in the form that is compared; needs table ``query_normalised``.

    A date of birth of which only the year can be read is its 1 January, as case systems have it; ``dob_part`` then has what
    is known, as ``date_parts`` has it, and where the century is open nothing else. ``dob_unread``: something else was written.
    """
    sql = f"""
select query_row, query_id, nhs_number_given, nhs_number, nhs_number_fault, given, family,
  case when contains(dob_read, '_') then case when substr(dob_read, 1, 1) <> '_' then substr(dob_read, 1, 4) || '-01-01' end
    else coalesce(dob, dob_read) end as dob,
  case when contains(dob_read, '_') then dob_read end as dob_part,
  coalesce(dob_fault not in ('missing', 'placeholder'), false) as dob_unread, nameless, postcode,
  {postcode_parts_sql(postcode_as)}, gender,
  list_distinct(list_concat({words_sql("given")}, {words_sql("other_given")})) as given_tokens,
  {words_sql("family")} as family_tokens,
  case when postcode is null then []::varchar[] else [postcode] end as postcodes,
  case when dob is null then []::varchar[] else [dob] end as dobs
from query_normalised"""
    return Step("query_words", sql)


def nickname_step(step_name: str, source: str, row: str) -> Step:
    """``source`` plus ``given_related``: every name that is a nickname, full name or sibling form of a given-name word; and
    ``family_related``, the same of the family-name words, which may be given names in the wrong field.

    Needs table ``nickname`` (name, related). Empty lists when nothing is related. One row per row of ``source``.
    """
    sql = f"""
with word as (
  select {ident(row)} as r, unnest(given_tokens) as word, true as given from {ident(source)}
  union all select {ident(row)}, unnest(family_tokens), false from {ident(source)}),
related as (
  select word.r, list(distinct nickname.related order by nickname.related) filter (where given) as given_related,
    list(distinct nickname.related order by nickname.related) filter (where not given) as family_related
  from word join nickname on nickname.name = word.word group by word.r)
select s.*, coalesce(related.given_related, []::varchar[]) as given_related,
  coalesce(related.family_related, []::varchar[]) as family_related
from {ident(source)} s left join related on related.r = s.{ident(row)}"""
    return Step(step_name, sql)


def words_of_forms_sql(forms: str) -> str:
    """The words of a list of comparison forms, as ``words_sql`` has them: sorted, each once."""
    return f"list_sort(list_distinct(flatten(list_transform({forms}, lambda form: {words_sql('form')}))))"


KEY_BITS = 40
"""A blocking key is kept as the upper bits of its 64-bit hash: few enough to pack well, and chance equality is a rival
too many, never one too few."""


@dataclass(frozen=True)
class KeyTables:
    """The tables that keys are made of. Each has ``row_id`` and one value, never null: ``d`` (date of birth), ``p``
    (postcode), or ``s`` (the sound of a word of the given, or of the family names).
    """

    dates: str
    postcodes: str
    given_sounds: str
    family_sounds: str


def blocking_key_sql(tables: KeyTables, *, small: bool) -> str:
    """A query with one row per (row, blocking key): ``row_id``, ``key_hash`` (``KEY_BITS`` bits); repeats occur.

    The keys (``docs/explanation/tracing.md``): date of birth with the sound of any name word; postcode; date of birth
    with postcode district; sounds of given and family name in any order with the year, or with the day and month, of
    birth. ``small`` adds what tells enough in a small register only: the date of birth, and both sounds, alone.
    """
    pair = "least(g.s, f.s), greatest(g.s, f.s)"
    named = f"{tables.given_sounds} g join {tables.family_sounds} f on f.row_id = g.row_id"
    dated = f"{tables.dates} x"
    keys = [
        *(
            _key("ds", "d, s", f"{dated} join {sounds} y on y.row_id = x.row_id")
            for sounds in (tables.given_sounds, tables.family_sounds)
        ),
        _key("p", "p", f"{tables.postcodes} x"),
        _key("dp", "d, split_part(p, ' ', 1)", f"{dated} join {tables.postcodes} y on y.row_id = x.row_id"),
        _key("ny", f"{pair}, substr(d, 1, 4)", f"{dated} join {named} on g.row_id = x.row_id"),
        _key("nd", f"{pair}, substr(d, 6)", f"{dated} join {named} on g.row_id = x.row_id"),
    ]
    if small:
        keys += [
            _key("d", "d", dated),
            _key(
                "nn",
                "least(x.s, f.s), greatest(x.s, f.s)",
                f"{tables.given_sounds} x join {tables.family_sounds} f on f.row_id = x.row_id",
            ),
        ]
    return "\nunion all ".join(keys)


def _key(kind: str, parts: str, tables: str) -> str:
    return f"select x.row_id, hash({literal(kind)}, {parts}) >> {64 - KEY_BITS} as key_hash from {tables}"


def query_key_steps(source: str, row: str, *, small: bool) -> list[Step]:
    """Steps that make ``query_key`` (``row_id``, ``key_hash``) of the queries of a table; each pair once.

    A query's date of birth also counts with day and month exchanged.
    """
    swapped = "substr(dob, 1, 4) || '-' || substr(dob, 9, 2) || '-' || substr(dob, 6, 2)"
    row_id = f"{ident(row)} as row_id"
    values = {
        "query_date": f"select distinct {row_id}, unnest([dob, {swapped}]) as d from {ident(source)} where dob is not null",
        "query_postcode": f"select {row_id}, postcode as p from {ident(source)} where postcode is not null",
        "query_given_sound": _sound_sql(row_id, "given_tokens", source),
        "query_family_sound": _sound_sql(row_id, "family_tokens", source),
    }
    keys = blocking_key_sql(KeyTables(*values), small=small)
    return [
        *(Step(name, sql) for name, sql in values.items()),
        Step("query_key", f"select distinct row_id, key_hash from ({keys})"),
    ]


def _sound_sql(row_id: str, tokens: str, source: str) -> str:
    sound = name.comparison_soundex_sql("w")
    words = f"select {row_id}, unnest({tokens}) as w from {ident(source)}"
    return f"select distinct row_id, s from (select row_id, {sound} as s from ({words})) where s is not null"
