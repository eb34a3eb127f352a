"""What Vega-Lite is told to draw for each kind of chart: plain dictionaries, as its schema has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from linkage.report.cells import number, shown
from linkage.report.document import Chart

WIDTH = 860
"""Width of a chart in CSS pixels, labels included."""

COLOURS = ("#1d5a96", "#b84f14", "#3b7d4f", "#7b4fa0", "#8a6d0b", "#56616b", "#a8325e", "#20808d")
"""Colours in the order they are used, each at least 4.5 : 1 against white."""

Specification = dict[str, Any]
_Rows = Sequence[Mapping[str, Any]]

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_INK, _GREY, _RULE = "#1c2733", "#56616b", "#dde3e9"
_NUMBER_AXIS = {"format": ",.6~f", "tickCount": 6}
_BAR_STEP, _RATIO_STEP, _LINE_HEIGHT = 30, 38, 280
_RATIO_TICKS = (0.1, 0.2, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100)
_VALUES = ("value", "lower", "upper")


def specification(chart: Chart, rows: _Rows) -> Specification:
    """The chart of these of its rows (``drawable_rows``)."""
    of_kind = _KINDS[chart.kind](chart, rows)
    return {"width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}, **of_kind}


def config() -> Specification:
    """Fonts, colours and lines, the same for every chart."""
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


# -------------------------------------------------------------------------------------------------------------- kinds


def _bar(chart: Chart, rows: _Rows) -> Specification:
    places = {"y": _labels(), "x": _values(chart)}
    bars = {"mark": {"type": "bar", "color": COLOURS[0], "height": {"band": 0.68}}, "encoding": places}
    text = {
        "mark": {"type": "text", "align": "left", "dx": 5, "color": _INK},
        "encoding": {**places, "text": {"field": "shown", "type": "nominal"}},
    }
    return {"data": _data(rows), "layer": [bars, text], "height": {"step": _BAR_STEP}}


def _stacked(chart: Chart, rows: _Rows) -> Specification:
    numbered = [{**row, "order": position} for position, row in enumerate(rows)]
    return {
        "data": _data(numbered),
        "mark": {"type": "bar", "height": {"band": 0.68}, "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "y": _labels(),
            "x": _values(chart),
            "color": _series_colour(rows),
            "order": {"field": "order", "type": "quantitative"},
        },
        "height": {"step": _BAR_STEP},
    }


def _line(chart: Chart, rows: _Rows) -> Specification:
    axis = {"labelAngle": 0, "labelOverlap": True}
    points = {"field": "label", "type": "ordinal", "sort": None, "title": chart.columns[0], "axis": axis}
    encoding: Specification = {"x": points, "y": _values(chart)}
    mark: Specification = {"type": "line", "strokeWidth": 2.5, "point": {"size": 55, "filled": True}}
    if len(chart.columns) == 3:
        encoding["color"] = _series_colour(rows)
    else:
        mark |= {"color": COLOURS[0], "point": {"size": 55, "color": COLOURS[0]}}
    return {"data": _data(rows), "mark": mark, "encoding": encoding, "height": _LINE_HEIGHT}


def _curve(chart: Chart, rows: _Rows) -> Specification:
    placed = [{**row, "label": number(row["label"])} for row in rows]
    axis = {"grid": False, "tickCount": 10}
    encoding = {
        "x": {"field": "label", "type": "quantitative", "title": chart.columns[0], "axis": axis},
        "y": {**_values(chart), "scale": {"zero": False}},
        "color": _series_colour(rows),
    }
    mark = {"type": "line", "strokeWidth": 2.5, "point": {"size": 30, "filled": True}}
    return {"data": _data(placed), "mark": mark, "encoding": encoding, "height": _LINE_HEIGHT}


def _ratio(chart: Chart, rows: _Rows) -> Specification:
    lowest, highest = _ratio_range(rows)
    ticks = [tick for tick in _RATIO_TICKS if lowest <= tick <= highest]
    x = {
        **_estimates("lower"),
        "scale": {"type": "log", "domain": [lowest, highest], "nice": False},
        "title": f"{chart.columns[1]} (logarithmic)",
        "axis": {"values": ticks, "format": _NUMBER_AXIS["format"]},
    }
    none = {
        "data": _data([{"one": 1}]),
        "mark": {"type": "rule", "color": _GREY, "strokeDash": [5, 4]},
        "encoding": {"x": _estimates("one")},
    }
    text = {
        "mark": {"type": "text", "align": "center", "dy": -13, "color": _INK},
        "encoding": {"y": _labels(), "x": _estimates("value"), "text": {"field": "shown", "type": "nominal"}},
    }
    layers = [none, *({"data": _data(rows), **layer} for layer in (*_with_intervals(x, size=110), text))]
    return {"layer": layers, "height": {"step": _RATIO_STEP}}


def _interval(chart: Chart, rows: _Rows) -> Specification:
    x = {**_estimates("lower"), "scale": {"zero": False}, "title": chart.columns[1], "axis": _NUMBER_AXIS}
    return {"data": _data(rows), "layer": _with_intervals(x, size=90), "height": {"step": _BAR_STEP}}


_KINDS: Mapping[str, Callable[[Chart, _Rows], Specification]] = {
    "bar": _bar,
    "stacked": _stacked,
    "line": _line,
    "ratio": _ratio,
    "interval": _interval,
    "curve": _curve,
}


# -------------------------------------------------------------------------------------------------------------- parts


def _data(rows: _Rows) -> Specification:
    return {"values": [dict(row) for row in rows]}


def _labels() -> Specification:
    """Row labels down the side, in the order of the rows."""
    return {"field": "label", "type": "nominal", "sort": None, "title": None}


def _values(chart: Chart) -> Specification:
    return {"field": "value", "type": "quantitative", "title": chart.columns[-1], "axis": _NUMBER_AXIS}


def _estimates(field: str) -> Specification:
    return {"field": field, "type": "quantitative"}


def _with_intervals(x: Specification, size: int) -> list[Specification]:
    """Rules from the lower to the upper end, on the axis ``x``, and points of this size where the estimates are."""
    rules = {
        "mark": {"type": "rule", "strokeWidth": 2.5, "color": COLOURS[0]},
        "encoding": {"y": _labels(), "x": x, "x2": {"field": "upper"}},
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": size, "color": COLOURS[0], "opacity": 1},
        "encoding": {"y": _labels(), "x": _estimates("value")},
    }
    return [rules, points]


def _ratio_range(rows: _Rows) -> tuple[float, float]:
    """Ends of the axis: the intervals and 1, with a little room."""
    values = [1.0, *(row[end] for row in rows for end in ("lower", "upper") if row[end] > 0)]
    return min(values) / 1.25, max(values) * 1.25


def _series_colour(rows: _Rows) -> Specification:
    """Colours by series in the order of first appearance, with the legend above the chart."""
    series = list(dict.fromkeys(row["series"] for row in rows))
    colours = [COLOURS[position % len(COLOURS)] for position in range(len(series))]
    legend = {"orient": "top", "title": None, "symbolType": "square", "labelLimit": 300, "columns": 4}
    return {"field": "series", "type": "nominal", "scale": {"domain": series, "range": colours}, "legend": legend}
