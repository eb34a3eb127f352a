"""Precision and recall by threshold and gap, for ``docs/decisions/0005``: ``python -m tests.charts.tracing FOLDER [OUT]``.

``FOLDER`` holds worlds that ``python -m tests.benchmarks.tracing --keep FOLDER`` prepared. Each is traced once without
thresholds; what every least weight and gap would have linked is counted from that. Writes ``curves.csv`` and two charts to
``docs/images/trace``.
"""

import csv
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from linkage.report.charts import draw_svg
from linkage.report.document import Chart
from tests.benchmarks import tracing

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "trace"
COLUMNS = ("world", "min_weight", "min_gap", "links", "false_links", "precision", "recall")
DRAWN_GAP, DRAWN_FROM = 5, 6


def of_world(folder: Path) -> list[tuple[Any, ...]]:
    """The rows of one prepared world, its name in front."""
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as con:
        tracing.trace(folder, Path(scratch) / "traced", "default", min_weight=-20, min_gap=0)
        tracing.compared(con, folder, Path(scratch) / "traced")
        return [(folder.name, *row) for row in tracing.curve(con)]


def charts(rows: Sequence[dict[str, str]]) -> dict[str, Chart]:
    """False links per 10,000 links, and recall of the traceable, by least weight at the gap of the default profile."""
    at_gap = [row for row in rows if int(row["min_gap"]) == DRAWN_GAP and int(row["min_weight"]) >= DRAWN_FROM]
    false = [(int(r["min_weight"]), r["world"], 10_000 * (1 - float(r["precision"]))) for r in at_gap]
    recall = [(int(r["min_weight"]), r["world"], float(r["recall"])) for r in at_gap]
    said = f"by least match weight from {DRAWN_FROM} to 16 bits, gap {DRAWN_GAP}, one line for each world"
    return {
        "false_links": Chart(
            "False links per 10,000 links", "curve", ("Least match weight (bits)", "World", "False per 10,000 links"),
            false, f"False links per 10,000 links {said}.",
        ),
        "recall": Chart(
            "Recall of the traceable", "curve", ("Least match weight (bits)", "World", "Recall"), recall,
            f"Recall of the traceable {said}.",
        ),
    }  # fmt: skip


def write(rows: Sequence[Sequence[Any]], out: Path) -> None:
    """The CSV of all rows and the charts of those at the default's gap."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "curves.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    with (out / "curves.csv").open(encoding="utf-8", newline="") as handle:
        drawn = charts(list(csv.DictReader(handle)))
    for name, chart in drawn.items():
        alone = draw_svg(chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        (out / f"{name}.svg").write_text(alone, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    worlds = sorted(path for path in Path(sys.argv[1]).iterdir() if (path / "people.parquet").is_file())
    measured = [row for world in worlds for row in of_world(world)]
    write(measured, Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)
