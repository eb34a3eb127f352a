"""A submission turned back into what a case system and a finance system hold: local tables in local codes, with the
project and the mapping sheets that lead forward again. Nobody in them is real.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from linkage.spec import Specification, load_specification

Row = Mapping[str, str]
FILES = {"Request": "contacts", "Assessment": "assessments", "Service": "services", "Review": "reviews"}
_PEOPLE = ("person", "person_comorbidity", "carer")
_COSTS = ("unit_cost", "cost_frequency", "planned_units_per_week")
_ELEMENT = ("service_type", "service_component", "delivery_mechanism")
_PROVIDER = ("provider_cqc_location_name", "provider_cqc_location_id")


class Extract:
    """The local tables of one submission; ``rows`` have every field of the version as text, "" for blank."""

    def __init__(self, version: str, rows: Sequence[Row], *, references: bool = True) -> None:
        self.spec: Specification = load_specification(version)
        self.rows = rows
        self.references = references
        self.codes = {
            field.id: {value: f"{field.id[:4].upper()}{number:02d}" for number, value in enumerate(values, start=1)}
            for field in self.spec.list_fields
            if (values := self.spec.values(field.id))
        }
        self.elements = {e: f"EL{n:03d}" for n, e in enumerate(sorted({self._element(row) for row in rows}), 1)}
        self.providers = {
            p: f"PR{n:03d}" for n, p in enumerate(sorted({tuple(r[f] for f in _PROVIDER) for r in rows}), 1)
        }
        self.event_fields = {
            kind: [
                field.id
                for field in self.spec.fields
                if field.section in ("event", "request", "assessment", "service", "review")
                and field.id not in (*_ELEMENT, *_PROVIDER, "event_type", "event_reference", "full_cost_client")
                and (not field.event_types or kind in field.event_types)
            ]
            for kind in FILES
        }
        self.people_fields = [
            field.id
            for field in self.spec.section(*_PEOPLE)
            if field.id not in ("person_unique_identifier", "client_type")
        ]
        if self.spec.has("full_cost_client"):
            self.people_fields.append("full_cost_client")

    def write(self, folder: Path) -> Path:
        """Write tables, sheets and project; return the project's path."""
        (folder / "mappings").mkdir(parents=True, exist_ok=True)
        self._write_sheets(folder / "mappings")
        groups = ("service_user", "carer") if self.spec.has("client_type") else ("service_user",)
        project: dict[str, Any] = {
            "specification": self.spec.version,
            "authority": self.rows[0]["la_code"],
            "period_start": _iso(self.rows[0]["reporting_period_start_date"]),
            "period_end": _iso(self.rows[0]["reporting_period_end_date"]),
            "sheets": {
                path.stem: {"file": f"mappings/{path.name}"} for path in sorted((folder / "mappings").iterdir())
            },
            "people": [self._people(folder, group) for group in groups],
            "events": [self._events(folder, kind, group) for kind in FILES for group in groups],
            "costs": [self._costs(folder, group) for group in groups],
        }
        if "carer" in groups:
            project["events"].append(self._associated(folder))
        path = folder / "project.yaml"
        path.write_text(yaml.safe_dump(project, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return path

    def _write_sheets(self, folder: Path) -> None:
        for field_id, codes in self.codes.items():
            _write(
                folder / f"{field_id}.csv",
                _SHEET,
                [[code, value, "", "", "E. Xample", ""] for value, code in codes.items()],
            )
        for place, name in enumerate(_ELEMENT):
            lines = [
                [code, element[place] or "(blank)", "", "", "E. Xample", ""] for element, code in self.elements.items()
            ]
            _write(folder / f"element_{name}.csv", _SHEET, lines)
        for place, name in enumerate(_PROVIDER):
            lines = [
                [code, found[place] or "(blank)", "", "", "E. Xample", ""] for found, code in self.providers.items()
            ]
            _write(folder / f"provider_{name}.csv", _SHEET, lines)

    def _group(self, group: str) -> list[Row]:
        carer = group == "carer"
        return [row for row in self.rows if row.get("client_type", "").startswith("Carer") == carer]

    def _people(self, folder: Path, group: str) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {}
        for row in self._group(group):
            person = found.setdefault(row["person_unique_identifier"], {name: row[name] for name in self.people_fields})
            if row.get("full_cost_client"):
                person["full_cost_client"] = row["full_cost_client"]
        types = {row["person_unique_identifier"]: row.get("client_type", "") for row in self._group(group)}
        headings = ["Person ID", *map(_heading, self.people_fields), "Kind"]
        lines = [
            [
                person,
                *(self._local(name, value) for name, value in details.items()),
                self._local("client_type", types[person]),
            ]
            for person, details in found.items()
        ]
        _write(folder / f"{group}s.csv", headings, lines)
        table = self._table(f"{group}s", f"{group}s.csv", self.people_fields)
        if self.spec.has("client_type"):
            table["columns"]["client_type"] = "Kind"
            table["sheets"]["client_type"] = "client_type"
        return {**table, "person": "Person ID"}

    def _events(self, folder: Path, kind: str, group: str) -> dict[str, Any]:
        fields = self.event_fields[kind]
        rows = [row for row in self._group(group) if row["event_type"] == kind]
        headings = ["Case No", "Person ID", "Status", *map(_heading, fields), "Element", "Provider"]
        lines = [self._event_line(row, fields, "Closed") for row in rows]
        lines += [self._event_line(row, fields, "Cancelled") for row in rows[:3]]
        name = f"{group}_{FILES[kind]}"
        _write(folder / f"{name}.csv", headings, lines)
        table = self._table(name, f"{name}.csv", fields)
        cancelled = {"name": "cancelled", "column": "Status", "operator": "in", "values": ["Cancelled"]}
        table |= {
            "event_type": kind,
            "people": f"{group}s",
            "person": "Person ID",
            "key": "Case No",
            "leave_out": [cancelled],
        }
        if self.references:
            table["columns"]["event_reference"] = "Case No"
        else:
            table["reference_from"] = ["Element"]
        if kind == "Service":
            for names, column, prefix in ((_ELEMENT, "Element", "element"), (_PROVIDER, "Provider", "provider")):
                table["columns"] |= dict.fromkeys(names, column)
                table["sheets"] |= {name: f"{prefix}_{name}" for name in names}
        return table

    def _event_line(self, row: Row, fields: Iterable[str], status: str) -> list[str]:
        element = self.elements[self._element(row)]
        provider = self.providers[tuple(row[name] for name in _PROVIDER)]
        local = [self._local(name, row[name]) for name in fields]
        return [row["event_reference"], row["person_unique_identifier"], status, *local, element, provider]

    def _costs(self, folder: Path, group: str) -> dict[str, Any]:
        lines = []
        for row in self._group(group):
            if not row["unit_cost"]:
                continue
            cells = [self.codes["cost_frequency"][row["cost_frequency"]], row["planned_units_per_week"]]
            later = datetime.strptime(row["reporting_period_end_date"], "%d/%m/%Y") + timedelta(days=1)
            lines.append([row["event_reference"], f"£{float(row['unit_cost']):,.2f}", *cells, "01-Apr-2015"])
            lines.append([row["event_reference"], f"{0.9 * float(row['unit_cost']):.2f}", *cells, "01-Apr-2014"])
            lines.append([row["event_reference"], f"{1.1 * float(row['unit_cost']):.2f}", *cells, f"{later:%d-%b-%Y}"])
        _write(folder / f"{group}_payments.csv", ["Service", "Rate", "Per", "Quantity", "From"], lines)
        return {
            "name": f"{group}_payments",
            "file": f"{group}_payments.csv",
            "services": f"{group}_services",
            "key": "Service",
            "date_format": "dd-mon-yyyy",
            "columns": {"amount": "Rate", "frequency": "Per", "units": "Quantity", "starts": "From"},
            "sheets": {"frequency": "cost_frequency"},
        }

    def _associated(self, folder: Path) -> dict[str, Any]:
        rows = [row for row in self.rows if row["client_type"] == "Carer known by association"]
        _write(folder / "associated.csv", ["Person ID"], [[row["person_unique_identifier"]] for row in rows])
        return {"name": "associated", "file": "associated.csv", "people": "carers", "person": "Person ID"}

    def _table(self, name: str, file: str, fields: Iterable[str]) -> dict[str, Any]:
        fields = list(fields)
        return {
            "name": name,
            "file": file,
            "columns": {field: _heading(field) for field in fields},
            "sheets": {field: field for field in fields if field in self.codes},
        }

    def _local(self, field_id: str, value: str) -> str:
        return self.codes[field_id][value] if value and field_id in self.codes else value

    def _element(self, row: Row) -> tuple[str, ...]:
        return tuple(row[name] for name in _ELEMENT)


_SHEET = ["local value", "national value", "from", "to", "who", "note"]


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a written CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def by_heading(spec: Specification, rows: Iterable[Row]) -> list[dict[str, str]]:
    """Rows by canonical id as rows by heading."""
    return [{field.heading: row[field.id] for field in spec.fields} for row in rows]


def _write(path: Path, headings: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(headings)
        writer.writerows(lines)


def _heading(field_id: str) -> str:
    return field_id.replace("_", " ").title()


def _iso(text: str) -> str:
    return f"{text[6:]}-{text[3:5]}-{text[:2]}"
