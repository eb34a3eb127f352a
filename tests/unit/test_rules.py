"""Every rule against its examples: one body, the examples in ``tests/vectors/rules/<code>.yaml``."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.intake.findings import apply_rules
from linkage.intake.prepare import prepare
from linkage.intake.read import read_submission
from linkage.intake.rules import load_rules, rule
from linkage.intake.rules.side_inputs import SideInputs, read_side_inputs
from linkage.intake.rules.tables import make_tables
from linkage.intake.values import Closeness
from linkage.spec import load_specification, versions
from tests.unit.submission_files import cells

VECTORS = Path(__file__).parents[1] / "vectors" / "rules"
DAY_OF_CHECK = date(2023, 4, 30)
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.yaml"))}
CASES = [(code, case) for code, file in FILES.items() for case in file["cases"]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(EngineOptions(threads=1)) as opened:
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
    inputs = _side_inputs(path.parent, case)
    context, _ = read_side_inputs(engine, inputs, reading.specification, synthetic=case.get("synthetic", True))
    make_tables(engine, context)
    apply_rules(engine, [rule(code)], context)
    names = ("row", "part", "field", "value", "suggestion")
    rows = engine.rows(
        Step(
            "read_findings",
            "select row_number, part, field, value, suggestion from findings order by 1 nulls first, 2, 3, 4",
        )
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _side_inputs(folder: Path, case: dict[str, Any]) -> SideInputs:
    """The case's ``reference`` (file name → lines), ``previous`` (rows) and ``submitted`` (ISO date)."""
    reference = folder / "reference"
    if "reference" in case:
        reference.mkdir()
        for name, lines in case["reference"].items():
            (reference / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    previous = None
    if "previous" in case:
        previous = _write(folder / "previous.csv", {**case, "rows": case["previous"]})
    submitted = date.fromisoformat(case["submitted"]) if "submitted" in case else None
    return SideInputs(reference if "reference" in case else None, previous, submitted)


def _write(path: Path, case: dict[str, Any]) -> Path:
    version, changes = case.get("version", "v4.2"), case.get("headings", {})
    headings = list(load_specification(version).headings)
    given = [row for row in case.get("rows", [{}]) for _ in range(row.pop("times", 1))]
    rows = [cells(row, number, version) for number, row in enumerate(given, start=1)]
    kept = [position for position, heading in enumerate(headings) if heading not in changes.get("drop", [])]
    added = changes.get("add", [])
    renamed = [changes.get("rename", {}).get(headings[position], headings[position]) for position in kept]
    table = [*case.get("above", []), [*renamed, *added]]
    table += [[row[p] for p in kept] + [changes.get("fill", "")] * len(added) for row in rows]
    if case.get("workbook"):
        book = openpyxl.Workbook()
        for row in table:
            book.active.append(row)
        book.save(path)
        return path
    with path.open("w", encoding=case.get("encoding", "utf-8"), newline="") as handle:
        csv.writer(handle, delimiter=case.get("separator", ",")).writerows(table)
        handle.write("\n".join(case.get("lines", [])))
    return path
