"""The data-quality report: one HTML page of shares and counts of rows. No identifier, no value, no heading of the file.

People appear only in LTS001, to the nearest 5 as in the published tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.cohort.measures.salt_lts001 import TABLES, TOTAL
from linkage.intake import CheckResult
from linkage.intake.rules import SEVERITIES, SEVERITY_NAMES
from linkage.intake.rules.applicability import to_be_filled
from linkage.intake.rules.context import Context
from linkage.quality.comments import share
from linkage.quality.completeness import Completeness
from linkage.quality.first import Fix
from linkage.quality.measured import Measured
from linkage.quality.trend import per_100, trend_section
from linkage.quality.workbook import Measures, effect_note
from linkage.report import Cell, Chart, Figure, Figures, Part, Report, Section, Table, Text

_MOST_SHOWN = 15
_KINDS = ("valid", "unknown", "invalid", "blank")


@dataclass(frozen=True)
class Page:
    """What the report is made of: the check, its measures, and the earlier submissions in the order of their periods."""

    result: CheckResult
    now: Measured
    earlier: Sequence[Measured]
    measures: Measures
    fixes: Sequence[Fix]


def quality_report(page: Page) -> Report:
    """The report of one submission."""
    sections = [_overview(page), _fix_first(page), _lts001(page), _completeness(page)]
    if page.earlier:
        sections.append(trend_section(page.now, page.earlier, page.measures.specification))
    sections += [_rules(page), _event_types(page)]
    if page.measures.gaps:
        sections.append(_comments(page))
    synthetic = " Synthetic data: nobody in it is real." if page.result.synthetic else ""
    return Report(
        "Data quality of a submission",
        sections,
        subtitle=f"{_authority(page.result)}. {_period(page.now)}. Specification {page.now.version}.{synthetic}",
        footer="Made by cldlink. Counts are of rows and findings. People are shown to the nearest 5, zero as a hyphen.",
    )


def percent(part: int, whole: int) -> float | None:
    """A share in percent to one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _overview(page: Page) -> Section:
    result = page.result
    mandatory = _mandatory(page)
    valid, wanted = sum(one.valid for one in mandatory), sum(one.rows for one in mandatory)
    lts001 = page.now.lts001.get("LTS001a", {}).get(TOTAL)
    last = page.earlier[-1].lts001.get("LTS001a", {}).get(TOTAL) if page.earlier else None
    figures = [
        Figure("Accepted", "yes" if result.accepted else "no", _reasons(result)),
        Figure("Rows", result.rows_read, f"{result.rows_rejected:,} left out, {result.rows_blank:,} blank"),
        Figure("Mandatory fields with a valid value", share(valid, wanted) or None, "of the rows that want them"),
        Figure("Errors for each 100 rows", per_100(result.findings_by_severity("E"), result.rows_read), "findings"),
        Figure(
            "People in LTS001a", lts001, f"the last submission: {last}" if last else "long-term support in the period"
        ),
    ]
    text = "What the check found, field by field and rule by rule, and what to put right first."
    return Section("At a glance", [Text(text), Figures(figures)])


def _reasons(result: CheckResult) -> str:
    reasons = result.findings_by_severity("R")
    if not reasons:
        return "nothing stands against it"
    return f"{reasons:,} finding{'s' if reasons > 1 else ''} to put right before"


def _fix_first(page: Page) -> Section:
    barring = [fix for fix in page.fixes if fix.severity == "R"]
    moving = [fix for fix in page.fixes if fix.moves_anybody and fix.severity != "R"]
    others = [fix for fix in page.fixes if not fix.moves_anybody and fix.severity != "R"]
    parts: list[Part] = []
    if barring:
        rows: list[list[Cell]] = [[_name(fix), fix.sentence, fix.findings] for fix in barring]
        parts.append(
            Table("What keeps the file from being accepted", ["Rule and field", "What to do", "Findings"], rows)
        )
    if moving:
        parts += [Text(_MOVING), _moving(moving)]
    if others:
        parts += [Text(_OTHERS), _others(others)]
    return Section("What to fix first", parts or [Text("Nothing was found.")])


