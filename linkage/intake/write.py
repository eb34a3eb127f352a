"""What a check leaves behind: findings and rejects for those who may see people, a summary for everyone, a manifest."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from linkage.intake.check import CheckResult
from linkage.intake.rules import SEVERITIES, SEVERITY_NAMES
from linkage.intake.rules.settings import settings_lines, settings_record
from linkage.runs import Manifest, staged_outputs

FINDINGS = "findings_IDENTIFIABLE.csv"
FINDINGS_PARQUET = "findings_IDENTIFIABLE.parquet"
REJECTS = "rejects_IDENTIFIABLE.csv"
SUMMARY = "summary.txt"
FIELD_STATUS = "field_status.csv"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NAMES = {"R": ("reason", "reasons"), "E": ("error", "errors"), "W": ("warning", "warnings"), "I": ("note", "notes")}


def write_check(
    result: CheckResult, out_dir: Path, *, summary: str | None = None, more: Callable[[Path], None] | None = None
) -> None:
    """Write the findings as CSV and Parquet, ``rejects_IDENTIFIABLE.csv`` (if rows were rejected), ``field_status.csv``
    (counts, for versions with a matrix of mandatory fields), ``summary.txt`` and ``manifest.json`` into a folder, all or
    nothing.

    The CSV files are UTF-8 with a byte-order mark, for Excel; a cell that a spreadsheet would take for a formula has an
    apostrophe before it; the Parquet file has the values as they are. ``summary`` takes the place of ``summary_text``;
    ``more`` writes further files into the folder it is given, before the manifest.
    """
    with staged_outputs(out_dir) as folder:
        _write_csv(result.findings, folder / FINDINGS)
        pq.write_table(result.findings, folder / FINDINGS_PARQUET, compression="zstd")
        if result.rejects.num_rows:
            _write_csv(result.rejects, folder / REJECTS)
        if result.field_status.num_rows:
            _write_csv(result.field_status, folder / FIELD_STATUS)
        (folder / SUMMARY).write_text(summary or summary_text(result), encoding="utf-8", newline="\n")
        if more:
            more(folder)
        _manifest(result).write(folder)
    for name, table in ((REJECTS, result.rejects), (FIELD_STATUS, result.field_status)):
        if not table.num_rows:
            (out_dir / name).unlink(missing_ok=True)


def summary_text(result: CheckResult, *, written: bool = True) -> str:
    """The outcome in words and counts; no value of any row. ``written``: whether there is a file of findings to name."""
    authority = f"{result.la_code} {result.la_name}" if result.la_code else "not known"
    lines = [
        f"Check of {result.file}",
        "",
        _verdict(result),
        f"Specification {result.version}, {result.why}; read as {result.encoding}.",
        f"Authority: {authority}. Reporting period: {_period(result)}.",
        f"Rows: {result.rows_read:,} in = {result.rows_kept:,} kept + {result.rows_rejected:,} rejected "
        f"+ {result.rows_blank:,} blank.",
    ]
    for severity in SEVERITIES:
        of_severity = [count for count in result.counts if count.severity == severity]
        if of_severity:
            lines += ["", f"{SEVERITY_NAMES[severity].capitalize()} ({severity})"]
            lines += [f"{count.findings:>9,}  {count.rule} {count.title}: {count.sentence}" for count in of_severity]
    lines += settings_lines(result.changed, result.unchecked)
    kept = f"are in {FINDINGS}, which identifies people: keep it where such data may be."
    lines += ["", f"Rows, values and suggestions {kept if written else 'are written with --out FOLDER.'}"]
    return "\n".join(lines) + "\n"


def _verdict(result: CheckResult) -> str:
    counts = [(result.findings_by_severity(severity), _NAMES[severity]) for severity in SEVERITIES]
    found = [f"{count:,} {plural if count > 1 else singular}" for count, (singular, plural) in counts if count]
    verdict = "Accepted" if result.accepted else "Not accepted"
    return f"{verdict}: {', '.join(found)}." if found else f"{verdict}: nothing was found."


def _period(result: CheckResult) -> str:
    if result.period_start is None or result.period_end is None:
        return "not stated"
    return f"{result.period_start:%d/%m/%Y} to {result.period_end:%d/%m/%Y}"


def _manifest(result: CheckResult) -> Manifest:
    counts = {
        "rows_in": result.rows_read,
        "rows_kept": result.rows_kept,
        "rows_rejected": result.rows_rejected,
        "rows_blank": result.rows_blank,
        **{f"findings_{severity}": result.findings_by_severity(severity) for severity in SEVERITIES},
        **{f"findings_{count.rule}_{count.part}": count.findings for count in result.counts},
    }
    settings = {
        "specification": result.version,
        "specification_why": result.why,
        "synthetic": result.synthetic,
        "accepted": result.accepted,
        **settings_record(result.changed, result.unchecked),
    }
    return Manifest("check", [result.record, *result.inputs], counts, settings)


def _write_csv(table: pa.Table, path: Path) -> None:
    with path.open("wb") as handle:
        handle.write(_BYTE_ORDER_MARK)
        arrow_csv.write_csv(_without_formulas(table), handle)


def _without_formulas(table: pa.Table) -> pa.Table:
    columns = [
        pc.replace_substring_regex(column, r"\A([=+\-@\t\r])", r"'\1") if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
