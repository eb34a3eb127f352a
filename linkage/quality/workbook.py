"""The workbook of findings, for those who put the records right. It identifies people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.cohort.measures.salt_lts001 import TABLES, TOTAL
from linkage.engine import Engine, Step
from linkage.intake import CheckResult, summary_text
from linkage.intake.rules import SEVERITIES, SEVERITY_NAMES
from linkage.quality.comments import Gap, share
from linkage.quality.completeness import Completeness
from linkage.quality.effects import Effect, FixFirst, Moves
from linkage.quality.teams import Teams
from linkage.report.excel import ExcelColumn, Sheet, text_sheet, write_workbook
from linkage.spec import Specification

WORKBOOK = "findings_IDENTIFIABLE.xlsx"
MOST_FINDINGS = 200_000
"""Findings in the workbook; more are cut, the least serious first, and stand in the Parquet and CSV files only."""

_NUMBER = 12
_KEEP = "This workbook identifies people. Keep it where the submission may be kept."


@dataclass(frozen=True)
class Measures:
    """What the workbook shows beside the findings themselves."""

    specification: Specification
    completeness: Sequence[Completeness]
    fix: FixFirst
    gaps: Sequence[Gap]
    teams: Teams | None


def write_findings_workbook(engine: Engine, result: CheckResult, measures: Measures, path: Path) -> None:
    """Write the workbook of a check whose tables are in the engine. Sheets that would be empty are left out, but for findings."""
    sheets = [
        _summary(result),
        _fix_first(measures.fix),
        _by_rule(engine, result),
        _by_field(measures),
        *([_by_team(engine)] if measures.teams else []),
        _findings(engine, measures.teams),
        *([_comments(measures.gaps)] if measures.gaps else []),
    ]
    write_workbook(path, f"Findings of {result.file}", sheets)


def findings_step(teams: Teams | None) -> Step:
    """The findings as they stand in the workbook, the most serious first, then by row."""
    team = ", coalesce(e.team, p.team) as team" if teams else ""
    worker = ", coalesce(e.worker, p.worker) as worker" if teams and teams.has_worker else ""
    return Step(
        "workbook_findings",
        f"""select f.person_unique_identifier, f.event_reference, cast(f.row_number as varchar) as row_number{team}{worker},
    f.field, f.value, f.suggestion, f.severity, f.rule, f.message
from findings as f left join team_of_event as e on e.key = f.event_reference
left join team_of_person as p on p.key = f.person_unique_identifier
order by list_position($severities, f.severity), f.row_number nulls first, f.rule, f.part, f.field, f.value, f.suggestion
limit {MOST_FINDINGS}""",
        {"severities": [str(severity) for severity in SEVERITIES]},
    )


def by_team_step() -> Step:
    """One row per team (null: none is known): findings by severity, people and rows with a finding."""
    severities = ", ".join(f"count(*) filter (severity = '{severity}')" for severity in SEVERITIES)
    return Step(
        "by_team",
        f"""select coalesce(e.team, p.team) as team, {severities}, count(distinct f.person_unique_identifier),
    count(distinct f.row_number)
