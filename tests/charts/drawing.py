"""How the figures of the synthetic world are drawn, through the looks of the reports (altair, vl-convert)."""

from collections.abc import Sequence
from typing import Any

from linkage.report import charts
from linkage.report.specification import COLOURS, config
from tests.charts.figures import FAULTS, Rows

_DESIGN = "#1c2733"
_WIDTH, _HEIGHT = 720, 320
_PALE = "#c9d3dc"


def svg(chart: Any) -> str:
    """A chart as a stand-alone SVG file."""
    import vl_convert

    specification = chart.properties(background="white").to_dict()
    looks = config() | {"padding": 12, "header": {"labelFontSize": 13, "titleFontSize": 13}}
    text = vl_convert.vegalite_to_svg(specification, config=looks, allowed_base_urls=[])
    drawn = charts._stand_alone(text)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def ages(columns: Sequence[str], rows: Rows) -> Any:
    """Single years of age, men to the left; the design as a line."""
    import altair as alt

    values = _values(columns, rows)
    for row in values:
        side = -1 if row["sex"] == "men" else 1
        row |= {"width": side * row["share"], "line": side * row["design"], "end": row["age"] + 1}
    base = alt.Chart(alt.Data(values=values))
    percent = alt.Axis(labelExpr="format(abs(datum.value), '.1%')", tickCount=7)
    scale, title = (
        alt.Scale(domain=[-0.0125, 0.0125]),
        "share of people outside care homes: men to the left, women to the right",
    )
    y = alt.Y("age:Q", title="age in completed years", axis=alt.Axis(tickCount=10), scale=alt.Scale(domain=[0, 105]))
    bars = base.mark_bar(stroke="white", strokeWidth=0.3).encode(
        y=y, y2="end:Q", x=alt.X("width:Q", title=title, axis=percent, scale=scale), x2=alt.value(_WIDTH / 2),
        color=_colour(["men", "women"], "sex", COLOURS[1::-1]),
    )  # fmt: skip
    design = base.mark_rule(strokeWidth=2, color=_DESIGN).encode(y=y, y2="end:Q", x=alt.X("line:Q", scale=scale))
    return alt.layer(bars, design).properties(width=_WIDTH, height=460)


