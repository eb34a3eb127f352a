"""The population table that a reader gives for rates, such as mid-year estimates: people by authority, gender and age."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from linkage.cohort.measures.definition import Ages, MeasureDefinition
from linkage.cohort.measures.population import groups_of_age, has_population
from linkage.errors import InputError

OLDEST = 200
"""``age_to`` of an open band."""
LAST_NEEDED = 105
"""A population that ends at this age or later lacks nobody."""
GENDERS = ("Female", "Male")
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
    ``population``. Raises InputError, which names the line or the ages, for a missing column, a number that is none, ages
    upside down, and an age that is there twice.
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
    _require_once(path, rows)
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_KINDS.items())))


def require_fitting_bands(
    path: Path, population: pa.Table, la_codes: Iterable[str], definitions: Sequence[MeasureDefinition]
) -> None:
    """Raise InputError when ages in one row of an authority's lie on both sides of a limit that a measure divides by."""
    among = set(la_codes)
    limits = {one.id: _limits(groups_of_age(one)) for one in definitions if has_population(one)}
    for row in population.to_pylist():
        first, last = row["age_from"], row["age_to"]
        for measure, ages in limits.items() if row["la_code"] in among else ():
            across = [age for age in ages if first < age <= last]
            if across:
                raise InputError(
                    f"{path}: people {_ages(first, last)} stand in one row (authority {row['la_code']}, {row['gender']}), and "
                    f"{measure} counts those from {across[0]} on apart. Give bands that end at {across[0] - 1}, or single "
                    "years of age."
                )


def population_gaps(population: pa.Table) -> pa.Table:
    """The ages that are not there, by ``la_code`` and ``gender``: from 0 to ``LAST_NEEDED``, ``age_from`` and ``age_to``."""
    bands = _bands(population.to_pylist())
    found = []
    for la_code in dict.fromkeys(la_code for la_code, _ in bands):
        for gender in GENDERS:
            first = 0
            for start, end in [*bands.get((la_code, gender), []), (LAST_NEEDED + 1, OLDEST)]:
                if first < start and first <= LAST_NEEDED:
                    found.append({"la_code": la_code, "gender": gender, "age_from": first, "age_to": start - 1})
                first = end + 1
    return pa.Table.from_pylist(found, schema=pa.schema([(name, _KINDS[name]) for name in _KINDS if name != "people"]))


def told_gaps(
    population: pa.Table, gaps: pa.Table, la_codes: Iterable[str], definition: MeasureDefinition
) -> list[str]:
    """A sentence for each authority of which the measure needs people that are not there."""
    needed = groups_of_age(definition)
    there, said = set(population["la_code"].to_pylist()), []
    for la_code in la_codes:
        lacking = [
            f"{gap['gender']} {_ages(gap['age_from'], gap['age_to'])}" for gap in _clipped(gaps, la_code, needed)
        ]
        if la_code not in there:
            said.append(f"Population: authority {la_code} is not in the file, so that it has no rate per population.")
        elif lacking:
            said.append(
                f"Population: authority {la_code} lacks {', '.join(lacking)}, so that groups and totals with them have no rate."
            )
    return said


def _clipped(gaps: pa.Table, la_code: str, needed: Sequence[Ages]) -> list[dict[str, str | int]]:
    """The gaps of an authority among the ages that are needed, which is from the youngest of them to the oldest."""
    first = min(ages.first for ages in needed)
    last = max(OLDEST if ages.last is None else ages.last for ages in needed)
    among = [gap for gap in gaps.to_pylist() if gap["la_code"] == la_code]
    clipped = [
        {**gap, "age_from": max(gap["age_from"], first), "age_to": min(_open(gap["age_to"]), last)} for gap in among
    ]
    return [gap for gap in clipped if gap["age_from"] <= gap["age_to"]]


def _open(age: int) -> int:
    return OLDEST if age >= LAST_NEEDED else age


def _limits(groups: Sequence[Ages]) -> list[int]:
    """The ages at which a group starts, or starts to be none."""
    return sorted({one.first for one in groups} | {one.last + 1 for one in groups if one.last is not None})


def _require_once(path: Path, rows: Sequence[Mapping[str, str | int]]) -> None:
    """Raise InputError when an age of an authority and gender stands in two rows."""
    for (la_code, gender), bands in _bands(rows).items():
        for (first, last), (start, end) in pairwise(bands):
            if start <= last:
                raise InputError(
                    f"{path}: ages of authority {la_code}, {gender}, are there twice: {_ages(first, last)} and "
                    f"{_ages(start, end)}. Give each age once."
                )


def _bands(rows: Iterable[Mapping[str, str | int]]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Authority and gender → first and last age of each row, in order."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in rows:
        ages = (int(row["age_from"]), int(row["age_to"]))
        found.setdefault((str(row["la_code"]), str(row["gender"])), []).append(ages)
    return {who: sorted(ages) for who, ages in found.items()}


def _ages(first: int | str, last: int | str) -> str:
    if first == last:
        return f"aged {first}"
    return f"aged {first} and over" if int(last) >= LAST_NEEDED else f"aged {first} to {last}"


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