from findings as f left join team_of_event as e on e.key = f.event_reference
left join team_of_person as p on p.key = f.person_unique_identifier
group by all order by count(*) desc, team nulls last""",
    )


def _summary(result: CheckResult) -> Sheet:
    lines = [[line.strip()] for line in summary_text(result).splitlines() if line.strip()]
    return text_sheet("Summary", [ExcelColumn("Outcome of the check", 120, wrap=True)], lines, [_KEEP])


def _fix_first(fix: FixFirst) -> Sheet:
    columns = [
        ExcelColumn("Place", 7, right=True),
        ExcelColumn("Rule", 7),
        ExcelColumn("Severity", 14),
        ExcelColumn("Field", 28, wrap=True),
        ExcelColumn("What to do", 52, wrap=True),
        ExcelColumn("Findings", _NUMBER, right=True),
        ExcelColumn("People touched", _NUMBER, right=True),
        *(
            ExcelColumn(f"{table}: {move}", _NUMBER, right=True)
            for table in TABLES
            for move in ("into", "out of", "between columns", "between rows")
        ),
        ExcelColumn("LTS001a by column", 40, wrap=True),
        ExcelColumn("What the repair assumes", 44, wrap=True),
    ]
    rows = [[place, *_effect(effect, fix)] for place, effect in enumerate(fix.effects, start=1)]
    notes = [
        "In the order in which to put things right: what keeps the file from being accepted, then the faults that move most "
        "people in or out of LTS001 when they are repaired one at a time.",
        _lts001_note(fix),
    ]
    return text_sheet("Fix first", columns, rows, notes)


def _lts001_note(fix: FixFirst) -> str:
    if fix.lts001 is None:
        return "The file states no reporting period, so nobody can be placed in LTS001: the faults stand by people touched."
    totals = ", ".join(f"{table} {fix.lts001.people[table][TOTAL]:,}" for table in TABLES)
    return f"LTS001 of this file as it is, {fix.lts001.period}: {totals} people."


def _effect(effect: Effect, fix: FixFirst) -> list[object]:
    fault = effect.fault
    moves = [(effect.moves or {}).get(table, Moves()) for table in TABLES]
    numbers: list[object] = [n for move in moves for n in (move.into, move.out_of, move.columns, move.rows)]
    if effect.moves is None:
        numbers = [None] * len(numbers)
    return [
        fault.rule,
        SEVERITY_NAMES[fault.severity],
        fault.heading,
        fault.sentence,
        fault.findings,
        fault.people,
        *numbers,
        _by_column(moves[0], fix),
        effect_note(effect),
    ]


def effect_note(effect: Effect) -> str:
    """What the repair assumes, or why nobody is counted as moved."""
    if effect.moves is not None:
        return effect.fault.assumption
    return "It plays no part in LTS001." if not effect.fault.plays_a_part else "Its repair cannot be computed."


def _by_column(moves: Moves, fix: FixFirst) -> str | None:
    if fix.lts001 is None:
        return None
    labels = {column.id: column.short for column in fix.lts001.definition.columns}
    changes = [f"{label} {moves.by_column[name]:+,}" for name, label in labels.items() if moves.by_column.get(name)]
    return "; ".join(changes) or None


def _by_rule(engine: Engine, result: CheckResult) -> Sheet:
    step = Step(
        "people_by_rule", "select rule, part, count(distinct person_unique_identifier) from findings group by all"
    )
    people = {(rule, part): count for rule, part, count in engine.rows(step)}
    columns = [
        ExcelColumn("Rule", 7),
        ExcelColumn("Severity", 14),
        ExcelColumn("What is checked", 36, wrap=True),
        ExcelColumn("What to do", 70, wrap=True),
        ExcelColumn("Findings", _NUMBER, right=True),
        ExcelColumn("People touched", _NUMBER, right=True),
    ]
    in_order = sorted(result.counts, key=lambda count: (SEVERITIES.index(count.severity), -count.findings, count.rule))
    rows = [
        [c.rule, SEVERITY_NAMES[c.severity], c.title, c.sentence, c.findings, people.get((c.rule, c.part), 0)]
        for c in in_order
    ]
    return text_sheet("By rule", columns, rows)


def _by_field(measures: Measures) -> Sheet:
    names = (
        "Field",
        "Requirement",
        "Recorded",
        "Event type",
        "Rows that want it",
        "Valid",
        "Blank",
        "Unknown",
        "Invalid",
    )
    shares = ("Valid, share", "Blank, share")
    columns = [ExcelColumn(name, 30 if name == "Field" else 17) for name in names[:4]]
    columns += [ExcelColumn(name, _NUMBER, right=True) for name in (*names[4:], *shares)]
    rows = [
        [
            measures.specification.field(one.field).heading,
            measures.specification.field(one.field).requirement.replace("_", " "),
            one.availability,
            one.event_type or "all",
            *(one.rows, one.valid, one.blank, one.unknown, one.invalid),
            *(share(one.valid, one.rows), share(one.blank, one.rows)),
        ]
        for one in measures.completeness
    ]
    return text_sheet("By field", columns, rows)


def _by_team(engine: Engine) -> Sheet:
    columns = [
        ExcelColumn("Team", 30),
        *(ExcelColumn(SEVERITY_NAMES[severity].capitalize(), 14, right=True) for severity in SEVERITIES),
        ExcelColumn("People", _NUMBER, right=True),
        ExcelColumn("Rows", _NUMBER, right=True),
    ]
    rows = [[team or "no team known", *counts] for team, *counts in engine.rows(by_team_step())]
    return text_sheet("By team", columns, rows, ["Filter the sheet Findings by its column Team for one team's list."])


def _findings(engine: Engine, teams: Teams | None) -> Sheet:
    team = [ExcelColumn("Team", 22)] if teams else []
    worker = [ExcelColumn("Worker", 22)] if teams and teams.has_worker else []
    columns = [
        ExcelColumn("Person identifier", 20),
        ExcelColumn("Event reference", 20),
        ExcelColumn("Row", 9, right=True),
        *team,
        *worker,
        ExcelColumn("Field", 28),
        ExcelColumn("Value", 30),
        ExcelColumn("Suggestion", 30),
        ExcelColumn("Severity", 9),
        ExcelColumn("Rule", 7),
        ExcelColumn("What to do", 90),
    ]
    found = engine.count("findings")
    notes = [_KEEP]
    if found > MOST_FINDINGS:
        notes.append(
            f"CUT: the first {MOST_FINDINGS:,} of {found:,} findings, the most serious first. All are in the Parquet file."
        )
    return Sheet("Findings", columns, engine.arrow(findings_step(teams)), notes)


def _comments(gaps: Sequence[Gap]) -> Sheet:
    columns = [
        ExcelColumn("Field", 30),
        ExcelColumn("Gap", 16),
        ExcelColumn("Rows that want it", _NUMBER, right=True),
        ExcelColumn("Blank", _NUMBER, right=True),
        ExcelColumn("Text for the comments box", 110, wrap=True),
    ]
    rows = [[gap.heading, gap.kind, gap.rows, gap.blank, gap.text] for gap in gaps]
    notes = ["A draft: complete the reasons in square brackets, then copy the last column into the comments box."]
    return text_sheet("Comments box", columns, rows, notes)
