"""A specification for people to look at: its fields in the order of the file, and how certain its lists are."""

from typing import Any

from linkage.spec.specification import Field, Specification


def show_lines(specification: Specification) -> list[str]:
    """A line for each field, then what of the lists is not known."""
    lines = [_line(number, field) for number, field in enumerate(specification.fields, start=1)]
    unsure = specification.open_fields
    if unsure:
        lines += [
            "",
            f"Open lists: {len(unsure)} of {len(specification.list_fields)}. Not every value of them is known, so a value "
            "outside the list is questioned and not refused.",
            "Whoever has the official workbook completes them: cldlink spec import WORKBOOK.",
        ]
    return lines


def show_results(specification: Specification) -> dict[str, Any]:
    """The fields with their lists as plain values, for JSON."""
    return {
        field.id: {
            "heading": field.heading,
            "type": field.data_type,
            "values": list(specification.values(field.id)),
            "open": field.id in specification.open_fields,
            "unconfirmed": _with_certainty(field, "carried"),
            "not_certain": _with_certainty(field, "implied") + _with_certainty(field, "inferred"),
        }
        for field in specification.fields
    }


def _line(number: int, field: Field) -> str:
    line = f"{number:>3} {field.heading:<46} {field.data_type:<14} {field.requirement.replace('_', ' ')}"
    if field.value_list is None or not field.value_list.open:
        return line
    carried = len(_with_certainty(field, "carried"))
    known = f", {carried} of {len(field.value_list.values)} values unconfirmed" if carried else ""
    return f"{line}  open list{known}"


def _with_certainty(field: Field, certainty: str) -> list[str]:
    values = field.value_list.values if field.value_list else ()
    return [value.value for value in values if value.certainty == certainty]
