"""The page and the figures of an estimate from a clerical sample."""

from collections.abc import Sequence
from pathlib import Path

from linkage.report import Cell, Figure, Figures, Part, Report, Section, Table, Text, write_html
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.evaluate.estimate import READINGS, SampleEstimate, estimate
from linkage.trace.evaluate.figures import percent
from linkage.trace.evaluate.labels import Readable, read_design, read_reviewers
from linkage.trace.evaluate.report import rate_figure
from linkage.trace.evaluate.write import FIGURES, PAGE, figures_document

_FOOTER = "Exact numbers: this page stays where people may be identified. Made by cldlink."


def estimate_from_labels(
    sample: Path, labels: Sequence[Path], out: Path | None = None, *, readable: Readable | None = None
) -> SampleEstimate:
    """Estimate precision and recall of a trace from the judgements of its sample; write the page to ``out`` if given.

    ``readable`` makes a table of a file that is neither CSV nor Parquet. Raises InputError when a file of judgements
    contradicts itself or judges nothing of the sample.
    """
    design = read_design(sample)
    found = estimate(design, read_reviewers(labels, design, readable))
    if out:
        with staged_outputs(out) as staging:
            write_html(estimate_page(found, design.trace_sha256), staging / PAGE)
            document = figures_document("sample", design.trace_sha256, found.as_dict())
            (staging / FIGURES).write_text(document, encoding="utf-8", newline="\n")
            inputs = [file_record(path) for path in labels]
            counts = {"reviewers": len(labels), "people_drawn_and_not_judged": found.unjudged}
            Manifest("evaluate labels", inputs, counts, {"trace_sha256": design.trace_sha256}).write(staging)
    return found


def estimate_page(found: SampleEstimate, trace_sha256: str) -> Report:
    """One page: the estimates by reading, the strata they come from, the reviewers, and what they do not cover."""
    precision, recall = found.precision["middle"], found.recall["middle"]
    figures = Figures(
        [
            rate_figure("Precision, estimated", precision.value, precision.interval),
            rate_figure("Recall, estimated", recall.value, recall.interval),
            Figure("People the estimate covers", f"{100 * (found.covered.value or 0):.1f}%", _covers(found)),
        ]
    )
    sections = [
        Section("The estimate", [figures, _readings(found), Text(_READINGS_TEXT)]),
        Section("The strata", [_strata(found), _uncovered(found)]),
        Section("The reviewers", _reviewers(found)),
        Section("What is not in these figures", [Text(_LIMITS)]),
    ]
    about = f"Estimated from a clerical sample of the trace, file {trace_sha256[:16]}."
    return Report("How good the trace was", sections, subtitle=about, footer=_FOOTER)


_READINGS_TEXT = (
    "Worst takes a link as right only if every reviewer says match, and a person as missed if anyone says match or is unsure; "
    "best is the other way round; middle goes by more than half of the reviewers, for a missed person by at least half. Each "
    "stratum counts with the people it stands for. Intervals are made from the Wilson intervals of the strata (method of "
    "variance estimates recovery)."
)
_LIMITS = "\n".join(
    (
        "- Recall counts as missed only people whose own record was among the candidates shown: whom the search did not find "
        "at all, nobody can see in a sample.",
        "- A wrong link does not count as missed, for the sample does not show the person's own record.",
        "- Not estimated: F1, false links to people who are not in the register, numbers wrongly changed, differences between "
        "groups. They need a file of truth.",
        "- Drawn people who were not judged are taken to be like the others of their stratum.",
    )
)


def _readings(found: SampleEstimate) -> Table:
    rows: list[list[Cell]] = []
    for name, by_reading in (("Precision", found.precision), ("Recall", found.recall)):
        for reading in READINGS:
            share = by_reading[reading]
            low, high = share.interval or (None, None)
            rows.append([f"{name}, {reading}", percent(share.value), percent(low), percent(high)])
    return Table("Worst, middle and best", ["Figure", "%", "95% from", "to"], rows)


def _covers(found: SampleEstimate) -> str:
    return f"{found.covered.part:,} of {found.covered.whole:,} people traced"


def _strata(found: SampleEstimate) -> Table:
    rows: list[list[Cell]] = [
        [
            one.stratum.name.replace("_", " "),
            "links" if one.stratum.linked else "no link",
            one.stratum.people,
            one.stratum.sampled,
            one.judged,
            one.matches["middle"] if one.judged else None,
        ]
        for one in found.strata
    ]
    headings = ["Outcome and match weight, bits", "Judged is", "People", "Drawn", "Judged", "With a match"]
    note = (
        "With a match: of links, right ones; of people without a link, those whose own record was among the candidates."
    )
    return Table("People by stratum", headings, rows, note)


def _uncovered(found: SampleEstimate) -> Text:
    left = found.covered.whole - found.covered.part
    links = found.covered_links.whole - found.covered_links.part
    if not left:
        return Text("Every stratum was judged, at least in part.")
    return Text(
        f"Not covered: {left:,} people, {links:,} of them with a link, in strata of which nobody was judged: people without a "
        "candidate, records marked sensitive, and strata that the reviewers left out.",
        "note",
    )


def _reviewers(found: SampleEstimate) -> list[Part]:
    reviewers = found.as_dict()["reviewers"]
    keys = ("name", "judged", "match", "no_match", "unsure", "not_in_the_sample")
    rows: list[list[Cell]] = [[one[key] for key in keys] for one in reviewers]
    headings = ["Reviewer", "Pairs judged", "Match", "No match", "Unsure", "Not in the sample"]
    parts: list[Part] = [Table("Judgements", headings, rows)]
    if found.agreement is None:
        return [*parts, Text("Agreement was not measured: it needs two reviewers who judged the same pairs.", "note")]
    kappa = "cannot be given" if found.agreement.kappa is None else f"is {found.agreement.kappa:.3f}"
    agreed = found.agreement.agreed
    text = (
        f"All reviewers judged {found.agreement.pairs:,} pairs and agree on {agreed.part:,} of them. {found.agreement.kind}, "
        f"agreement beyond chance, {kappa}."
    )
    return [*parts, Text(text)]