_MOVING = (
    "Faults that move people in LTS001a when each is repaired alone, those that move most in or out of the table first. "
    "People are to the nearest 5: a hyphen is nobody, or fewer than three. The workbook has exact numbers, by column, and "
    "LTS001b and c."
)
_OTHERS = "The other faults: first those whose effect cannot be computed, then those that move nobody, by the people they touch."


def _moving(fixes: Sequence[Fix]) -> Table:
    columns = ["Rule and field", "What to do", "Findings", "Into", "Out of", "Other column", "Other row", "The repair"]
    rows: list[list[Cell]] = [
        [
            _name(fix),
            fix.sentence,
            fix.findings,
            *(fix.into, fix.out_of, fix.columns, fix.rows),
            effect_note(fix.effect),
        ]
        for fix in fixes[:_MOST_SHOWN]
    ]
    note = "Other column: to another setting or mechanism. Other row: to another age band or support reason."
    return Table("Faults that move people in LTS001a", columns, rows, f"{note} {_further(fixes)}".strip())


def _others(fixes: Sequence[Fix]) -> Table:
    rows: list[list[Cell]] = [
        [_name(fix), SEVERITY_NAMES[fix.severity], fix.sentence, fix.findings, _why_not(fix)]
        for fix in fixes[:_MOST_SHOWN]
    ]
    columns = ["Rule and field", "Severity", "What to do", "Findings", "LTS001"]
    return Table("Other faults", columns, rows, _further(fixes))


def _name(fix: Fix) -> str:
    return f"{fix.rule} {fix.heading}".strip()


def _why_not(fix: Fix) -> str:
    return "It moves nobody." if fix.effect.moves is not None else effect_note(fix.effect)


def _further(fixes: Sequence[Fix]) -> str:
    more = len(fixes) - _MOST_SHOWN
    return f"{more:,} more are in the workbook." if more > 0 else ""


def _lts001(page: Page) -> Section:
    lts001 = page.measures.fix.lts001
    if lts001 is None:
        text = "The file states no reporting period, so nobody can be placed in LTS001."
        return Section("LTS001", [Text(text, tone="warning")])
    columns: dict[str, str] = {column.id: column.short for column in lts001.definition.columns}
    columns[TOTAL] = "Total"
    submissions = [page.now, *reversed([one for one in page.earlier if one.lts001])]
    rows: list[list[Cell]] = [
        [f"{table}, {one.name}", *(one.lts001[table].get(name) for name in columns)]
        for table in TABLES
        for one in submissions
    ]
    bars: list[list[Cell]] = [
        [f"{table}, {one.name}", short, one.lts001[table].get(name)]
        for table in TABLES
        for one in submissions
        for name, short in columns.items()
        if name != TOTAL
    ]
    text = (
        "People with long-term support that this file would give as it is. LTS001a: at any time in the period. LTS001b: on its "
        "last day. LTS001c: on that day, without a gap for more than 12 months. A listed value counts only in the "
        "specification's wording; one worded wrongly counts as none."
    )
    note = "To the nearest 5; a hyphen is zero. Where periods run from 1 April, LTS001a grows over the year: compare LTS001b."
    alt = "Stacked bars of people in LTS001a, b and c by setting and mechanism, for this submission and earlier ones."
    parts: list[Part] = [
        Text(text),
        Table("LTS001 by setting and mechanism", ["Table and period", *columns.values()], rows, note),
        Chart("People by setting and mechanism", "stacked", ["Table and period", "Column", "People"], bars, alt),
    ]
    return Section("LTS001", parts)


