"""ASCOF 2D: discharge from hospital into reablement, and its outcomes (``configs/measures/ascof_2d_1.yaml``, ``_2``)."""

from linkage.cohort.hospital.discharges import discharge_steps
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import Step


def outcomes(asked: Asked) -> list[Step]:
    """One row per (authority, person, episode of reablement that starts about the year), by what happened in 84 days."""
    sql = """
select la_code, person_key, event_id, support, age_band, gender,
  case when reason is null then ['remained', 'died_only', 'readmitted_only', 'died_readmitted', 'home_only', 'died_home',
    'readmitted_home', 'all_three'][1 + died::integer + 2 * readmitted::integer + 4 * entered_home::integer] end as column_id,
  reason
from hospital_reablement"""
    return [*discharge_steps(asked.period), Step("ascof_2d_1_people", sql)]


def provision(asked: Asked) -> list[Step]:
    """One row per discharge from hospital in the year, which no event puts there, and one per episode that counts in part 1.

    ``person_key`` is below 0 for patients whom social care does not know.
    """
    sql = """
select la_code, person_key, null::bigint as event_id, support, age_band, gender,
  case when reason is null and lives_in is not null then 'discharges' end as column_id,
  case when reason is not null then reason when lives_in is null then 'not_placed' end as reason
from hospital_discharge
union all
select la_code, person_key, event_id, support, age_band, gender, 'into_reablement', null
from hospital_reablement where reason is null"""
    return [*discharge_steps(asked.period), Step("ascof_2d_2_people", sql)]


OUTCOMES = Measure("ascof_2d_1", outcomes, needs=("admissions",))
PROVISION = Measure("ascof_2d_2", provision, needs=("admissions",))
