"""Rules about how a person lives: home, work, practice, and what only service users or only carers have."""

from linkage.engine import ident
from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import blank_mandatory, condition_sql
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, file_found_sql, found_sql
from linkage.normalise import postcode

_END = f"s.event_end_date{PARSED}"


def p12_home_and_service(_: Rule, context: Context) -> str:
    """Services still open at the period's end that do not go with where the person is said to live then: support at home
    in a care home, or a permanent care home with another, known, accommodation status.
    """
    field = "accommodation_status"
    at_end = "(s.event_end_date is null or coalesce(" + _END + " >= facts.period_end, false))"
    home = f"{context.is_in('home_support')} and {context.is_in('in_care_home')} and {at_end}"
    expected = (*context.values("in_care_home"), *context.not_known(field))
    elsewhere = f"s.{field} is not null and s.{field} not in {in_sql(expected)}"
    return all_of(
        found_sql("home_support_in_care_home", field, home),
        found_sql("care_home_elsewhere", field, f"{context.is_in('care_home_service')} and {elsewhere} and {at_end}"),
    )


def p13_temporary_placement(_: Rule, context: Context) -> str:
    """People in a short stay at the period's end, and in no permanent care home, whose postcode is another than in the
    previous submission; the first row of the stay.
    """
    stay = f"{context.is_in('short_stay')} and s.event_end_date is null"
    permanent = f"{context.is_in('care_home_service')} and not {context.is_in('short_stay')}"
    return f"""with stays as (
        select s.person_unique_identifier as person, min(s.row_number) as row_number from submission as s
        where {stay} and s.person_unique_identifier not in (
            select s.person_unique_identifier from submission as s where {permanent} and s.person_unique_identifier is not null)
        group by all
    )
    select s.row_number, 'postcode_changed' as part, 'postcode' as field, s.postcode as value, before.postcode as suggestion
    from stays join submission as s on s.row_number = stays.row_number
    join (select person_unique_identifier as person, any_value(postcode) as postcode from previous_submission group by all)
        as before on before.person = stays.person
    where replace(lower(s.postcode), ' ', '') <> replace(lower(before.postcode), ' ', '')"""


def p14_learning_disability(_: Rule, context: Context) -> str:
    """Accommodation and employment of people of working age supported for a learning disability: given, and known."""
    group = condition_sql("learning_disability_18_to_64", context)
    selects = []
    for field in ("accommodation_status", "employment_status"):
        selects += [
            found_sql("missing", field, f"{group} and s.{field} is null"),
            found_sql("unknown", field, f"{group} and s.{field} in {in_sql(context.not_known(field))}"),
        ]
    return all_of(*selects)


def p15_person_lists(rule: Rule, context: Context) -> str:
    """Listed values, given where they are mandatory."""
    return all_of(listed(rule, context), *blank_mandatory(rule, context))


def p16_unknown(_: Rule, context: Context) -> str:
    """How many rows say that a value is not known, for each field of the person; reasons for support on requests apart."""
    selects = []
    for field in context.specification.section("person", "person_comorbidity"):
        values = context.not_known(field.id)
        if values:
            expected = f" and not {context.is_in('request')}" if field.id == "primary_support_reason" else ""
            rest = f"from submission as s where s.{ident(field.id)} in {in_sql(values)}{expected} having count(*) > 0"
            selects.append(file_found_sql("unknown", field.id, "count(*) || ' rows'", rest))
    return all_of(*selects)


def p17_practice(_: Rule, __: Context) -> str:
    """Practice codes that the list does not have, and names other than the listed one; once for each value."""
    key = "regexp_replace(lower({}), '[^a-z0-9]', '', 'g')"
    return f"""with practices as (
        select gp_practice_code as code, gp_practice_name as name, min(row_number) as row_number from submission
        where gp_practice_code is not null group by all
    ), judged as (
        select p.*, listed.code is not null as known, listed.name as listed_name from practices as p
        left join (select code, any_value(name) as name from practice_list group by code) as listed on listed.code = p.code
    )
    select min(row_number) as row_number, 'not_in_list' as part, 'gp_practice_code' as field, code as value,
        cast(null as varchar) as suggestion
    from judged where not known group by code
    union all
    select row_number, 'name', 'gp_practice_name', name, listed_name
    from judged where {key.format("name")} <> {key.format("listed_name")}"""


def p18_client_type_fields(_: Rule, context: Context) -> str:
    """Fields of service users filled on carers' rows, and the other way round."""
    if not context.has("client_type"):
        return all_of()
    users, carers = context.values("service_user"), context.values("carers")
    selects = []
    for field in context.specification.fields:
        given = f"s.{ident(field.id)} is not null"
        if field.client_types and not set(field.client_types) & set(carers):
            selects.append(found_sql("on_carer", field.id, f"{given} and {context.is_in('carers')}"))
        if field.client_types and not set(field.client_types) & set(users):
            selects.append(found_sql("on_service_user", field.id, f"{given} and {context.is_in('service_user')}"))
    return all_of(*selects)


def not_in_directory(context: Context) -> str:
    """Postcodes that the directory does not have, codes for people without an address apart."""
    if "postcode_directory" not in context.available:
        return all_of()
    return f"""select s.row_number, 'not_in_directory' as part, 'postcode' as field, s.postcode as value,
        cast(null as varchar) as suggestion
    from (
        select row_number, postcode, {postcode.clean_sql("postcode")} as clean from submission where postcode is not null
    ) as s where clean is not null and not {postcode.is_pseudo_sql("clean")}
        and replace(clean, ' ', '') not in (select postcode from postcode_directory)"""


PREDICATES = {
    "P12": p12_home_and_service,
    "P13": p13_temporary_placement,
    "P14": p14_learning_disability,
    "P15": p15_person_lists,
    "P16": p16_unknown,
    "P17": p17_practice,
    "P18": p18_client_type_fields,
}
