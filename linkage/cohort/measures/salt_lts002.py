"""SALT LTS002a and b: reviews of people with long-term support and what followed them (``configs/measures/salt_lts002*.yaml``).

LTS002a: people of LTS001a, unplanned reviews, and planned ones that led to a care home. LTS002b: people of LTS001c, unplanned
and planned reviews. Each also has a measure of people, for the totals of the published tables.
"""

from datetime import date
from functools import partial

from linkage.cohort.derive.event import SETTINGS
from linkage.cohort.derive.period import months_later
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step, Value, literal

_BAND = "case when age >= 65 then '65+' when age >= 18 then '18-64' end"
# From what is furthest from a review that counts to what is nearest; a person is told the nearest.
_REASONS = (
    "no_support",
    "died",
    "age_not_known",
    "under_18",
    "method",
    "reason_not_valid",
    "short_term_review",
    "planned",
)


def reviews(measure_id: str, asked: Asked) -> list[Step]:
    """One row per review of service users that ended in the year: where the person lived, why it was, what followed."""
    definition = measure_definition(measure_id)
    return [*_review_steps(definition, asked), _reviews_placed(definition)]


def clients(measure_id: str, asked: Asked) -> list[Step]:
    """One row per (authority, person, setting) with reviews that count, or per person who has none with the nearest reason.

    The reviews are those of the measure of reviews, ``measure_id``.
    """
    nearest = ", ".join(literal(reason) for reason in _REASONS)
    sql = f"""
with counted as (
  select la_code, person_key, setting, age_band, min(event_id) as event_id,
    case when bool_or(is_planned) and bool_or(not is_planned) then 'both' when bool_or(is_planned) then 'planned'
      else 'unplanned' end as column_id
  from {measure_id}_reviews where reason is null group by all
),
others as (
  select la_code, person_key, arg_max(event_id, (list_position([{nearest}], reason), -event_id)) as event_id,
    arg_max(reason, list_position([{nearest}], reason)) as reason
  from {measure_id}_reviews anti join counted using (la_code, person_key) group by la_code, person_key
)
select la_code, person_key, event_id, setting, age_band, column_id, null::varchar as reason from counted
union all
select la_code, person_key, event_id, null, null, null, reason from others"""
    return [*_review_steps(measure_definition(measure_id), asked), Step(f"{measure_id}_clients_people", sql)]


def _review_steps(definition: MeasureDefinition, asked: Asked) -> list[Step]:
    months = definition.parameters.get("months")
    values: dict[str, Value] = {"first": asked.period.start, "last": asked.period.end}
    return [
        _settings(asked.period.start, asked.period.end),
        _admissions(definition, asked.period.start, asked.period.end),
        _cohort(definition.id, asked.period.start, asked.period.end, int(months) if isinstance(months, int) else None),
        Step(f"{definition.id}_reviews", _reviews_sql(definition), values),
    ]


def _cohort(measure_id: str, first: date, last: date, months: int | None) -> Step:
    """The people of LTS001a (support in the year), or of LTS001c (for more than so many months on the last day)."""
    values: dict[str, Value] = {"first": last if months else first, "last": last}
    longer = ""
    if months:
        values["year_before"] = months_later(last, -months)
        longer = " and start_date < $year_before"
    sql = f"""
select distinct la_code, person_key, $first as alive_on from spell
where setting = 'any' and start_date <= $last and (end_date is null or end_date >= $first){longer}"""
    return Step(f"{measure_id}_cohort", sql, values)


def _settings(first: date, last: date) -> Step:
    """One row per review that ended in the year, on whose first day long-term support was open that began before: its setting.

    Support that starts on that day may be what followed. Of several settings the first.
    """
    place = f"list_position([{', '.join(literal(name) for name in SETTINGS)}], service.setting::varchar)"
    sql = f"""
select review.event_id, min({place}) as place
from event as review join event as service using (la_code, person_key)
where review.event_type = 'review' and review.client_type_group = 'service_user' and review.end_date between $first and $last
  and service.setting is not null and service.client_type_group = 'service_user'
  and service.start_date < review.start_date and (service.end_date is null or service.end_date >= review.start_date)
group by review.event_id"""
    return Step("lts002_setting", sql, {"first": first, "last": last})


def _admissions(definition: MeasureDefinition, first: date, last: date) -> Step:
    """One row per review that led on, and after whose start a long-term care home service starts by the end of the year."""
    led_on = ", ".join(literal(name) for name in definition.names("led_on"))
    sql = f"""
select review.event_id, arg_min(home.setting, (home.start_date, home.setting)) as home
from event as review join event as home using (la_code, person_key)
where review.event_type = 'review' and review.client_type_group = 'service_user' and review.end_date between $first and $last
  and review.outcome_group in ({led_on})
  and home.setting in ('nursing', 'residential') and home.client_type_group = 'service_user'
  and home.start_date between review.start_date and $last
group by review.event_id"""
    return Step("lts002_admission", sql, {"first": first, "last": last})


def _reviews_sql(definition: MeasureDefinition) -> str:
    columns = " ".join(
        f"when outcome_group in ({', '.join(literal(one) for one in definition.names(name))}) then {literal(name)}"
        for name in ("short_term", "changed", "no_change", "ended")
    )
    within = "event_type = 'review' and client_type_group = 'service_user' and end_date between $first and $last"
    only_to_homes = "when is_planned and coalesce(home, '') not in ('nursing', 'residential') then 'planned'"
    return f"""
with methods as (
  select distinct la_code, true as has_methods from event where review_method_group is not null and {within}
),
review as (
  select la_code, person_key, event_id, review_reason, review_group, review_method_group, outcome_group,
    review_group = 'planned' as is_planned, age, date_of_death, alive_on, has_methods,
    case when place <= 2 then 'care_home' when place = 3 then 'community' when place = 4 then 'prison' else 'none' end as setting,
    case when place = 3 then home::varchar end as home
  from event join person using (la_code, person_key) left join methods using (la_code)
    left join {definition.id}_cohort using (la_code, person_key)
    left join lts002_setting using (event_id) left join lts002_admission using (event_id)
  where {within}
)
select la_code, person_key, event_id, setting, {_BAND} as age_band, is_planned,
  case when is_planned then 'Planned' else review_reason::varchar end as review_reason,
  case when home is not null then home {columns}
    when outcome_group is null or outcome_group = 'not_mapped' then 'not_known' else 'other_outcome' end as sequel,
  case when alive_on is null then 'no_support' when date_of_death < alive_on then 'died' when age is null then 'age_not_known'
    when age < 18 then 'under_18' when has_methods and review_method_group is distinct from 'with_service_user' then 'method'
    when review_group = 'short_term_review' then 'short_term_review'
    when review_group is null or review_group = 'not_mapped' then 'reason_not_valid'
    {only_to_homes if definition.text("planned") == "to_care_home" else ""} end as reason
from review"""


def _reviews_placed(definition: MeasureDefinition) -> Step:
    sql = f"""
select la_code, person_key, event_id, setting, age_band, review_reason, case when reason is null then sequel end as column_id,
  reason
from {definition.id}_reviews"""
    return Step(f"{definition.id}_people", sql)


SUPPORTED = Measure("salt_lts002a", partial(reviews, "salt_lts002a"))
SUPPORTED_CLIENTS = Measure("salt_lts002a_clients", partial(clients, "salt_lts002a"))
LONGER = Measure("salt_lts002b", partial(reviews, "salt_lts002b"))
LONGER_CLIENTS = Measure("salt_lts002b_clients", partial(clients, "salt_lts002b"))
