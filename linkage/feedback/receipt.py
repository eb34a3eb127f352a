"""The receipt of a pack: what was asked, what came of it in counts, and what the result is not."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from linkage.trace.outcomes import outcomes
from pseudo.audit_entry import Action

_LOCAL = (
    "The NHS number status indicator is never 01 (present and verified): only the national service verifies. "
    "A number here is a link that our rules accepted, with the reason beside it."
)


def receipt_lines(
    code: str, people: int, rows: pa.Table, action: Action, trace_sha256: str, checks: Sequence[str]
) -> list[str]:
    """The lines of a receipt; counts only, no identifiers."""
    lines = [
        f"Tracing result for authority {code}",
        "",
        f"Submission: {action.reference}",
        f"Purpose: {action.purpose}",
        f"Trace: {trace_sha256} (SHA-256)",
        "",
        f"People traced: {people:,}",
        f"People in this pack: {rows.num_rows:,}"
        + ("" if "change" not in rows.column_names else " (only what changed since the trace before)"),
    ]
    if "change" in rows.column_names:
        lines += ["", "By change", *_counted(rows["change"])]
    lines += ["", "By outcome", *_counted(rows["outcome"])]
    lines += ["", _LOCAL]
    if checks:
        lines += [
            "",
            "Reports of the checks of your submissions, in the folder 'validation':",
            *(f"  {c}" for c in checks),
        ]
    lines += [
        "",
        f"To accept or reject links, fill in {code}_decisions_IDENTIFIABLE.csv (accept or reject; who, when, why) and "
        "send it back. Links that you leave blank stay undecided.",
    ]
    return lines


def _counted(column: pa.ChunkedArray) -> list[str]:
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(column.drop_null()).to_pylist()}
    said = {name: f"{outcome.sentence}." for name, outcome in outcomes().items()}
    order = [*(name for name in said if name in counts), *sorted(name for name in counts if name not in said)]
    return [f"{counts[name]:>9,}  {name.replace('_', ' ')}. {said.get(name, '')}".rstrip() for name in order]
