"""One self-contained HTML file: no outside request, everything escaped, usable on paper and with a screen reader."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from linkage.errors import MachineError
from linkage.report.cells import is_numeric, shown, shown_column
from linkage.report.charts import can_draw, draw_svg
from linkage.report.document import Chart, Figures, Part, Report, Section, Table, Text
from linkage.report.specification import drawable_rows

Draw = Callable[[Chart], str]
"""Draws a chart as one ``<svg>`` element."""

_SHORT = 22
"""Characters of a text that stays on one line."""

NOT_DRAWN = (
    "This chart is shown as its table: drawing needs the charts extra of cldlink (pip install 'cldlink[charts]')."
)


def render_html(report: Report, draw: Draw = draw_svg) -> str:
    """The report as the text of one HTML page; the same report gives the same text.

    ``draw``: gives the drawings that ``draw_svg`` makes, such as those that were drawn ahead.
    """
    sections = [_section(position, section, draw) for position, section in enumerate(report.sections, start=1)]
    return _template().render(report=report, sections=sections)


def write_html(report: Report, path: Path, draw: Draw = draw_svg) -> None:
    """Write the report to a file. Raises MachineError when the file cannot be written."""
    try:
        path.write_text(render_html(report, draw), encoding="utf-8", newline="\n")
    except OSError:
        raise MachineError(
            f"{path}: the report cannot be written. Check the folder, the rights and the space."
        ) from None


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


def _section(position: int, section: Section, draw: Draw) -> dict[str, Any]:
    anchor = f"section-{position}"
    parts = [_part(f"{anchor}-{number}", part, draw) for number, part in enumerate(section.parts, start=1)]
    return {"anchor": anchor, "title": section.title, "parts": parts}


def _part(anchor: str, part: Part, draw: Draw) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"kind": "text", "tone": part.tone, "blocks": _blocks(part.text)}
    if isinstance(part, Figures):
        figures = [{"label": one.label, "value": shown(one.value), "note": one.note} for one in part.figures]
        return {"kind": "figures", "figures": figures}
    if isinstance(part, Table):
        return {"kind": "table", "anchor": anchor, **_table(part)}
    return _chart(anchor, part, draw)


def _chart(anchor: str, chart: Chart, draw: Draw) -> dict[str, Any]:
    table = {"anchor": anchor, **_table(chart.table())}
    if not can_draw():
        return {"kind": "table", **table, "note": f"{chart.note} {NOT_DRAWN}".strip()}
    rows = drawable_rows(chart)
    left_out = len(chart.rows) - len(rows)
    note = chart.note
    if left_out:
        note = f"{note} Not drawn, because hidden or missing: {left_out} of {len(chart.rows)} values.".strip()
    if not rows:
        return {"kind": "table", **table, "note": note}
    return {"kind": "chart", "svg": Markup(draw(chart)), "alt": chart.alt, "table": table, "note": note}  # noqa: S704


def _table(table: Table) -> dict[str, Any]:
    texts = [shown_column([row[position] for row in table.rows]) for position in range(len(table.columns))]
    numeric = [position > 0 and is_numeric(column) for position, column in enumerate(texts)]
    short = [all(len(text) <= _SHORT for text in column) for column in texts]
    columns = [{"title": title, "numeric": right} for title, right in zip(table.columns, numeric, strict=True)]
    openings = [_opening(right=right, short=brief) for right, brief in zip(numeric, short, strict=True)][1:]
    rows = [(row[0], list(zip(openings, row[1:], strict=True))) for row in zip(*texts, strict=True)]
    return {"title": table.title, "columns": columns, "rows": rows, "note": table.note}


def _opening(*, right: bool, short: bool) -> Markup:
    """The tag of a column's cells; made once for all of them, since a page may have many."""
    return Markup('<td class="number">' if right else '<td class="short">' if short else "<td>")  # noqa: S704


def _blocks(text: str) -> list[dict[str, Any]]:
    """Paragraphs and lists, in order."""
    blocks = [block.strip().splitlines() for block in text.split("\n\n") if block.strip()]
    return [_block([line.strip() for line in lines]) for lines in blocks]


def _block(lines: Sequence[str]) -> dict[str, Any]:
    if all(line.startswith("- ") for line in lines):
        return {"list": True, "items": [line.removeprefix("- ") for line in lines]}
    return {"list": False, "text": " ".join(lines)}
