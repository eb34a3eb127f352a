"""Rules about reviews: what is no review, and what came of it."""

from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import blank_mandatory
from linkage.intake.rules.context import Context
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, found_sql
from linkage.intake.rules.text import described


def v02_direct_contact(rule: Rule, context: Context) -> str:
    """Reviews that end on or after the day of death, or of which the description speaks of closing a case or of a death."""
    review = context.is_in("review")
    after = f"{review} and s.event_end_date{PARSED} >= s.date_of_death{PARSED}"
    return all_of(found_sql("after_death", "event_end_date", after), described(rule, context, "no_contact", review))


def v03_outcomes(rule: Rule, context: Context) -> str:
    """What was achieved, from the list, and given where it is mandatory."""
    return all_of(listed(rule, context), *blank_mandatory(rule, context))


PREDICATES = {"V02": v02_direct_contact, "V03": v03_outcomes}
