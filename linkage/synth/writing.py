"""Writing a synthetic world: CSV files in the forms that their sources use, and a manifest without times.

Everything is the same for the same profile and seed, byte for byte.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linkage.runs import file_record
from linkage.runs.outputs import MANIFEST
from linkage.synth.care import Columns
from linkage.synth.submissions import Submission

FORMAT = "cldlink-synthetic-world-1"


def write_tables(path: Path, names: Sequence[str], tables: Sequence[Columns]) -> int:
    """Write tables one after the other to one CSV (UTF-8, LF, ISO dates, blank for nothing); return the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(names)
        for table in tables:
            columns = [_texts(table[name]) for name in names]
            writer.writerows(zip(*columns, strict=True))
            count += len(columns[0])
    return count


def write_submission(folder: Path, submission: Submission) -> int:
    """Write one submission in the encoding its authority's system uses; return the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(submission.headings)
    writer.writerows(submission.rows)
    encoding = "utf-8"
    if submission.quarter in submission.authority.windows_1252_quarters:
        encoding = "cp1252"
    elif submission.quarter in submission.authority.byte_order_mark_quarters:
        encoding = "utf-8-sig"
    (folder / submission.name).write_bytes(text.getvalue().encode(encoding, errors="replace"))
    return len(submission.rows)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8, LF)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_manifest(folder: Path, settings: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    """Write ``manifest.json``: that the folder is synthetic, how it was made, counts, and every file with its hash."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    document = {
        "format": FORMAT,
        "synthetic": True,
        "settings": dict(settings),
        "counts": dict(counts),
        "outputs": [file_record(path, folder) for path in files],
    }
    write_text(folder / MANIFEST, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _texts(values: Any) -> list[str]:
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values.astype("datetime64[D]"))
        return [] if not len(values) else ["" if text == "NaT" else text for text in texts.tolist()]
    return list(values.tolist())
