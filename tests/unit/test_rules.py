"""Every rule against its examples: one body, the examples in ``tests/vectors/rules/<code>.yaml``."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from linkage.engine import Engine, Step, open_engine
from linkage.intake.findings import apply_rules
from linkage.intake.prepare import prepare
from linkage.intake.read import read_submission
from linkage.intake.rules import Context, load_rules, rule
from linkage.intake.values import Closeness
from linkage.spec import load_specification, versions
from tests.unit.submission_files import cells

VECTORS = Path(__file__).parents[1] / "vectors" / "rules"
DAY_OF_CHECK = date(2023, 4, 30)
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.yaml"))}
CASES = [(code, case) for code, file in FILES.items() for case in file["cases"]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


@pytest.mark.parametrize(("code", "case"), CASES, ids=[f"{code}: {case['name']}" for code, case in CASES])
def test_a_rule_finds_what_its_examples_say(engine: Engine, tmp_path: Path, code: str, case: dict[str, Any]) -> None:
    expected = case.get("findings", [])
    found = _findings(engine, _write(tmp_path / "example.csv", case), code, case)
    assert len(found) == len(expected), found
    for finding, wanted in zip(found, expected, strict=True):
        about_the_file: dict[str, Any] = {"row": None}
        assert finding == {**finding, **about_the_file, **wanted}


def test_every_part_of_every_rule_has_an_example_and_every_rule_a_passing_one() -> None:
    parts = {(r.code, part.part) for r in load_rules() for part in r.entry.parts}
    examples = {(code, finding["part"]) for code, case in CASES for finding in case.get("findings", [])}
    passing = {code for code, case in CASES if not case.get("findings")}
    assert parts - examples == set()
    assert {r.code for r in load_rules()} == passing == set(FILES)


def test_the_file_of_a_rule_names_the_rule() -> None:
    assert all(file["rule"] == code for code, file in FILES.items())


def test_every_list_field_of_every_version_has_exactly_one_rule() -> None:
    owners = [field for r in load_rules() for field in r.entry.lists]
    fields = {field.id for version in versions() for field in load_specification(version).list_fields}
    assert sorted(owners) == sorted(fields)


def test_rules_that_leave_out_a_row_are_those_that_the_specification_names() -> None:
    rejecting = {(r.code, part.part) for r in load_rules() for part in r.entry.parts if part.rejects_row}
    assert rejecting == {("F01", "unreadable_row"), ("P01", "missing"), ("E01", "missing"), ("E01", "unlisted")}


def _findings(engine: Engine, path: Path, code: str, case: dict[str, Any]) -> list[dict[str, Any]]:
    reading = read_submission(path, case.get("version", "v4.2"))
    prepare(engine, reading, Closeness(0.85, 0.6), DAY_OF_CHECK)
    apply_rules(engine, [rule(code)], Context(reading.specification, case.get("synthetic", True)))
    names = ("row", "part", "field", "value", "suggestion")
    rows = engine.rows(
        Step(
            "read_findings",
            "select row_number, part, field, value, suggestion from findings order by 1 nulls first, 2, 3, 4",
        )
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _write(path: Path, case: dict[str, Any]) -> Path:
    version, changes = case.get("version", "v4.2"), case.get("headings", {})
    headings = list(load_specification(version).headings)
    rows = [cells(row, number, version) for number, row in enumerate(case.get("rows", [{}]), start=1)]
    kept = [position for position, heading in enumerate(headings) if heading not in changes.get("drop", [])]
    added = changes.get("add", [])
    renamed = [changes.get("rename", {}).get(headings[position], headings[position]) for position in kept]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([*renamed, *added])
        writer.writerows([[row[p] for p in kept] + [changes.get("fill", "")] * len(added) for row in rows])
        handle.write("\n".join(case.get("lines", [])))
    return path
