"""Steps 10 and 11: the latest details of a person, accommodation that services tell, carers, age."""

from collections.abc import Sequence
from datetime import date

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.events import effective_end_sql
from linkage.cohort.derive.grouped import enum_sql, group_type, meanings, value_type, values
from linkage.cohort.derive.settings import InferredAccommodation, derivation_settings, grouped_values
from linkage.cohort.derive.source import NO_ID, CareSource
from linkage.cohort.derive.submitted import DETAILS
from linkage.cohort.derive.wording import wording_key
from linkage.engine import Step, ident, literal

_UNKNOWN = "unknown"
# Days are counted from here in 17 bits, so that submission, end and start of a row are one number that sorts like the three;
# with 7 bits more for a value, the greatest number tells the place and the value.
_DAY_ZERO = "date '1900-01-01'"
_DAYS = 2**17
_VALUES = 2**7


def stated_detail() -> Step:
    """One row per (authority, person, combination of stated details) in the chosen submissions, with the latest place.

    ``place`` sorts by submission (its stated end), effective end (open last) and start. Rows without event count too: a carer
    known by association has none.
    """
    period_end = _day("stated_end")
    open_last = f"coalesce({effective_end_sql()}, date '9999-12-31')"
    end = f"case when start_date is null then 0 else {_day(open_last)} end"
    sql = f"""
with stated_on as (select distinct submission_no, stated_end from chosen_submission)
select la_code, person_key, client_type_group = 'service_user' as is_service_user,
  case when birth_month <= stated_end then birth_month end as birth_month, {", ".join(DETAILS)},
  max(date_of_death) as date_of_death, max({period_end}) as stated_day,
  max(({period_end} * {_DAYS} + {end}) * {_DAYS} + {_day("start_date")}) as place
from submitted join stated_on using (submission_no) where person_key is not null and not without_number
group by all"""
    return Step("stated_detail", sql)


def _day(day: str) -> str:
    return f"cast(greatest(0, least({_DAYS - 1}, coalesce({day} - {_DAY_ZERO}, 0))) as bigint)"


def latest_detail() -> Step:
    """Step 11, one row per (authority, person): each detail as last known.

    Known goes before unknown, then the later submission, the later end, the later start; two known values in one place are in
    conflict and make it unknown; blank everywhere is null. Primary support reason: of rows as a service user first, for a
    carer's rows have the carer's own. Birth month: of the latest submission that has one before its end, the earliest there.
    Date of death: the latest stated. Source: DHSC step 11; service user first and date of death: design.
    """
    order = dict.fromkeys(DETAILS, "place")
    order["primary_support_reason"] = f"(place + case when is_service_user then {_DAYS**3} else 0 end)"
    tops = ",\n    ".join(_tops(field, order[field]) for field in DETAILS)
    picks = ",\n  ".join(_picked(field) for field in DETAILS)
    born = f"arg_max(birth_month, stated_day * {2**20} - (birth_month - {_DAY_ZERO})) filter (birth_month is not null)"
    sql = f"""
with top as (
  select la_code, person_key, max(date_of_death) as date_of_death, {born} as birth_month,
    {tops}
  from stated_detail group by la_code, person_key
)
select la_code, person_key, birth_month, date_of_death,
  {picks}
from top"""
    return Step("latest_detail", sql)


def _codes_unknown(field: str) -> str:
    """SQL list of the codes of a field's values that say nothing."""
    unknown = {meaning.value for meaning in meanings(field).values() if meaning.group == _UNKNOWN}
    codes = [place for place, value in enumerate(values(field)) if value in unknown]
    return ", ".join(str(code) for code in (*codes, len(values(field))))


def _unknown_value(field: str) -> str:
    """The value of a field that says that nothing is known."""
    return next(meaning.value for meaning in meanings(field).values() if meaning.group == _UNKNOWN)


def _tops(field: str, order: str) -> str:
    """SQL: the latest place with the last of its known values, with the first of them, and whether anything was stated."""
    known = f"filter (enum_code({field}) not in ({_codes_unknown(field)}))"
    return (
        f"max({order} * {_VALUES} + enum_code({field})) {known} as {field}_last, "
        f"max({order} * {_VALUES} + {_VALUES - 1} - enum_code({field})) {known} as {field}_first, "
        f"count({field}) > 0 as {field}_stated"
    )


def _picked(field: str) -> str:
    value = f"{_list(values(field))}[{field}_last % {_VALUES} + 1]"
    return (
        f"cast(case when {field}_last % {_VALUES} = {_VALUES - 1} - {field}_first % {_VALUES} then {value} "
        f"when {field}_stated then {literal(_unknown_value(field))} end as {value_type(field)}) as {field}"
    )


def _list(names: Sequence[str | None]) -> str:
    return f"[{', '.join('null' if name is None else literal(name) for name in names)}]"


def inferred_accommodation(rules: tuple[InferredAccommodation, ...]) -> Step:
    """One row per (authority, person) whose latest services tell where the person lives: the first rule that fits them.

    Latest: open or ending last, then starting last; services that tie are looked at together. Source: DHSC step 11.
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
    linked = [column for column in source.linked if source.local_id != NO_ID]
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
    names the person. Source: DHSC steps 10 and 11; settled: SALT.
    """
    settings = derivation_settings()
    presumed = (*settings.settled_when_inferred, *settings.unsettled_when_inferred)
    lives_type = enum_sql([*values("accommodation_status"), *presumed, grouped_values().not_mapped])
    settled = ", ".join(literal(value) for value in settings.settled_accommodation)
    settled_inferred = ", ".join(literal(value) for value in settings.settled_when_inferred)
    others = ", ".join(field for field in DETAILS if field != "accommodation_status")
    nowhere = f"{literal(_unknown_value('accommodation_status'))}, {literal(grouped_values().not_mapped)}"
    sql = f"""
with housed as (
  select latest_detail.*, inferred.accommodation is not null
      and coalesce(accommodation_status in ({nowhere}), true) as accommodation_inferred,
    cast(case when accommodation_inferred then inferred.accommodation else accommodation_status::varchar end
      as {lives_type}) as accommodation
  from latest_detail left join inferred_accommodation as inferred using (la_code, person_key)
)
select la_code, person_key, person_pseudonym, birth_month, {dhsc_age_sql("birth_month", "$period_end")} as age,
  date_of_death, {others},
  {_group_sql("ethnicity")} as ethnic_group, {_group_sql("employment_status")} as employment_group,
  coalesce(primary_support_reason = {literal(_learning_disability())}, false) as learning_disability,
  accommodation_status as stated_accommodation, accommodation, accommodation_inferred,
  case when accommodation in ({settled}, {settled_inferred}) then true
    when accommodation in ({nowhere}) then null when accommodation is not null then false end as settled_dhsc,
  coalesce(accommodation_status in ({settled}), false) as settled_salt,
  coalesce(has_informal_carer = {literal(_yes("has_informal_carer"))}, false) or cared_for.person_key is not null as has_carer
from housed join person_key using (person_key) left join cared_for using (la_code, person_key)"""
    return Step("person", sql, {"period_end": period_end})


def _group_sql(field: str) -> str:
    """SQL for the group of a field's value."""
    group_of = [meanings(field)[wording_key(value)].group for value in values(field)]
    groups = [*group_of, grouped_values().not_mapped]
    return f"cast({_list(groups)}[enum_code({field}) + 1] as {group_type(field)})"


def _learning_disability() -> str:
    return grouped_values().fields["primary_support_reason"].groups["learning_disability"][0]


def _yes(field: str) -> str:
    return grouped_values().fields[field].groups["yes"][0]
