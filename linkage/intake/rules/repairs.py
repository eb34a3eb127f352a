"""Rules about what was done to read the file. The reader tells (``linkage.intake.repairs``); these give the findings."""

from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule


def told(rule: Rule, _: Context) -> str:
    """What the reader tells of this rule: a finding for each field, or for each cell that lost something."""
    return f"select row_number, part, field, value, suggestion from repairs where rule = '{rule.code}'"


PREDICATES = {"R01": told, "R02": told, "R03": told, "R04": told}
