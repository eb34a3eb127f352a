"""Nothing shows figures about people but through the disclosure gate, held by reading every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GATE = "pseudo/disclosure/gate.py"
DRAWERS = "linkage/report/"
WRITERS = {
    "linkage/cohort/shown.py",
    "linkage/cohort/outputs.py",
    "linkage/cohort/variables.py",  # an authority's own rows, given back to it row by row
}
WRITES = {
    "write_csv",
    "write_parquet",
    "to_csv",
    "to_parquet",
    "to_excel",
    "write_text",
    "write_bytes",
    "write_table",
    "writer",
}
PARTS = {"Chart", "Table", "Figure"}
WITHOUT_PEOPLE = {
    "linkage/trace/models.py": "weights of a model in bits",
    "linkage/quality/page.py": "rows and findings of an authority's own file; people come gated from quality.measured and .first",
    "linkage/quality/trend.py": "rows and findings of an authority's own files",
    "linkage/trace/evaluate/estimate_report.py": "a page that stays where people may be identified, and says so",
}
"""Modules that show figures and no counts of people outside, with what they show instead."""


def modules() -> list[Path]:
    return sorted(path for package in ("linkage", "pseudo") for path in (ROOT / package).rglob("*.py"))


def called(tree: ast.AST) -> set[str]:
    """Names that a module calls, as functions or methods."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {one.id for one in functions if isinstance(one, ast.Name)} | {
        one.attr for one in functions if isinstance(one, ast.Attribute)
    }


def imported(tree: ast.AST) -> set[str]:
    """Names that a module imports, with the module they are from."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def around_the_gate(where: str, source: str) -> set[str]:
    """What a module at ``where`` does that lets figures past the gate."""
    tree = ast.parse(source)
    calls, names = called(tree), imported(tree)
    wrong = set()
    if where != GATE and ("GatedTable" in calls or "_MADE_BY_THE_GATE" in source):
        wrong.add("makes a gated table")
    if where.startswith("linkage/cohort/") and where not in WRITERS and calls & WRITES:
        wrong.add("writes a file of figures")
    if where.startswith(DRAWERS) or where in WITHOUT_PEOPLE:
        return wrong
    drawn = {name for name in PARTS if f"linkage.report.{name}" in names and name in calls}
    if "Chart" in drawn:
        wrong.add("draws a chart of rows that did not come from the gate")
    if drawn and not {"pseudo.disclosure.apply", "pseudo.disclosure.GatedTable"} & names:
        wrong.add("shows figures and knows no gate")
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_figures_pass_the_gate(path: Path) -> None:
    assert around_the_gate(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) == set()


def test_the_exceptions_are_modules_that_there_are() -> None:
    assert [name for name in (GATE, *WRITERS, *WITHOUT_PEOPLE) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    ("where", "source", "what"),
    [
        ("linkage/cohort/new.py", "engine.write_csv(step, path)", "writes a file of figures"),
        ("linkage/cohort/new.py", "frame.to_csv(path)", "writes a file of figures"),
        (
            "linkage/trace/new.py",
            "from linkage.report import Table\nTable('a', [], [])",
            "shows figures and knows no gate",
        ),
        (
            "linkage/trace/new.py",
            "from linkage.report import Chart\nfrom pseudo.disclosure import apply\nChart('a', 'bar', [], [], '')",
            "draws a chart of rows that did not come from the gate",
        ),
        ("linkage/trace/new.py", "GatedTable(values, display)", "makes a gated table"),
        ("pseudo/new.py", "from pseudo.disclosure.gate import _MADE_BY_THE_GATE", "makes a gated table"),
    ],
)
def test_a_way_around_the_gate_is_noticed(where: str, source: str, what: str) -> None:
    assert around_the_gate(where, source) == {what}
