"""Rules about requests: what is no request, and carers' requests before carers were in the collection."""

from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule, all_of
from linkage.intake.rules.text import described


def q02_not_a_request(rule: Rule, context: Context) -> str:
    """Requests of which the description speaks of safeguarding, deprivation of liberty or a casual contact."""
    return described(rule, context, "not_a_request", context.is_in("request"))


def q03_carers_request(rule: Rule, context: Context) -> str:
    """Requests of which the description speaks of a carer, in versions without a client type."""
    if context.has("client_type"):
        return all_of()
    return described(rule, context, "carers_request", context.is_in("request"))


PREDICATES = {"Q02": q02_not_a_request, "Q03": q03_carers_request}
