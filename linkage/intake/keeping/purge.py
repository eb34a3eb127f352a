"""Retention: what is older than its age is removed from a store, and the log says what was removed.

The log names a submission as purged before its files go, so that an interrupted purge never leaves a submission that is
half there: what remains of it is a leftover, which the next purge removes.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from linkage.errors import UsageError
from linkage.intake.keeping.settings import keeping_settings
from linkage.intake.keeping.store import PURGED, RETURNED, Store, open_store
from linkage.runs import file_record

SUBMISSIONS, REPORTS, KEPT_RETURNED, LEFTOVERS = "submissions", "reports", "returned", "leftovers"
_SPILL_FILES = "duckdb_temp_*"


@dataclass(frozen=True)
class Purgeable:
    """Something older than its age: its kind, id, where it is and what the log should say of it."""

    kind: str
    id: str
    place: Path
    facts: dict[str, Any]


def purge_store(
    store_folder: Path,
    *,
    as_at: date | None = None,
    older_than: int | None = None,
    temp_dir: Path | None = None,
    dry_run: bool = False,
) -> dict[str, int]:
    """Remove what is older on ``as_at`` (None: today) than the ages in ``configs/keeping.yaml``; return counts by kind.

    ``older_than`` (days) stands for the ages of submissions, reports and returned files; ``temp_dir`` is a folder whose
    spill files of the database are leftovers too. With ``dry_run`` nothing is removed.
    """
    if older_than is not None and older_than < 0:
        raise UsageError("--older-than is a number of days, 0 or more.")
    store = open_store(store_folder)
    with store.writing() as aside:
        found = [one for one in _old(store, as_at or date.today(), older_than, temp_dir) if one.place != aside]
        if not dry_run:
            for one in found:
                _remove(store, one)
    counts = Counter(one.kind for one in found)
    return {kind: counts[kind] for kind in (SUBMISSIONS, REPORTS, KEPT_RETURNED, LEFTOVERS)}


def _old(store: Store, day: date, older_than: int | None, temp_dir: Path | None) -> Iterator[Purgeable]:
    ages = keeping_settings().retention_days

    def old(received: date, age: int) -> bool:
        return (day - received).days > (age if older_than is None else older_than)

    live: set[Path] = set()
    for entry in store.entries():
        for kind, age in ((SUBMISSIONS, ages.submissions), (REPORTS, ages.reports)):
            place = store.folder(entry, kind)
            live.add(place)
            gone = entry.purged if kind == SUBMISSIONS else not place.is_dir()
            if gone:
                live.discard(place)
            elif old(entry.received, age):
                facts = {"la_code": entry.la_code, "sha256": entry.sha256, "rows_kept": entry.rows_kept}
                yield Purgeable(kind, entry.id, place, facts)
    for line in store.log():
        if line.action == RETURNED:
            place = store.of_authority(line.facts["la_code"], KEPT_RETURNED) / line.facts["id"]
            if place.is_dir() and place not in live:
                live.add(place)
                if old(date.fromisoformat(line.facts["received"]), ages.returned):
                    facts = {"la_code": line.facts["la_code"], "sha256": line.facts["sha256"]}
                    yield Purgeable(KEPT_RETURNED, line.facts["id"], place, facts)
    yield from _leftovers(store, live, day, ages.leftovers, temp_dir)


def _leftovers(store: Store, live: set[Path], day: date, age: int, temp_dir: Path | None) -> Iterator[Purgeable]:
    """What no line of the log names, and spill files, if last changed more than ``age`` days ago."""
    places = [*store.leftovers(), *(place for place in store.root.glob("authorities/*/*/*") if place not in live)]
    places += sorted(temp_dir.glob(_SPILL_FILES)) if temp_dir else []
    for place in places:
        if (day - date.fromtimestamp(place.stat().st_mtime)).days > age:
            yield Purgeable(LEFTOVERS, place.name, place, {})


def _remove(store: Store, one: Purgeable) -> None:
    """Log it, then delete it."""
    files = [one.place] if one.place.is_file() else [path for path in one.place.rglob("*") if path.is_file()]
    sizes = [file_record(path)["bytes"] for path in files]
    facts = {"kind": one.kind, "id": one.id, "files": len(files), "bytes": sum(sizes), **one.facts}
    store.record(PURGED, facts)
    if one.place.is_dir():
        shutil.rmtree(one.place)
    else:
        one.place.unlink()
