"""Submitted rows in narrow form: people and submissions as numbers, texts as coded values (steps 5 and 6)."""

from linkage.cohort.derive.grouped import group_type, source_sql, value_type
from linkage.cohort.derive.settings import PersonRule
from linkage.cohort.derive.source import CareSource
from linkage.engine import Step, ident, literal

KEY_SOURCES = ("traced", "given", "la_person_id")
DETAILS = (
    "gender",
    "ethnicity",
    "primary_support_reason",
    "accommodation_status",
    "employment_status",
    "has_informal_carer",
    "autism_spectrum_disorder",
    "visual_impairment",
    "hearing_impairment",
    "dementia",
    "client_funding_status",
)
"""Fields that describe a person and not an event."""

# Fields of an event → the column of its group.
GROUP_COLUMNS = {
    "client_type": "client_type_group",
    "event_type": "event_type",
    "event_outcome": "outcome_group",
    "route_of_access": "route_group",
    "assessment_type": "assessment_group",
    "service_type": "service_group",
    "service_component": "component_group",
    "delivery_mechanism": "mechanism_group",
    "review_reason": "review_group",
    "method_of_review": "review_method_group",
    "cost_frequency": "cost_frequency_group",
}
# Submitted wordings that tell events apart (step 7) keep their number.
NUMBERED = ("client_type", "route_of_access", "assessment_type", "service_type", "service_component")
NUMBERED_IN_ONE_FILE = ("delivery_mechanism", "cost_frequency")
_PRISON = {"prison_managed": "managed", "prison_commissioned": "commissioned"}


def submission(source: CareSource) -> Step:
    """One row per submission: authority, period as stated, day of receipt where the source has it, and its number.

    A source without file names tells submissions apart by authority and stated period.
    """
    sql = f"""
select cast(row_number() over (order by la_code, stated_end, stated_start, file) as integer) as submission_no, *
from (
  select la_code, {source.optional("submission", "null::varchar")} as file,
    reporting_period_start_date as stated_start, reporting_period_end_date as stated_end,
    max(try_cast({source.optional("received_date")} as date)) as received_date, count(*) as rows,
    count({source.optional("client_type")}) = 0 as has_no_client_types
  from {source.rows} group by all)"""
    return Step("submission", sql, source.values)


def numbered_local(source: CareSource) -> Step:
    """One row per (authority, its id of a person) that some row gives with an NHS number (for NHS England's rule)."""
    sql = f"""
select distinct la_code, {source.local_id} as local_id from {source.rows}
where coalesce({source.traced}, {source.given}) is not null and {source.local_id} is not null"""
    return Step("numbered_local", sql, source.values)


def person_key(source: CareSource) -> Step:
    """Step 5, one row per person: a number, and the pseudonym or id it stands for (``person_pseudonym``).

    ``dhsc``: the traced NHS number, else the given one, else authority and its own id of the person; a row with none has no
    key. ``nhs_england``: the same, but rows without NHS number are left out when the authority's id stands elsewhere with
    one. Numbers are national: the same NHS number at two authorities is one key. Source: DHSC.
    """
    sql = f"""
select cast(row_number() over (order by person_pseudonym) as integer) as person_key, person_pseudonym
from (select distinct {_key(source)} as person_pseudonym from {source.rows}) where person_pseudonym is not null"""
    return Step("person_key", sql, source.values)


