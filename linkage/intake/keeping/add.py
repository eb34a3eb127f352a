"""Adding a submission to a store: accepted and kept, recognised as one that is there, or returned with a report.

Everything is written aside in the store, renamed into place, and then named in the log: a command that is interrupted at any
moment leaves the store as it was.
"""

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.errors import LinkageError, MachineError, RefusedError, UsageError
from linkage.intake.check import CheckResult, check_into
from linkage.intake.keeping.before import known_inputs, reports_before
from linkage.intake.keeping.kept import kept_rows_step
from linkage.intake.keeping.kinds import Shrunk, comparable, kind_counts, kinds_in, shrunk
from linkage.intake.keeping.receipt import added_text, returned_text
from linkage.intake.keeping.said import refuse_numbers
from linkage.intake.keeping.store import (
    ADDED,
    ORIGINAL,
    RECEIPT,
    REFUSED,
    RETURNED,
    ROWS,
    SPECIFICATION,
    Entry,
    Store,
    open_store,
    remove_empty_store,
)
from linkage.intake.write import write_check
from linkage.runs import Manifest, file_record
from linkage.spec import Specification, versions

ALREADY_THERE = "already_there"
Reporter = Callable[[Engine, CheckResult, Path, Sequence[Path]], None]
"""Writes the report of a check, still in the engine, into a new folder; last are the reports of earlier submissions."""


def plain_report(_: Engine, check: CheckResult, folder: Path, __: Sequence[Path]) -> None:
    """Findings, rejects and summary."""
    write_check(check, folder)


@dataclass(frozen=True)
class Incoming:
    """What comes with a file: the day it was received (None is today), the comments box, whether the data are invented,
    and the specification if the headings are not to tell it. ``report`` writes what goes back.
    """

    received: date | None = None
    comments: str = ""
    synthetic: bool = False
    spec: str | None = None
    report: Reporter = plain_report


@dataclass(frozen=True)
class Addition:
    """What became of a file: ``added``, ``already_there`` or ``returned``.

    ``entry`` is the stored submission, ``report`` the folder with findings and rejects (None when it was there already),
    ``receipt`` a text without identifiers to send back, ``shrunk`` the kinds of event of which there are far fewer now.
    """

    outcome: str
    entry: Entry | None
    check: CheckResult | None
    report: Path | None
    receipt: Path
    shrunk: tuple[Shrunk, ...] = ()


def add_submission(
    path: Path, store_folder: Path, incoming: Incoming | None = None, options: EngineOptions | None = None
) -> Addition:
    """Check a file and store it if it is accepted. The day of receipt is the day of submission, and the authority's last
    submission up to its period the one before it (rules F08, P13, E02). The first submission or report makes the store;
    where nothing is kept, a store that was not there is not made.

    Raises UsageError for a wrong path or day and for comments with what looks like an NHS number, InputError for content
    that is no submission, RefusedError when the reporting year is locked or the file's authority or period is not known,
    MachineError when it cannot be written.
    """
    incoming = incoming or Incoming()
    received = incoming.received or date.today()
    if received > date.today():
        raise UsageError("--received is a day in the future.")
    refuse_numbers(incoming.comments, "--comments")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    folder_there, store_there = store_folder.exists(), (store_folder / "store.json").is_file()
    store = open_store(store_folder, create=True)
    try:
        with store.writing() as aside:
            return _added(store, aside, path, dataclasses.replace(incoming, received=received), options)
    except OSError:
        raise MachineError(
            f"{store_folder}: the store cannot be written. Check the rights and the free space."
        ) from None
    finally:
        if not store_there and not store.log_path.exists():
            remove_empty_store(store_folder, folder_too=not folder_there)


def _added(store: Store, aside: Path, path: Path, incoming: Incoming, options: EngineOptions | None) -> Addition:
    copy = aside / "received" / path.name
    copy.parent.mkdir()
    shutil.copyfile(path, copy)
    digest = file_record(copy)["sha256"]
    for entry in store.entries():
        if entry.sha256 == digest and not entry.purged:
            store.verify([entry])
            return Addition(ALREADY_THERE, entry, None, None, store.folder(entry) / RECEIPT)
    with open_engine(options, [aside]) as engine:
        check = _checked(store, engine, copy, path, incoming)
        if not check.accepted:
            return _returned(store, aside, engine, check, incoming)
        return _kept(store, aside, engine, check, incoming)


def _checked(store: Store, engine: Engine, copy: Path, path: Path, incoming: Incoming) -> CheckResult:
    """The check of the copy, with what the store knows; what is said of a file that is no submission names the file given."""
    received = incoming.received or date.today()
    known = partial(known_inputs, store, received)
    try:
        return check_into(
            engine, copy, spec=incoming.spec, synthetic=incoming.synthetic, as_at=received, inputs_for=known
        )
    except LinkageError as error:
        raise type(error)(str(error).replace(str(copy), str(path))) from None


def _write_report(store: Store, engine: Engine, check: CheckResult, incoming: Incoming, folder: Path) -> None:
    incoming.report(engine, check, folder, reports_before(store, check.la_code, check.period_end))


