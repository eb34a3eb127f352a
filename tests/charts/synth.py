"""Draws the charts of ``docs/explanation/synthetic_world.md``: ``python -m tests.charts.synth [FOLDER]``.

Writes an SVG and a CSV of the same numbers for each figure to ``docs/images/synth``. The worlds are made in memory.
"""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.charts import drawing, figures
from tests.charts.figures import Rows

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "synth"
PEOPLE, CROWDED = 100_000, 60_000
Figure = tuple[tuple[str, ...], Rows]


def made_figures(people: int = PEOPLE, crowded: int = CROWDED, seed: int = 0) -> dict[str, Figure]:
    """Every figure by name, from worlds of about so many people; ``crowded`` is the size of those full of service users."""
    realistic = figures.world("realistic", people, seed)
    profiles = [figures.world(name, people, seed) for name in figures.PROFILES if name != "realistic"]
    full = [figures.crowded(name, crowded, seed) for name in figures.PROFILES]
    of_world: tuple[Callable[[figures.Made], Figure], ...] = (
        figures.ages, figures.household_sizes, figures.surnames, figures.birth_dates, figures.moves, figures.conditions,
    )  # fmt: skip
    return {
        **{figure.__name__: figure(realistic) for figure in of_world},
        "placeholder_dates": figures.placeholder_dates(full[1]),
        "fault_profiles": figures.fault_profiles(full),
        "fault_groups": figures.fault_groups(full[1]),
        "difficulty": figures.difficulty([profiles[0], realistic, profiles[1]]),
    }


def read(name: str) -> list[dict[str, Any]]:
    """The committed numbers of a figure; numbers as numbers."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(handle)]


def write(folder: Path, made: dict[str, Figure]) -> None:
    """One CSV and one SVG for each figure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (columns, rows) in made.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        chart = getattr(drawing, name)(columns, rows)
        (folder / f"{name}.svg").write_text(drawing.svg(chart), encoding="utf-8", newline="\n")


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, made_figures())
