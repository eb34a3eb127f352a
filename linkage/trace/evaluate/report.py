"""The report of an evaluation: one page of figures and charts, without identifiers, through a disclosure policy."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from linkage.report import Cell, Figure, Figures, Part, Report, Section, Table, Text
from linkage.report.gated import Drawing, chart_across
from linkage.trace.evaluate.curves import CalibrationBand, ErrorPattern, ThresholdPoint
from linkage.trace.evaluate.figures import Estimate, Evaluation, Proportion, percent
from linkage.trace.evaluate.groups import disclosure_policy, group_section
from pseudo.disclosure import Cells, DisclosurePolicy, GatedTable, Percentage, apply

__all__ = ["INSIDE", "Measured", "disclosure_policy", "evaluation_report"]

INSIDE = "none"
"""The policy of a page that stays where people may be identified: exact numbers."""

_MEANINGS = {
    "precision": ("Precision", "right links among all links"),
    "recall": ("Recall", "right links among people in the register"),
    "absent_linked": ("Absent people linked", "links to people who are not in the register"),
    "right_numbers_changed": ("Right numbers changed", "people with their own number who were given another"),
    "wrong_numbers_detected": (
        "Wrong numbers detected",
        "people with another's valid number, of whom the trace says so",
    ),
    "wrong_numbers_confirmed": ("Wrong numbers confirmed", "people with another's valid number who were left with it"),
}


@dataclass(frozen=True)
class Measured:
    """Everything a page of an evaluation shows. ``threshold``: the weight that links needed; None when not recorded."""

    evaluation: Evaluation
    curve: Sequence[ThresholdPoint]
    bands: Sequence[CalibrationBand]
    patterns: Sequence[ErrorPattern]
    threshold: float | None
    candidates_known: bool


def evaluation_report(measured: Measured, policy: DisclosurePolicy, *, about: str) -> Report:
    """The page. Counts of people are shown as ``policy`` allows; the overall rates, which are properties of the linkage
    and not of anybody in it, as they are.
    """
    sections = [
        _overall(measured.evaluation, policy),
        group_section(measured.evaluation, policy),
        _threshold(measured, policy),
        _calibration(measured.bands, policy),
        _errors(measured.patterns, policy),
        _limits(measured),
    ]
    return Report("How good the trace was", sections, subtitle=about, footer=_footer(policy))


def ends(interval: tuple[float, float] | None) -> str:
    """An interval in words, per cent."""
    return "nobody concerned" if interval is None else f"95%: {100 * interval[0]:.2f}% to {100 * interval[1]:.2f}%"


def rate_figure(label: str, value: float | None, interval: tuple[float, float] | None) -> Figure:
    """A share shown large with its interval below; a dash when nobody was concerned."""
    return Figure(label, None if value is None else f"{100 * value:.2f}%", ends(interval))


def gated_rows(policy: DisclosurePolicy, columns: dict[str, Sequence[object]], cells: Cells) -> GatedTable:
    """A table of figures through the gate."""
    return apply(policy, pa.table(dict(columns)), cells)


def _overall(evaluation: Evaluation, policy: DisclosurePolicy) -> Section:
    shares = evaluation.named()
    per_10000 = evaluation.false_links_per_10000_absent
    figures = [
        rate_figure("Precision", shares["precision"].value, shares["precision"].interval),
        rate_figure("Recall", shares["recall"].value, shares["recall"].interval),
        rate_figure("F1", evaluation.f1.value, evaluation.f1.interval),
        Figure("False links per 10,000 absent people", _per_10000(per_10000), _per_10000_note(per_10000)),
    ]
    by_class = [
        (f"Recall, {name}", "right links among people of this class in the register", share)
        for name, share in evaluation.by_difficulty.items()
    ]
    rows = [(*_MEANINGS[name], share) for name, share in shares.items()] + by_class
    parts: list[Part] = [
        Figures(figures),
        _share_table("Every figure", rows, policy),
    ]
    if evaluation.truth_not_traced or evaluation.traced_without_truth:
        text = "Some people are in one of the two files only, and are not in any figure."
        left_out = {"In the truth, not traced": evaluation.truth_not_traced}
        left_out |= {"Traced, not in the truth": evaluation.traced_without_truth}
        gated = gated_rows(
            policy, {"who": list(left_out), "people": list(left_out.values())}, Cells(counts={"people": "people"})
        )
        parts += [Text(text, "note"), Table("Left out", ["Who", "People"], _cells(gated))]
    return Section("Overall", parts)


def _share_table(title: str, rows: Sequence[tuple[str, str, Proportion]], policy: DisclosurePolicy) -> Table:
    """A row per share. Under a policy that hides, how many is not shown: the rate and the rounded whole say enough."""
    exact = policy.threshold == 1 and policy.round_to == 1
    columns: dict[str, Sequence[object]] = {
        "measure": [name for name, _, _ in rows],
        "meaning": [meaning for _, meaning, _ in rows],
        "of": [share.whole for *_, share in rows],
        **({"part": [share.part for *_, share in rows]} if exact else {}),
        **_rate_columns([share for *_, share in rows]),
    }
    counts = {"of": "of", **({"part": "part"} if exact else {})}
    rates = dict.fromkeys(("share", "low", "high"), "of")
    gated = gated_rows(policy, columns, Cells(counts=counts, properties=rates, decimals=3))
    headings = ["Measure", "What it is", "People concerned", *(["Of them"] if exact else []), "%", "95% from", "to"]
    return Table(title, headings, _cells(gated), "Intervals are Wilson score intervals. A dash: nobody is concerned.")


def _rate_columns(shares: Sequence[Proportion]) -> dict[str, list[float | None]]:
    return {
        "share": [percent(share.value) for share in shares],
        "low": [percent(share.interval[0]) if share.interval else None for share in shares],
        "high": [percent(share.interval[1]) if share.interval else None for share in shares],
    }


def _threshold(measured: Measured, policy: DisclosurePolicy) -> Section:
    if not measured.curve:
        return Section("The threshold", [Text("Not measured: no link of this trace has a match weight.", "warning")])
    used = "" if measured.threshold is None else f" This run needed {measured.threshold:g} bits."
    text = (
        "What precision and recall would have been if links had needed another match weight, all other rules as they are; "
        f"links of exact steps stay.{used} Below the run's own threshold the curve is an approximation from the candidates "
        "that were kept."
    )
    if not measured.candidates_known:
        text += " The candidates are not beside the trace, so that nothing is known below the run's own threshold."
    gated = _by_threshold(measured.curve, policy)
    listed = _by_threshold(
        [point for point in measured.curve if point.weight % 5 == 0 or point.weight == measured.threshold], policy
    )
    alt = "Two curves over the match weight that a link needs: precision rises and recall falls."
    return Section(
        "The threshold",
        [
            Text(text),
            chart_across(
                Drawing("Precision and recall by threshold", "curve", ["Bits needed", "Figure", "%"], alt),
                [gated],
                lambda row: str(row["weight"]),
                {"precision": "Precision", "recall": "Recall"},
            ),
            Table("Links by threshold", ["Bits needed", "Links", "Precision %", "Recall %"], _cells(listed)),
        ],
    )


def _by_threshold(points: Sequence[ThresholdPoint], policy: DisclosurePolicy) -> GatedTable:
    columns: dict[str, Sequence[object]] = {
        "weight": [str(point.weight) for point in points],
        "links": [point.links for point in points],
        "precision": [percent(point.precision.value) for point in points],
        "recall": [percent(point.recall.value) for point in points],
    }
    cells = Cells(counts={"links": "links"}, model_results=("precision", "recall"), decimals=2)
    return gated_rows(policy, columns, cells)


def _calibration(bands: Sequence[CalibrationBand], policy: DisclosurePolicy) -> Section:
    gated = _by_band(bands, policy)
    text = (
        "Whether a probability means what it says: the best person of each query, by match weight; those linked, and those "
        "that weighed too little. Where the two lines part, the model is over- or underconfident. Exact steps have no weight, "
        "and count as certain."
    )
    headings = ["Match weight, bits", "People", "Model %", "Right %", "95% from", "to"]
    alt = "For each band of match weight the mean probability by the model beside the share that is right."
    return Section(
        "Do the probabilities hold",
        [
            Text(text),
            chart_across(
                Drawing("Probability and truth", "line", ["Match weight, bits", "Figure", "%"], alt),
                [gated],
                lambda row: str(row["band"]),
                {"model": "The model says", "share": "Right in truth"},
            ),
            Table("Probability and truth, with counts", headings, _cells(gated)),
        ],
    )


def _by_band(bands: Sequence[CalibrationBand], policy: DisclosurePolicy) -> GatedTable:
    """People, the model's mean probability and the share that is right by band; the share from the counts as shown."""
    columns: dict[str, Sequence[object]] = {
        "band": [band.band for band in bands],
        "people": [band.observed.whole for band in bands],
        "right": [band.observed.part for band in bands],
        "model": [percent(band.model) for band in bands],
    }
    part = Percentage("right_pct", "right", "people")
    counted = Cells(counts={"people": "people", "right": "right"}, percentages=[part])
    gated = gated_rows(policy, {name: columns[name] for name in ("band", "people", "right")}, counted)
    shown = [_share_shown(row["right"], row["people"]) for row in gated.values.to_pylist()]
    cells = Cells(
        counts={"people": "people"}, properties={"model": "people"}, model_results=("share", "low", "high"), decimals=3
    )
    kept = {name: columns[name] for name in ("band", "people", "model")}
    return gated_rows(policy, kept | _rate_columns(shown), cells)


