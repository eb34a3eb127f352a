"""The store: a folder with every accepted submission of every authority, and the log that says what is in it.

``store.json`` · ``log.jsonl``, ``log.head`` · ``authorities/<LA code>/submissions/<id>/`` (the file as received, its kept
rows, receipt, manifest, a specification of one's own) · ``…/reports/<id>/`` · ``…/returned/<id>/``. The log is the truth: a
folder that it does not name is what an interrupted command left, and does not count. What is on disk is compared with its hash
each time it is used.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from linkage.errors import InputError, UsageError
from linkage.intake.keeping.kept import KeptFile, reporting_year
from linkage.intake.keeping.log import ASIDE, LogLine, append_line, read_log, write_whole
from linkage.runs import FOLDER_MODE, locked_file, owner_only, verify_manifest
from linkage.spec import Specification, load_specification, versions

FORMAT = "cldlink-submission-store-1"
ADDED, RETURNED, PURGED, LOCKED, UNLOCKED, REFUSED = "added", "returned", "purged", "locked", "unlocked", "refused"
ROWS = "rows_IDENTIFIABLE.parquet"
ORIGINAL = "submission_IDENTIFIABLE"
RECEIPT = "receipt.txt"
SPECIFICATION = "specification.yaml"


@dataclass(frozen=True)
class Entry:
    """One accepted submission. ``version`` counts the files for the same authority and end of period, from 1.

    ``kinds`` are its events by event type and client type; ``purged`` is the day on which its data were removed, if so.
    """

    id: str
    la_code: str
    la_name: str
    period_start: date
    period_end: date
    version: int
    specification: str
    received: date
    sha256: str
    manifest_sha256: str
    rows_read: int
    rows_kept: int
    rows_rejected: int
    rows_blank: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    purged: bool = False

    @property
    def reporting_year(self) -> str:
        """1 April to 31 March by the period's end, as 2022/23."""
        return reporting_year(self.period_end)

    @property
    def facts(self) -> dict[str, Any]:
        """What the log says of it."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "purged"}


class Store:
    """A store that is there; see ``open_store``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log_path = root / "log.jsonl"

    def log(self) -> tuple[LogLine, ...]:
        """Every action so far. Raises InputError when the log was altered."""
        return read_log(self.log_path)

    def record(self, action: str, facts: Mapping[str, Any]) -> LogLine:
        """Add an action to the log; the caller is ``writing``."""
        return append_line(self.log_path, action, facts)

    def entries(self, as_at: date | None = None) -> tuple[Entry, ...]:
        """Accepted submissions by authority, period and version; with ``as_at`` those received on or before that day."""
        lines = self.log()
        purged = {line.facts["id"] for line in lines if line.action == PURGED and line.facts["kind"] == "submissions"}
        found = [_entry(line.facts, purged) for line in lines if line.action == ADDED]
        kept = [entry for entry in found if as_at is None or entry.received <= as_at]
        return tuple(sorted(kept, key=lambda entry: (entry.la_code, entry.period_end, entry.version)))

    def entry(self, entry_id: str) -> Entry:
        """The submission with this id. Raises UsageError when there is none or its data were purged."""
        found = next((entry for entry in self.entries() if entry.id == entry_id), None)
        if found is None:
            raise UsageError(f"{self.root}: there is no submission {entry_id}. See 'cldlink submission list'.")
        if found.purged:
            raise UsageError(f"{self.root}: the data of {entry_id} have been purged.")
        return found

    def locked_years(self) -> Mapping[str, str]:
        """Reporting years that take no further submission, with the reason given."""
        locked: dict[str, str] = {}
        for line in self.log():
            if line.action == LOCKED:
                locked[line.facts["year"]] = line.facts["reason"]
            elif line.action == UNLOCKED:
                locked.pop(line.facts["year"], None)
        return locked

    def folder(self, entry: Entry, kind: str = "submissions") -> Path:
        """Where a submission (or its ``reports``) is."""
        return self.of_authority(entry.la_code, kind) / entry.id

    def of_authority(self, la_code: str | None, kind: str) -> Path:
        """The folder of one authority's submissions, reports or returned files; it holds nothing of any other."""
        return self.root / "authorities" / (la_code or "unknown") / kind

    def verify(self, entries: Sequence[Entry]) -> None:
        """Compare every stored file with its hash. Raises InputError naming the submissions that are not as stored."""
        with ThreadPoolExecutor(2) as pool:
            faults = [fault for found in pool.map(self._faults, entries) for fault in found]
        if faults:
            raise InputError(
                f"{self.root}: stored files are not as they were stored: {'; '.join(faults)}. Nothing was read from them: "
                "restore them from a backup."
            )

    def kept_file(self, entry: Entry, specification: Specification | None = None) -> KeptFile:
        """A stored submission as part of a record; ``specification`` where it is at hand."""
        return KeptFile(
            name=entry.id,
            la_code=entry.la_code,
            specification=specification or self.specification(entry),
            period_start=entry.period_start,
            period_end=entry.period_end,
            place=str((self.folder(entry) / ROWS).resolve()),
            in_engine=False,
            order=entry.version,
        )

    def specification(self, entry: Entry) -> Specification:
        """What a submission was checked against; one of the authority's own lies beside its rows."""
        return load_specification(self._spec(entry))

    def original(self, entry: Entry) -> tuple[Path, str]:
        """The file of a submission as received, and the name or path of the specification it was checked against."""
        [original] = self.folder(entry).glob(f"{ORIGINAL}*")
        return original, self._spec(entry)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the store against other writers, with an empty folder inside it to write aside in."""
        with locked_file(self.root / "store.lock"):
            aside = self.root / f"{ASIDE}{len(self.log()) + 1}"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(mode=FOLDER_MODE)
            try:
                yield aside
            finally:
                shutil.rmtree(aside, ignore_errors=True)

    def put(self, aside: Path, target: Path) -> None:
        """Rename a finished folder into place; what an interrupted command left there is set aside for the purge."""
        target.parent.mkdir(parents=True, exist_ok=True)
        owner_only(aside)
        if target.exists():
            target.rename(self.root / f"{ASIDE}left-{uuid4().hex}")
        aside.rename(target)

    def leftovers(self) -> list[Path]:
        """Folders that interrupted commands left aside; a small file left so is written over by the next command."""
        return sorted(path for path in self.root.glob(f"{ASIDE}*") if path.is_dir())

    def _spec(self, entry: Entry) -> str:
        known = entry.specification in versions()
        return entry.specification if known else str(self.folder(entry) / SPECIFICATION)

    def _faults(self, entry: Entry) -> list[str]:
        folder = self.folder(entry)
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            return [f"{entry.id}: missing"]
        if hashlib.sha256(manifest.read_bytes()).hexdigest() != entry.manifest_sha256:
            return [f"{entry.id}: manifest altered"]
        return [f"{entry.id}: {fault}" for fault in verify_manifest(folder)]


def open_store(root: Path, *, create: bool = False) -> Store:
    """Open a store. With ``create`` it is made if the folder is not there or empty. Raises UsageError when it is no store."""
    mark = root / "store.json"
    if not mark.is_file():
        if not create or (root.exists() and not _is_empty(root)):
            raise UsageError(
                f"{root}: this is no store of submissions. 'cldlink submission add' makes one in a new folder."
            )
        root.mkdir(parents=True, exist_ok=True)
        owner_only(root)
        write_whole(mark, {"format": FORMAT})
    try:
        known = json.loads(mark.read_text(encoding="utf-8"))["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise UsageError(f"{root}: this store is of another kind or damaged (store.json).")
    return Store(root)


def remove_empty_store(root: Path, *, folder_too: bool) -> None:
    """Take away a store in whose log nothing stands, as ``open_store`` made it; with ``folder_too`` its folder as well."""
    for name in ("store.lock", "store.json"):
        (root / name).unlink(missing_ok=True)
    if folder_too and not any(root.iterdir()):
        root.rmdir()


def _is_empty(root: Path) -> bool:
    """Whether a folder holds nothing but what an interrupted command left."""
    return root.is_dir() and all(path.name.startswith(ASIDE) for path in root.iterdir())


def _entry(facts: Mapping[str, Any], purged: set[str]) -> Entry:
    days = {name: date.fromisoformat(facts[name]) for name in ("period_start", "period_end", "received")}
    return Entry(**{**facts, **days}, purged=facts["id"] in purged)
