"""Every rule: the data of ``configs/rules/cld.yaml`` joined to the predicates of this package by code."""

from functools import cache

from linkage.configs import read_packaged
from linkage.errors import InternalError
from linkage.intake.rules import event, file, listed, person
from linkage.intake.rules.model import Rule, RulesFile

PREDICATES = {**file.PREDICATES, **person.PREDICATES, **event.PREDICATES, **listed.PREDICATES}


@cache
def load_rules() -> tuple[Rule, ...]:
    """All rules, in the order of their file. Raises InternalError when data and predicates do not go together."""
    entries = read_packaged("rules/cld.yaml", RulesFile).rules
    if [entry.code for entry in entries if entry.code not in PREDICATES] or len(entries) != len(PREDICATES):
        raise InternalError("configs/rules/cld.yaml and the predicates of the rules do not name the same codes.")
    return tuple(Rule(entry, PREDICATES[entry.code]) for entry in entries)


def rule(code: str) -> Rule:
    """The rule with this code. Raises InternalError when there is none."""
    for candidate in load_rules():
        if candidate.code == code:
            return candidate
    raise InternalError(f"There is no rule {code}.")
