"""Files that a spreadsheet or a database tool has damaged read as the undamaged ones do, wherever nothing was lost."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from linkage.intake.dates import PARSED
from linkage.intake.read import Reading, read_submission
from linkage.spec import load_specification
from linkage.synth.profile import SynthProfile, load_profile
from tests.unit.synth_submissions import Files, files, world

PEOPLE = 2_500
# The first day of a century, which stands for "not known": neither 2 nor 01/01/00 tells which century.
PLACEHOLDERS = {date(1900, 1, 1), date(1901, 1, 1)}
IDENTIFIERS = {"person_unique_identifier", "event_reference", *(f"adult_{n}_linked_person_id" for n in (1, 2, 3))}
SPREADSHEET = [(1, quarter) for quarter in (1, 2, 3)]
DATABASE = [(2, quarter) for quarter in (1, 2, 3, 4)]


def nasty() -> SynthProfile:
    return load_profile("nasty").model_copy(update={"people": PEOPLE})


@cache
def damaged() -> Files:
    return files(world(nasty()))


@cache
def undamaged() -> Files:
    whole = {"excel_quarters": (), "sql_export_quarters": ()}
    authorities = tuple(authority.model_copy(update=whole) for authority in nasty().authorities)
    return files(world(nasty().model_copy(update={"authorities": authorities})))


def read(folder: Path, made: Files, key: tuple[int, int]) -> Reading:
    specification = load_specification(nasty().authorities[key[0]].spec)
    path = folder / f"{key[0]}_{key[1]}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(specification.headings)
        writer.writerows(zip(*(made[key][name] for name in specification.ids), strict=True))
    return read_submission(path, specification.version)


def both(folder: Path, key: tuple[int, int]) -> tuple[Reading, Reading]:
    (folder / "whole").mkdir()
    return read(folder, damaged(), key), read(folder / "whole", undamaged(), key)


def lost_rows(reading: Reading, field: str) -> set[int]:
    return {told.row_number or 0 for told in reading.repairs if told.part == "digits_lost" and told.field == field}


@pytest.mark.parametrize("key", SPREADSHEET + DATABASE)
def test_texts_are_those_of_the_undamaged_file(tmp_path: Path, key: tuple[int, int]) -> None:
    hurt, whole = both(tmp_path, key)
    dates = {field.id for field in whole.specification.date_fields}
    for name in set(whole.specification.ids) - dates:
        pairs = zip(
            hurt.table["row_number"].to_pylist(),
            hurt.table[name].to_pylist(),
            whole.table[name].to_pylist(),
            strict=True,
        )
        lost = lost_rows(hurt, name)
        for row, found, meant in pairs:
            if row in lost:
                assert found.endswith(("E+09", "E+11"))
            elif name in IDENTIFIERS and meant and meant.isdecimal():
                assert found == meant.lstrip("0")
            elif key in DATABASE and meant and name == "gender":
                assert found == meant.rstrip(" "), name
            else:
                assert found == meant, name


@pytest.mark.parametrize("key", SPREADSHEET + DATABASE)
def test_dates_are_those_of_the_undamaged_file(tmp_path: Path, key: tuple[int, int]) -> None:
    hurt, whole = both(tmp_path, key)
    for field in whole.specification.date_fields:
        name = field.id + PARSED
        pairs = zip(
            hurt.table[field.id].to_pylist(), hurt.days[name].to_pylist(), whole.days[name].to_pylist(), strict=True
        )
        wrong = [(text, found, meant) for text, found, meant in pairs if found != meant and meant not in PLACEHOLDERS]
        assert wrong == [], field.id


def test_a_spreadsheet_is_told_by_its_repairs(tmp_path: Path) -> None:
    told = {repair.part for key in SPREADSHEET for repair in read(tmp_path, damaged(), key).repairs}
    assert told >= {"hard_spaces", "point_zero", "digits_lost", "serial", "short_year", "month_first"}


def test_a_database_tool_is_told_by_its_repairs(tmp_path: Path) -> None:
    told = {repair.part for repair in read(tmp_path, damaged(), DATABASE[0]).repairs}
    assert told >= {"null_word", "padding"}
