"""A report as Markdown text: the same words and figures as the page, charts as their tables."""

from collections.abc import Sequence

from linkage.report.cells import is_numeric, shown, shown_column
from linkage.report.document import Chart, Figures, Part, Report, Table, Text


def render_markdown(report: Report) -> str:
    """The report as Markdown; the same report gives the same text. Nothing given is read as markup of tables."""
    head = [f"# {_line(report.title)}", *([_line(report.subtitle)] if report.subtitle else [])]
    body = [
        block for section in report.sections for block in (f"## {_line(section.title)}", *map(_part, section.parts))
    ]
    foot = [f"---\n\n{_line(report.footer)}"] if report.footer else []
    return "\n\n".join([*head, *body, *foot]) + "\n"


def _part(part: Part) -> str:
    if isinstance(part, Text):
        text = part.text.strip()
        return text if part.tone == "plain" else "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    if isinstance(part, Figures):
        return "\n".join(
            f"- **{_line(one.label)}**: {_line(shown(one.value))}{f' ({_line(one.note)})' if one.note else ''}"
            for one in part.figures
        )
    return _table(part.table() if isinstance(part, Chart) else part)


def _table(table: Table) -> str:
    columns = [shown_column([row[place] for row in table.rows]) for place in range(len(table.columns))]
    rule = ["---:" if place and is_numeric(column) else "---" for place, column in enumerate(columns)]
    rows = [_row(list(row)) for row in zip(*columns, strict=True)] if table.rows else []
    note = f"\n\n{_line(table.note)}" if table.note else ""
    return "\n".join([f"**{_line(table.title)}**", "", _row(table.columns), f"|{'|'.join(rule)}|", *rows]) + note


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_line(cell).replace("|", r"\|") for cell in cells) + " |"


def _line(text: str) -> str:
    return " ".join(text.split())
