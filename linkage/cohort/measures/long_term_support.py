"""SALT LTS001a, b and c from the derived tables, so that they can be divided by anything (``configs/measures/salt_lts001.yaml``).

``salt_lts001`` makes the published tables from the rows of one submission; this measure reads the same rules off ``event``.
"""

from linkage.cohort.derive.period import months_later
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal

_ID = "salt_lts001"
_EVENTS = 2**40  # more than there are events
_PLACES = (
    "nursing",
    "residential",
    "community_direct_payment",
    "community_managed",
    "community_commissioned",
    "community_not_known",
    "prison",
)


def long_term_support(asked: Asked) -> list[Step]:
    """One row per (part, authority, service user with long-term support in it), in the first column that applies.

    The event is the first of the services in that place; of part direct payment, the first direct payment. Place and event are
    one number, so that the least is both, in the year and on its last day, for all parts at once.
    """
    definition = measure_definition(_ID)
    columns = ", ".join(literal(name) for name in _PLACES)
    sql = f"""
with supported as (
  select la_code, person_key, coalesce(end_date >= $last, true) as is_last,
    case setting when 'nursing' then 1 when 'residential' then 2 when 'prison' then 7
      else case mechanism_group when 'direct_payment' then 3 when 'managed' then 4 when 'commissioned' then 5 else 6 end
      end as place,
    place * {_EVENTS} + event_id as stands
  from event where setting is not null and client_type_group = 'service_user'
    and start_date <= $last and (end_date is null or end_date >= $first)
),
of_person as (
  select la_code, person_key, min(stands) as year_stands, bool_or(place in (4, 5)) as year_other,
    min(stands) filter (is_last) as last_stands, bool_or(place in (4, 5)) filter (is_last) as last_other
  from supported group by la_code, person_key
),
longer as (
  select la_code, person_key, true as is_longer from spell
  where setting = 'any' and start_date < $year_before and (end_date is null or end_date >= $last)
),
told as (
  select of_person.*, is_longer, age, date_of_death,
    {label_sql(definition.label("support_reason"), "primary_support_reason")} as support_reason,
    case when age is null then 'age_not_known' when age < 18 then 'under_18' end as age_reason
  from of_person join person using (la_code, person_key) left join longer using (la_code, person_key)
),
placed as (
  select 'LTS001a' as part, $first as from_date, year_stands as stands, year_other as has_other, * from told
  union all select 'LTS001b', $last, last_stands, last_other, * from told where last_stands is not null
  union all select 'LTS001c', $last, last_stands, last_other, * from told where last_stands is not null and is_longer
),
judged as (
  select *, stands // {_EVENTS} as place, case when date_of_death < from_date then 'died' else age_reason end as reason
  from placed
)
select part, la_code, person_key, stands % {_EVENTS} as event_id,
  case when age >= 65 then '65+' when age >= 18 then '18-64' end as age_band, support_reason,
  case when reason is not null then null when place = 3 and has_other then 'community_part_direct_payment'
    else [{columns}][place] end as column_id, reason
from judged"""
    before = months_later(asked.period.end, -definition.number("months"))
    values = {"first": asked.period.start, "last": asked.period.end, "year_before": before}
    return [Step(f"{_ID}_people", sql, values)]


MEASURE = Measure(_ID, long_term_support)
