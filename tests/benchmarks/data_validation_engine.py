"""The check beside NHS England's ``data-validation-engine`` on the same file, in the same run.

``python -m tests.benchmarks.data_validation_engine [ROWS]``. The engine (PyPI, 0.9.0) is installed in an environment of its
own. It is given the rules it can express: types, date forms, lists and NHS numbers of every field of specification v4.2,
and the row rules below; cldlink applies all of its rules.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from linkage.spec import Specification, load_specification

_PACKAGE = "data-validation-engine==0.9.0"
_SAMPLE = Path(__file__).parents[2] / "sample_data" / "submissions" / "991_2022-23_Q4.csv"
# Rules of one row, by the code of ours that says the same.
_ROW_RULES = {
    "P09": "date_of_death is null or date_of_birth is null or date_of_death >= date_of_birth",
    "E05": "event_end_date is null or event_end_date >= event_start_date",
    "Q01": "event_type <> 'Request' or route_of_access is not null",
    "A01": "event_type <> 'Assessment' or assessment_type is not null",
    "S01": "event_type <> 'Service' or (service_type is not null and service_component is not null)",
    "S03": "service_type is null or service_type <> 'Long Term Support: Community' or delivery_mechanism is not null",
    "V01": "event_type <> 'Review' or review_reason is not null",
    "C04": "(unit_cost is null) = (cost_frequency is null)",
}
_DRIVER = """
import logging, sys, time
from pathlib import Path
import duckdb
from dve.core_engine.backends.implementations.duckdb.auditing import DDBAuditingManager
from dve.core_engine.models import SubmissionInfo
from dve.pipeline.foundry_ddb_pipeline import FoundryDDBPipeline

logging.disable(logging.CRITICAL)
rules, source, work = map(Path, sys.argv[1:4])
connection = duckdb.connect()
connection.execute("set threads = 2")
audit = DDBAuditingManager(str(work / "audit.duckdb"), None, connection)
pipeline = FoundryDDBPipeline(str(work / "processed"), audit, connection, str(rules), str(source.parent))
submission = SubmissionInfo(
    submission_id="bench", dataset_id="cld", file_name=source.stem, file_extension="csv", submission_method="bench",
    submitting_org="991", reporting_period_start="2022-04-01", reporting_period_end="2023-03-31",
    file_size=source.stat().st_size, datetime_received="2023-04-10T00:00:00",
)
started = time.perf_counter()
pipeline.run_pipeline(submission)
print(time.perf_counter() - started)
"""


def run(rows: int = 200_000) -> dict[str, Any]:
    """Seconds of both on one file of so many rows, what each found, and how many times as long the engine takes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        python = _environment(folder / "environment")
        source = _file(folder / "in" / "991_2022-23_Q4.csv", rows)
        (folder / "cld.dischema.json").write_text(json.dumps(_dischema(load_specification("v4.2"))))
        (folder / "driver.py").write_text(_DRIVER)
        theirs = _their_seconds(python, folder, source)
        errors = folder / "processed" / "bench" / "errors"
        found = sum(path.read_bytes().count(b"\n") for path in errors.glob("*.jsonl"))
        command = [sys.executable, "-m", "linkage.cli", "check", str(source), "--out", str(folder / "checked")]
        started = time.perf_counter()
        done = subprocess.run([*command, "--synthetic", "--json"], capture_output=True, text=True, check=False)
        ours = time.perf_counter() - started
        findings = sum(json.loads(done.stdout)["results"]["findings"].values())
    return {
        "rows": rows,
        "cldlink_seconds": round(ours, 1),
        "cldlink_findings": findings,
        "engine_seconds": round(theirs, 1),
        "engine_findings": found,
        "times_as_long": round(theirs / ours, 1),
    }


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", _PACKAGE], check=True, capture_output=True)
    return python


def _their_seconds(python: Path, folder: Path, source: Path) -> float:
    arguments = [folder / "driver.py", folder / "cld.dischema.json", source, folder]
    done = subprocess.run([str(python), *map(str, arguments)], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _file(path: Path, rows: int) -> Path:
    """The sample's submission repeated, with identifiers and event references of its own in each repetition."""
    with _SAMPLE.open(encoding="utf-8-sig", newline="") as handle:
        headings, *given = csv.reader(handle)
    person, reference = headings.index("Person Unique Identifier"), headings.index("Event Reference")
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(headings)
        for number in range(rows):
            turn, place = divmod(number, len(given))
            row = list(given[place])
            row[person] += f"-{turn}"
            row[reference] += f"-{turn}" if row[reference] else ""
            writer.writerow(row)
    return path


def _dischema(specification: Specification) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field in specification.fields:
        if field.value_list:
            words = "|".join(re.escape(value) for value in field.value_list.names)
            fields[field.id] = {"callable": "constr", "constraints": {"regex": f"^({words})$"}}
        elif field.data_type == "date":
            fields[field.id] = {"callable": "conformatteddate", "constraints": {"date_format": "%d/%m/%Y"}}
        elif field.data_type == "number":
            fields[field.id] = {"callable": "condecimal", "constraints": {"ge": 0}}
        else:
            fields[field.id] = "permissivenhsno" if field.id == "nhs_number" else "str"
    reader = {"reader": "DuckDBCSVReader", "kwargs": {"null_empty_strings": True}}
    dataset = {
        "fields": fields,
        "mandatory_fields": ["la_code", "person_unique_identifier", "event_type", "event_start_date"],
        "reader_config": {".csv": reader},
    }
    filters = [
        {"entity": "cld", "name": code, "expression": rule, "error_code": code, "failure_message": code}
        for code, rule in _ROW_RULES.items()
    ]
    return {"contract": {"datasets": {"cld": dataset}}, "transformations": {"filters": filters}}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:2])), indent=1))
