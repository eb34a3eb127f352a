"""Submissions in: read, check against every rule, consolidate into one current record of every event."""

from linkage.intake.check import CheckOptions, CheckResult, check_into, check_submission
from linkage.intake.consolidate import Consolidation, SubmissionStatus, consolidate
from linkage.intake.findings import RuleCount
from linkage.intake.persons import persons_step
from linkage.intake.write import FINDINGS, FINDINGS_PARQUET, REJECTS, SUMMARY, summary_text, write_check

__all__ = [
    "FINDINGS",
    "FINDINGS_PARQUET",
    "REJECTS",
    "SUMMARY",
    "CheckOptions",
    "CheckResult",
    "Consolidation",
    "RuleCount",
    "SubmissionStatus",
    "check_into",
    "check_submission",
    "consolidate",
    "persons_step",
    "summary_text",
    "write_check",
]
