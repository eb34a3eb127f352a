"""Small mapping projects for tests: one person, one table of services, changed part by part. Nobody in them is real."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from linkage.intake.mapping import MappingResult, make_submission
from tests.unit.local_extract import read_rows

PEOPLE = "ID,Name\nP1,Example\nP2,Sample\n"
SERVICES = "No,ID,From,To,What\n7,P1,01/05/2022,,HC\n"
SHEET = "local value,national value,from,to,who\nHC,Home Support,,,EX\n"
PROJECT: Mapping[str, Any] = {
    "specification": "v6",
    "authority": "992",
    "period_start": "2022-04-01",
    "period_end": "2023-03-31",
    "sheets": {"component": {"file": "component.csv"}},
    "people": [
        {
            "name": "people",
            "file": "people.csv",
            "person": "ID",
            "columns": {"last_name": "Name"},
            "constants": {"client_type": "Service User"},
        }
    ],
    "events": [
        {
            "name": "services",
            "file": "services.csv",
            "event_type": "Service",
            "people": "people",
            "person": "ID",
            "key": "No",
            "columns": {"event_start_date": "From", "event_end_date": "To", "service_component": "What"},
            "sheets": {"service_component": "component"},
        }
    ],
}
COSTS = {
    "name": "costs",
    "file": "costs.csv",
    "services": "services",
    "key": "No",
    "columns": {"amount": "Amount", "frequency": "Per", "unit": "Unit", "units": "Units", "starts": "From"},
}


class Small:
    """A project in a folder: ``files`` replace or join those above, ``services`` and ``project`` change the YAML."""

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str] | None = None,
        *,
        services: Mapping[str, Any] | None = None,
        people: Mapping[str, Any] | None = None,
        **project: Any,
    ) -> None:
        self.folder = folder
        changed = copy.deepcopy({**PROJECT, **project})
        changed["events"][0] |= services or {}
        changed["people"][0] |= people or {}
        texts = {"people.csv": PEOPLE, "services.csv": SERVICES, "component.csv": SHEET, **(files or {})}
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        self.path = folder / "project.yaml"
        self.path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
        self.out = folder / "out"

    def make(self) -> MappingResult:
        """Make the submission."""
        return make_submission(self.path, self.out, synthetic=True)

    def rows(self) -> list[dict[str, str]]:
        """Make the submission and read it."""
        self.make()
        return read_rows(self.out / "submission_IDENTIFIABLE.csv")

    def column(self, heading: str) -> list[str]:
        """Make the submission and read one column."""
        return [row[heading] for row in self.rows()]

    def listed(self, name: str) -> list[dict[str, str]]:
        """Make the submission and read a list beside it; no rows when it was not written."""
        self.make()
        path = self.out / name
        return read_rows(path) if path.is_file() else []


def fates(result: MappingResult, table: str) -> dict[str, int]:
    """Rows of a table by what became of them: ``out``, else the reason."""
    counted = next(found for found in result.tables if found.name == table)
    return {"out": counted.rows_out} | {other.reason: other.rows for other in counted.others}


def csv_text(heading: str, rows: Sequence[str]) -> str:
    """A small CSV file."""
    return "\n".join([heading, *rows]) + "\n"
