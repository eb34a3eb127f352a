"""SALT LTS004 and the older ASCOF 1E and 1G: employment and accommodation of adults with learning disability support.

Definitions: ``configs/measures/salt_lts004_employment.yaml``, ``salt_lts004_accommodation.yaml``, ``ascof_1e.yaml`` and
``ascof_1g.yaml``.
"""

from collections.abc import Mapping
from functools import partial

from linkage.cohort.derive.settings import derivation_settings, grouped_values
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal

_EMPLOYMENT, _ACCOMMODATION = "employment_status", "accommodation_status"
_UNKNOWN = "unknown"


def statuses(measure_id: str, field: str, asked: Asked) -> list[Step]:
    """One row per (authority, service user with a long-term learning disability service in the year), by the latest status.

    The status is that of the service that started last, of those with a valid one: a known one before unknown, unknown where
    known ones differ. The event is the first of the services that tell it.
    """
    definition = measure_definition(measure_id)
    group_of = grouped_values().fields[field].groups
    nothing = literal(group_of[_UNKNOWN][0])
    settings = ", ".join(literal(name) for name in definition.names("settings"))
    whens = " ".join(
        f"when {literal(value)} then {literal(column)}" for value, column in columns_of(measure_id, field).items()
    )
    sql = f"""
with service as (
  select la_code, person_key, event_id, start_date,
    case when {field} is distinct from 'not_mapped' then {field}::varchar end as status
  from event
  where setting in ({settings}) and client_type_group = 'service_user'
    and primary_support_reason = {literal(group_of_learning_disability())}
    and start_date <= $last and (end_date is null or end_date >= $first)
),
placed as (
  select *, rank() over (partition by la_code, person_key
      order by status is null, start_date desc, coalesce(status = {nothing}, true)) as place
  from service
),
latest as (
  select la_code, person_key, min(event_id) as event_id,
    case when count(distinct status) > 1 then {nothing} else min(status) end as status
  from placed where place = 1 group by la_code, person_key
),
judged as (
  select latest.*, {label_sql(definition.label("gender"), "gender")} as gender,
    case when date_of_death < $first then 'died' when age < 18 then 'under_18' when age > 64 then 'over_64'
      when age is null then 'age_not_known' when status is null then 'not_valid' end as reason
  from latest join person using (la_code, person_key)
)
select la_code, person_key, event_id, gender, case when reason is null then case status {whens} end end as column_id, reason
from judged"""
    return [Step(f"{measure_id}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


def columns_of(measure_id: str, field: str) -> Mapping[str, str]:
    """Value of the field → the column of the measure where those stand who have it."""
    definition = measure_definition(measure_id)
    groups = grouped_values().fields[field].groups
    if measure_id == "salt_lts004_employment":
        return dict(zip(definition.names("statuses"), (column.id for column in definition.columns), strict=True))
    if measure_id == "ascof_1g":
        settled = derivation_settings().settled_accommodation
        return {
            value: "not_known" if group == _UNKNOWN else "settled" if value in settled else "unsettled"
            for group, values in groups.items()
            for value in values
        }
    named = {_UNKNOWN: "not_known"} if measure_id == "ascof_1e" else {}
    return {value: named.get(group, group) for group, values in groups.items() for value in values}


def group_of_learning_disability() -> str:
    """The primary support reason that is learning disability support."""
    return grouped_values().fields["primary_support_reason"].groups["learning_disability"][0]


def _measure(measure_id: str, field: str) -> Measure:
    return Measure(measure_id, partial(statuses, measure_id, field))


EMPLOYMENT = _measure("salt_lts004_employment", _EMPLOYMENT)
ACCOMMODATION = _measure("salt_lts004_accommodation", _ACCOMMODATION)
PAID = _measure("ascof_1e", _EMPLOYMENT)
SETTLED = _measure("ascof_1g", _ACCOMMODATION)
