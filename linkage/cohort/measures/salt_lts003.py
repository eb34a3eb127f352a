"""SALT LTS003: carers by the support they had in the year, each placed once (``configs/measures/salt_lts003.yaml``), and by how
they were assessed or reviewed (``salt_lts003_assessed.yaml``)."""

from linkage.cohort.derive.age import age_band_sql
from linkage.cohort.derive.source import NO_ID, CareSource
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, ident, literal

_ID = "salt_lts003"
_ASSESSED = "salt_lts003_assessed"
_KINDS = "['direct_payment', 'managed', 'commissioned', 'not_known', 'information', 'no_direct']"


def carers(asked: Asked) -> list[Step]:
    """One row per (authority, carer with an event in the year), in the first kind of support of the year.

    The event is the first of that kind, or the first at all where none is support.
    """
    definition = measure_definition(_ID)
    direct, involving = (literal(definition.text(name)) for name in ("direct_service", "involving_service"))
    sql = f"""
with kind as (
  select la_code, person_key, event_id, case
      when service_type = {direct} and mechanism_group in ('direct_payment', 'managed', 'commissioned')
        then mechanism_group::varchar
      when service_type = {direct} then 'not_known'
      when service_type = {involving} then 'no_direct'
      when service_type is not null or event_type = 'service' then null
      when outcome_group = 'nfa_information' then 'information'
      when event_type in ('assessment', 'review') then 'no_direct' end as kind
  from event
  where client_type_group in ('carer', 'carer_by_association')
    and start_date <= $last and (end_date is null or end_date >= $first)
),
placed as (select *, coalesce(list_position({_KINDS}, kind), 7) as place from kind),
highest as (
  select la_code, person_key, arg_min(event_id, (place, event_id)) as event_id, {_KINDS}[min(place)] as kind
  from placed group by la_code, person_key
),
judged as (
  select highest.*, age, case when date_of_death < $first then 'died' when kind is null then 'no_support' end as reason
  from highest join person using (la_code, person_key)
)
select la_code, person_key, event_id,
  case when age is null then 'not known' else {age_band_sql("age", definition.age_bands)} end as age_band,
  case when reason is null then kind end as column_id, reason
from judged"""
    return [Step(f"{_ID}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


def carer_link(source: CareSource) -> Step:
    """One row per (authority, person whose rows name people cared for, person named); after the derivation, which makes
    ``person``. None where the source has no such columns."""
    if not source.linked or source.local_id == NO_ID:
        return Step("carer_link", "select '' as la_code, 0 as person_key, 0 as cared_key where false")
    adults = ", ".join(f"cast({ident(column)} as varchar)" for column in source.linked)
    person = "person.la_code = one.la_code and person.person_pseudonym = one.pseudonym"
    row = f"la_code, coalesce({source.traced}, {source.given}, {source.local}) as pseudonym"
    sql = f"""
with named as (
  select distinct person.la_code, person_key, unnest(adults) as local_id
  from (select {row}, [{adults}] as adults from {source.rows} where coalesce({adults}) is not null) as one join person on {person}
),
known as (
  select distinct person.la_code, local_id, person_key
  from (select {row}, {source.local_id} as local_id from {source.rows}) as one
  semi join named on named.la_code = one.la_code and named.local_id = one.local_id
  join person on {person}
)
select distinct named.la_code, named.person_key, known.person_key as cared_key
from named join known on known.la_code = named.la_code and known.local_id = named.local_id"""
    return Step("carer_link", sql, source.values)


def assessed(asked: Asked) -> list[Step]:
    """One row per (authority, carer with an event in the year, or named with somebody jointly assessed or reviewed in it).

    The event is the first of the assessments and reviews that decide, else the first of the year; null where it is the event
    of the person cared for.
    """
    definition = measure_definition(_ASSESSED)
    jointly, separately = (literal(definition.text(name)) for name in ("jointly", "separately"))
    looked_into = """event_type in ('assessment', 'review') and assessment_group is distinct from 'financial'
      and end_date between $first and $last"""
    sql = f"""
with own as (
  select la_code, person_key, event_id, method_of_review = {jointly} as is_joint, method_of_review = {separately} as is_separate,
    {looked_into} as is_assessed
  from event
  where client_type_group in ('carer', 'carer_by_association')
    and start_date <= $last and (end_date is null or end_date >= $first)
),
through_others as (
  select distinct link.la_code, link.person_key from carer_link as link join event
    on event.la_code = link.la_code and event.person_key = link.cared_key
  where client_type_group = 'service_user' and method_of_review = {jointly} and {looked_into}
),
carer as (
  select la_code, person_key, arg_min(event_id, (not is_assessed, event_id)) as event_id,
    coalesce(bool_or(is_assessed), false) as is_assessed, coalesce(bool_or(is_assessed and is_joint), false) as is_joint,
    coalesce(bool_or(is_assessed and is_separate), false) as is_separate
  from own group by la_code, person_key
),
everybody as (
  select la_code, person_key, event_id, coalesce(is_assessed, false) as is_assessed, coalesce(is_separate, false) as is_separate,
    coalesce(is_joint, false) or through.person_key is not null as is_joint
  from carer full join through_others as through using (la_code, person_key)
),
judged as (
  select everybody.*, age, case when date_of_death < $first then 'died' end as reason
  from everybody join person using (la_code, person_key)
)
select la_code, person_key, event_id,
  case when age is null then 'not known' else {age_band_sql("age", definition.age_bands)} end as age_band,
  case when reason is not null then null when is_joint and is_separate then 'both' when is_joint then 'jointly'
    when is_separate then 'separately' when is_assessed then 'method_not_known' else 'not_assessed' end as column_id, reason
from judged"""
    return [Step(f"{_ASSESSED}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


MEASURE = Measure(_ID, carers)
ASSESSED = Measure(_ASSESSED, assessed, of_source=carer_link)