def _share_shown(part: int | None, whole: int | None) -> Proportion:
    return Proportion(0, 0) if part is None or whole is None else Proportion(part, whole)


def _errors(patterns: Sequence[ErrorPattern], policy: DisclosurePolicy) -> Section:
    if not patterns:
        return Section("Errors by pattern", [Text("No error was found among the people with a truth.")])
    columns: dict[str, Sequence[object]] = {
        "kind": [pattern.kind for pattern in patterns],
        "outcome": [pattern.outcome.replace("_", " ") for pattern in patterns],
        "class": [pattern.difficulty for pattern in patterns],
        "agreements": [pattern.agreements for pattern in patterns],
        "people": [pattern.people for pattern in patterns],
    }
    gated = gated_rows(policy, columns, Cells(counts={"people": "people"}))
    note = (
        "Agreements are known for links only. Who they are is in restricted/errors_IDENTIFIABLE.csv, if the evaluation was "
        "asked for it with --errors."
    )
    table = Table("Errors", ["Error", "Outcome", "Class", "What agreed", "People"], _cells(gated), note)
    return Section("Errors by pattern", [table])


def _limits(measured: Measured) -> Section:
    evaluation = measured.evaluation
    unmeasured = [
        f"- {_MEANINGS[name][0]}: the truth has nobody concerned."
        for name, share in evaluation.named().items()
        if not share.whole
    ]
    lines = [
        "- The figures are as good as the truth they were measured with, and hold for people like those in it.",
        "- People whose record the truth does not hold are in no figure.",
        "- Rows marked sensitive are judged only when the restricted folder lies beside the trace; otherwise they count "
        "as not linked.",
        "- Intervals allow for the number of people, not for errors in the truth.",
        *unmeasured,
    ]
    return Section("What is not in these figures", [Text("\n".join(lines))])


def _footer(policy: DisclosurePolicy) -> str:
    if policy.name == INSIDE:
        return "Exact numbers: this page stays where people may be identified. Made by cldlink."
    return (
        f"Counts of people as the disclosure policy {policy.name} allows. Rates of groups and bands are made from the counts as "
        "shown: in small groups rounding moves them by several points. Overall rates are properties of the linkage and shown "
        "as they are. Made by cldlink."
    )


def _cells(gated: GatedTable) -> list[list[Cell]]:
    """Rows of a gated table: text as shown by the policy, rates as numbers."""
    names = gated.display.column_names
    shown, values = gated.display.to_pylist(), gated.values.to_pylist()
    return [
        [value[name] if isinstance(value[name], float) else (text[name] or None) for name in names]
        for text, value in zip(shown, values, strict=True)
    ]


def _per_10000(estimate: Estimate) -> str | None:
    return None if estimate.value is None else f"{estimate.value:.1f}"


def _per_10000_note(estimate: Estimate) -> str:
    if estimate.interval is None:
        return "nobody concerned"
    return f"95%: {estimate.interval[0]:.1f} to {estimate.interval[1]:.1f}"
