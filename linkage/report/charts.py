"""Charts as SVG text, drawn by Vega-Lite through altair and vl-convert, which are imported only when a chart is drawn.

The size of a chart does not depend on the screen, and its bytes not on what was drawn before.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from linkage.errors import InternalError
from linkage.report.cells import number, shown
from linkage.report.document import Chart

WIDTH = 860
"""Width of a chart in CSS pixels, labels included."""

COLOURS = ("#1d5a96", "#b84f14", "#3b7d4f", "#7b4fa0", "#8a6d0b", "#56616b", "#a8325e", "#20808d")
"""Colours in the order they are used, each at least 4.5 : 1 against white."""

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_INK, _GREY, _RULE = "#1c2733", "#56616b", "#dde3e9"
_TICK_FORMAT = ",.6~f"
_BAR_STEP, _RATIO_STEP, _LINE_HEIGHT = 30, 38, 280
_RATIO_TICKS = (0.1, 0.2, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100)


def can_draw() -> bool:
    """Whether the libraries that draw are installed (the extra ``charts``)."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError:
        return False
    return True


def draw_svg(chart: Chart) -> str:
    """The chart as one ``<svg>`` element without scripts, links or outside references.

    Raises InternalError when the chart cannot be drawn; ask ``can_draw`` before.
    """
    import vl_convert

    rows = drawable_rows(chart)
    layers = _DRAWN[chart.kind](chart, rows)
    specification = layers.properties(width=WIDTH, autosize=_autosize()).to_dict()
    try:
        svg = vl_convert.vegalite_to_svg(specification, config=_config(), allowed_base_urls=[])
    except ValueError:
        raise InternalError(f"The chart '{chart.title}' cannot be drawn.") from None
    return _stand_alone(svg)


def drawable_rows(chart: Chart) -> list[dict[str, Any]]:
    """The rows whose values are numbers, under fixed names; a row with a hidden or missing value is left out."""
    names = _names(chart)
    drawn = []
    for row in chart.rows:
        cells = dict(zip(names, row, strict=True))
        values = {name: number(cell) for name, cell in cells.items() if name in _VALUES}
        if all(value is not None for value in values.values()):
            drawn.append({name: shown(cell) for name, cell in cells.items()} | values | {"shown": _shown(cells)})
    return drawn


_VALUES = ("value", "lower", "upper")


def _names(chart: Chart) -> tuple[str, ...]:
    if chart.kind in ("ratio", "interval"):
        return ("label", "value", "lower", "upper")
    return ("label", "value") if len(chart.columns) == 2 else ("label", "series", "value")


def _shown(cells: Mapping[str, Any]) -> str:
    """The text beside a mark; a ratio with its interval, to two decimals."""
    if "lower" not in cells:
        return shown(cells["value"])
    estimate, lower, upper = (f"{number(cells[name]):.2f}" for name in _VALUES)
    return f"{estimate} ({lower} to {upper})"