def submitted(source: CareSource, rule: PersonRule, *, cleaned: bool = False) -> Step:
    """One row per submitted row, ``row_id`` in the order of the source: dates, person, coded values, groups and costs.

    Null ``person_key``: the row gives nobody, or ``without_number`` says that NHS England's rule leaves it out. Where no row of
    a submission has a client type (v4.2), all are service users. ``..._no`` number submitted wordings; with ``cleaned`` all
    wordings of one value have one number.
    """
    codings = ",\n".join(_coding(field, "value_no" if cleaned else "raw_no") for field in _coded())
    joins = "\n".join(_join(field) for field in _coded())
    lacks = "local.local_id is not null" if rule == "nhs_england" else "false"
    local = (
        "left join numbered_local as local on row_of.la_code = local.la_code and row_of.local_id = local.local_id "
        "and row_of.number is null"
    )
    sql = f"""
with {codings},
row_of as (
  select cast({source.row_id} as bigint) as row_id, la_code, {_key(source)} as person_pseudonym,
    {source.local_id} as local_id, coalesce({source.traced}, {source.given}) as number,
    {_key_source(source)} as person_key_source, {source.birth_month} as birth_month,
    {source.optional("submission", "null::varchar")} as file, reporting_period_start_date as stated_start,
    reporting_period_end_date as stated_end, try_cast(date_of_death as date) as date_of_death,
    try_cast(event_start_date as date) as start_date, try_cast(event_end_date as date) as stated_end_date,
    try_cast({source.optional("unit_cost")} as double) as unit_cost,
    try_cast({source.optional("planned_units_per_week")} as double) as planned_units, {_flag(source)} as conversation,
    {", ".join(f"{source_sql(field, source.columns)} as said_{field}" for field in _coded())}
  from {source.rows})
select row_id, row_of.la_code, submission_no, person_key, person_key_source, {lacks} as without_number, birth_month,
  date_of_death, start_date, stated_end_date,
  {_columns()},
  unit_cost, planned_units, conversation
from row_of
join submission on submission.la_code = row_of.la_code and submission.file is not distinct from row_of.file
  and submission.stated_start is not distinct from row_of.stated_start
  and submission.stated_end is not distinct from row_of.stated_end
left join person_key on person_key.person_pseudonym = row_of.person_pseudonym
{local if rule == "nhs_england" else ""}
{joins}"""
    return Step("submitted", sql, source.values)


def _coded() -> list[str]:
    return [*GROUP_COLUMNS, *DETAILS]


def _coding(field: str, number: str) -> str:
    extra = ", outcome_rank" if field == "event_outcome" else ""
    return (
        f"{ident('of_' + field)} as (select submitted, {number} as no, cast(value as {value_type(field)}) as value, "
        f"cast(group_id as {group_type(field)}) as group_id{extra} from submitted_value where field = {literal(field)})"
    )


def _join(field: str) -> str:
    name = ident("of_" + field)
    return f"left join {name} on {name}.submitted = row_of.said_{field}"


def _columns() -> str:
    """SQL for the coded columns: values and groups of events, values of people, numbers of wordings."""
    columns = [
        f"{ident('of_' + field)}.value as {field}" for field in (*GROUP_COLUMNS, *DETAILS) if field not in _NO_VALUE
    ]
    columns += [f"{ident('of_' + field)}.no as {field}_no" for field in (*NUMBERED, *NUMBERED_IN_ONE_FILE)]
    columns += [
        f"{ident('of_' + field)}.group_id as {group}"
        for field, group in GROUP_COLUMNS.items()
        if field not in ("client_type", "service_type", "delivery_mechanism")
    ]
    prison = ", ".join(literal(group) for group in _PRISON)
    mechanisms = " ".join(f"when {literal(group)} then {literal(other)}" for group, other in _PRISON.items())
    mechanism = "of_delivery_mechanism.group_id"
    service, mechanisms_of, client = (group_type(f) for f in ("service_type", "delivery_mechanism", "client_type"))
    columns += [
        f"""cast(case when of_service_type.group_id = 'long_term_community' and {mechanism} in ({prison})
    then 'long_term_prison' else of_service_type.group_id end as {service}) as service_group""",
        f"""cast(case {mechanism} {mechanisms} else {mechanism} end as {mechanisms_of}) as mechanism_group""",
        f"""cast(case when has_no_client_types then 'service_user'
    else of_client_type.group_id end as {client}) as client_type_group""",
        "of_event_outcome.outcome_rank",
    ]
    return ",\n  ".join(columns)


_NO_VALUE = ("event_type", "client_type")


def _key(source: CareSource) -> str:
    return f"coalesce({source.traced}, {source.given}, {source.local})"


def _key_source(source: CareSource) -> str:
    names = ", ".join(literal(name) for name in KEY_SOURCES)
    return f"""cast(case when {source.traced} is not null then 'traced' when {source.given} is not null then 'given'
    when {source.local} is not null then 'la_person_id' end as enum({names}))"""


def _flag(source: CareSource) -> str:
    said = source.optional("conversation", "null::varchar")
    return f"coalesce(lower(cast({said} as varchar)) in ('yes', 'true', '1'), false)"
