"""Judgements of a clerical sample as reviewers return them: the pairs as CSV, or in the Excel workbook of the sample.

Stands above intake, which reads workbooks, and trace, which does not know them.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from linkage.errors import InputError
from linkage.intake.mapping.tables import read_headings, read_local_table
from linkage.intake.workbook import is_workbook
from linkage.trace.evaluate import SampleEstimate, estimate_from_labels


def estimate_judged(sample: Path, judged: Sequence[Path], out: Path | None = None) -> SampleEstimate:
    """As ``estimate_from_labels``; of a workbook the first worksheet is read."""
    return estimate_from_labels(sample, judged, out, readable=_as_table)


def _as_table(path: Path, scratch: Path) -> Path:
    """The file itself, or a Parquet copy of a workbook's first worksheet. Raises InputError when that is no table."""
    if not is_workbook(path):
        return path
    headings = [heading for heading in read_headings(path) if heading]
    read = read_local_table(path, headings)
    if read.unreadable:
        raise InputError(f"{path}: row {read.unreadable[0][0]:,} has more cells than there are headings. Correct it.")
    copy = scratch / "judged.parquet"
    pq.write_table(read.rows.drop_columns("row_number").rename_columns(headings), copy)
    return copy
