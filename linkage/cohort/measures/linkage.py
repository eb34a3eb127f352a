"""How far figures depend on the linkage (``configs/measures/linked_high_confidence.yaml``, ``linkage_bias.yaml``)."""

from linkage.cohort.derive.settings import grouped_values
from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.hospital.links import link_confidence
from linkage.cohort.measures.ascof_2d import OUTCOMES, PROVISION
from linkage.cohort.measures.definition import measure_definition
from linkage.cohort.measures.divided import divided_sql
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal

_BIAS = "linkage_bias"


def high_confidence(asked: Asked) -> list[Step]:
    """The rows that count in ASCOF 2D, once for the numerator and once for the denominator that they stand in.

    A row of somebody whom social care knows is of high confidence when the link is: of the authority that gave the reablement,
    for a discharge of every authority that knows the person. Discharges that cannot be placed stand in no column.
    """
    sql = """
with link as (
  select la_code, person_key, coalesce(confidence, 'other') as confidence
  from link_confidence semi join person using (la_code, person_key)
),
national as (select person_key, min(confidence) = 'high' and max(confidence) = 'high' as is_high from link group by person_key),
outcome as (
  select people.*, confidence = 'high' as is_high from ascof_2d_1_people as people join link using (la_code, person_key)
  where reason is null
),
placed as (
  select la_code, person_key, event_id, 'ascof_2d_1' as measure, is_high, 'denominator' as side from outcome
  union all
  select la_code, person_key, event_id, 'ascof_2d_1', is_high, 'numerator' from outcome where column_id = 'remained'
  union all
  select la_code, person_key, event_id, 'ascof_2d_2', is_high, 'numerator' from outcome
  union all
  select la_code, person_key, event_id, 'ascof_2d_2', coalesce(is_high, true), 'denominator'
  from ascof_2d_2_people left join national using (person_key) where column_id = 'discharges'
)
select la_code, person_key, event_id, measure, case when is_high then 'high_' else 'other_' end || side as column_id,
  null::varchar as reason
from placed
union all
select la_code, person_key, event_id, 'ascof_2d_2', null, reason from ascof_2d_2_people where reason = 'not_placed'"""
    return [*OUTCOMES.steps(asked), PROVISION.steps(asked)[-1], Step("linked_high_confidence_people", sql)]


def bias(asked: Asked) -> list[Step]:
    """One row per (authority, service user with an event in the year); the event is the first of the year."""
    definition = measure_definition(_BIAS)
    groups = grouped_values().fields["primary_support_reason"].groups
    whens = " ".join(
        f"when primary_support_reason in ({listed_sql(wordings)}) then {literal(group)}"
        for group, wordings in groups.items()
    )
    sql = f"""
with seen as (
  select la_code, person_key, min(event_id) as event_id, bool_or(person_key_source = 'la_person_id') as is_not_linked,
    min(setting) as setting
  from event
  where client_type_group = 'service_user' and start_date <= $last and (end_date is null or end_date >= $first)
  group by la_code, person_key
),
known as (
  select seen.*, age, gender, ethnic_group, primary_support_reason::varchar as primary_support_reason, confidence
  from seen join person using (la_code, person_key) left join link_confidence using (la_code, person_key)
)
select la_code, person_key, event_id, {divided_sql(definition, "age")},
  {label_sql(definition.label("support_reason"), f"case {whens} end")} as support_reason,
  {label_sql(definition.label("setting"), "setting")} as setting,
  case when is_not_linked then 'not_linked' when confidence = 'high' then 'high_confidence' else 'other_link' end as column_id,
  null::varchar as reason
from known"""
    return [Step(f"{_BIAS}_people", sql, {"first": asked.period.start, "last": asked.period.end})]


HIGH_CONFIDENCE = Measure("linked_high_confidence", high_confidence, needs=("admissions",), of_source=link_confidence)
BIAS = Measure(_BIAS, bias, needs=("link_quality",), of_source=link_confidence)
