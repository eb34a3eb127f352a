"""Validation rules: permanent code, severity, sentence, predicate; data in ``configs/rules/``, examples in vectors."""

from linkage.intake.rules.context import Context
from linkage.intake.rules.model import SEVERITIES, SEVERITY_NAMES, Rule
from linkage.intake.rules.registry import load_rules, rule

__all__ = ["SEVERITIES", "SEVERITY_NAMES", "Context", "Rule", "load_rules", "rule"]
