"""How quality goes over the submissions of an authority: findings for each 100 rows, and fields filled."""

from collections.abc import Sequence

from linkage.intake.rules import SEVERITY_NAMES
from linkage.quality.comments import share
from linkage.quality.measured import Measured
from linkage.report import Cell, Chart, Part, Section, Table, Text
from linkage.spec import Specification


def trend_section(now: Measured, earlier: Sequence[Measured], specification: Specification) -> Section:
    """This submission after the earlier ones. Fields are those of this submission's specification, by canonical id."""
    submissions = [*earlier, now]
    names = [one.name for one in submissions]
    lines: list[list[Cell]] = [
        [one.name, SEVERITY_NAMES[severity], _per_100(one.severities.get(severity, 0), one.rows)]
        for one in submissions
        for severity in "REWI"
        if any(each.severities.get(severity) for each in submissions)
    ]
    alt = "Lines of the findings for each 100 rows over the submissions, one line for each severity."
    parts: list[Part] = [
        Text("Findings depend on the specification and the rules that a file was checked by, which may have changed."),
        _overview(submissions),
        Chart(
            "Findings for each 100 rows", "line", ["Submission", "Severity", "Findings for each 100 rows"], lines, alt
        ),
        Table("Findings for each 100 rows, by rule", ["Rule", *names], _rules(submissions), _RULES),
        Table(
            "Rows with a valid value, of those that want the field",
            ["Field", *names],
            _fields(submissions, specification),
        ),
    ]
    return Section("Trend over submissions", parts)


_RULES = "A dash: no finding. Rules as named in docs/reference/rules.md."


def _overview(submissions: Sequence[Measured]) -> Table:
    rows: list[list[Cell]] = [
        [one.name, one.file, one.version, "yes" if one.accepted else "no", one.rows] for one in submissions
    ]
    return Table("Submissions", ["Period", "File", "Version", "Accepted", "Rows"], rows)


def _rules(submissions: Sequence[Measured]) -> list[list[Cell]]:
    rules = sorted({rule for one in submissions for rule in one.rules})
    return [
        [rule.replace("_", " "), *(_per_100(one.rules.get(rule), one.rows) for one in submissions)] for rule in rules
    ]


def _fields(submissions: Sequence[Measured], specification: Specification) -> list[list[Cell]]:
    by_place = {
        (number, field.field): field
        for number, one in enumerate(submissions)
        for field in one.completeness
        if field.event_type is None
    }
    rows: list[list[Cell]] = []
    for field in specification.fields:
        found = [by_place.get((number, field.id)) for number in range(len(submissions))]
        if any(found):
            rows.append([field.heading, *(share(one.valid, one.rows) if one and one.rows else None for one in found)])
    return rows


def _per_100(findings: int | None, rows: int) -> str | None:
    return per_100(findings, rows) if findings is not None else None


def per_100(findings: int, rows: int) -> str | None:
    """Findings for each 100 rows to one decimal; None without rows.

    >>> per_100(3, 200), per_100(1, 5000), per_100(1, 0)
    ('1.5', '0.0', None)
    """
    return f"{100 * findings / rows:,.1f}" if rows else None
