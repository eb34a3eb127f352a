"""The report of the main job: one HTML file, every count of people through the disclosure gate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.cohort.official import OfficialTables
from linkage.cohort.presented import measure_section
from linkage.cohort.report import linkage_section, lts001_section, study_section
from linkage.cohort.salt_tables import SaltTables
from linkage.cohort.study.run import StudyResult
from linkage.configs import packaged
from linkage.intake import CheckResult, Consolidation
from linkage.report import Cell, Figure, Figures, Report, Section, Table, Text, write_html
from linkage.report.gated import Drawing, chart_across, records
from linkage.runs import staged_outputs
from linkage.trace.evaluate import Evaluation, Proportion
from linkage.trace.outcomes import outcomes
from linkage.trace.run import TraceResult
from pseudo.disclosure import Cells, DisclosurePolicy, GatedTable, apply, choose_policy, load_policies
from pseudo.release import Release

REPORT = "report.html"
_POLICY = "hes_subnational"


@dataclass(frozen=True)
class DemoResults:
    """What every step of the main job gave, for the report."""

    checks: Sequence[CheckResult]
    consolidation: Consolidation
    register: dict[str, int]
    trace: TraceResult
    quality: Evaluation
    feedback: dict[str, int]
    release: Release
    salt: SaltTables
    official: OfficialTables
    study: StudyResult


def write_report(results: DemoResults, out: Path) -> Path:
    """Write ``report.html`` to ``out``; return its path."""
    report = Report(
        "From submissions to a linked analysis",
        [
            _overview(results),
            _checks(results),
            _tracing(results),
            _release(results),
            linkage_section(results.salt),
            lts001_section(results.salt),
            *(measure_section(one, only=["main"]) for one in results.official.presented),
            study_section(results.study),
        ],
        subtitle="Adult social care Client Level Data of two invented authorities, 2022/23. All people are synthetic.",
        footer="Made by cldlink. Counts of people are shown as the named disclosure policies allow.",
    )
    with staged_outputs(out) as staging:
        write_html(report, staging / REPORT)
    return out / REPORT


def _overview(results: DemoResults) -> Section:
    precision, recall = results.quality.precision, results.quality.recall
    figures = [
        Figure("Submissions checked", len(results.checks), "quarters of two authorities"),
        Figure("Current events", results.consolidation.events, "one row each, latest submission"),
        Figure("Precision of the trace", _percent(precision), _interval(precision)),
        Figure("Recall of the trace", _percent(recall), _interval(recall)),
    ]
    text = (
        "Two authorities sent what they knew each quarter. The files were checked, the people traced against a person "
        "register, each authority told what was found, and a de-identified release made for one recipient. Hospital and "
        "GP tables were linked to it on the pseudonym. Precision is the share of links that are right, recall the share "
        "of people in the register who were linked rightly; both are known because the sample carries its truth."
    )
    return Section("What was done", [Text(text), Figures(figures)])


def _checks(results: DemoResults) -> Section:
    files: list[list[Cell]] = [
        [c.file, c.version, c.rows_read, "yes" if c.accepted else "no", *(c.findings_by_severity(s) for s in "EWI")]
        for c in results.checks
    ]
    headings = ["Submission", "Version", "Rows", "Accepted", "Errors", "Warnings", "Information"]
    rules: Counter[tuple[str, str, str]] = Counter()
    for check in results.checks:
        for count in check.counts:
            rules[count.rule, count.severity, count.title] += count.findings
    found: list[list[Cell]] = [
        [rule, severity, title, number] for (rule, severity, title), number in sorted(rules.items())
    ]
    note = "Findings are counts of faults in rows, not of people; who and where is in each authority's own file."
    return Section(
        "Checking the submissions",
        [
            Table("Submissions", headings, files, note),
            Table("Findings by rule, all submissions", ["Rule", "Severity", "What is checked", "Findings"], found),
        ],
    )


def _tracing(results: DemoResults) -> Section:
    gated = _outcomes_by_authority(results.trace.table)
    authorities = [name for name in gated.display.column_names if name != "outcome"]
    sentences = outcomes()
    rows = [
        [row["outcome"].replace("_", " "), *(row[name] for name in authorities), sentences[row["outcome"]].sentence]
        for row in gated.display.to_pylist()
    ]
    alt = "Stacked bars of people by outcome of the trace, one colour for each authority."
    drawing = Drawing("People by outcome of the trace", "stacked", ["Outcome", "Authority", "People"], alt)
    chart = chart_across(
        drawing,
        [gated],
        lambda row: str(row["outcome"]).replace("_", " "),
        {name: f"authority {name}" for name in authorities},
    )
    return Section(
        "Tracing",
        [
            Table(
                "People by outcome", ["Outcome", *(f"Authority {a}" for a in authorities), "Meaning"], rows, _shown()
            ),
            chart,
            _quality(results),
        ],
    )


def _quality(results: DemoResults) -> Table:
    quality = results.quality
    named: Mapping[str, Proportion] = {
        "Precision: right links among links": quality.precision,
        "Recall: right links among people in the register": quality.recall,
        "People not in the register who were linked": quality.absent_linked,
        "Right given numbers that were changed": quality.right_numbers_changed,
        "Another person's given numbers that were confirmed": quality.wrong_numbers_confirmed,
    } | {f"Recall, difficulty {name}": value for name, value in quality.by_difficulty.items()}
    exact = pa.table(
        {
            "measure": list(named),
            "part": [share.part for share in named.values()],
            "whole": [share.whole for share in named.values()],
        }
    )
    gated = apply(_policy("none"), exact, Cells(counts={"part": "part", "whole": "whole"}))
    rows = [
        [row["measure"], row["part"], row["whole"], _percent(share), _interval(share)]
        for row, share in zip(records(gated), named.values(), strict=True)
    ]
    note = (
        "Against the truth of the synthetic sample; intervals are 95% Wilson score intervals. Exact counts of invented people: "
        "on real data such a table stays where people may be identified. Impossible: records that no tracer can decide, such "
        "as a twin without a given name."
    )
    return Table("Quality of the trace", ["Measure", "People", "Of", "Share", "Interval"], rows, note)


def _release(results: DemoResults) -> Section:
    manifest = results.release.manifest
    request = manifest["request"]
    facts = [
        ["Recipient and project", f"{request['recipient']}, {request['project']}"],
        ["Policy", manifest["policy"]["name"]],
        ["Key", f"{manifest['key']['key_id']}, check value {manifest['key']['root_key_check_value']}"],
        ["Expires", request["expires"]],
    ]
    rows = [[name, record["rows_in"], record["counts"]["rows_out"]] for name, record in manifest["tables"].items()]
    text = (
        "Names, full dates of birth, postcodes, NHS numbers and local ids do not leave. People stand under keyed "
        "pseudonyms that no other recipient or project shares. Every column has a treatment; one without stops the release."
    )
    return Section(
        "The release",
        [
            Text(text),
            Table("What was released, to whom", ["Fact", "Value"], facts),
            Table("Rows", ["Table", "Rows in", "Rows out"], rows),
        ],
    )


def _outcomes_by_authority(trace: pa.Table) -> GatedTable:
    """People by outcome (rows) and authority (columns), as the disclosure policy allows."""
    counted = Counter(
        (outcome, query.split("/")[0])
        for query, outcome in zip(trace["query_id"].to_pylist(), trace["outcome"].to_pylist(), strict=True)
    )
    authorities = sorted({authority for _, authority in counted})
    names = [name for name in outcomes() if any(counted[name, authority] for authority in authorities)]
    columns: dict[str, Sequence[str | int]] = {"outcome": names}
    columns |= {authority: [counted[name, authority] for name in names] for authority in authorities}
    return apply(_policy(_POLICY), pa.table(columns), Cells(counts={authority: authority for authority in authorities}))


def _policy(name: str) -> DisclosurePolicy:
    return choose_policy(load_policies(packaged("disclosure/policies.yaml")), name)


def _shown() -> str:
    return f"Shown under the disclosure policy {_POLICY}: 1 to 7 as *, others to the nearest 5."


def _percent(proportion: Proportion) -> str:
    return "" if proportion.value is None else f"{100 * proportion.value:.1f}%"


def _interval(proportion: Proportion) -> str:
    ends = proportion.interval
    return "" if ends is None else f"{100 * ends[0]:.1f}% to {100 * ends[1]:.1f}%"
