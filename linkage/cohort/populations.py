"""The population table that a reader gives for rates, such as mid-year estimates: people by authority, gender and age."""

import csv
from pathlib import Path

import pyarrow as pa

from linkage.errors import InputError

COLUMNS = ("la_code", "gender", "age_from", "age_to", "people")
OLDEST = 200
"""``age_to`` of an open band."""


def read_population(path: Path) -> pa.Table:
    """Read a CSV with the columns ``la_code, gender, age_from, age_to, people`` (``age_to`` blank: and over).

    Ages are completed years, both ends inclusive; a single year of age has the same in both. Raises InputError, which names
    the line, for a missing column, a number that is none, an age band upside down or a row that is there twice.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file. Give the CSV of the population.")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise InputError(f"{path}: lacks the columns {', '.join(missing)}.")
        rows = [_row(path, number, row) for number, row in enumerate(reader, start=2)]
    keys = [(row["la_code"], row["gender"], row["age_from"]) for row in rows]
    if len(set(keys)) < len(keys):
        raise InputError(f"{path}: an authority, gender and age is there twice. Give each once.")
    types = [pa.string(), pa.string(), pa.int32(), pa.int32(), pa.int64()]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(COLUMNS, types, strict=True))))


def _row(path: Path, number: int, row: dict[str, str | None]) -> dict[str, str | int]:
    texts = {name: (row[name] or "").strip() for name in COLUMNS}
    try:
        first, last = int(texts["age_from"]), int(texts["age_to"] or OLDEST)
        people = int(texts["people"])
    except ValueError:
        raise InputError(f"{path}: line {number}: ages and people are whole numbers.") from None
    if first > last or people < 0:
        raise InputError(f"{path}: line {number}: the ages are not in order, or people are fewer than none.")
    return {
        "la_code": texts["la_code"],
        "gender": texts["gender"],
        "age_from": first,
        "age_to": last,
        "people": people,
    }