def _returned(store: Store, aside: Path, engine: Engine, check: CheckResult, incoming: Incoming) -> Addition:
    """Keep the report of a file that is not accepted, not the file."""
    sha256 = check.record["sha256"]
    report = aside / "report"
    _write_report(store, engine, check, incoming, report)
    (report / RECEIPT).write_text(returned_text(check, incoming), encoding="utf-8", newline="\n")
    target = store.of_authority(check.la_code, "returned") / sha256[:16]
    store.put(report, target)
    facts = {
        "id": target.name,
        "la_code": check.la_code,
        "received": incoming.received,
        "sha256": sha256,
        "rows_read": check.rows_read,
        "findings": _severities(check),
    }
    store.record(RETURNED, facts)
    return Addition(RETURNED, None, check, target, target / RECEIPT)


def _kept(store: Store, aside: Path, engine: Engine, check: CheckResult, incoming: Incoming) -> Addition:
    _refuse_unclear(engine, check)
    entry = _entry(store, engine, check, incoming)
    if entry.reporting_year in store.locked_years():
        store.record(REFUSED, {"la_code": entry.la_code, "year": entry.reporting_year, "sha256": entry.sha256})
        raise RefusedError(
            f"The reporting year {entry.reporting_year} is locked. 'cldlink submission unlock' opens it again, with a reason."
        )
    fewer = _shrunk(store, entry, check.specification)
    folder, report = aside / "submission", aside / "report"
    folder.mkdir()
    name = f"{ORIGINAL}{Path(check.file).suffix.lower()}"
    (aside / "received" / check.file).rename(folder / name)
    rows = kept_rows_step("write_rows", check.specification)
    engine.write_parquet(rows, folder / ROWS)
    (folder / RECEIPT).write_text(added_text(entry, check, incoming, fewer), encoding="utf-8", newline="\n")
    if incoming.spec and check.version not in versions():
        shutil.copyfile(incoming.spec, folder / SPECIFICATION)
    _manifest(entry, check, incoming).write(folder)
    entry = dataclasses.replace(entry, manifest_sha256=file_record(folder / "manifest.json")["sha256"])
    _write_report(store, engine, check, incoming, report)
    store.put(report, store.folder(entry, "reports"))
    store.put(folder, store.folder(entry))
    store.record(ADDED, entry.facts)
    return Addition(ADDED, entry, check, store.folder(entry, "reports"), store.folder(entry) / RECEIPT, fewer)


def _refuse_unclear(engine: Engine, check: CheckResult) -> None:
    """Whatever the settings of the rules let pass: a store needs one known authority and a period."""
    others = Step(
        "count_others", "select count(*) from submission where la_code is distinct from $code", {"code": check.la_code}
    )
    if check.la_code is None or engine.value(others):
        raise RefusedError(f"{check.file}: not every row has the LA Code of one known authority. It cannot be kept.")
    if check.period_start is None or check.period_end is None:
        raise RefusedError(f"{check.file}: the reporting period is not stated. It cannot be kept.")


def _entry(store: Store, engine: Engine, check: CheckResult, incoming: Incoming) -> Entry:
    """The submission as the log will name it; its manifest is not written yet."""
    code, start, end = str(check.la_code), check.period_start or date.min, check.period_end or date.min
    rivals = [entry for entry in store.entries() if entry.la_code == code and entry.period_end == end]
    received = incoming.received or date.today()
    if any(entry.received > received for entry in rivals):
        raise UsageError("--received is before the day of an earlier version of the same submission.")
    version = len(rivals) + 1
    engine.run(kept_rows_step("kept_rows", check.specification))
    kinds = kind_counts(engine, "kept_rows", check.specification)
    engine.drop("kept_rows")
    return Entry(
        id=f"{code}_{end.isoformat()}_v{version}",
        la_code=code,
        la_name=check.la_name or "",
        period_start=start,
        period_end=end,
        version=version,
        specification=check.version,
        received=received,
        sha256=check.record["sha256"],
        manifest_sha256="",
        rows_read=check.rows_read,
        rows_kept=check.rows_kept,
        rows_rejected=check.rows_rejected,
        rows_blank=check.rows_blank,
        kinds=kinds,
    )


def _shrunk(store: Store, entry: Entry, specification: Specification) -> tuple[Shrunk, ...]:
    """Kinds of which there are far fewer than in the submission before, where the two can be compared."""
    earlier = [
        store.kept_file(other)
        for other in store.entries()
        if other.la_code == entry.la_code and other.period_end <= entry.period_end and not other.purged
    ]
    mine = store.kept_file(entry, specification)
    before = [other for other in earlier if comparable(other, mine)]
    if not before:
        return ()
    kinds = store.entry(before[-1].name).kinds
    return shrunk(kinds_in(kinds, before[-1].specification, specification), entry.kinds)


def _manifest(entry: Entry, check: CheckResult, incoming: Incoming) -> Manifest:
    counts = {
        "rows_read": entry.rows_read,
        "rows_kept": entry.rows_kept,
        "rows_rejected": entry.rows_rejected,
        "rows_blank": entry.rows_blank,
        **{f"findings_{severity}": found for severity, found in _severities(check).items()},
        **{f"findings_{count.rule}_{count.part}": count.findings for count in check.counts},
    }
    settings = {
        "authority": entry.la_code,
        "authority_name": entry.la_name,
        "period_start": entry.period_start,
        "period_end": entry.period_end,
        "version": entry.version,
        "specification": entry.specification,
        "received": entry.received,
        "comments": incoming.comments,
        "synthetic": incoming.synthetic,
        "kinds": dict(entry.kinds),
    }
    return Manifest("submission add", [check.record], counts, settings)


def _severities(check: CheckResult) -> dict[str, int]:
    return {severity: check.findings_by_severity(severity) for severity in ("R", "E", "W", "I")}
