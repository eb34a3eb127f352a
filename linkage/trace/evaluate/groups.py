"""Who is linked less well: groups of people through the disclosure gate, their widest differences, tables and charts."""

from collections.abc import Sequence

import pyarrow as pa

from linkage.configs import packaged
from linkage.report import Cell, Chart, Part, Section, Table, Text
from linkage.report.gated import Drawing, chart_of, records
from linkage.trace.evaluate.figures import Evaluation, GroupQuality, Proportion, percent, widest_gaps
from linkage.trace.evaluate.settings import evaluation_settings
from pseudo.disclosure import (
    DEFAULT_POLICY,
    Cells,
    DisclosurePolicy,
    GatedTable,
    Percentage,
    Totals,
    apply,
    choose_policy,
    load_policies,
)

_MEASURES = {"right": "Recall", "wrong": "Wrong links among links", "linked": "Linked"}


def disclosure_policy(name: str) -> DisclosurePolicy:
    """A packaged disclosure policy. Raises PolicyError, listing the names there are."""
    return choose_policy(load_policies(packaged("disclosure/policies.yaml")), name)


def group_section(evaluation: Evaluation, policy: DisclosurePolicy) -> Section:
    """How far groups of people differ, or that it was not measured."""
    title = "Who is linked less well"
    if not evaluation.groups:
        text = (
            "Not measured: no file told age, sex, ethnicity or authority. Give one with --people (events.parquet or "
            "persons.parquet of a consolidation will do)."
        )
        return Section(title, [Text(text, "warning")])
    measure = "right" if evaluation.recall.whole else "linked"
    groups = gated_groups(evaluation.groups, policy)
    parts: list[Part] = [Text(_GROUP_TEXT), gap_table(groups, measure)]
    for dimension in dict.fromkeys(group.dimension for group in groups):
        parts += _dimension([group for group in groups if group.dimension == dimension], measure)
    return Section(title, parts)


_GROUP_TEXT = (
    "Linkage that works less well for some people biases every analysis made of it. The widest difference of each dimension "
    "comes first; its interval belongs to the two groups named and does not allow for their having been picked as the "
    "extremes. Small groups, and people whose group is not known, are not compared."
)


def gated_groups(groups: Sequence[GroupQuality], policy: DisclosurePolicy) -> list[GroupQuality]:
    """The groups with their counts as ``policy`` shows them; a share of which a count is hidden is of nobody.

    Whatever is made of them afterwards, rates, intervals and differences, is made from numbers that may be shown. Where
    numbers are exact, a hidden one cannot be worked out from the people of a dimension, nor from what a share leaves.
    """
    if not groups:
        return []
    dimensions = list(dict.fromkeys(group.dimension for group in groups))
    rows = [{"dimension": group.dimension, "group": group.group, **_counts([group])} for group in groups]
    rows += [
        {"dimension": name, "group": _ALL, **_counts([one for one in groups if one.dimension == name])}
        for name in dimensions
    ]
    shares = [Percentage(name, f"{name}_part", f"{name}_whole") for name in _SHARES]
    counts = {name: name for name in rows[0] if name not in ("dimension", "group")}
    cells = Cells(counts=counts, percentages=shares, totals=Totals(rows={"group": _ALL}))
    gated = apply(policy, pa.Table.from_pylist(rows), cells).values.to_pylist()
    return [
        GroupQuality(group.dimension, group.group, row["people"] or 0, *(_shown_share(row, name) for name in _SHARES))
        for group, row in zip(groups, gated, strict=False)
    ]


_ALL = "all groups of the dimension"
_SHARES = ("linked", "right", "wrong")


def _counts(groups: Sequence[GroupQuality]) -> dict[str, int]:
    """People, and of whom and of how many each share is, of several groups together."""
    counts = {"people": sum(group.people for group in groups)}
    for name in _SHARES:
        counts[f"{name}_part"] = sum(group.measure(name).part for group in groups)
        counts[f"{name}_whole"] = sum(group.measure(name).whole for group in groups)
    return counts


def _shown_share(row: dict[str, int | None], name: str) -> Proportion:
    part, whole = row[f"{name}_part"], row[f"{name}_whole"]
    return Proportion(0, 0) if part is None or whole is None else Proportion(part, whole)


def gap_table(groups: Sequence[GroupQuality], measure: str) -> Table:
    """The widest difference of each dimension in ``measure``."""
    gaps = widest_gaps(groups, measure, evaluation_settings().small_group)
    rows: list[list[Cell]] = [
        [
            gap.dimension.capitalize(),
            gap.lowest if gap.value else "no difference",
            gap.highest if gap.value else "no difference",
            percent(gap.value),
            percent(gap.interval[0]),
            percent(gap.interval[1]),
        ]
        for gap in gaps
    ]
    headings = ["By", "Lowest", "Highest", "Difference, percentage points", "95% from", "to"]
    note = "Newcombe's interval for two independent proportions."
    return Table(f"Widest difference in {_MEASURES[measure].lower()}", headings, rows, note)


def _dimension(groups: Sequence[GroupQuality], measure: str) -> list[Table | Chart]:
    """A chart of one dimension with its intervals, and its table."""
    small = evaluation_settings().small_group
    dimension, title = groups[0].dimension, _MEASURES[measure]
    names = [_name(group, measure, small) for group in groups]
    rates = rate_table(names, [group.measure(measure) for group in groups])
    rows: list[list[Cell]] = [
        [
            name,
            group.people or None,
            group.measure(measure).whole or None,
            *list(row.values())[1:],
            percent(group.wrong.value),
        ]
        for name, group, row in zip(names, groups, records(rates), strict=True)
    ]
    concerned = "In the register" if measure == "right" else "Concerned"
    rate_headings = [f"{title} %", "95% from", "to"]
    headings = [dimension.capitalize(), "People", concerned, *rate_headings, "Wrong links %"]
    alt = f"{title} of each group by {dimension}, with its 95% interval."
    note = "A dash: hidden, or nobody is concerned."
    if measure == "linked":
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    drawing = Drawing(f"{title} by {dimension}", "interval", [dimension.capitalize(), *rate_headings], alt)
    return [
        chart_of(drawing, [rates], lambda row: str(row["group"]), ["share", "low", "high"]),
        Table(f"{title} by {dimension}, with counts", headings, rows, note),
    ]


def rate_table(names: Sequence[str], shown: Sequence[Proportion]) -> GatedTable:
    """Shares in percent with their intervals, made of counts that left the gate, so that they may be drawn."""
    ends = [share.interval or (None, None) for share in shown]
    rates = {
        "group": pa.array(list(names), pa.string()),
        "share": pa.array([percent(share.value) for share in shown], pa.float64()),
        "low": pa.array([percent(low) for low, _ in ends], pa.float64()),
        "high": pa.array([percent(high) for _, high in ends], pa.float64()),
    }
    policy = disclosure_policy(DEFAULT_POLICY)
    return apply(policy, pa.table(rates), Cells(counts={}, model_results=("share", "low", "high")))


def _name(group: GroupQuality, measure: str, small: int) -> str:
    few = 0 < group.measure(measure).whole < small
    return f"{group.group} (fewer than {small})" if few else group.group
