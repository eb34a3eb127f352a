"""The disclosure ledger: every table of counts that was shown, so that a new one is checked against all earlier ones.

A ledger is one file of JSON lines, only ever added to and chained by hashes as the audit log is. An entry holds a table as
shown (numbers rounded or hidden as they left the gate), what its rows and columns are, the rule it was shown by, and whom
it counts. Nothing in it identifies anybody. What is compared, and when a difference is refused: ``pseudo.differencing``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pseudo.differencing import Conflict, Counted, conflicts
from pseudo.disclosure import GatedTable
from pseudo.errors import LedgerError, PolicyError
from pseudo.lock_file import waiting_lock

FORMAT = "cldlink-ledger-1"
_START = "0" * 64
_MOST_TABLES, _MOST_PLACES = 10, 3


@dataclass(frozen=True)
class Population:
    """Whom a table counts. ``data``: whose data, such as recipient and project; ``delivery``: which delivery of them.

    ``where``: condition → the values that it allows. A population with the same conditions and more, or with fewer values
    allowed, is part of the other.
    """

    data: str
    delivery: str
    where: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Entry:
    """One table as the ledger holds it: its number from 1, when, the table, and the hash of its line."""

    seq: int
    time: str
    table: Counted
    sha256: str


def counted(name: str, gated: GatedTable, population: Population, headings: Sequence[str] = ()) -> Counted:
    """A gated table as the ledger holds it: labels, counts as shown and what amounts tell, without percentages.

    ``headings``: columns that say on every row what the table is, such as its name, and divide nobody.
    """
    cells, policy = gated.cells, gated.policy
    variables = [variable for variable in cells.dimensions(gated.values) if variable not in headings]
    labels = [
        ["" if label is None else str(label) for label in gated.display[variable].to_pylist()] for variable in variables
    ]
    shown = {
        column: [
            number if number is not None else (None if text else "")
            for number, text in zip(gated.values[column].to_pylist(), gated.display[column].to_pylist(), strict=True)
        ]
        for column in cells.counts
    }
    return Counted(
        name=name,
        data=population.data,
        delivery=population.delivery,
        where={condition: sorted(values) for condition, values in sorted(population.where.items())},
        policy={
            "name": policy.name,
            "threshold": policy.threshold,
            "round_to": policy.round_to,
            "totals": policy.totals,
            "secondary": policy.secondary,
            "amount_threshold": policy.amount_threshold,
        },
        variables=variables,
        labels=[list(row) for row in zip(*labels, strict=True)],
        columns=shown,
        total_rows=dict(cells.totals.rows),
        total_columns={total: list(parts) for total, parts in cells.totals.columns.items()},
        amounts={
            column: [[one.average, one.step, one.people] if one else None for one in told]
            for column, told in gated.told.items()
        },
    )


class Ledger:
    """A ledger in a file; made by the first table."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, none where there is no ledger yet. Raises LedgerError when it is not as it was written."""
        if not self.path.is_file():
            return ()
        found: list[Entry] = []
        for line in self.path.read_bytes().split(b"\n")[:-1]:
            entry = _entry(line, found[-1].sha256 if found else _START, len(found) + 1)
            if entry is None:
                raise LedgerError(
                    f"{self.path}: line {len(found) + 1} of the disclosure ledger was altered, removed or put elsewhere. "
                    "Restore it from a copy."
                )
            found.append(entry)
        return tuple(found)

    @contextmanager
    def showing(self, tables: Sequence[Counted]) -> Iterator[None]:
        """Check tables that are about to be shown against one another and all earlier ones; add them if the block succeeds.

        Raises PolicyError, which names table, row and column and no value, when somebody could work out fewer people than
        the threshold from the differences; then nothing is to be shown. A table that was shown before is not added again.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(self.path.with_name(f"{self.path.name}.lock")):
            entries = self.entries()
            known = [(entry.table, f"shown at {entry.time}") for entry in entries]
            new: list[Counted] = []
            found: list[Conflict] = []
            for table in tables:
                found += conflicts(table, known)
                if all(table != earlier for earlier, _ in known):
                    new.append(table)
                    known.append((table, "at the same time"))
            if found:
                raise PolicyError(_blocked(found))
            yield
            self._append(new, entries)

    def _append(self, tables: Sequence[Counted], entries: Sequence[Entry]) -> None:
        """Add lines. What an interrupted command left of a line is written over."""
        previous, seq = (entries[-1].sha256, entries[-1].seq) if entries else (_START, 0)
        self.path.touch(mode=0o600)
        size = self.path.read_bytes().rfind(b"\n") + 1
        with self.path.open("r+b") as handle:
            handle.truncate(size)
            handle.seek(size)
            for number, table in enumerate(tables, start=seq + 1):
                now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                told = {one.name: getattr(table, one.name) for one in fields(table)}
                line = _line({"format": FORMAT, "seq": number, "time": now, "prev": previous, "table": told})
                previous = _digest(line)
                handle.write(line + b"\n")


def _blocked(found: Sequence[Conflict]) -> str:
    """Which tables and why, how many cells of each, and where the first of them are."""
    places: dict[str, list[str]] = {}
    for one in found:
        places.setdefault(f"{one.table} ({one.why})", []).append(one.place)
    first = list(places.items())[:_MOST_TABLES]
    told = ". ".join(f"{table}: {_first(list(dict.fromkeys(cells)))}" for table, cells in first)
    left = len(places) - len(first)
    more = f". And cells of {left} more {'table' if left == 1 else 'tables'}" if left else ""
    return (
        f"The disclosure gate stops this output: {len(found)} {'cell tells' if len(found) == 1 else 'cells tell'} too much "
        f"beside other tables. {told}{more}. Leave out one of the tables or the finer categories, or take a policy that rounds."
    )


def _first(cells: Sequence[str]) -> str:
    """The first cells by name, and how many there are where that is not all."""
    named = "; ".join(cells[:_MOST_PLACES])
    return named if len(cells) <= _MOST_PLACES else f"{len(cells)} cells, such as {named}"


def _entry(line: bytes, previous: str, seq: int) -> Entry | None:
    try:
        document: dict[str, Any] = json.loads(line)
        if (document["format"], document["seq"], document["prev"]) != (FORMAT, seq, previous) or _line(
            document
        ) != line:
            return None
        return Entry(seq, str(document["time"]), Counted(**document["table"]), _digest(line))
    except (ValueError, KeyError, TypeError):
        return None


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(line: bytes) -> str:
    return hashlib.sha256(b"\0" + line).hexdigest()
