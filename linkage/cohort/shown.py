"""Figures on their way out: every table passes the disclosure gate, and only what the gate made is written."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.configs import packaged
from linkage.errors import UsageError
from linkage.runs import file_record, read_manifest
from pseudo.disclosure import DisclosurePolicy, GatedTable, choose_policy, load_policies
from pseudo.ledger import Ledger, Population, counted
from pseudo.output_record import FREQUENCIES, Output, write_record

LEDGER = "disclosure_ledger.jsonl"
_POLICIES = "disclosure/policies.yaml"
_PLAIN = re.compile(r"-|-?[0-9.,]+%?")
_FORMULA = re.compile(r"\A([=+@\t\r-])")


@cache
def disclosure_policy(name: str) -> DisclosurePolicy:
    """A packaged disclosure policy. Raises UsageError, listing the names there are."""
    policies = load_policies(packaged(_POLICIES))
    if name not in policies:
        raise UsageError(f"There is no disclosure policy of that name. Known: {', '.join(policies)}.")
    return choose_policy(policies, name)


@dataclass(frozen=True)
class Figures:
    """A table to be written: as it left the gate, and whom it counts (condition → values that it allows).

    ``columns``: the columns in the order wanted, where it is not the gate's, which puts percentages last. ``headings``:
    columns that say on every row what the table is.
    """

    gated: GatedTable
    where: Mapping[str, tuple[str, ...]]
    columns: Sequence[str] = ()
    statbarn: str = FREQUENCIES
    headings: Sequence[str] = ()


@dataclass(frozen=True)
class Showing:
    """Where figures go and what they are made from. ``ledger``: beside the folder ``out`` if not given."""

    linked: Path
    out: Path
    policy: DisclosurePolicy
    ledger: Path | None = field(default=None)

    @contextmanager
    def checked(self, tables: Mapping[str, Figures]) -> Iterator[None]:
        """Check tables against all that was shown before; they count as shown when the block succeeds.

        Raises PolicyError when they tell too much together, UsageError when the ledger is a folder. Exact numbers for inside
        are not shown to anybody.
        """
        if self.policy.inside:
            yield
            return
        path = self.ledger or self.out.resolve().parent / LEDGER
        if path.is_dir():
            raise UsageError(f"{path}: this is a folder; the ledger of what was shown is a file.")
        ledger = Ledger(path)
        listed = [
            counted(name, one.gated, self._population(one), one.headings)
            for name, one in tables.items()
            if one.gated.cells.counts
        ]
        with ledger.showing(listed):
            yield

    def write(self, folder: Path, tables: Mapping[str, Figures], pages: Sequence[str] = ()) -> dict[str, Any]:
        """Write each table to ``<name>.csv`` as shown, with the record for the output checker; return what the gate did.

        ``pages``: files in the folder that show the same tables to people.
        """
        for name, one in tables.items():
            columns = list(one.columns or one.gated.display.column_names)
            shown = [one.gated.display[column].to_pylist() for column in columns]
            _write_csv(folder / f"{name}.csv", columns, zip(*shown, strict=True))
        asked = not self.policy.inside
        outputs = [
            Output(f"{name}.csv", one.gated, _said(one.where), one.statbarn, asked and bool(one.gated.cells.counts))
            for name, one in tables.items()
        ]
        tool = {
            "name": "cldlink",
            "version": version("cldlink"),
            "config_sha256": file_record(packaged(_POLICIES))["sha256"],
        }
        write_record(folder, outputs, tool, self.policy, pages)
        return {f"{name}.csv": one.gated.record.as_dict() for name, one in tables.items()}

    def _population(self, figures: Figures) -> Population:
        """Whom a table counts, of which delivery of whose data: as the linked folder says."""
        settings = read_manifest(self.linked)["settings"]
        domain = settings.get("domain") or {}
        data = "/".join(str(domain.get(name, "")) for name in ("controller", "recipient", "project"))
        return Population(data, str(settings.get("release_id", "")), figures.where)


def _said(where: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{condition}: {', '.join(values)}" for condition, values in where.items())


def write_beside(folder: Path, name: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write figures of others beside those that the gate showed; return the file's name. No text is taken for a formula."""
    _write_csv(folder / name, list(headings), [[_guarded(cell) for cell in row] for row in rows])
    return name


def _guarded(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _FORMULA.sub(r"'\1", text)


def _write_csv(path: Path, headings: list[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)
