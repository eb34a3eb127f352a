"""Steps 10 and 11: the latest details of a person, accommodation that services tell, carers, age."""

from datetime import date

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.events import effective_end_sql
from linkage.cohort.derive.grouped import group_type, meanings, values
from linkage.cohort.derive.settings import InferredAccommodation, derivation_settings, grouped_values
from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.submitted import DETAILS
from linkage.cohort.derive.wording import wording_key
from linkage.engine import Step, ident, literal

_UNKNOWN = "unknown"
# Days are counted from here in 19 bits, so that submission, end and start of a row are one number that sorts like the three.
_DAY_ZERO = "date '1900-01-01'"
_DAYS = 2**19


def stated_detail() -> Step:
    """One row per (authority, person, combination of stated details) in the chosen submissions, with the latest place.

    ``place`` sorts by submission (its stated end), effective end (open last) and start. Rows without event count too: a carer
    known by association has none.
    """
    period_end = _day("stated_end")
    end = f"case when start_date is null then 0 else {_day(f'coalesce({effective_end_sql()}, date {_FAR})')} end"
    sql = f"""
with stated_on as (select distinct submission_no, stated_end from chosen_submission)
select la_code, person_key, client_type_group = 'service_user' as is_service_user, birth_month, {", ".join(DETAILS)},
  max(date_of_death) as date_of_death, max({period_end}) as stated_day,
  max(({period_end} * {_DAYS} + {end}) * {_DAYS} + {_day("start_date")}) as place
from submitted join stated_on using (submission_no) where person_key is not null and not without_number
group by all"""
    return Step("stated_detail", sql)


_FAR = "'9999-12-31'"


def _day(day: str) -> str:
    return f"cast(greatest(0, least({_DAYS - 1}, coalesce({day} - {_DAY_ZERO}, 0))) as bigint)"


def latest_detail() -> Step:
    """Step 11, one row per (authority, person): each detail as last known.

    Known goes before unknown, then the later submission, the later end, the later start; two known values in one place are in
    conflict and make it unknown; blank everywhere is null. Primary support reason: of rows as a service user first, for a
    carer's rows have the carer's own. Birth month: of the latest submission that has one, the earliest there. Date of death:
    the latest stated. Source: cld.md 2.3 step 11; service user first and date of death: design.
    """
    order = dict.fromkeys(DETAILS, "place")
    order["primary_support_reason"] = f"place + case when is_service_user then {2**58} else 0 end"
    tops = ",\n    ".join(f"max({order[field]}) filter ({_known(field)}) as {field}_at" for field in DETAILS)
    picks = ",\n  ".join(_picked(field, order[field]) for field in DETAILS)
    sql = f"""
with top as (
  select la_code, person_key, max(stated_day) filter (birth_month is not null) as born_at,
    {tops}
  from stated_detail group by la_code, person_key
)
select la_code, person_key, min(birth_month) filter (stated_day = born_at) as birth_month,
  max(date_of_death) as date_of_death,
  {picks}
from stated_detail join top using (la_code, person_key) group by la_code, person_key"""
    return Step("latest_detail", sql)


def _unknown_value(field: str) -> str:
    """The value of a field that says that nothing is known."""
    return next(meaning.value for meaning in meanings(field).values() if meaning.group == _UNKNOWN)


def _known(field: str) -> str:
    unknown = {meaning.value for meaning in meanings(field).values() if meaning.group == _UNKNOWN}
    listed = ", ".join(literal(value) for value in (*sorted(unknown), grouped_values().not_mapped))
    return f"{field} not in ({listed})"


def _picked(field: str, order: str) -> str:
    here = f"filter ({_known(field)} and {order} = {field}_at)"
    return (
        f"case when min({field}) {here} = max({field}) {here} then min({field}) {here} "
        f"when count({field}) > 0 then {literal(_unknown_value(field))} end as {field}"
    )


def inferred_accommodation(rules: tuple[InferredAccommodation, ...]) -> Step:
    """One row per (authority, person) whose latest services tell where the person lives: the first rule that fits them.

    Latest: open or ending last, then starting last; services that tie are looked at together. Source: cld.md 2.3 step 11.
    """
    whens = " ".join(f"when {_fits(rule)} then {place}" for place, rule in enumerate(rules, start=1))
    names = " ".join(f"when {place} then {literal(rule.accommodation)}" for place, rule in enumerate(rules, start=1))
    sql = f"""
with latest as (
  select *, rank() over (partition by la_code, person_key order by end_date desc nulls first, start_date desc) as place
  from event where event_type = 'service' and client_type_group = 'service_user'
)
select la_code, person_key, case min(case {whens} end) {names} end as accommodation
from latest where place = 1 group by la_code, person_key having accommodation is not null"""
    return Step("inferred_accommodation", sql)


