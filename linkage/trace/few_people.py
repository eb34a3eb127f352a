"""A few people to trace in the form that is compared, made without the database: preparing its long queries for one person
takes longer than answering. ``records.query_steps`` makes the same of any number; a test holds the two together.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from linkage.normalise import date_of_birth, date_parts, gender, name, nhs_number, postcode
from linkage.normalise.text import WHITESPACE, simple_upper, without
from linkage.trace.nicknames import related_names
from linkage.trace.records import NAMES, PostcodeKind

FEW = 10
"""People up to whom this is the faster way."""

_WORDS = ("given_tokens", "family_tokens", "postcodes", "dobs", "given_related", "family_related")
_FLAGS = ("dob_unread", "nameless")


def query_table(rows: Sequence[dict[str, Any]], postcode_as: PostcodeKind) -> pa.Table:
    """``query`` of ``records.query_steps`` from the rows of ``query_source``, of which there must be one at least."""
    made = [_query(row, postcode_as) for row in rows]
    kinds: dict[str, pa.DataType] = {"query_row": pa.int64()}
    kinds |= dict.fromkeys(_WORDS, pa.list_(pa.string())) | dict.fromkeys(_FLAGS, pa.bool_())
    return pa.table(
        {column: pa.array([row[column] for row in made], kinds.get(column, pa.string())) for column in made[0]}
    )


def _query(row: dict[str, Any], postcode_as: PostcodeKind) -> dict[str, Any]:
    born = row["date_of_birth"]
    given, family = name.comparison(row["given_name"]), name.comparison(row["family_name"])
    dob = date_of_birth.clean(born)
    read = date_parts.known(born) if dob is None else None
    in_part = read is not None and "_" in read
    place = _place(row["postcode"], postcode_as)
    parts = place if postcode_as == "uk" else None
    sex = gender.clean(row["gender"])
    given_words = list(dict.fromkeys([*_words(given), *_words(name.comparison(row["other_given_name"]))]))
    family_words = _words(family)
    return {
        "query_row": row["query_row"],
        "query_id": row["query_id"],
        "nhs_number_given": row["nhs_number_given"],
        "nhs_number": nhs_number.clean(row["nhs_number"]),
        "nhs_number_fault": nhs_number.reason(row["nhs_number"]),
        "given": given,
        "family": family,
        "dob": _first_of_january(read) if in_part else dob or read,
        "dob_part": read if in_part else None,
        "dob_unread": dob is None and read is None and date_of_birth.reason(born) not in ("missing", "placeholder"),
        "nameless": given is None
        and family is None
        and any(name.reason(row[field]) == "placeholder" for field in NAMES),
        "postcode": place,
        "postcode_sector": postcode.sector(parts),
        "postcode_district": postcode.outcode(parts),
        "postcode_area": postcode.area(parts),
        "gender": None if sex in ("0", "9") else sex,
        "given_tokens": given_words,
        "family_tokens": family_words,
        "postcodes": [place] if place else [],
        "dobs": [dob] if dob else [],
        "given_related": _related(given_words),
        "family_related": _related(family_words),
    }


def _first_of_january(known: str | None) -> str | None:
    """1 January of the year that is known of a date of birth; None where the century is open."""
    return f"{known[:4]}-01-01" if known and known[0] != "_" else None


def _place(code: str | None, postcode_as: PostcodeKind) -> str | None:
    if postcode_as == "text":
        return simple_upper(without(code, WHITESPACE)) or None
    place = postcode.clean(code)
    return None if place and postcode.is_pseudo(place) else place


def _words(form: str | None) -> list[str]:
    return list(dict.fromkeys([*form.split(" "), form.replace(" ", "")])) if form else []


def _related(words: Sequence[str]) -> list[str]:
    return sorted({other for word in words for other in related_names().get(word, ())})
