"""Who is linked less well: groups of people through the disclosure gate, their widest differences, tables and charts."""

from collections.abc import Sequence

import pyarrow as pa

from linkage.report import Cell, Chart, Part, Section, Table, Text
from linkage.trace.evaluate.figures import Evaluation, GroupQuality, Proportion, percent, widest_gaps
from linkage.trace.evaluate.settings import evaluation_settings
from pseudo.disclosure import Cells, DisclosurePolicy, apply

_MEASURES = {"right": "Recall", "wrong": "Wrong links among links", "linked": "Linked"}


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

    Whatever is made of them afterwards, rates, intervals and differences, is made from numbers that may be shown.
    """
    measures = ("linked", "right", "wrong")
    counts: dict[str, list[int]] = {"people": [group.people for group in groups]}
    for name in measures:
        counts |= {f"{name}_part": [group.measure(name).part for group in groups]}
        counts |= {f"{name}_whole": [group.measure(name).whole for group in groups]}
    gated = apply(policy, pa.table(counts), Cells(counts={name: name for name in counts})).values.to_pylist()
    return [
        GroupQuality(group.dimension, group.group, row["people"] or 0, *(_shown_share(row, name) for name in measures))
        for group, row in zip(groups, gated, strict=True)
    ]


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
    drawn: list[list[Cell]] = []
    rows: list[list[Cell]] = []
    for group in groups:
        share = group.measure(measure)
        name = f"{group.group} (fewer than {small})" if 0 < share.whole < small else group.group
        rates: list[Cell] = [percent(share.value), *(percent(end) for end in share.interval or (None, None))]
        drawn.append([name, *rates])
        rows.append([name, group.people or None, share.whole or None, *rates, percent(group.wrong.value)])
    concerned = "In the register" if measure == "right" else "Concerned"
    rate_headings = [f"{title} %", "95% from", "to"]
    headings = [dimension.capitalize(), "People", concerned, *rate_headings, "Wrong links %"]
    alt = f"{title} of each group by {dimension}, with its 95% interval."
    note = "A dash: hidden, or nobody is concerned."
    if measure == "linked":
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    return [
        Chart(f"{title} by {dimension}", "interval", [dimension.capitalize(), *rate_headings], drawn, alt),
        Table(f"{title} by {dimension}, with counts", headings, rows, note),
    ]