def _fits(rule: InferredAccommodation) -> str:
    conditions = [
        f"{column} = {literal(group)}"
        for column, group in (("service_group", rule.service_group), ("component_group", rule.component_group))
        if group
    ]
    return " and ".join([*conditions, *(["service_component is null"] if rule.no_component else [])])


def cared_for(source: CareSource) -> Step:
    """One row per (authority, person) whom a carer's row names as cared for; none where the source has no such columns."""
    linked = [column for column in source.linked if source.local_id != "null::varchar"]
    if not linked:
        return Step("cared_for", "select '' as la_code, 0 as person_key where false")
    named = "\n  union\n".join(
        f"  select la_code, cast({ident(column)} as varchar) as local_id from {source.rows} where {ident(column)} is not null"
        for column in linked
    )
    sql = f"""
with named as (
{named}
),
row_of as (select cast({source.row_id} as bigint) as row_id, la_code, {source.local_id} as local_id from {source.rows}),
known as (select row_id from row_of join named using (la_code, local_id))
select distinct la_code, person_key from submitted join known using (row_id) where person_key is not null"""
    return Step("cared_for", sql, source.values)


def person(period_end: date) -> Step:
    """One row per (authority, person): latest details, with accommodation inferred where unknown, carers, age and flags.

    ``age``: DHSC's, at the end of the period, null without birth month. ``settled_dhsc``: null where the accommodation is
    unknown; ``settled_salt``: of the stated accommodation, unknown being unsettled. ``has_carer``: stated, or a carer's row
    names the person. Source: cld.md 2.3 steps 10 and 11, 2.3 (SALT settled).
    """
    settings = derivation_settings()
    stated = "latest_detail.accommodation_status"
    known = f"coalesce({_known('accommodation_status').replace('accommodation_status', stated)}, false)"
    lives = f"case when {known} then {stated}::varchar else coalesce(inferred.accommodation, {stated}::varchar) end"
    settled = ", ".join(literal(value) for value in settings.settled_accommodation)
    presumed = ", ".join(literal(value) for value in settings.settled_when_inferred)
    groups = ",\n  ".join(
        f"{_group_sql(field, f'latest_detail.{field}')} as {column}"
        for field, column in (("ethnicity", "ethnic_group"), ("employment_status", "employment_group"))
    )
    others = ", ".join(
        field
        for field in DETAILS
        if field not in ("accommodation_status", "has_informal_carer", "primary_support_reason")
    )
    unknown = literal(_unknown_value("accommodation_status"))
    sql = f"""
with housed as (
  select la_code, person_key, {lives} as accommodation, not {known} and inferred.accommodation is not null as is_inferred
  from latest_detail left join inferred_accommodation as inferred using (la_code, person_key)
)
select la_code, person_key, person_pseudonym, birth_month, {dhsc_age_sql("birth_month", "$period_end")} as age,
  date_of_death, {others},
  {groups},
  primary_support_reason, coalesce(primary_support_reason = {literal(_learning_disability())}, false) as learning_disability,
  accommodation_status as stated_accommodation, accommodation, is_inferred as accommodation_inferred,
  case when accommodation in ({settled}, {presumed}) then true
    when accommodation is null or accommodation in ({unknown}, {literal(grouped_values().not_mapped)}) then null
    else false end as settled_dhsc,
  coalesce(accommodation_status in ({settled}), false) as settled_salt,
  coalesce(has_informal_carer = {literal(_yes("has_informal_carer"))}, false) or cared_for.person_key is not null as has_carer,
  has_informal_carer
from latest_detail join housed using (la_code, person_key) left join person_key using (person_key)
left join cared_for using (la_code, person_key)
order by la_code, person_key"""
    return Step("person", sql, {"period_end": period_end})


def _group_sql(field: str, column: str) -> str:
    """SQL for the group of a field's value."""
    group_of = {value: meanings(field)[wording_key(value)].group for value in values(field)}
    whens = " ".join(f"when {literal(value)} then {literal(group)}" for value, group in group_of.items() if group)
    return f"cast(case {column} {whens} end as {group_type(field)})"


def _learning_disability() -> str:
    return grouped_values().fields["primary_support_reason"].groups["learning_disability"][0]


def _yes(field: str) -> str:
    return grouped_values().fields[field].groups["yes"][0]
