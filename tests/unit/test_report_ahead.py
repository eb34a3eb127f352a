"""Charts drawn ahead by a second process are those that would be drawn when needed, whatever becomes of that process."""

import io
import json

import pytest

from linkage.report import ahead, charts
from linkage.report.ahead import DrawnAhead
from linkage.report.document import Chart
from linkage.report.draw_worker import serve
from linkage.report.specification import drawable_rows, specification

BARS = Chart("Outcomes", "bar", ("Outcome", "People"), [("found", 1200), ("none", 30)], "Most people are found.")
LINE = Chart("Months", "line", ("Month", "People"), [("Apr", 10), ("Mai – „Ü“", 12)], "Rising.")
HIDDEN = Chart("Outcomes", "bar", ("Outcome", "People"), [("rare", "*")], "Nothing.")


@pytest.fixture
def only_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be drawn in this process."""
    monkeypatch.setattr(ahead, "draw_svg", lambda chart: pytest.fail(f"{chart.title} was drawn here"))


@pytest.mark.usefixtures("only_elsewhere")
def test_drawings_of_the_other_process_are_the_same() -> None:
    with DrawnAhead() as pictures:
        pictures.ask([BARS, LINE, HIDDEN, BARS])
        assert [pictures.svg(chart) for chart in (LINE, BARS)] == [charts.draw_svg(chart) for chart in (LINE, BARS)]


def test_what_the_other_process_does_not_draw_is_drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead.sys, "executable", "no such program")
    with DrawnAhead() as pictures:
        pictures.ask([BARS])
        assert pictures.svg(BARS) == charts.draw_svg(BARS)
        assert pictures.svg(LINE) == charts.draw_svg(LINE)


def test_the_other_process_ends_with_the_block() -> None:
    with DrawnAhead() as pictures:
        pictures.ask([BARS] * 2 + [LINE])
        pictures.svg(BARS)
    assert pictures._process is not None and pictures._process.poll() is not None


def test_no_process_starts_where_nothing_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "can_draw", lambda: False)
    with DrawnAhead() as pictures:
        pictures.ask([BARS])
    assert pictures._process is None


def test_the_worker_answers_every_line_and_null_where_it_cannot_draw() -> None:
    good = json.dumps(specification(BARS, drawable_rows(BARS)))
    answers = io.StringIO()
    serve(io.StringIO(f'{{"mark": "no such mark"}}\nno json\n{good}\n'), answers)
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [None, None, charts.draw_svg(BARS)]
