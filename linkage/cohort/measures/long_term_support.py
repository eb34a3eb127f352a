"""SALT LTS001a, b and c from the derived tables, so that they can be divided by anything (``configs/measures/salt_lts001.yaml``).

``salt_lts001`` makes the published tables from the rows of one submission; this measure reads the same rules off ``event``.
"""

from linkage.cohort.derive.period import months_later
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.cohort.measures.packed import place_sql, row_sql
from linkage.cohort.measures.supported import MECHANISMS, PLACES, supported_person
from linkage.engine import Step, literal

_ID = "salt_lts001"
_COLUMNS = [f"community_{name}" if name in MECHANISMS else name for name in PLACES]


def long_term_support(asked: Asked) -> list[Step]:
    """One row per (part, authority, service user with long-term support in it), in the first column that applies.

    The event is the first of the services in that place; of part direct payment, the first direct payment.
    """
    definition = measure_definition(_ID)
    columns = ", ".join(literal(name) for name in _COLUMNS)
    sql = f"""
with longer as (
  select la_code, person_key, true as is_longer from spell
  where setting = 'any' and start_date < $year_before and (end_date is null or end_date >= $last)
),
told as (
  select supported_person.*, is_longer,
    {label_sql(definition.label("support_reason"), "primary_support_reason")} as support_reason,
    case when age is null then 'age_not_known' when age < 18 then 'under_18' end as age_reason
  from supported_person left join longer using (la_code, person_key)
),
placed as (
  select 'LTS001a' as part, $first as from_date, salt_year as stands, salt_year_other as has_other, * from told
  union all select 'LTS001b', $last, salt_last, salt_last_other, * from told where salt_last is not null
  union all select 'LTS001c', $last, salt_last, salt_last_other, * from told where salt_last is not null and is_longer
),
judged as (
  select *, {place_sql("stands")} as place, case when date_of_death < from_date then 'died' else age_reason end as reason
  from placed
)
select part, la_code, person_key, {row_sql("stands")} as event_id,
  case when age >= 65 then '65+' when age >= 18 then '18-64' end as age_band, support_reason,
  case when reason is not null then null when place = 3 and has_other then 'community_part_direct_payment'
    else [{columns}][place] end as column_id, reason
from judged"""
    before = months_later(asked.period.end, -definition.number("months"))
    values = {"first": asked.period.start, "last": asked.period.end, "year_before": before}
    return [supported_person(asked), Step(f"{_ID}_people", sql, values)]


MEASURE = Measure(_ID, long_term_support)
