"""Applying the rules to a prepared submission, and what they found as one table."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from linkage.engine import Engine, Step, ident, literal
from linkage.errors import InternalError
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.model import Rule, Severity
from linkage.intake.rules.repairs import LEFT_OUT
from linkage.spec import Specification

FINDING_COLUMNS = (
    "rule",
    "severity",
    "field",
    "row_number",
    "event_reference",
    "person_unique_identifier",
    "value",
    "message",
    "suggestion",
    "part",
)


@dataclass(frozen=True)
class RuleCount:
    """How often one part of one rule was broken. ``sentence`` is the plain words of the findings."""

    rule: str
    part: str
    severity: Severity
    title: str
    sentence: str
    findings: int


def apply_rules(engine: Engine, rules: Sequence[Rule], context: Context) -> None:
    """Run every rule; make ``findings`` (one row each, in a fixed order) and ``rejected_rows`` (row_number)."""
    engine.register("rule_parts", _parts_table(rules))
    engine.register("field_headings", _headings_table(context.specification))
    engine.run_all([rule.step(context) for rule in rules if not rule.entry.last])
    engine.run(left_out_step(rules))
    engine.run_all([rule.step(context) for rule in rules if rule.entry.last])
    found = engine.run(_found_step(rules))
    if engine.run(findings_step()) != found:
        raise InternalError(
            "A rule found a part that configs/rules/ does not describe, or a row twice. Please report it."
        )
    engine.run(rejected_rows_step())
    engine.drop("found", LEFT_OUT, *(f"rule_{rule.code.lower()}" for rule in rules))


def count_findings(engine: Engine, rules: Sequence[Rule]) -> tuple[RuleCount, ...]:
    """Findings by rule and part, in the order of the rules; parts without a finding are left out."""
    step = Step("count_findings", "select rule, part, count(*) from findings group by all")
    counts = {(rule, part): rows for rule, part, rows in engine.rows(step)}
    return tuple(
        RuleCount(rule.code, part.part, part.severity, rule.entry.title, part.sentence, counts[rule.code, part.part])
        for rule in rules
        for part in rule.entry.parts
        if (rule.code, part.part) in counts
    )


def findings_step() -> Step:
    """Findings with severity, heading, sentence and what identifies the row; those about the file come first."""
    columns = ", ".join(ident(column) for column in FINDING_COLUMNS)
    return Step(
        "findings",
        f"""select {columns} from (
    select found.rule, found.part, parts.severity, coalesce(headings.heading, found.field) as field, found.row_number,
        s.event_reference, s.person_unique_identifier, found.value, parts.sentence as message, found.suggestion
    from found join rule_parts as parts on parts.rule = found.rule and parts.part = found.part
    left join field_headings as headings on headings.id = found.field
    left join submission as s on s.row_number = found.row_number
) as described
order by row_number nulls first, rule, part, field, value, suggestion""",
    )


def left_out_step(rules: Sequence[Rule]) -> Step:
    """``left_out_rows``: the row_number of each row of the submission that a rule found in what rejects a row."""
    selects = [
        f"select row_number from {ident(f'rule_{rule.code.lower()}')} where part in {in_sql(parts)}"
        for rule in rules
        if (parts := [part.part for part in rule.entry.parts if part.rejects_row])
    ]
    found = "\nunion all\n".join(selects or ["select row_number from submission where false"])
    return Step(
        LEFT_OUT,
        f"select distinct row_number from (\n{found}\n) where row_number in (select row_number from submission)",
    )


def rejected_rows_step() -> Step:
    """Rows left out of what follows, each once: row_number, rule (the first by code) and sentence."""
    return Step(
        "rejected_rows",
        """select f.row_number, min(f.rule) as rule, min(parts.sentence) as sentence
from findings as f join rule_parts as parts on parts.rule = f.rule and parts.part = f.part
where parts.rejects_row and f.row_number in (select row_number from submission)
group by f.row_number order by f.row_number""",
    )


def _found_step(rules: Sequence[Rule]) -> Step:
    columns = "row_number, part, field, value, suggestion"
    selects = [
        f"select {literal(rule.code)} as rule, {columns} from {ident(f'rule_{rule.code.lower()}')}" for rule in rules
    ]
    return Step("found", "\nunion all\n".join(selects))


def _parts_table(rules: Sequence[Rule]) -> pa.Table:
    rows = [
        {
            "rule": rule.code,
            "part": part.part,
            "severity": part.severity,
            "sentence": part.sentence,
            "rejects_row": part.rejects_row,
        }
        for rule in rules
        for part in rule.entry.parts
    ]
    return pa.Table.from_pylist(rows)


def _headings_table(specification: Specification) -> pa.Table:
    return pa.Table.from_pylist([{"id": field.id, "heading": field.heading} for field in specification.fields])