def _bar(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    base = _base(rows).encode(
        y=alt.Y("label:N", sort=None, title=None),
        x=alt.X("value:Q", title=chart.columns[-1], axis=_number_axis()),
    )
    bars = base.mark_bar(color=COLOURS[0], height={"band": 0.68})
    text = base.mark_text(align="left", dx=5, color=_INK).encode(text="shown:N")
    return alt.layer(bars, text).properties(height={"step": _BAR_STEP})


def _stacked(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    numbered = [{**row, "order": position} for position, row in enumerate(rows)]
    return (
        _base(numbered)
        .mark_bar(height={"band": 0.68}, stroke="white", strokeWidth=1)
        .encode(
            y=alt.Y("label:N", sort=None, title=None),
            x=alt.X("value:Q", title=chart.columns[-1], axis=_number_axis()),
            color=_series_colour(rows),
            order=alt.Order("order:Q"),
        )
        .properties(height={"step": _BAR_STEP})
    )


def _line(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    base = _base(rows).encode(
        x=alt.X("label:O", sort=None, title=chart.columns[0], axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("value:Q", title=chart.columns[-1], axis=_number_axis()),
    )
    if len(chart.columns) == 3:
        base = base.encode(color=_series_colour(rows))
        return base.mark_line(strokeWidth=2.5, point={"size": 55, "filled": True}).properties(height=_LINE_HEIGHT)
    return base.mark_line(color=COLOURS[0], strokeWidth=2.5, point={"size": 55, "color": COLOURS[0]}).properties(
        height=_LINE_HEIGHT
    )


def _ratio(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    lowest, highest = _ratio_range(rows)
    ticks = [tick for tick in _RATIO_TICKS if lowest <= tick <= highest]
    scale = alt.Scale(type="log", domain=[lowest, highest], nice=False)
    title = f"{chart.columns[1]} (logarithmic)"
    base = _base(rows).encode(
        y=alt.Y("label:N", sort=None, title=None),
        x=alt.X("lower:Q", scale=scale, title=title, axis=alt.Axis(values=ticks, format=_TICK_FORMAT)),
    )
    none = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(color=_GREY, strokeDash=[5, 4]).encode(x="one:Q")
    intervals = base.mark_rule(strokeWidth=2.5, color=COLOURS[0]).encode(x2="upper:Q")
    points = base.mark_point(filled=True, size=110, color=COLOURS[0], opacity=1).encode(x="value:Q")
    text = base.mark_text(align="center", dy=-13, color=_INK).encode(x="value:Q", text="shown:N")
    return alt.layer(none, intervals, points, text).properties(height={"step": _RATIO_STEP})


def _interval(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    scale = alt.Scale(zero=False)
    base = _base(rows).encode(
        y=alt.Y("label:N", sort=None, title=None),
        x=alt.X("lower:Q", scale=scale, title=chart.columns[1], axis=_number_axis()),
    )
    intervals = base.mark_rule(strokeWidth=2.5, color=COLOURS[0]).encode(x2="upper:Q")
    points = base.mark_point(filled=True, size=90, color=COLOURS[0], opacity=1).encode(x="value:Q")
    return alt.layer(intervals, points).properties(height={"step": _BAR_STEP})


def _curve(chart: Chart, rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    placed = [{**row, "label": number(row["label"])} for row in rows]
    base = _base(placed).encode(
        x=alt.X("label:Q", title=chart.columns[0], axis=alt.Axis(grid=False, tickCount=10)),
        y=alt.Y("value:Q", title=chart.columns[-1], scale=alt.Scale(zero=False), axis=_number_axis()),
        color=_series_colour(rows),
    )
    return base.mark_line(strokeWidth=2.5, point={"size": 30, "filled": True}).properties(height=_LINE_HEIGHT)


def _ratio_range(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Ends of the axis: the intervals and 1, with a little room."""
    values = [1.0, *(row[end] for row in rows for end in ("lower", "upper") if row[end] > 0)]
    return min(values) / 1.25, max(values) * 1.25


def _base(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart(alt.Data(values=[dict(row) for row in rows]))


def _number_axis() -> Any:
    import altair as alt

    return alt.Axis(format=_TICK_FORMAT, tickCount=6)


def _series_colour(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Colours by series in the order of first appearance, with the legend above the chart."""
    import altair as alt

    series = list(dict.fromkeys(row["series"] for row in rows))
    colours = [COLOURS[position % len(COLOURS)] for position in range(len(series))]
    legend = alt.Legend(orient="top", title=None, symbolType="square", labelLimit=300, columns=4)
    return alt.Color("series:N", scale=alt.Scale(domain=series, range=colours), legend=legend)


def _autosize() -> dict[str, Any]:
    return {"type": "fit-x", "contains": "padding"}


def _config() -> dict[str, Any]:
    axis = {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelColor": _INK}
    axis |= {"titleColor": _GREY, "gridColor": _RULE, "domainColor": _GREY, "tickColor": _GREY, "labelLimit": 300}
    return {
        "font": _FONT,
        "background": None,
        "padding": {"left": 2, "right": 2, "top": 4, "bottom": 2},
        "aria": False,
        "view": {"stroke": None},
        "axis": axis,
        "axisY": {"labelPadding": 8},
        "axisYBand": {"grid": False, "ticks": False, "domain": False},
        "axisXPoint": {"grid": False},
        "text": {"fontSize": 13},
        "legend": {"labelFontSize": 13, "labelColor": _INK, "symbolSize": 140},
    }


def _stand_alone(svg: str) -> str:
    """The drawing without names of outside schemas and with its inner names numbered from one."""
    svg = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg)
    inner = dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))
    for position, name in enumerate(inner, start=1):
        svg = re.sub(rf'(\bid="|url\(#|href="#){re.escape(name)}(?=["\)])', rf"\g<1>part{position}", svg)
    return svg


_DRAWN = {
    "bar": _bar,
    "stacked": _stacked,
    "line": _line,
    "ratio": _ratio,
    "interval": _interval,
    "curve": _curve,
}
