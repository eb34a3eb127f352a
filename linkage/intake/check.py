"""Checking a submission: read it, apply every rule, say whether it is accepted and what to put right.

Severity R means that the file is not accepted; everything is still checked, so that one report holds every fault.
Rows in = rows kept + rows rejected + blank rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.intake.findings import RuleCount, apply_rules, count_findings
from linkage.intake.prepare import prepare
from linkage.intake.read import REJECT_SCHEMA, Reading, read_submission
from linkage.intake.rules import load_rules, rule
from linkage.intake.rules.field_status import TABLE, make_field_status
from linkage.intake.rules.settings import (
    ChangedSeverity,
    RuleSettings,
    Unchecked,
    apply_settings,
    read_settings,
    unchecked_parts,
)
from linkage.intake.rules.side_inputs import SideInputs, read_side_inputs
from linkage.intake.rules.tables import drop_tables, make_tables
from linkage.intake.values import Closeness
from linkage.runs import file_record
from linkage.spec import Specification, authorities


@dataclass(frozen=True)
class CheckOptions:
    """``as_at`` is the day the file is looked at, for dates in the future; None is today. ``engine`` limits memory.
    ``rules`` is a file of severities and rules switched off, ``inputs`` what some rules need besides the file. ``sheet`` is
    the worksheet of a workbook; None is the first one with the headings of a submission.
    """

    as_at: date | None = None
    engine: EngineOptions = field(default_factory=EngineOptions)
    rules: Path | None = None
    inputs: SideInputs = field(default_factory=SideInputs)
    sheet: str | None = None


@dataclass(frozen=True)
class CheckResult:
    """What a check found. ``findings`` and ``rejects`` hold identifying values; nothing else here does.

    ``specification`` is what the file was checked against, ``why`` says in words why that.
    ``la_code`` and ``la_name`` are None when the code is not a known one, the period when it is not stated.
    ``changed`` are the severities that are not the shipped ones, ``unchecked`` the rules and parts of rules that were not
    checked, with the reason; ``inputs`` records the other files that were read.
    ``field_status`` counts rows by module, field, status and validity, for versions with a matrix of mandatory fields.
    ``findings`` has one row per finding, ``rejects`` one per row that was left out (unreadable, or by a rule).
    """

    file: str
    specification: Specification
    why: str
    encoding: str
    synthetic: bool
    la_code: str | None
    la_name: str | None
    period_start: date | None
    period_end: date | None
    rows_read: int
    rows_blank: int
    rows_rejected: int
    accepted: bool
    counts: tuple[RuleCount, ...]
    findings: pa.Table
    rejects: pa.Table
    field_status: pa.Table
    record: dict[str, Any]
    changed: tuple[ChangedSeverity, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    inputs: tuple[dict[str, Any], ...] = ()

    @property
    def version(self) -> str:
        """The version that the file was checked against."""
        return self.specification.version

    @property
    def rows_kept(self) -> int:
        """Rows that go on: read, neither blank nor rejected."""
        return self.rows_read - self.rows_blank - self.rows_rejected

    def findings_by_severity(self, severity: str) -> int:
        """How many findings have a severity (R, E, W or I)."""
        return sum(count.findings for count in self.counts if count.severity == severity)


def check_submission(
    path: Path, *, spec: str | None = None, synthetic: bool = False, options: CheckOptions | None = None
) -> CheckResult:
    """Check one submission file.

    ``spec`` names the specification; without it the headings tell, and the reporting period. ``synthetic`` lets invented
    authorities and postcode areas pass. Raises UsageError for a wrong path or version, InputError for content that is no
    submission.
    """
    options = options or CheckOptions()
    with open_engine(options.engine) as engine:
        return check_into(engine, path, spec=spec, synthetic=synthetic, options=options)


def check_into(
    engine: Engine,
    path: Path,
    *,
    spec: str | None = None,
    synthetic: bool = False,
    as_at: date | None = None,
    options: CheckOptions | None = None,
    inputs_for: Callable[[str | None, date | None], SideInputs] | None = None,
) -> CheckResult:
    """As ``check_submission``, leaving ``submission`` and ``rejected_rows`` in the engine for what follows.

    ``inputs_for`` gives the side inputs, in place of those of the options, for the LA Code and period end that the file
    states (None: not stated).
    """
    options = options or CheckOptions(as_at)
    settings = read_settings(options.rules) if options.rules else RuleSettings()
    rules, changed, off = apply_settings(load_rules(), settings)
    reading = read_submission(path, spec, options.sheet)
    wording = rule("F09")
    closeness = Closeness(wording.number("similarity"), wording.number("suggestion_similarity"))
    prepare(engine, reading, closeness, options.as_at or date.today())
    la_code, _, period_end = _facts(engine)
    inputs = inputs_for(la_code, period_end) if inputs_for else options.inputs
    context, records = read_side_inputs(engine, inputs, reading.specification, synthetic=synthetic)
    make_tables(engine, context)
    apply_rules(engine, rules, context)
    make_field_status(engine, context)
    drop_tables(engine)
    result = _result(engine, reading, synthetic, count_findings(engine, rules))
    read = [*([file_record(options.rules)] if options.rules else []), *records]
    return replace(result, changed=changed, unchecked=(*off, *unchecked_parts(rules, context)), inputs=tuple(read))


def _facts(engine: Engine) -> tuple[str | None, date | None, date | None]:
    """The LA Code and the reporting period that most rows state."""
    [(la_code, start, end)] = engine.rows(
        Step("read_facts", "select la_code, period_start, period_end from submission_facts")
    )
    return la_code, start, end


def _result(engine: Engine, reading: Reading, synthetic: bool, counts: tuple[RuleCount, ...]) -> CheckResult:
    la_code, period_start, period_end = _facts(engine)
    authority = next((known for known in authorities() if known.code == la_code), None)
    rejects = _rejects(engine, reading)
    return CheckResult(
        file=reading.path.name,
        specification=reading.specification,
        why=reading.choice.why,
        encoding=reading.encoding,
        synthetic=synthetic,
        la_code=authority.code if authority else None,
        la_name=authority.name if authority else None,
        period_start=period_start,
        period_end=period_end,
        rows_read=reading.rows_in,
        rows_blank=reading.rows_blank,
        rows_rejected=rejects.num_rows,
        accepted=not any(count.severity == "R" for count in counts),
        counts=counts,
        findings=engine.table("findings"),
        rejects=rejects,
        field_status=engine.table(TABLE),
        record=file_record(reading.path),
    )


def _rejects(engine: Engine, reading: Reading) -> pa.Table:
    """Unreadable records with their text, and rows that a rule left out, by row number."""
    by_rule = [
        {"row_number": row_number, "reason": f"{code}: {sentence}"}
        for row_number, code, sentence in engine.rows(Step("read_rejected", "select * from rejected_rows order by 1"))
    ]
    rejects = pa.concat_tables([reading.rejects, pa.Table.from_pylist(by_rule, schema=REJECT_SCHEMA)])
    return rejects.sort_by("row_number")
