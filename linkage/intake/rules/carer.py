"""Rules about carers and the people they care for."""

from linkage.engine import literal
from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule, all_of, found_sql

_LINKED = ("adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id")


def l01_linked_persons(_: Rule, context: Context) -> str:
    """Linked persons who are not service users of the file, are the carer, or are named twice on a row."""
    if not context.has("client_type", *_LINKED):
        return all_of()
    person = "s.person_unique_identifier"
    selects = []
    for position, field in enumerate(_LINKED):
        unknown = f"""s.{field} is not null and s.{field} is distinct from {person} and s.{field} not in (
            select person_unique_identifier from service_users)"""
        earlier = " or ".join(f"s.{field} = s.{other}" for other in _LINKED[:position]) or "false"
        selects += [
            found_sql("unknown", field, unknown),
            found_sql("self", field, f"s.{field} = {person}"),
            found_sql("repeated", field, earlier),
        ]
    return all_of(*selects)


def l02_number_of_adults(_: Rule, context: Context) -> str:
    """A number of adults cared for that is no whole number, or less than the number of linked persons."""
    field = "number_of_adults_cared_for"
    if not context.has(field, *_LINKED):
        return all_of()
    number = f"try_cast(s.{field} as integer)"
    linked = " + ".join(f"(s.{linked} is not null)::integer" for linked in _LINKED)
    return all_of(
        found_sql("not_a_number", field, f"s.{field} is not null and coalesce({number} < 0, true)"),
        found_sql("fewer_than_linked", field, f"{number} >= 0 and {number} < {linked}", suggestion=linked),
    )


def l03_known_by_association(_: Rule, context: Context) -> str:
    """Carers known by association without a linked person, or whose linked persons have neither a joint assessment or
    review nor a service that involves them; the first row of each carer.
    """
    if not context.has("client_type", *_LINKED):
        return all_of()
    known = context.is_in("carer_by_association")
    links = " union all ".join(
        f"select s.row_number, s.person_unique_identifier as carer, s.{field} as person from submission as s where {known}"
        for field in _LINKED
    )
    joint = _joint_sql(context)
    return f"""with links as ({links}), counterparts as (
        select distinct s.person_unique_identifier as person from submission as s where {joint}
    ), carers as (
        select min(links.row_number) as row_number, count(links.person) as linked, count(counterparts.person) as joint
        from links left join counterparts on counterparts.person = links.person group by links.carer
    )
    select row_number, case when linked = 0 then 'not_linked' else 'no_counterpart' end as part,
        {literal(_LINKED[0])} as field, cast(null as varchar) as value, cast(null as varchar) as suggestion
    from carers where joint = 0"""


def s08_carer_support(_: Rule, context: Context) -> str:
    """Support to carers on service users' rows, and support that involves the person cared for on carers' rows."""
    field = "service_type"
    direct = f"{context.is_in('carer_direct')} and {context.is_in('service_user')}"
    involving = f"{context.is_in('carer_involving')} and {context.is_in('carers')}"
    return all_of(
        found_sql("direct_on_service_user", field, direct),
        found_sql("involving_on_carer", field, involving),
    )


def _joint_sql(context: Context) -> str:
    fields = ("joint_assessment", "joint_review", "joint_assessment_or_review", "carer_involving")
    return " or ".join(context.is_in(group) for group in fields)


PREDICATES = {
    "L01": l01_linked_persons,
    "L02": l02_number_of_adults,
    "L03": l03_known_by_association,
    "S08": s08_carer_support,
}
