"""The population table that a reader gives for rates, such as mid-year estimates: people by authority, gender and age."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from linkage.errors import InputError

OLDEST = 200
"""``age_to`` of an open band."""
_GENDERS = {"1": "Male", "2": "Female", "male": "Male", "female": "Female"}
_KINDS = {
    "la_code": pa.string(),
    "gender": pa.string(),
    "age_from": pa.int32(),
    "age_to": pa.int32(),
    "people": pa.int64(),
}
# What each column may be called; ages stand in two columns or in one.
_HEADINGS = {"la_code": ("la_code",), "gender": ("gender", "sex"), "people": ("people", "population")}


def read_population(path: Path) -> pa.Table:
    """Read a CSV of people by ``la_code``, ``gender`` (or ``sex``: 1 male, 2 female) and completed years of age.

    Ages: ``age_from`` and ``age_to`` (both inclusive; blank: and over), or ``age`` (one year, or 90+). People: ``people`` or
    ``population``. Raises InputError, which names the line, for a missing column, a number that is none, ages upside down or
    a row that is there twice.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file. Give the CSV of the population.")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        found = _columns(path, reader.fieldnames or [])
        rows = [_row(path, number, row, found) for number, row in enumerate(reader, start=2)]
    keys = [(row["la_code"], row["gender"], row["age_from"]) for row in rows]
    if len(set(keys)) < len(keys):
        raise InputError(f"{path}: an authority, gender and age is there twice. Give each once.")
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_KINDS.items())))


def _columns(path: Path, headings: Sequence[str]) -> dict[str, str]:
    """Which heading holds what."""
    found = {what: next((name for name in names if name in headings), "") for what, names in _HEADINGS.items()}
    ages = ("age",) if "age" in headings else ("age_from", "age_to")
    missing = [what for what, name in found.items() if not name] + [name for name in ages if name not in headings]
    if missing:
        raise InputError(f"{path}: lacks the columns {', '.join(missing)}.")
    return found | {name: name for name in ages}


def _row(path: Path, number: int, row: Mapping[str, str | None], found: Mapping[str, str]) -> dict[str, str | int]:
    texts = {what: (row[name] or "").strip() for what, name in found.items()}
    years = texts.get("age")
    if years is not None:
        texts |= {"age_from": years.removesuffix("+"), "age_to": "" if years.endswith("+") else years}
    try:
        first, last, people = int(texts["age_from"]), int(texts["age_to"] or OLDEST), int(texts["people"])
    except ValueError:
        raise InputError(f"{path}: line {number}: ages and people are whole numbers.") from None
    gender = _GENDERS.get(texts["gender"].lower())
    if gender is None:
        raise InputError(f"{path}: line {number}: the gender is Male or Female, the sex 1 or 2.")
    if first > last or people < 0:
        raise InputError(f"{path}: line {number}: the ages are not in order, or people are fewer than none.")
    return {"la_code": texts["la_code"], "gender": gender, "age_from": first, "age_to": last, "people": people}
