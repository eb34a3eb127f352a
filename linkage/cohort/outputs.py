"""Checking and signing off a folder of tables before it leaves: that it is as the disclosure gate wrote it, and by whom."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkage.errors import UsageError
from linkage.runs import file_record, read_manifest
from linkage.runs.outputs import MANIFEST
from pseudo.output_record import OUTPUTS, RECORD, faults, read_record, sign


def check_outputs(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The record of a folder of tables, and what is not as the gate wrote it.

    Raises UsageError when there is no such folder, OutputRecordError when it has no record.
    """
    _require_folder(folder)
    return read_record(folder), faults(folder)


def sign_outputs(folder: Path, by: str) -> dict[str, Any]:
    """Record that ``by`` checked the outputs, now; return the record.

    The manifest is brought in step. Raises OutputRecordError when the outputs are not as written, are for inside only or
    were signed off before, AuditValueError when ``by`` is not a plain name.
    """
    _require_folder(folder)
    manifest = read_manifest(folder)
    record = sign(folder, by, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _bring_in_step(folder, manifest)
    return record


def _bring_in_step(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Hash the two files of the record again."""
    changed = {name: file_record(folder / name) for name in (RECORD, OUTPUTS)}
    outputs = [changed.get(output["name"], output) for output in manifest["outputs"]]
    text = json.dumps({**manifest, "outputs": outputs}, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder.")
