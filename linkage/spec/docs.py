"""The reference page of the specifications, written from the data (``docs/reference/specifications.md``)."""

from linkage.spec.load import load_specification, versions
from linkage.spec.specification import Field, Specification, ValueList

_TYPES = {
    "identifier": "integer or alpha-numeric",
    "integer": "integer",
    "alphanumeric": "alpha-numeric",
    "text": "text",
    "date": "dd/mm/yyyy",
    "number": "number (0.00)",
}
_REQUIREMENTS = {"mandatory": "M", "voluntary": "V", "not_stated": "not stated"}
_CERTAINTY = {"implied": "implied", "inferred": "inferred", "carried": "unconfirmed"}
_INTRODUCTION = """# Specifications

Generated from `configs/specs/`. M = mandatory, V = voluntary. Values are given in the wording of the specification, which a
submission must match exactly; wordings of the guidance are understood, reported and replaced. A list that is not completely
known is marked open: another value is then only questioned. Version 5 is not public, nor is the workbook of Release 2.

Behind a value: **implied** = a public source that follows the version has it, not its owner's; **inferred** = a reading;
**unconfirmed** = carried over from the version before; nothing = the specification or its owner's code has it.
"""


def specifications_page() -> str:
    """The page as Markdown."""
    return _INTRODUCTION + "".join(_version(load_specification(version)) for version in versions())


def _version(specification: Specification) -> str:
    lines = [f"\n## {specification.title}", "", f"Source: {specification.source}. Published {specification.published}"]
    lines[-1] += f", for events from {specification.effective_from}" if specification.effective_from else ""
    lines[-1] += f", submitted from {specification.submitted_from}." if specification.submitted_from else "."
    if specification.changes:
        lines += ["", "| Change | Field | What |", "|---|---|---|"]
        lines += [f"| {change.kind} | `{change.field}` | {change.text} |" for change in specification.changes]
    lines += [
        "",
        "| # | Heading | Column | M/V | Type | Rows | Condition | Certainty |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_field(number, field) for number, field in enumerate(specification.fields, start=1)]
    lists = {field.value_list.name: field.value_list for field in specification.fields if field.value_list}
    for name, value_list in lists.items():
        known = ["Open: not every value is known.", ""] if value_list.open else []
        lines += ["", f"### {specification.version}: `{name}`", "", *known, *_values(value_list)]
    return "\n".join(lines) + "\n"


def _field(number: int, field: Field) -> str:
    kind = f"list `{field.value_list.name}`" if field.value_list else _TYPES[field.data_type]
    rows = ", ".join((*field.event_types, *field.client_types)) or "all"
    condition = "; ".join(part for part in (field.condition, field.note) if part)
    requirement = _REQUIREMENTS[field.requirement]
    cells = (str(number), field.heading, f"`{field.id}`", requirement, kind, rows, condition, field.certainty)
    return "| " + " | ".join(cells) + " |"


def _values(value_list: ValueList) -> list[str]:
    lines = []
    for value in value_list.values:
        aliases = "; ".join(f"`{alias}`" for alias in value.aliases)
        note = " (in the guidance only)" if value.guidance_only else f" (also understood: {aliases})" if aliases else ""
        note += f" ({_CERTAINTY[value.certainty]})" if value.certainty in _CERTAINTY else ""
        lines.append(f"- `{value.value}`{note}")
    return lines
