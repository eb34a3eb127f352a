"""Gross planned cost of long-term packages on the last day (``configs/measures/package_costs.yaml``, ``_gross``)."""

from functools import partial

from linkage.cohort.measures.ascof_3d import MECHANISM
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step

_PLACES = "['nursing', 'residential', 'direct_payment', 'managed', 'commissioned', 'not_known', 'prison']"


def package_costs(measure_id: str, asked: Asked) -> list[Step]:
    """One row per (authority, service user with long-term support on the last day): pounds a week, and in the last quarter.

    The event is the first in the place where the person stands. ``weekly`` and ``quarter`` are null without a cost.
    """
    return [_packages(asked), Step(f"{measure_id}_people", "select * from package")]


def _packages(asked: Asked) -> Step:
    """The rows of both measures, which divide them in different ways."""
    sql = f"""
with opened as (
  select la_code, person_key, event_id, weekly_cost, period_cost,
    case setting when 'community' then {MECHANISM} else setting::varchar end as setting
  from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $last)
),
of_person as (
  select la_code, person_key, arg_min(event_id, (list_position({_PLACES}, setting), event_id)) as event_id,
    {_PLACES}[min(list_position({_PLACES}, setting))] as setting, sum(weekly_cost) as weekly, sum(period_cost) as quarter
  from opened group by la_code, person_key
),
judged as (
  select of_person.*, case when date_of_death < $last then 'died' when age < 18 then 'under_18' end as reason
  from of_person join person using (la_code, person_key)
)
select la_code, person_key, event_id, setting, weekly, quarter,
  case when reason is not null then null when weekly is not null then 'costed' else 'not_costed' end as column_id, reason
from judged"""
    return Step("package", sql, {"last": asked.period.end})


BY_SETTING = Measure("package_costs", partial(package_costs, "package_costs"))
GROSS = Measure("package_costs_gross", partial(package_costs, "package_costs_gross"))
