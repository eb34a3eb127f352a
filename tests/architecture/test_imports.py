"""The zones and directions of the architecture, held by reading every import of the two packages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = {"engine", "runs", "report", "errors", "configs", "spec", "pseudo.config_file"}
ALLOWED = {
    "errors": {"pseudo.errors"},
    "configs": {"errors", "pseudo.config_file"},
    "engine": {"errors"},
    "runs": {"errors", "engine"},
    "report": {"errors", "pseudo.disclosure"},
    "normalise": {"configs", "errors", "engine", "pseudo.config_file"},
    "spec": {"configs", "errors", "engine", "normalise", "pseudo.config_file"},
    "intake": SHARED | {"normalise", "pseudo.audit", "pseudo.disclosure"},
    "trace": SHARED | {"normalise", "pseudo.audit", "pseudo.disclosure"},
    "store": SHARED
    | {"normalise", "pseudo.audit", "pseudo.disclosure", "pseudo.release", "pseudo.signing", "pseudo.errors"},
    "audited": {"errors", "runs", "pseudo.audit", "pseudo.audit_entry", "pseudo.errors", "pseudo.signing"},
    "feedback": SHARED
    | {"audited", "intake", "normalise", "quality", "trace", "pseudo.audit", "pseudo.audit_entry", "pseudo.errors"},
    "synth": SHARED | {"normalise", "pseudo.audit", "pseudo.disclosure"},
    "cohort": SHARED
    | {"store", "pseudo.disclosure", "pseudo.ledger", "pseudo.output_record", "pseudo.release", "pseudo.audit"},
}
DOORWAYS = {
    "duckdb": ("linkage/engine/duckdb.py",),
    "splink": ("linkage/trace/model.py",),
    "cryptography": (
        "pseudo/keys.py",
        "pseudo/pseudonym.py",
        "pseudo/custody/",
        "pseudo/signing.py",
        "pseudo/recipient.py",
        "pseudo/sealing.py",
    ),
    "hmac": ("pseudo/keys.py", "pseudo/pseudonym.py", "pseudo/custody/"),
    "typer": ("linkage/cli/",),
    "altair": (),
    "vl_convert": ("linkage/report/",),
    "jinja2": ("linkage/report/",),
    "xlsxwriter": ("linkage/report/",),
    "openpyxl": ("linkage/spec/workbook.py", "linkage/intake/workbook.py"),
    "statsmodels": ("linkage/cohort/study/",),
    "pyspark": ("linkage/engine/spark.py",),
}


def modules() -> list[Path]:
    return sorted(path for package in ("linkage", "pseudo") for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def violations(path: Path, names: set[str]) -> set[str]:
    """Imports of ``names`` that the architecture does not allow a module at ``path`` (relative to the root)."""
    where = path.as_posix()
    wrong = set()
    for library, doors in DOORWAYS.items():
        if any(name.split(".")[0] == library for name in names) and not where.startswith(doors):
            wrong.add(library)
    if where.startswith("pseudo/"):
        return wrong | {name for name in names if name.split(".")[0] == "linkage"}
    zone = path.parts[1].removesuffix(".py")
    for name in names:
        parts = name.split(".")
        if parts[:2] == ["linkage", "cli"] and zone != "cli":
            wrong.add(name)
        if zone in ALLOWED and parts[0] == "linkage" and len(parts) > 1 and parts[1] not in ALLOWED[zone] | {zone}:
            wrong.add(name)
        if zone in ALLOWED and parts[0] == "pseudo" and len(parts) > 1 and ".".join(parts[:2]) not in ALLOWED[zone]:
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_its_zone_may(path: Path) -> None:
    assert violations(path.relative_to(ROOT), imports(path)) == set()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("linkage/cohort/study/run.py", "linkage.trace.run"),
        ("linkage/cohort/study/run.py", "pseudo.keys"),
        ("linkage/intake/read.py", "linkage.trace.run"),
        ("linkage/trace/run.py", "duckdb"),
        ("linkage/store/link.py", "linkage.cli.main"),
        ("pseudo/release.py", "linkage.errors"),
    ],
)
def test_a_forbidden_import_is_noticed(path: str, name: str) -> None:
    assert violations(Path(path), {name}) == {name}
