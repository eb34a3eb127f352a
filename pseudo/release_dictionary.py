"""The dictionary of a release: one row for every released column."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pseudo.columns import Source
from pseudo.deidentify import present_columns
from pseudo.policy import LA_PERSON_INT63, PERSON_INT63, ReleasePolicy
from pseudo.release_tables import treatment_name
from pseudo.treatments import NO_LOOKUPS, Lookups, allowed_values, dictionary_note, released_type

Listed = Mapping[str, Mapping[str, Sequence[str]]]

_HEADINGS = ("table", "column", "type", "treatment", "source_column", "description", "allowed_values")
_WHOLE = "Only for databases with 64-bit whole numbers: spreadsheets, R and JavaScript alter it unseen."
_PERSON_DESCRIPTIONS = {
    "person_pseudonym": "Who the row is about. Joins the tables of this project only.",
    "person_id_type": "What the pseudonym stands for: an NHS number, a local person id, or nobody known (used once).",
    "la_person_pseudonym": "The local person id of the row's own authority, where there is one.",
    PERSON_INT63: f"Who the row is about, as a whole number. {_WHOLE}",
    LA_PERSON_INT63: f"The local person id of the row's own authority, as a whole number. {_WHOLE}",
}


def write_dictionary(
    path: Path, sources: Mapping[str, Source], policy: ReleasePolicy, listed: Listed, lookups: Lookups = NO_LOOKUPS
) -> None:
    """One row per released column. Allowed values are separated by ``|``."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(_HEADINGS)
        for table, source in sorted(sources.items()):
            for name, column, treatment in present_columns(source, policy.tables[table], lookups):
                values = allowed_values(treatment, listed.get(table, {}).get(column or "", ())) if treatment else []
                writer.writerow(_row(table, name, column, treatment, values))


def _row(table: str, name: str, column: str | None, treatment: Any, values: Sequence[str]) -> list[str]:
    described = f"{treatment.description} {dictionary_note(treatment)}".strip() if treatment else ""
    description = described or _PERSON_DESCRIPTIONS.get(name, "")
    return [
        table,
        name,
        "integer" if name in (PERSON_INT63, LA_PERSON_INT63) else released_type(treatment),
        treatment_name(treatment),
        column or "",
        description,
        "|".join(values),
    ]
