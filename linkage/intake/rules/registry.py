"""Every rule: the data of ``configs/rules/`` joined to the predicates of this package by code."""

from functools import cache

from linkage.configs import read_packaged
from linkage.errors import InternalError
from linkage.intake.rules import (
    assessment,
    carer,
    circumstances,
    cost,
    event,
    file,
    listed,
    outcome,
    person,
    repairs,
    request,
    review,
    service,
)
from linkage.intake.rules.model import Rule, RulesFile

FILES = ("file", "person", "event", "request", "assessment", "service", "review", "cost", "carer", "repairs")
_MODULES = (
    assessment,
    carer,
    circumstances,
    cost,
    event,
    file,
    listed,
    outcome,
    person,
    repairs,
    request,
    review,
    service,
)
PREDICATES = {code: predicate for module in _MODULES for code, predicate in module.PREDICATES.items()}


@cache
def load_rules() -> tuple[Rule, ...]:
    """All rules, in the order of their files. Raises InternalError when data and predicates do not go together."""
    entries = [entry for name in FILES for entry in read_packaged(f"rules/{name}.yaml", RulesFile).rules]
    if sorted(entry.code for entry in entries) != sorted(PREDICATES):
        raise InternalError("configs/rules/ and the predicates of the rules do not name the same codes.")
    return tuple(Rule(entry, PREDICATES[entry.code]) for entry in entries)


def rule(code: str) -> Rule:
    """The rule with this code. Raises InternalError when there is none."""
    for candidate in load_rules():
        if candidate.code == code:
            return candidate
    raise InternalError(f"There is no rule {code}.")
