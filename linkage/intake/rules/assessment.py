"""Rules about assessments: the first one only, eligibility, who took part."""

from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import blank_mandatory
from linkage.intake.rules.context import Context
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, found_sql


def a02_first_assessment(_: Rule, context: Context) -> str:
    """Assessments that start while the person has long-term support, or after an earlier assessment of the same type
    was completed; financial assessments apart, and from v6 within the client type.
    """
    client = "s.client_type" if context.has("client_type") else "''"
    counted = f"{context.is_in('assessment')} and not {context.is_in('financial_assessment')}"
    existing = f"""select s.row_number, 'existing_client' as part, 'event_type' as field, s.event_type as value,
        'Review' as suggestion from submission as s semi join existing_clients as known on known.row_number = s.row_number
        where {counted}"""
    return f"""with assessments as (
        select s.row_number, s.event_type, s.event_start_date{PARSED} as start,
            min(s.event_end_date{PARSED}) over (partition by s.person_unique_identifier, s.assessment_type, {client}) as first_end
        from submission as s where {counted} and s.person_unique_identifier is not null
    )
    select row_number, 'earlier_assessment' as part, 'event_type' as field, event_type as value, 'Review' as suggestion
    from assessments where first_end < start and row_number not in (select row_number from existing_clients)
    union all
    {existing}"""


def a03_eligible_needs(rule: Rule, context: Context) -> str:
    """Eligibility on completed long-term assessments, none but "Not applicable" on others."""
    field = "eligible_needs_identified"
    long_term, assessment = context.is_in("long_term_assessment"), context.is_in("assessment")
    wanted = f"{assessment} and {long_term} and s.event_end_date{PARSED} is not null and s.{field} is null"
    given = f"s.{field} is not null and not {context.is_in('needs_not_applicable')}"
    other = f"{assessment} and s.assessment_type is not null and not {long_term} and {given}"
    return all_of(found_sql("wanted", field, wanted), found_sql("not_long_term", field, other), listed(rule, context))


def a04_method(rule: Rule, context: Context) -> str:
    """Who took part, from the list, and given where it is mandatory."""
    return all_of(listed(rule, context), *blank_mandatory(rule, context))


PREDICATES = {"A02": a02_first_assessment, "A03": a03_eligible_needs, "A04": a04_method}
