"""Submitted rows in narrow form: people and submissions as numbers, texts as coded values (steps 5 and 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkage.cohort.derive.coded import coded_columns
from linkage.cohort.derive.events import effective_end_sql
from linkage.cohort.derive.grouped import enum_sql, group_type
from linkage.cohort.derive.settings import PersonRule, Selection
from linkage.cohort.derive.source import CareSource
from linkage.engine import Engine, Step, Value, literal

KEY_SOURCES = ("traced", "given", "la_person_id")
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


def authorities_of(engine: Engine) -> list[str]:
    """The authorities that have submissions, in order; after ``submission``."""
    sql = "select distinct la_code from submission where la_code is not null order by la_code"
    return [row[0] for row in engine.rows(Step("authorities", sql))]


@dataclass(frozen=True)
class Submitting:
    """How submitted rows are read. ``coding``: the lists of wordings that are bound (``coding_values``).

    ``named``: the columns that are asked for (None: all); others are not made. ``authorities``: all of them, so that
    ``la_code`` is of an enumerated type, which joins and groups as a number and reads as the text; none: it is a text. The
    rest: as in ``Derivation``.
    """

    person_rule: PersonRule = "dhsc"
    selection: Selection = "current"
    cleaned: bool = False
    coding: Mapping[str, Value] = field(default_factory=dict)
    named: frozenset[str] | None = None
    authorities: Sequence[str] = ()


def submitted(source: CareSource, how: Submitting) -> Step:
    """One row per submitted row, ``row_id`` in the order of the source: dates, person, coded values, groups and costs.

    Null ``person_key``: the row gives nobody, or ``without_number`` says that NHS England's rule leaves it out. ``end_date``:
    the effective end (step 3). Where no row of a submission has a client type (v4.2), all are service users. ``event_hash``: all
    that tells events apart (step 7), as a number. Columns that nobody asks for are left out.
    """
    coded = coded_columns(cleaned=how.cleaned)
    looked_up = ",\n    ".join(f"{one.sql(source.columns)} as {one.name}" for one in coded)
    columns = {
        name: "row_of." + name for name in ("row_id", "person_key_source", "birth_month", "date_of_death", "start_date")
    }
    columns |= {
        "la_code": "authority",
        "submission_no": "submission_no",
        "person_key": "person_key",
        "without_number": "local.local_id is not null" if how.person_rule == "nhs_england" else "false",
        "stated_end_date": "stated_end_date",
        "end_date": effective_end_sql(),
        "event_hash": _event_hash_sql(how.selection),
        **{one.name: one.name for one in coded if not one.name.endswith("_no")},
        **_grouped(),
        **{name: name for name in ("unit_cost", "planned_units", "conversation")},
    }
    asked = [f"{sql} as {name}" for name, sql in columns.items() if how.named is None or name in how.named]
    local = (
        "left join numbered_local as local on row_of.la_code = local.la_code and row_of.local_id = local.local_id "
        "and row_of.number is null"
    )
    sql = f"""
with row_of as (
  select cast({source.row_id} as bigint) as row_id, la_code, {_key(source)} as person_pseudonym,
    {source.local_id} as local_id, coalesce({source.traced}, {source.given}) as number,
    {_key_source(source)} as person_key_source, {source.birth_month} as birth_month,
    {source.optional("submission", "null::varchar")} as file, reporting_period_start_date as stated_start,
    reporting_period_end_date as stated_end, try_cast(date_of_death as date) as date_of_death,
    try_cast(event_start_date as date) as start_date, try_cast(event_end_date as date) as stated_end_date,
    {looked_up},
    try_cast({source.optional("unit_cost")} as double) as unit_cost,
    try_cast({source.optional("planned_units_per_week")} as double) as planned_units, {_flag(source)} as conversation
  from {source.rows})
select {", ".join(asked)}
from row_of
join (select *, {_authority_sql(how)} as authority from submission) as submission
  on submission.la_code = row_of.la_code and submission.file is not distinct from row_of.file
  and submission.stated_start is not distinct from row_of.stated_start
  and submission.stated_end is not distinct from row_of.stated_end
left join person_key on person_key.person_pseudonym = row_of.person_pseudonym
{local if how.person_rule == "nhs_england" else ""}"""
    return Step("submitted", sql, {**source.values, **how.coding})


def _authority_sql(how: Submitting) -> str:
    return f"cast(la_code as {enum_sql(how.authorities)})" if how.authorities else "la_code"


def _event_hash_sql(selection: Selection) -> str:
    """Step 7, SQL: a number for all that tells an event from others. Two events have one number by chance at most.

    An event is authority, person, client type, type and start; requests add effective end and route, assessments effective
    end and type, reviews effective end; services add type and component, and unless the table is joined also mechanism and
    costs. Submitted wordings are compared; the event reference is not used. Source: DHSC step 7.
    """
    in_one_file = (
        ", delivery_mechanism_no, cost_frequency_no, unit_cost, planned_units" if selection != "joined" else ""
    )
    return f"""hash(submission.la_code, person_key, client_type_no, event_type, start_date,
    case event_type when 'request' then hash({effective_end_sql()}, route_of_access_no)
      when 'assessment' then hash({effective_end_sql()}, assessment_type_no)
      when 'service' then hash(service_type_no, service_component_no{in_one_file})
      else hash({effective_end_sql()}) end)"""


def _grouped() -> dict[str, str]:
    """SQL for the groups that other columns have a say in, by column: support in prison, and client types of v4.2."""
    service, mechanism, client = (group_type(f) for f in ("service_type", "delivery_mechanism", "client_type"))
    in_prison = ", ".join(literal(group) for group in _PRISON)
    others = " ".join(
        f"when {literal(one)} then cast({literal(other)} as {mechanism})" for one, other in _PRISON.items()
    )
    return {
        "service_group": f"""case when service_group = 'long_term_community' and mechanism_group in ({in_prison})
    then cast('long_term_prison' as {service}) else service_group end""",
        "mechanism_group": f"case mechanism_group {others} else mechanism_group end",
        "client_type_group": f"""case when has_no_client_types then cast('service_user' as {client})
    else client_type_group end""",
    }


def _key(source: CareSource) -> str:
    return f"coalesce({source.traced}, {source.given}, {source.local})"


def _key_source(source: CareSource) -> str:
    traced, given, local = (f"cast({literal(name)} as {enum_sql(KEY_SOURCES)})" for name in KEY_SOURCES)
    return f"""case when {source.traced} is not null then {traced} when {source.given} is not null then {given}
    when {source.local} is not null then {local} end"""


def _flag(source: CareSource) -> str:
    said = source.optional("conversation", "null::varchar")
    return f"coalesce(lower(cast({said} as varchar)) in ('yes', 'true', '1'), false)"
