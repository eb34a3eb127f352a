"""The feedback pack: one folder per authority, with nothing in it but what is that authority's to know.

``receipt.txt``, the tracing result as ``<code>_feedback_IDENTIFIABLE.xlsx`` and ``.csv``, a list to accept or reject links
(``<code>_decisions_IDENTIFIABLE.csv``), the reports of the checks of its submissions (``validation/``) and a manifest.
Every pack has its entry in the audit log before it appears.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from linkage.audited import Asked, asked_for, manifest_hash, record
from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, UsageError
from linkage.feedback.columns import feedback_columns
from linkage.feedback.decisions import FORM
from linkage.feedback.details import load_given, load_known
from linkage.feedback.receipt import receipt_lines
from linkage.feedback.rows import Sources, before_step, feedback_names, make_feedback, make_link
from linkage.feedback.traced import Trace, load_people, log_of, open_trace
from linkage.quality import QUALITY
from linkage.report.excel import ExcelColumn, Sheet, text_sheet, without_formulas, write_workbook
from linkage.runs import Manifest, file_record, read_manifest, staged_outputs, verify_manifest
from pseudo.audit import AuditLog
from pseudo.audit_entry import Action

COMMAND = "feedback"
VALIDATION = ("findings_IDENTIFIABLE.xlsx", "data_quality.html", "summary.txt")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class PackSources:
    """What packs are made of.

    ``current`` is the folder of the consolidated submissions that were traced, ``register`` the prepared register: both are
    needed for differing details. ``checked`` are folders of checks; each goes into its authority's pack. ``previous`` is the
    earlier trace: then only what changed since is told.
    """

    trace: Path
    current: Path | None = None
    register: Path | None = None
    checked: Sequence[Path] = ()
    previous: Path | None = None


def write_feedback(
    sources: PackSources, out: Path, *, asked: Asked | None = None, options: EngineOptions | None = None
) -> dict[str, int]:
    """Write a pack for every authority of a trace to ``out/<code>``; return the people told of by authority.

    Purpose and submission are those of the trace in the audit log, unless ``asked`` gives others. Raises InputError when the
    trace is not one of CLD people or an input is not as it was written, UsageError without a purpose, or when it is not clear
    which audit log knows the trace.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: this is a file; --out needs a folder.")
    trace = open_trace(sources.trace)
    previous = open_trace(sources.previous) if sources.previous else None
    checks = _checks_by_authority(sources.checked)
    folders = [trace.folder, *([previous.folder] if previous else [])]
    folders += [folder.resolve() for folder in (sources.current, sources.register) if folder]
    with open_engine(options, folders) as engine:
        names = _load(engine, trace, previous, sources)
        asked = asked or Asked()
        log = log_of(asked, trace, sources.register)
        action = replace(
            asked_for(asked, log, trace.made_from).action(COMMAND),
            made_from=[trace.made_from, *([previous.made_from] if previous else [])],
        )
        told = {}
        for code, people in engine.rows(
            Step("by_authority", "select la_code, count(*) from person group by 1 order by 1")
        ):
            pack = _Pack(code, people, action, [file_record(one.file) for one in (trace, previous) if one])
            told[code] = _write_pack(engine, pack, names, checks.get(code, ()), out / code, log)
    return told


@dataclass(frozen=True)
class _Pack:
    """One authority's pack: its code, its people in the trace, the audit action, the records of the traces it is made of."""

    code: str
    people: int
    action: Action
    inputs: Sequence[Mapping[str, object]]


def _load(engine: Engine, trace: Trace, previous: Trace | None, sources: PackSources) -> list[str]:
    """Table ``feedback`` and the names of its columns to write."""
    load_people(engine, "person", trace)
    make_link(engine)
    if sources.current:
        load_given(engine, sources.current)
        load_known(engine, trace.folder, sources.register)
    if previous:
        load_people(engine, "person_before", previous)
        engine.run(before_step())
    has = Sources(details=sources.current is not None, previous=previous is not None)
    names = feedback_names(engine, has)
    make_feedback(engine, has)
    return names


