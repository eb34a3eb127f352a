"""Blank submissions of a version: a CSV file with its headings, and a workbook with lists to choose from.

This module stands above the zones: it joins the specification with the workbook that is written from it.
"""

import csv
from pathlib import Path

from linkage.report.spec_template import DATA_SHEET, LISTS_SHEET, Template, TemplateColumn, write_template
from linkage.runs import Manifest, staged_outputs
from linkage.spec import Field, Specification, load_specification, versions

_REQUIREMENTS = {"mandatory": "Mandatory", "voluntary": "Voluntary", "not_stated": "Not stated"}
_TYPES = {
    "identifier": "Integer or alpha-numeric",
    "integer": "Integer",
    "alphanumeric": "Alpha-numeric",
    "text": "Text",
    "date": "dd/mm/yyyy",
    "number": "Number (0.00)",
    "list": "List",
}
_TEXT, _MONEY = "@", "0.00"
_ABOUT = ("Heading", "Mandatory?", "Type", "Rows", "Condition")


def make_template(version: str, out: Path) -> dict[str, int]:
    """Write ``cld_VERSION.csv``, ``cld_VERSION.xlsx`` and a manifest into a folder; how many columns and lists there are.

    The CSV file is UTF-8 with a byte-order mark, so that Excel shows the pound sign. Raises UsageError for an unknown
    version.
    """
    specification = load_specification(version)
    counts = {"columns": len(specification.fields), "lists": len(specification.list_fields)}
    name = f"cld_{specification.version}"
    with staged_outputs(out) as folder:
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerow(specification.headings)
        write_template(template_of(specification), folder / f"{name}.xlsx")
        Manifest("spec template", (), counts, {"spec": specification.version}).write(folder)
    return counts


def template_of(specification: Specification) -> Template:
    """The workbook of a specification. Dates and identifiers are text cells, for Excel damages them otherwise."""
    return Template([_column(field) for field in specification.fields], _read_me(specification), _ABOUT)


def _column(field: Field) -> TemplateColumn:
    value_list = field.value_list
    return TemplateColumn(
        heading=field.heading,
        note=_note(field),
        about=(
            field.heading,
            _REQUIREMENTS[field.requirement],
            _TYPES[field.data_type],
            _rows(field),
            _condition(field),
        ),
        mandatory=field.requirement == "mandatory",
        number_format=_MONEY if field.data_type == "number" else _TEXT,
        values=tuple(value.value for value in value_list.values if not value.guidance_only) if value_list else (),
        complete=value_list is None or not value_list.open,
    )


def _note(field: Field) -> str:
    lines = [f"{_REQUIREMENTS[field.requirement]}. {_TYPES[field.data_type]}. Rows: {_rows(field)}.", _condition(field)]
    if field.value_list and field.value_list.open:
        lines.append("Not every value of this list is known; another one may be right.")
    return "\n".join(line for line in lines if line)


def _rows(field: Field) -> str:
    return ", ".join((*field.event_types, *field.client_types)) or "all"


def _condition(field: Field) -> str:
    return "; ".join(part for part in (field.condition, field.note) if part)


def _spec_option(specification: Specification) -> str:
    return specification.version if specification.version in versions() else "YOUR_SPECIFICATION.yaml"


def _read_me(specification: Specification) -> list[str]:
    unsure = len(specification.open_fields)
    known = (
        f"{unsure} of {len(specification.list_fields)} lists are not completely known: their drop-down lists let another "
        "value pass with a warning."
        if unsure
        else "Every list is complete: its drop-down list takes no other value."
    )
    return [
        specification.title,
        f"Source: {specification.source}.",
        f"Fill the sheet {DATA_SHEET}, one row for each event, below the headings. Do not change, move or add columns.",
        "Blue headings are mandatory, where they apply. Point at a heading to read its condition.",
        f"Fields with a list: choose from the drop-down list, or copy the wording from the sheet {LISTS_SHEET}.",
        known,
        "Dates and identifiers are text cells: type dates as dd/mm/yyyy, and paste values only (Paste Special, Values).",
        f"To submit, save the sheet {DATA_SHEET} alone as 'CSV UTF-8 (comma delimited)', and check it: "
        f"cldlink check FILE.csv --spec {_spec_option(specification)}",
    ]