def _completeness(page: Page) -> Section:
    specification = page.measures.specification
    totals = [one for one in page.measures.completeness if one.event_type is None]
    bars: list[list[Cell]] = [
        [specification.field(one.field).heading, kind, percent(getattr(one, kind), one.rows)]
        for one in _mandatory(page)
        if one.rows
        for kind in _KINDS
    ]
    rows: list[list[Cell]] = [
        [
            specification.field(one.field).heading,
            specification.field(one.field).requirement.replace("_", " "),
            one.availability,
            one.rows,
            *(share(getattr(one, kind), one.rows) for kind in _KINDS),
        ]
        for one in totals
    ]
    text = (
        "Of the rows that want a field: valid says something in the right wording or form; unknown is a listed value that says "
        "so; invalid is not in the list, or no date or number; blank is blank. A blank Event End Date or Date of Death is right "
        "while a service goes on or a person lives."
    )
    columns = ["Field", "Requirement", "Recorded", "Rows", *(kind.capitalize() for kind in _KINDS)]
    alt = "Stacked bars of the share of rows with a valid, unknown, invalid and blank value, one bar for each mandatory field."
    parts: list[Part] = [Text(text)]
    if bars:
        parts.append(Chart("Mandatory fields", "stacked", ["Field", "What stands there", "Percent of rows"], bars, alt))
    return Section("Fields: what is recorded", [*parts, Table("Every field", columns, rows)])


def _event_types(page: Page) -> Section:
    specification = page.measures.specification
    kinds = (*_KINDS[:1], "blank")
    types = [one for one in dict.fromkeys(one.event_type for one in page.measures.completeness) if one]
    by_place = {(one.field, one.event_type): one for one in page.measures.completeness}
    fields = list(dict.fromkeys(one.field for one in page.measures.completeness))
    tables = []
    for kind in kinds:
        rows: list[list[Cell]] = [
            [specification.field(field).heading, *(_cell(by_place.get((field, event)), kind) for event in types)]
            for field in fields
        ]
        tables.append(Table(f"{kind.capitalize()}, share of the rows that want the field", ["Field", *types], rows))
    text = "A dash: no row of that type wants the field. Unknown and invalid values by event type are in the workbook."
    return Section("Fields by event type", [Text(text), *tables])


def _cell(one: Completeness | None, kind: str) -> Cell:
    return share(getattr(one, kind), one.rows) if one and one.rows else None


def _rules(page: Page) -> Section:
    counts = sorted(page.result.counts, key=lambda one: (SEVERITIES.index(one.severity), -one.findings, one.rule))
    rows: list[list[Cell]] = [
        [
            one.rule,
            SEVERITY_NAMES[one.severity],
            one.title,
            one.sentence,
            one.findings,
            per_100(one.findings, page.result.rows_read),
        ]
        for one in counts
    ]
    columns = ["Rule", "Severity", "What is checked", "What to do", "Findings", "For each 100 rows"]
    parts = [Table("Findings by rule, the most serious first", columns, rows), *_settings(page.result)]
    return Section("Findings by rule", parts)


def _settings(result: CheckResult) -> list[Part]:
    """Rules that were not checked, and severities that are not the shipped ones, if there are any."""
    parts: list[Part] = []
    if result.unchecked:
        missing: list[list[Cell]] = [
            [one.rule, f"{one.title} ({one.part.replace('_', ' ')})" if one.part else one.title, one.why]
            for one in result.unchecked
        ]
        parts.append(
            Table("Rules and parts of rules that were not checked", ["Rule", "What is checked", "Why not"], missing)
        )
    if result.changed:
        changed: list[list[Cell]] = [
            [one.rule, one.title, SEVERITY_NAMES[one.shipped], SEVERITY_NAMES[one.severity]] for one in result.changed
        ]
        parts.append(Table("Severities set by the authority", ["Rule", "What is checked", "Shipped", "Set"], changed))
    return parts


def _comments(page: Page) -> Section:
    text = (
        "Mandatory fields that are wholly or mostly blank must be explained. Complete the reasons in square brackets."
    )
    drafts = "\n".join(f"- {gap.text}" for gap in page.measures.gaps)
    return Section("For the comments box", [Text(text), Text(drafts)])


def _mandatory(page: Page) -> list[Completeness]:
    specification = page.measures.specification
    context = Context(specification, synthetic=False)
    return [
        one
        for one in page.measures.completeness
        if one.event_type is None and to_be_filled(specification.field(one.field), context)
    ]


def _authority(result: CheckResult) -> str:
    return f"Authority {result.la_code} {result.la_name}" if result.la_code else "Authority not known"


def _period(now: Measured) -> str:
    if now.period_start is None or now.period_end is None:
        return "Reporting period not stated"
    return f"Reporting period {now.period_start:%d/%m/%Y} to {now.period_end:%d/%m/%Y}"
