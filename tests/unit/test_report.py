"""A report is one page that stands alone, escapes everything, loses no row and has the same bytes every time."""

import doctest
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from linkage.errors import InternalError, MachineError
from linkage.report import (
    Chart,
    Figure,
    Figures,
    Report,
    Section,
    Table,
    Text,
    cells,
    charts,
    html,
    render_html,
    specification,
    write_html,
)

EVIL = "<script>alert('x')</script>\"&'</text></svg>{{ 7*7 }}"
BARS = Chart("Outcomes", "bar", ("Outcome", "People"), [("found", 1200), ("none", 30)], "Most people are found.")
STACKED = Chart("Ages", "stacked", ("Age", "Setting", "People"), [("65+", "Home", 5), ("65+", "Care", 7)], "Two.")
LINE = Chart("Months", "line", ("Month", "People"), [("Apr", 10), ("May", 12)], "Rising.")
RATIO = Chart("Ratios", "ratio", ("Group", "Rate ratio", "Lower", "Upper"), [("All", 2.31, 2.05, 2.6)], "Above one.")
INTERVAL = Chart("Recall", "interval", ("Group", "Recall", "Lower", "Upper"), [("All", 98.2, 97.1, 99.0)], "High.")
CURVE = Chart(
    "Weights", "curve", ("Bits", "Figure", "Per cent"), [(-2, "Recall", 99.0), (10, "Recall", 97.5)], "Falling."
)
TABLE = Table("Accuracy", ("Group", "People", "Recall"), [("easy", 1234, 0.98), ("hard", "*", None)], "Under 5: *.")


class Page(HTMLParser):
    """Tags and attributes, and the texts of table cells, of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and self.lasttag in ("td", "th"):
            self.cells[-1] += data.strip()


def report(*parts: Text | Figures | Table | Chart, title: str = "Report") -> Report:
    return Report(title, [Section("Section", parts)])


def evil_report() -> Report:
    rows = [(EVIL, 3, 2.0, 4.0)]
    parts = (
        Text(EVIL, "warning"),
        Figures([Figure(EVIL, EVIL, EVIL)]),
        Table(EVIL, (EVIL, "n"), [(EVIL, EVIL)], EVIL),
        Chart(EVIL, "ratio", (EVIL, EVIL, EVIL, EVIL), rows, EVIL, EVIL),
        Chart(EVIL, "stacked", (EVIL, EVIL, EVIL), [(EVIL, EVIL, 3)], EVIL),
    )
    return Report(EVIL, [Section(EVIL, parts)], EVIL, EVIL)


def test_everything_given_is_text_and_never_markup() -> None:
    text = render_html(evil_report())
    assert "<script" not in text and "{{ 7*7 }}" in text
    assert all(not name.startswith("on") for _, attributes in Page(text).tags for name in attributes)
    assert text.count("</svg>") == 2


def test_nothing_is_fetched_from_outside() -> None:
    text = render_html(report(BARS, STACKED, LINE, RATIO, INTERVAL, CURVE, TABLE))
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", text)
    linked = [attributes[key] for _, attributes in Page(text).tags for key in ("src", "href") if attributes.get(key)]
    assert all(link is not None and link.startswith("#") for link in linked)
    assert "default-src 'none'" in text


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    first = render_html(report(BARS, STACKED, LINE, RATIO))
    assert render_html(report(BARS, STACKED, LINE, RATIO)) == first
    program = "from tests.unit.test_report import *; print(render_html(report(BARS, STACKED, LINE, RATIO)), end='')"
    again = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert again.stdout.decode("utf-8").replace("\r\n", "\n") == first


def test_every_row_of_a_table_is_shown() -> None:
    rows = [(f"row {number}", number, number / 7) for number in range(250)]
    shown = Page(render_html(report(Table("All", ("Name", "Count", "Share"), rows)))).cells
    assert len(shown) == 3 * 251
    assert [cell for cell in shown if cell.startswith("row ")] == [row[0] for row in rows]


def test_a_table_says_what_its_cells_are() -> None:
    text = render_html(report(TABLE))
    assert '<caption id="section-1-1-caption">Accuracy</caption>' in text
    assert '<th scope="col">Group</th>' in text and '<th scope="row">easy</th>' in text
    assert '<td class="number">1,234</td>' in text and '<td class="number">*</td>' in text
    assert '<td class="number">0.980</td>' in text and '<td class="number">–</td>' in text


def test_a_chart_has_words_and_its_table_beside_it() -> None:
    text = render_html(report(BARS))
    assert 'role="img" aria-label="Most people are found."' in text
    assert "<svg" in text and '<td class="number">1,200</td>' in text


def test_a_hidden_value_is_not_drawn_and_stays_in_the_table() -> None:
    chart = Chart("Outcomes", "bar", ("Outcome", "People"), [("found", "1,200"), ("rare", "*")], "One bar.")
    assert [row["value"] for row in specification.drawable_rows(chart)] == [1200.0]
    text = render_html(report(chart))
    assert "Not drawn, because hidden or missing: 1 of 2 values." in text and '<td class="number">*</td>' in text


def test_a_chart_with_nothing_to_draw_is_its_table() -> None:
    text = render_html(report(Chart("Outcomes", "bar", ("Outcome", "People"), [("rare", "*")], "Nothing.")))
    assert "<svg" not in text and '<th scope="row">rare</th>' in text


def test_without_the_charts_extra_a_chart_is_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "can_draw", lambda: False)
    text = render_html(report(BARS))
    assert "<svg" not in text and "charts extra" in text and '<td class="number">1,200</td>' in text


def test_reports_load_without_the_drawing_libraries() -> None:
    program = "import sys, linkage.report; print([m for m in ('altair', 'vl_convert') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_text_has_paragraphs_and_lists() -> None:
    text = render_html(report(Text("One\nline.\n\n- first\n- second", "note")))
    assert "<p>One line.</p>" in text and "<li>first</li>\n<li>second</li>" in text and 'class="note"' in text


@pytest.mark.parametrize("chart", [BARS, STACKED, LINE, RATIO, INTERVAL, CURVE], ids=lambda chart: chart.kind)
def test_what_is_asked_of_vega_lite_fits_its_schema(chart: Chart) -> None:
    altair = pytest.importorskip("altair")
    rows = specification.drawable_rows(chart)
    assert altair.Chart.from_dict(specification.specification(chart, rows)).to_dict()


def test_inner_names_of_drawings_start_from_one() -> None:
    svg = charts.draw_svg(LINE)
    assert charts.draw_svg(LINE) == svg
    assert not re.search(r'clip[0-9]|xmlns="', svg)


@pytest.mark.parametrize("colour", specification.COLOURS)
def test_colours_stand_out_from_white(colour: str) -> None:
    channels = [int(colour[position : position + 2], 16) / 255 for position in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InternalError):
        Table("Accuracy", ("Group", "People"), [("easy",)])
    with pytest.raises(InternalError):
        Chart("Outcomes", "bar", ("Outcome", "People", "Share"), [], "Nothing.")


def test_a_report_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written"):
        write_html(report(TABLE), tmp_path / "missing" / "report.html")


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(cells).failed == 0
