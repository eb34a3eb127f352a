"""People with long-term support in the year, as LTS001, ASCOF 2E and 3D look at them: one pass over the services for all."""

from linkage.cohort.derive.spells import OPEN_END
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.packed import first_day_sql, packed_sql, place_sql, row_sql, two_days_sql
from linkage.engine import Step

MECHANISMS = ("direct_payment", "managed", "commissioned", "not_known")
PLACES = ("nursing", "residential", *MECHANISMS, "prison")
"""Settings, in the community mechanisms: where somebody stands once, from the first that applies. Places count from 1."""
IS_DIRECT = "(component_group = 'direct_payment' or mechanism_group = 'direct_payment')"
"""SQL: a service is a direct payment as ASCOF has it, which looks at the component too."""


def supported_person(asked: Asked) -> Step:
    """One row per (authority, service user with long-term support in the year).

    ``latest_event``: the service that is open or ends last, then starts last; ``latest_end``: its end, at most the last day.
    Three columns hold the first place of a person with the first event there (``linkage.cohort.measures.packed``): ``salt_year``
    of all services, ``salt_last`` and ``ascof_last`` of those open on the last day, null for none. ``salt_..._other``: one of
    the services is managed or commissioned.
    """
    salt, ascof = packed_sql("salt_place", "event_id"), packed_sql("ascof_place", "event_id")
    ends = two_days_sql(f"coalesce(end_date, {OPEN_END})", "start_date")
    sql = f"""
with service as (
  select la_code, person_key, event_id, start_date, end_date, coalesce(end_date >= $last, true) as is_last,
    {_place("mechanism_group = 'direct_payment'")} as salt_place,
    {_place(IS_DIRECT)} as ascof_place
  from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
),
found as (
  select la_code, person_key, max({packed_sql(ends, "event_id")}) as latest,
    min({salt}) as salt_year, bool_or(salt_place in (4, 5)) as salt_year_other,
    min(case when is_last then {salt} end) as salt_last, bool_or(is_last and salt_place in (4, 5)) as salt_last_other,
    min(case when is_last then {ascof} end) as ascof_last
  from service group by la_code, person_key
)
select found.* exclude (latest), {row_sql("latest")} as latest_event,
  least({first_day_sql(place_sql("latest"))}, $last) as latest_end,
  birth_month, age, date_of_death, gender, primary_support_reason, learning_disability, settled_dhsc
from found join person using (la_code, person_key)"""
    return Step("supported_person", sql, {"first": asked.period.start, "last": asked.period.end})


def mechanism_place_sql(is_direct: str, first: int) -> str:
    """SQL: the place of a service by its mechanism, where a direct payment (SQL ``is_direct``) has the place ``first``."""
    return f"""case when {is_direct} then {first} when mechanism_group = 'managed' then {first + 1}
      when mechanism_group = 'commissioned' then {first + 2} else {first + 3} end"""


def _place(is_direct: str) -> str:
    return f"""case setting when 'nursing' then 1 when 'residential' then 2 when 'prison' then 7
      else {mechanism_place_sql(is_direct, 3)} end"""