def _checks_by_authority(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """The folders of checks by the code of the authority whose submission was checked."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        command = read_manifest(folder)["command"]
        if command != "check" or not (folder / QUALITY).is_file():
            raise UsageError(f"{folder}: made by 'cldlink {command}'. Give folders of 'cldlink check'.")
        if faults := verify_manifest(folder):
            raise InputError(f"{folder}: not as it was written ({faults[0]}). Check the submission again.")
        code = json.loads((folder / QUALITY).read_text(encoding="utf-8")).get("la_code")
        if code is None:
            raise InputError(
                f"{folder}: the authority of this submission is not known, so nobody can be given its report."
            )
        found.setdefault(str(code), []).append(folder)
    return found


def _write_pack(
    engine: Engine, pack: _Pack, names: Sequence[str], checks: Sequence[Path], out: Path, log: AuditLog
) -> int:
    """Write one pack; its audit entry is on the disk before the pack is in its place."""
    listed = ", ".join(map(ident, names))
    rows = engine.arrow(
        Step("pack", f"select {listed} from feedback where la_code = $code order by query_id", {"code": pack.code})
    )
    with staged_outputs(out) as folder:
        _write_csv(rows, folder / f"{pack.code}_feedback_IDENTIFIABLE.csv")
        _write_csv(_form(rows), folder / f"{pack.code}_decisions_IDENTIFIABLE.csv")
        lines = receipt_lines(
            pack.code, pack.people, rows, pack.action, str(pack.inputs[0]["sha256"]), [folder.name for folder in checks]
        )
        (folder / "receipt.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        _write_workbook(rows, lines, folder / f"{pack.code}_feedback_IDENTIFIABLE.xlsx")
        _copy_checks(checks, folder / "validation")
        counts = {"people": pack.people, "people_told_of": rows.num_rows}
        Manifest(COMMAND, pack.inputs, counts, {"authority": pack.code}).write(folder)
        record(log, replace(pack.action, authority=pack.code, counts=counts, manifest=manifest_hash(folder)))
    return int(rows.num_rows)


def _copy_checks(checks: Sequence[Path], target: Path) -> None:
    for check in checks:
        place = target / check.name
        place.mkdir(parents=True, exist_ok=True)
        for name in VALIDATION:
            if (check / name).is_file():
                shutil.copyfile(check / name, place / name)


def _form(rows: pa.Table) -> pa.Table:
    """The list on which the authority accepts or rejects: one row per link that it does not already hold."""
    told = rows.filter(pc.and_(pc.is_valid(rows["nhs_number_traced"]), pc.not_equal(rows["outcome"], "confirmed")))
    blank = pa.nulls(told.num_rows, pa.string())
    return pa.table({name: told[name] if name in told.column_names else blank for name in FORM})


def _write_csv(table: pa.Table, path: Path) -> None:
    """UTF-8 with a byte-order mark, for Excel; no cell can be taken for a formula."""
    safe = pa.table([without_formulas(column) for column in table.columns], names=table.column_names)
    with path.open("wb") as handle:
        handle.write(_BYTE_ORDER_MARK)
        arrow_csv.write_csv(safe, handle)


def _write_workbook(rows: pa.Table, receipt: Sequence[str], path: Path) -> None:
    known = feedback_columns()
    columns = [ExcelColumn(name, known[name].width, wrap=known[name].width > 40) for name in rows.column_names]
    meanings = [(name, known[name].meaning.strip()) for name in rows.column_names]
    sheets = [
        text_sheet("Receipt", [ExcelColumn("Receipt", 110, wrap=True)], [(line,) for line in receipt]),
        Sheet("People", columns, rows),
        text_sheet("Columns", [ExcelColumn("Column", 36), ExcelColumn("Meaning", 100, wrap=True)], meanings),
    ]
    write_workbook(path, "Tracing result", sheets)
