"""The output checker's record of a folder of tables: by which rule each was shown, what the gate did, who signed it off.

``disclosure_record.json`` is for programs (SATRE 3.3.09; its words follow the results of ACRO), ``outputs_manifest.csv`` says
the same to people, a line a file. Both give numbers of cells, and no number of people that the tables do not show.
"""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pseudo.audit_entry import require_form
from pseudo.disclosure import DisclosurePolicy, GatedTable
from pseudo.errors import OutputRecordError

FORMAT = "cldlink-disclosure-1"
RECORD, OUTPUTS = "disclosure_record.json", "outputs_manifest.csv"
FREQUENCIES, AMOUNTS = "Frequencies", "Linear aggregations"
_HEADINGS = (
    "file",
    "class",
    "policy",
    "cells",
    "suppressed",
    "rounded",
    "zero_or_full",
    "smallest_shown",
    "sha256",
    "status",
    "approved_by",
    "date",
)


@dataclass(frozen=True)
class Output:
    """One table on disk: its file, the table as it left the gate, whom it counts, and whether a ledger was asked."""

    file: str
    gated: GatedTable
    population: str
    statbarn: str = FREQUENCIES
    differencing: bool = True

    def facts(self, folder: Path) -> dict[str, Any]:
        """The output's part of the record. ``review``: a person looks at it; ``inside``: never for release."""
        did = self.gated.record
        review = did.zero_or_full > 0
        status = "inside" if self.gated.policy.inside else "review" if review else "pass"
        hidden = "pass" if self.gated.policy.secondary == "complementary" else "none needed"
        return {
            "file": self.file,
            "sha256": _digest(folder / self.file),
            "type": "table",
            "statbarn": self.statbarn,
            "variables": self.gated.cells.dimensions(self.gated.values),
            "population": self.population,
            "policy": did.policy,
            "cells": did.cells,
            "suppressed": did.suppressed,
            "secondary": did.secondary,
            "rounded": did.rounded,
            "zero_or_full": did.zero_or_full,
            "smallest_shown": did.smallest,
            "status": status,
            "checks": {
                "threshold": "not applied" if self.gated.policy.inside else "pass",
                "secondary": hidden,
                "differencing": "pass" if self.differencing else "not applied",
                "minimum_and_maximum": "not applied" if self.gated.policy.extremes == "shown" else "pass",
                "zero_or_full": "review" if review else "pass",
            },
            "exception": None,
        }


def write_record(
    folder: Path,
    outputs: Sequence[Output],
    tool: Mapping[str, str],
    policy: DisclosurePolicy,
    pages: Sequence[str] = (),
) -> None:
    """Write both files of the record for the tables in ``folder``. ``tool``: name, version and hash of the policies.

    ``pages``: files that show these tables again for people to read, and nothing else about people.
    """
    listed = [output.facts(folder) for output in outputs]
    shown_again = [{"file": name, "sha256": _digest(folder / name)} for name in pages]
    document = {
        "format": FORMAT,
        "package_sha256": _package([*listed, *shown_again]),
        "tool": dict(tool),
        "policy": policy.as_dict(),
        "outputs": listed,
        "pages": shown_again,
        "k_anonymity": None,
        "checked_by": None,
        "checked_at": None,
    }
    _write(folder, document)


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a folder. Raises OutputRecordError when there is none or it is something else."""
    try:
        document: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if document["format"] != FORMAT or not isinstance(document["outputs"], list):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise OutputRecordError(
            f"{folder}: no readable {RECORD} here. Give a folder of 'tables' or 'study run'."
        ) from None
    return document


def faults(folder: Path) -> list[str]:
    """What in a folder is not as the gate wrote it: altered, missing or added files; empty when all is."""
    document = read_record(folder)
    found = []
    written = [*document["outputs"], *document.get("pages", [])]
    for output in written:
        path = folder / output["file"]
        if not path.is_file():
            found.append(f"{output['file']}: missing")
        elif _digest(path) != output["sha256"]:
            found.append(f"{output['file']}: altered since it left the gate")
    known = {output["file"] for output in written} | {RECORD, OUTPUTS, "manifest.json"}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found += [f"{name}: did not pass the gate" for name in sorted(present - known)]
    if _package(written) != document["package_sha256"]:
        found.append(f"{RECORD}: altered")
    return found


def sign(folder: Path, by: str, at: str) -> dict[str, Any]:
    """Record that somebody checked the outputs; return the record. ``at``: day and time.

    Raises OutputRecordError when the outputs are not as written, are for inside only, or were signed off before;
    AuditValueError when ``by`` is not a plain name.
    """
    require_form("actor", by)
    found = faults(folder)
    if found:
        raise OutputRecordError(f"{folder}: not signed off: {'; '.join(found)}.")
    document = read_record(folder)
    if any(output["status"] == "inside" for output in document["outputs"]):
        raise OutputRecordError(
            f"{folder}: exact numbers, for inside the restricted zone only. They are not signed off."
        )
    if document["checked_by"]:
        raise OutputRecordError(f"{folder}: signed off already, at {document['checked_at']}.")
    signed = {**document, "checked_by": by, "checked_at": at}
    _write(folder, signed)
    return signed


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8", newline="\n")
    with (folder / OUTPUTS).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, _HEADINGS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        signed = {"class": "table", "approved_by": document["checked_by"], "date": (document["checked_at"] or "")[:10]}
        writer.writerows({**output, **signed} for output in document["outputs"])


def _package(outputs: Sequence[Mapping[str, Any]]) -> str:
    """One hash of all outputs: SHA-256 over a line ``hash  file`` for each, in the order of the files."""
    lines = sorted(f"{output['sha256']}  {output['file']}\n" for output in outputs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
