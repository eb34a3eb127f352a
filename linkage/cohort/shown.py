"""Figures on their way out: every table passes the disclosure gate, and only what the gate made is written."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from linkage.configs import packaged
from linkage.errors import UsageError
from pseudo.disclosure import DisclosurePolicy, GatedTable, choose_policy, load_policies

OUTPUTS = "outputs_manifest.csv"
_HEADINGS = ("file", "policy", "cells", "suppressed", "rounded", "zero_or_full")


@cache
def disclosure_policy(name: str) -> DisclosurePolicy:
    """A packaged disclosure policy. Raises UsageError, listing the names there are."""
    policies = load_policies(packaged("disclosure/policies.yaml"))
    if name not in policies:
        raise UsageError(f"There is no disclosure policy of that name. Known: {', '.join(policies)}.")
    return choose_policy(policies, name)


def write_gated(
    folder: Path, tables: Mapping[str, GatedTable], order: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Write each table to ``<name>.csv`` as shown, and a list of them for the output checker; return what the gate did.

    ``order``: the columns of a table in the order wanted, where it is not the gate's (which puts percentages last).
    """
    records = {f"{name}.csv": table.record.as_dict() for name, table in tables.items()}
    for name, table in tables.items():
        columns = list((order or {}).get(name, table.display.column_names))
        rows = [[row[column] for column in columns] for row in table.display.to_pylist()]
        _write_csv(folder / f"{name}.csv", columns, rows)
    listed = [[file, *(record[name] for name in _HEADINGS[1:])] for file, record in records.items()]
    _write_csv(folder / OUTPUTS, list(_HEADINGS), listed)
    return records


def _write_csv(path: Path, headings: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)