def household_sizes(columns: Sequence[str], rows: Rows) -> Any:
    """Bars with a tick where the design is."""
    import altair as alt

    base = alt.Chart(alt.Data(values=_values(columns, rows)))
    bars = base.mark_bar(color=COLOURS[0], width={"band": 0.6}).encode(
        x=alt.X("size:O", title="people in the household", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("share:Q", title="share of private households", axis=alt.Axis(format="%")),
    )
    top = base.transform_calculate(top="max(datum.share, datum.design)")
    text = top.mark_text(dy=-9, color=_DESIGN).encode(x="size:O", y="top:Q", text=alt.Text("share:Q", format=".1%"))
    return alt.layer(bars, _design_ticks(base, "size:O", 60), text).properties(width=_WIDTH, height=_HEIGHT)


def surnames(columns: Sequence[str], rows: Rows) -> Any:
    """Rank and frequency on logarithmic axes."""
    import altair as alt

    values = _values(columns, rows)
    for row in values:
        row["name"] = {"listed": "name of the list", "built": "name built for the tail"}[row["kind"]]
    ticks = [1, 10, 100, 1000, 10_000]
    return (
        alt.Chart(alt.Data(values=values))
        .mark_point(filled=True, size=45, opacity=1)
        .encode(
            x=alt.X(
                "rank:Q",
                scale=alt.Scale(type="log"),
                title="rank of the family name",
                axis=alt.Axis(values=ticks, format=","),
            ),
            y=alt.Y(
                "people:Q",
                scale=alt.Scale(type="log"),
                title="people who bear it",
                axis=alt.Axis(values=ticks, format=","),
            ),
            color=_colour(["name of the list", "name built for the tail"], "name"),
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )


def birth_dates(columns: Sequence[str], rows: Rows) -> Any:
    """How many dates have so many people, beside chance."""
    import altair as alt

    base = alt.Chart(alt.Data(values=_values(columns, rows)))
    bars = base.mark_bar(color=COLOURS[0], width={"band": 0.7}).encode(
        x=alt.X("people:O", title="people born on the same date", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("dates:Q", title="dates of birth", axis=alt.Axis(format=",.0f")),
    )
    line = base.mark_tick(color=_DESIGN, thickness=3, size=36, opacity=1).encode(x="people:O", y="by_chance:Q")
    return alt.layer(bars, line).properties(width=_WIDTH, height=_HEIGHT)


def placeholder_dates(columns: Sequence[str], rows: Rows) -> Any:
    """The dates that most records hold."""
    import altair as alt

    values = _values(columns, rows)
    for row in values:
        row["kind"] = "placeholder" if row["records"] > 2 * row["people"] + 3 else "date of birth"
        row["shown"] = f"{row['records']} records; people born then: {row['people']}"
    base = alt.Chart(alt.Data(values=values))
    bars = base.mark_bar(height={"band": 0.68}).encode(
        y=alt.Y("date:N", sort=None, title=None),
        x=alt.X(
            "records:Q",
            title="records with the date",
            scale=alt.Scale(domainMax=1.45 * max(row["records"] for row in values)),
        ),
        color=_colour(["placeholder", "date of birth"], "kind", COLOURS[1::-1]),
    )
    text = base.mark_text(align="left", dx=5, color=_DESIGN).encode(
        y=alt.Y("date:N", sort=None), x="records:Q", text="shown:N"
    )
    return alt.layer(bars, text).properties(width=_WIDTH, height={"step": 26})


def fault_profiles(columns: Sequence[str], rows: Rows) -> Any:
    """Shares of two profiles on a logarithmic axis, with what was configured."""
    import altair as alt

    values = [row for row in _values(columns, rows) if row["profile"] != "clean"]
    for row in values:
        row["label"] = FAULTS[row["fault"]]
    base = alt.Chart(alt.Data(values=values))
    y = alt.Y("label:N", sort=list(FAULTS.values()), title=None, axis=alt.Axis(grid=True, ticks=False, domain=False))
    x = alt.X("shown:Q", scale=alt.Scale(type="log"), title="share of records (logarithmic)", axis=_percent_axis())
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        y=y, x=x, color=_colour(["realistic", "nasty"], "profile")
    )
    wanted = base.transform_filter("datum.configured > 0").mark_tick(color=_DESIGN, thickness=2, size=17, opacity=1)
    return alt.layer(points, wanted.encode(y=y, x="configured:Q")).properties(width=_WIDTH - 170, height={"step": 24})


def fault_groups(columns: Sequence[str], rows: Rows) -> Any:
    """One panel for each fault, its share in each group with the interval and what was configured."""
    import altair as alt

    values = _values(columns, rows)
    for row in values:
        row["label"] = FAULTS[row["fault"]]
    order = list(dict.fromkeys(row["group"] for row in values))
    panels = []
    for place, fault in enumerate(dict.fromkeys(row["label"] for row in values)):
        base = alt.Chart(
            alt.Data(values=[row for row in values if row["label"] == fault]),
            title=alt.Title(fault, fontSize=13, fontWeight="normal"),
        )
        labels = place % 3 == 0
        y = alt.Y("group:N", sort=order, title=None, axis=alt.Axis(labels=labels, grid=True, ticks=False, domain=False))
        x = alt.X("shown:Q", title=None, axis=alt.Axis(format=".0%", tickCount=4), scale=alt.Scale(zero=True))
        lines = base.mark_rule(strokeWidth=2, color=COLOURS[0]).encode(
            y=y, x=alt.X("lower:Q", title=None), x2="upper:Q"
        )
        points = base.mark_point(filled=True, size=55, opacity=1, color=COLOURS[0]).encode(y=y, x=x)
        ticks = base.mark_tick(color=_DESIGN, thickness=2, size=15, opacity=1).encode(y=y, x="configured:Q")
        panels.append(alt.layer(lines, points, ticks).properties(width=190, height=21 * len(order)))
    return alt.concat(*panels, columns=3, spacing=22)


def difficulty(columns: Sequence[str], rows: Rows) -> Any:
    """Stacked shares of the classes."""
    import altair as alt

    values = _values(columns, rows)
    classes = list(dict.fromkeys(row["difficulty"] for row in values))
    numbered = [{**row, "order": classes.index(row["difficulty"])} for row in values]
    colours = [COLOURS[2], COLOURS[0], COLOURS[4], COLOURS[1], _PALE]
    base = alt.Chart(alt.Data(values=numbered))
    profiles = list(dict.fromkeys(row["profile"] for row in values))
    y = alt.Y("profile:N", sort=profiles, title=None)
    bars = base.mark_bar(height={"band": 0.68}, stroke="white").encode(
        y=y, x=alt.X("share:Q", title="share of records", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        color=_colour(classes, "difficulty", colours), order="order:Q",
    )  # fmt: skip
    return bars.properties(width=_WIDTH - 60, height={"step": 46})


def moves(columns: Sequence[str], rows: Rows) -> Any:
    """Bars by age with the design."""
    import altair as alt

    base = alt.Chart(alt.Data(values=_values(columns, rows)))
    order = [row[0] for row in rows]
    x = alt.X("age:O", sort=order, title="age", axis=alt.Axis(labelAngle=0))
    bars = base.mark_bar(color=COLOURS[0], width={"band": 0.6}).encode(
        x=x, y=alt.Y("moves_a_year:Q", title="moves per person and year", axis=alt.Axis(format=".2~f"))
    )
    return alt.layer(bars, _design_ticks(base, x, 60)).properties(width=_WIDTH, height=_HEIGHT)


def conditions(columns: Sequence[str], rows: Rows) -> Any:
    """Means by age of users and others, and the design of everybody."""
    import altair as alt

    values = _values(columns, rows)
    order = list(dict.fromkeys(row["age"] for row in values))
    x = alt.X("age:O", sort=order, title="age on the first day of the period", axis=alt.Axis(labelAngle=0))
    y = alt.Y("conditions:Q", title="long-term conditions per person")
    two = [row for row in values if row["who"] != "everybody"]
    lines = (
        alt.Chart(alt.Data(values=two))
        .mark_line(strokeWidth=2.5, point={"size": 60, "filled": True})
        .encode(x=x, y=y, color=_colour(["users of social care", "others"], "who"))
    )
    everybody = alt.Chart(alt.Data(values=[row for row in values if row["who"] == "everybody"]))
    return alt.layer(lines, _design_ticks(everybody, x, 34)).properties(width=_WIDTH, height=_HEIGHT)


def _values(columns: Sequence[str], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _design_ticks(base: Any, x: Any, size: int) -> Any:
    return base.mark_tick(color=_DESIGN, thickness=3, size=size, opacity=1).encode(x=x, y="design:Q")


def _percent_axis() -> Any:
    import altair as alt

    ticks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
    return alt.Axis(values=ticks, format=".1~%", grid=True)


def _colour(names: Sequence[str], field: str, colours: Sequence[str] = COLOURS) -> Any:
    import altair as alt

    legend = alt.Legend(orient="top", title=None, symbolType="square", labelLimit=300, columns=5)
    scale = alt.Scale(domain=list(names), range=list(colours[: len(names)]))
    return alt.Color(f"{field}:N", scale=scale, legend=legend)
