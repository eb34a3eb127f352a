"""SALT LTS004 and the older ASCOF 1E and 1G: employment and accommodation of adults with learning disability support.

Definitions: ``configs/measures/salt_lts004_employment.yaml``, ``salt_lts004_accommodation.yaml``, ``ascof_1e.yaml`` and
``ascof_1g.yaml``.
"""

from collections.abc import Mapping
from functools import partial

from linkage.cohort.derive.grouped import values
from linkage.cohort.derive.settings import derivation_settings, grouped_values
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.cohort.measures.packed import DAYS, ROWS, day_number_sql, packed_sql, row_sql
from linkage.engine import Step, literal

_EMPLOYMENT, _ACCOMMODATION = "employment_status", "accommodation_status"
_UNKNOWN = "unknown"
_STATUSES = 2**7  # more than a field has


def statuses(measure_id: str, field: str, asked: Asked) -> list[Step]:
    """One row per (authority, service user with a long-term learning disability service in the year), by the latest status.

    The status is that of the service that started last, of those with a valid one: a known one before unknown, unknown where
    known ones differ. The event is the first of the services that tell it.

    What places a service is one number, ``place``; with the status behind it and with the status turned over, the greatest
    numbers tell whether all services in the last place have one status.
    """
    definition = measure_definition(measure_id)
    nothing = values(field).index(grouped_values().fields[field].groups[_UNKNOWN][0])
    settings = ", ".join(literal(name) for name in definition.names("settings"))
    columns = columns_of(measure_id, field)
    listed = ", ".join(literal(columns[value]) if value in columns else "null" for value in values(field))
    sql = f"""
with service as (
  select la_code, person_key, event_id, case when {field} <> 'not_mapped' then enum_code({field}) end as status,
    {day_number_sql("start_date")} * 2 + coalesce(status <> {nothing}, false)::integer
      + case when status is not null then {2 * DAYS} else 0 end as place
  from event
  where setting in ({settings}) and client_type_group = 'service_user'
    and primary_support_reason = {literal(group_of_learning_disability())}
    and start_date <= $last and (end_date is null or end_date >= $first)
),
placed as (
  select la_code, person_key, {ROWS - 1} - {row_sql(f"max({packed_sql('place', f'{ROWS - 1} - event_id')})")} as event_id,
    max(place * {_STATUSES} + coalesce(status, 0)) as last_one, max(place * {_STATUSES} + {_STATUSES - 1} - status) as first_one
  from service group by la_code, person_key
),
latest as (
  select la_code, person_key, event_id, case when last_one % {_STATUSES} = {_STATUSES - 1} - first_one % {_STATUSES}
      then last_one % {_STATUSES} when first_one is not null then {nothing} end as status
  from placed
),
judged as (
  select latest.*, {label_sql(definition.label("gender"), "gender")} as gender,
    case when date_of_death < $first then 'died' when age < 18 then 'under_18' when age > 64 then 'over_64'
      when age is null then 'age_not_known' when status is null then 'not_valid' end as reason
  from latest join person using (la_code, person_key)
)
select la_code, person_key, event_id, gender, case when reason is null then [{listed}][status + 1] end as column_id, reason
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
