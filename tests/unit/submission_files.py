"""Small submission files for tests: a valid row, changed field by field. Nobody in them is real."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.spec import load_specification

COMMON = {
    "reporting_period_start_date": "01/04/2022",
    "reporting_period_end_date": "31/03/2023",
    "person_unique_identifier": "P1",
    "nhs_number": "9990000018",
    "first_name": "Ada",
    "last_name": "Example",
    "gender": "Female",
    "ethnicity": "Indian",
    "date_of_birth": "15/06/1950",
    "primary_support_reason": "Physical Support: Personal care support",
    "postcode": "ZX1 1AA",
    "accommodation_status": "Tenant",
    "employment_status": "Unknown",
    "has_informal_carer": "No",
    "event_type": "Service",
    "event_start_date": "01/05/2022",
    "service_type": "Long Term Support: Community",
    "service_component": "Home Support",
}
OWN = {
    "v4.2": {
        "la_code": "991",
        "la_name": "Synthshire (synthetic)",
        "reporting_year": "2022/23",
        "delivery_mechanism": "Community: CASSR Managed Personal Budget",
    },
    "v6": {"la_code": "992", "client_type": "Service User", "delivery_mechanism": "CASSR Managed Personal Budget"},
    "release1": {
        "la_code": "993",
        "client_type": "Service User",
        "ethnicity": "Asian or Asian British - Indian",
        "client_funding_status": "Fully Social Care Funded",
        "event_outcome": "Provision of service",
        "delivery_mechanism": "CASSR Managed Personal Budget",
    },
    "release2": {
        "la_code": "993",
        "client_type": "Service user",
        "ethnicity": "Asian or Asian British: Indian",
        "primary_support_reason": "Physical support: Personal care support",
        "accommodation_status": "Tenant: Local authority or other social housing provider",
        "client_funding_status": "Fully social care funded",
        "event_outcome": "Continuation of support or services",
        "service_type": "Long term support: Community",
        "service_component": "Home support or domiciliary care",
        "delivery_mechanism": "CASSR managed personal budget",
    },
}
Row = Mapping[str, str | None]


def cells(row: Row, number: int = 1, version: str = "v4.2") -> list[str]:
    """The cells of a valid row, save for the fields that ``row`` gives (None is blank)."""
    given = {**COMMON, **OWN[version], "event_reference": f"E{number}", **row}
    return [given.get(field) or "" for field in load_specification(version).ids]


def write_rows(path: Path, rows: Sequence[Row], version: str = "v4.2", headings: Sequence[str] = ()) -> Path:
    """Write a submission with these rows; ``headings`` replaces the specification's own."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(headings or load_specification(version).headings)
        writer.writerows(cells(row, number, version) for number, row in enumerate(rows, start=1))
    return path
