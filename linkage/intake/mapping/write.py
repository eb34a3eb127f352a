"""What a mapping leaves behind: the submission, what was refused, what is unmapped, who was merged, a report."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.engine import Engine, Step
from linkage.intake.mapping.result import MappingResult, TableCount, ValueCount
from linkage.runs import Manifest

SUBMISSION = "submission_IDENTIFIABLE.csv"
REJECTS = "rejects_IDENTIFIABLE.csv"
MERGES = "merged_people_IDENTIFIABLE.csv"
UNMAPPED = "unmapped_values.csv"
REPORT = "report.txt"
_REJECT_COLUMNS = ("table", "row_number", "reason", "person_or_key", "record")
_UNMAPPED_COLUMNS = (
    "sheet", "local value", "national value", "from", "to", "who", "note", "table", "field", "rows", "why", "suggestion",
)  # fmt: skip
_SHOWN = 12
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Written:
    """What is written besides the report: the step of the submission, the refused rows, the merged people."""

    submission: Step
    refused: Sequence[Mapping[str, object]]
    merged: Sequence[Mapping[str, object]]


def write_mapping(engine: Engine, result: MappingResult, written: Written, folder: Path) -> None:
    """Write every output and the manifest into a folder.

    The submission is UTF-8 in the form of the specification and holds values as they are; in the lists for people,
    a cell that a spreadsheet would take for a formula has an apostrophe before it. Lists without rows are not written.
    """
    engine.write_csv(written.submission, folder / SUBMISSION)
    write_list(folder / REJECTS, _REJECT_COLUMNS, written.refused)
    write_list(folder / MERGES, ("new_id", "old_id"), written.merged)
    write_list(folder / UNMAPPED, _UNMAPPED_COLUMNS, map(_unmapped, result.unmapped))
    (folder / REPORT).write_text(report_text(result), encoding="utf-8", newline="\n")
    settings = {"specification": result.version, "unfilled": list(result.unfilled)}
    Manifest("map make", result.inputs, result.counts, settings).write(folder)


def write_list(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """A CSV for a spreadsheet: UTF-8 with a byte-order mark, cells as text, no formulas. Nothing if there are no rows."""
    listed = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not listed:
        return
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(listed)


def report_text(result: MappingResult) -> str:
    """The report in words and counts: every row accounted for, what is unmapped, which defaults were used. No value of a
    local table stands in it.
    """
    lines = [
        f"Mapping of {result.project} to specification {result.version}",
        "",
        f"Submission: {result.rows:,} rows about {result.people:,} people.",
    ]
    for table in result.tables:
        lines += ["", *_table_lines(table)]
    lines += ["", *_value_lines(result)]
    if result.uncosted:
        lines.append(f"Service rows without a unit cost: {result.uncosted:,}. Rule C01 says which need one.")
    if result.people_merged:
        lines.append(f"People who had several identifiers before the crosswalk: {result.people_merged:,}, in {MERGES}.")
    if result.unsigned_lines:
        lines.append(f"Lines of mapping sheets without the name of who decided: {result.unsigned_lines:,}.")
    if result.unfilled:
        lines.append(f"Mandatory fields that no table fills: {', '.join(result.unfilled)}.")
    return "\n".join(lines) + "\n"


def _table_lines(table: TableCount) -> list[str]:
    used = {"people": "people with events", "events": "in the submission", "costs": "prices that count"}[table.kind]
    lines = [f"{table.name}: {table.rows_in:,} rows in", f"{table.rows_out:>9,}  {used}"]
    words = {"left_out": "left out", "not_needed": "not needed", "refused": "refused"}
    for other in table.others:
        lines.append(f"{other.rows:>9,}  {words[other.status]}: {other.reason}")
    return lines + ([f"{table.blank:>9,}  blank rows"] if table.blank else [])


def _value_lines(result: MappingResult) -> list[str]:
    lines = ["Every value has a national one."]
    if result.unmapped:
        rows = sum(value.rows for value in result.unmapped)
        lines = [f"Values without a national one: {len(result.unmapped):,}, on {rows:,} rows; see {UNMAPPED}."]
        lines += _by_field(result.unmapped)
    if result.defaults:
        lines.append("Defaults used where the column is blank:")
        lines += [f"{value.rows:>9,}  {value.table}, {value.field}: {value.suggestion}" for value in result.defaults]
    return lines


def _by_field(values: Sequence[ValueCount]) -> list[str]:
    """Distinct values and rows by table and field, the most rows first."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for value in values:
        many, rows = found.get((value.table, value.field), (0, 0))
        found[value.table, value.field] = (many + 1, rows + value.rows)
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    lines = [
        f"{rows:>9,}  {table}, {field}: {many:,} {'value' if many == 1 else 'values'}"
        for (table, field), (many, rows) in ordered[:_SHOWN]
    ]
    return lines + ([f"           and {len(ordered) - _SHOWN:,} more fields"] if len(ordered) > _SHOWN else [])


def _unmapped(value: ValueCount) -> dict[str, object]:
    return {
        "sheet": value.sheet,
        "local value": value.value,
        "table": value.table,
        "field": value.field,
        "rows": value.rows,
        "why": value.kind,
        "suggestion": value.suggestion,
    }


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
