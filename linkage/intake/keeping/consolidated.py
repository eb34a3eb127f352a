"""The current record from a store, as it stood on any day: events and people of all authorities, or a folder for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, UsageError
from linkage.intake.keeping.current import Part, by_authority, events_step, make_current, standing_parts
from linkage.intake.keeping.new_ids import with_new_ids
from linkage.intake.keeping.selection import Wanted, selected_parts
from linkage.intake.keeping.store import Entry, open_store
from linkage.intake.mapping.crosswalk import read_crosswalk
from linkage.intake.persons import persons_step
from linkage.runs import Manifest, file_record, staged_outputs

EVENTS, PERSONS = "events.parquet", "persons.parquet"


@dataclass(frozen=True)
class StoreConsolidation:
    """Counts of what was written: ``rows_in`` = events + superseded + rejected + blank. ``submissions_purged`` were
    received by that day and their data are gone: the record lacks them.
    """

    counts: dict[str, int]


def consolidate_store(
    store_folder: Path,
    out: Path,
    *,
    as_at: date | None = None,
    wanted: Wanted | None = None,
    separate: bool = False,
    ids: Path | None = None,
    options: EngineOptions | None = None,
) -> StoreConsolidation:
    """Write ``events.parquet`` and ``persons.parquet`` from what was received on or before ``as_at`` (None: all).

    ``wanted`` chooses submissions in another way than the current record (see ``selection``).
    Columns and order are those of ``consolidate``; ``submission`` is the id in the store. With ``separate`` each authority
    has a folder of its own. ``ids`` is a crosswalk of person identifiers (see ``new_ids``). Raises InputError when a stored
    file is not as it was stored, or nothing is there, or the crosswalk cannot be used.
    """
    store = open_store(store_folder)
    received = store.entries(as_at)
    entries = [entry for entry in received if not entry.purged]
    if not entries:
        raise InputError(f"{store_folder}: no submission was received by that day.")
    store.verify(entries)
    wanted = wanted or Wanted()
    if wanted.selection == "latest" and (wanted.first or wanted.last):
        raise UsageError("--from and --to are for --selection single and joined; the current record has no period.")
    crosswalk = read_crosswalk(ids) if ids else None
    with staged_outputs(out) as staging:
        with open_engine(options, [store.root, staging]) as engine:
            if wanted.selection == "latest":
                parts = standing_parts([store.kept_file(entry) for entry in entries])
            else:
                parts = selected_parts(engine, store, entries, wanted)
            renumbered = None
            if crosswalk:
                parts, renumbered = with_new_ids(engine, parts, crosswalk, current=wanted.selection == "latest")
            write = _write_separate if separate else _write_together
            events, persons = write(engine, parts, staging)
        counts = _counts(entries, events, persons) | {"submissions_purged": len(received) - len(entries)}
        if renumbered is not None:
            counts["rows_with_new_ids"] = renumbered
        inputs = [{"name": entry.id, "sha256": entry.sha256} for entry in entries]
        inputs += [file_record(ids)] if ids else []
        settings = {"as_at": as_at, **vars(wanted), "standing": [_standing(part) for part in parts]}
        Manifest("submission consolidate", inputs, counts, settings).write(staging)
    return StoreConsolidation(counts)


def _standing(part: Part) -> dict[str, object]:
    """A file of which rows stand, for the manifest."""
    return {"submission": part.file.name, "ended_before": part.before, "within": part.within}


def _write_together(engine: Engine, parts: Sequence[Part], folder: Path) -> tuple[int, int]:
    """One file of events and one of persons; people are made authority by authority to spare memory."""
    codes = []
    for code, mine in by_authority(parts).items():
        make_current(engine, mine)
        engine.run(persons_step(f"persons_{code}"))
        codes.append(code)
    engine.drop("people_rows")
    engine.write_parquet(events_step(parts, "write_events"), folder / EVENTS)
    union = "\nunion all\n".join(f"select * from {ident(f'persons_{code}')}" for code in codes)
    engine.write_parquet(Step("write_persons", f"select * from (\n{union}\n) order by query_id"), folder / PERSONS)
    return _rows(engine, folder / EVENTS), _rows(engine, folder / PERSONS)


def _write_separate(engine: Engine, parts: Sequence[Part], folder: Path) -> tuple[int, int]:
    """A folder for each authority, which holds no row of any other."""
    events = persons = 0
    for code, mine in by_authority(parts).items():
        (folder / code).mkdir()
        make_current(engine, mine)
        engine.write_parquet(events_step(mine, "write_events"), folder / code / EVENTS)
        engine.write_parquet(persons_step("write_persons"), folder / code / PERSONS)
        events += _rows(engine, folder / code / EVENTS)
        persons += _rows(engine, folder / code / PERSONS)
    return events, persons


def _rows(engine: Engine, path: Path) -> int:
    return int(engine.value(Step("count_written", "select count(*) from read_parquet($path)", {"path": str(path)})))


def _counts(entries: Sequence[Entry], events: int, persons: int) -> dict[str, int]:
    kept = sum(entry.rows_kept for entry in entries)
    return {
        "rows_in": sum(entry.rows_read for entry in entries),
        "events": events,
        "rows_superseded": kept - events,
        "rows_rejected": sum(entry.rows_rejected for entry in entries),
        "rows_blank": sum(entry.rows_blank for entry in entries),
        "persons": persons,
        "submissions": len(entries),
    }
