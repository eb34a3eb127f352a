"""Linked tables → one row per person in the study: exposure, covariates, days at risk, emergency admissions.

Follow-up runs from the first day (inclusive) to the first day after 12 months (exclusive), or to the day after death or
after the end of registration: those last days still count. The person key is the NHS-number pseudonym alone.
"""

from dataclasses import dataclass
from datetime import date

from linkage.cohort.derive.age import age_band_sql, age_from_birth_month_sql
from linkage.cohort.derive.wording import grouped_sql, is_one_of_sql
from linkage.cohort.study.definition import StudyDefinition, ethnic_groups
from linkage.engine import Step, literal

NEEDED_GP_COLUMNS = (
    "person_pseudonym",
    "person_id_type",
    "registration_start_date",
    "registration_end_date",
    "birth_month",
    "gender",
    "ethnic_category",
    "date_of_death",
)
NEEDED_ADMISSION_COLUMNS = ("person_pseudonym", "person_id_type", "admimeth", "admidate", "epiorder")


@dataclass(frozen=True)
class FollowUp:
    """First day of follow-up (inclusive) and the day after its last (exclusive)."""

    start: date
    stop: date


def population_steps(definition: StudyDefinition, follow_up: FollowUp) -> list[Step]:
    """The steps from the linked tables (and ``long_term_rows``) to ``study_cells``, in order."""
    return [
        long_term_users(follow_up),
        registration_chains(definition.registration_gap_days),
        gp_people(),
        candidates(definition, follow_up),
        emergency_admissions(definition),
        cohort(definition, follow_up),
        cells(),
    ]


def long_term_users(follow_up: FollowUp) -> Step:
    """One row per person pseudonym with long-term support open on the first day, whatever the authority."""
    sql = """
select distinct person_pseudonym, person_id_type
from long_term_rows join person using (person_pseudonym)
where start_date <= $start and (end_date is null or end_date >= $start)"""
    return Step("long_term_users", sql, {"start": follow_up.start})


def registration_chains(gap_days: int) -> Step:
    """One row per (person, unbroken GP registration): moves between practices joined. Open: 9999-12-31."""
    sql = """
with dated as (
  select person_pseudonym, registration_start_date as start_date,
    coalesce(registration_end_date, date '9999-12-31') as end_date
  from gp_registrations where person_id_type = 'nhs_number' and registration_start_date is not null
),
reached as (
  select *, max(end_date) over (partition by person_pseudonym order by start_date, end_date
      rows between unbounded preceding and 1 preceding) as reached_date
  from dated
),
numbered as (
  select *, sum(case when reached_date >= start_date - $gap_days then 0 else 1 end) over (
      partition by person_pseudonym order by start_date, end_date rows unbounded preceding) as chain
  from reached
)
select person_pseudonym, min(start_date) as registered_from, max(end_date) as registered_to
from numbered group by person_pseudonym, chain"""
    return Step("registration_chains", sql, {"gap_days": gap_days})


def gp_people() -> Step:
    """One row per person in the GP table: the latest known month of birth, gender and ethnic category; date of death.

    Latest by start of registration, ties to the greater value, so that the answer never depends on row order.
    """
    latest = ",\n  ".join(
        f"{_latest_sql(column)} as {column}" for column in ("birth_month", "gender", "ethnic_category")
    )
    sql = f"""
select person_pseudonym, person_id_type,
  {latest},
  max(date_of_death) as date_of_death
from gp_registrations where person_pseudonym is not null
group by person_pseudonym, person_id_type"""
    return Step("gp_people", sql)


def _latest_sql(column: str) -> str:
    # An ISO date is ten characters, so the greatest "date + value" is the latest value.
    dated = f"cast(coalesce(registration_start_date, date '0001-01-01') as varchar) || cast({column} as varchar)"
    return f"substr(max({dated}), 11)"


def candidates(definition: StudyDefinition, follow_up: FollowUp) -> Step:
    """One row per person in the GP table; ``left_out``: the first reason that keeps the person out of the study."""
    sql = f"""
with aged as (
  select *, {age_from_birth_month_sql("birth_month", "$start")} as age_years from gp_people
)
select person_pseudonym, gender, ethnic_category, date_of_death, registered_to,
  long_term_users.person_pseudonym is not null as exposed,
  {age_band_sql("age_years", definition.age_bands)} as age_band,
  case
    when aged.person_id_type <> 'nhs_number' then 'no NHS-number pseudonym'
    when date_of_death < $start then 'died before the first day'
    when registered_to is null then 'not registered on the first day'
    when age_years is null then 'age not known'
    when {age_band_sql("age_years", definition.age_bands)} is null then 'under {definition.age_bands[0].first} on the first day'
  end as left_out
from aged
left join (
  select person_pseudonym, registered_to from registration_chains where $start between registered_from and registered_to
) as registered using (person_pseudonym)
left join long_term_users using (person_pseudonym)"""
    return Step("study_candidates", sql, {"start": follow_up.start})


def emergency_admissions(definition: StudyDefinition) -> Step:
    """One row per (person, admission date) with an emergency method: a spell, told by its first episode."""
    sql = f"""
select distinct person_pseudonym, admidate
from admissions
where person_id_type = 'nhs_number' and admidate is not null and try_cast(epiorder as integer) = 1
  and {is_one_of_sql("admimeth", definition.admission_methods)}"""
    return Step("emergency_admissions", sql)


def cohort(definition: StudyDefinition, follow_up: FollowUp) -> Step:
    """One row per person in the study: exposed or not, covariates, days at risk (at least one), admissions in them."""
    sex = grouped_sql("gender", {label: (code,) for code, label in definition.sexes.items()})
    ethnic = grouped_sql("ethnic_category", ethnic_groups(definition))
    sql = f"""
with at_risk as (
  select *, least($stop, coalesce(date_of_death + 1, $stop),
      case when registered_to < $stop then registered_to + 1 else $stop end) as exit_date
  from study_candidates where left_out is null
)
select at_risk.person_pseudonym, exposed, age_band,
  coalesce({sex}, {literal(definition.not_known.sex)}) as sex,
  coalesce({ethnic}, {literal(definition.not_known.ethnic_group)}) as ethnic_group,
  exit_date - $start as days, count(admidate) as events
from at_risk left join emergency_admissions as admission
  on admission.person_pseudonym = at_risk.person_pseudonym and admidate >= $start and admidate < exit_date
group by all"""
    return Step("study_cohort", sql, {"start": follow_up.start, "stop": follow_up.stop})


def cells() -> Step:
    """People counted by exposure, covariates, days at risk and events: all that the rates and the model need."""
    sql = """
select exposed, age_band, sex, ethnic_group, days, events, count(*) as people
from study_cohort group by exposed, age_band, sex, ethnic_group, days, events
order by exposed, age_band, sex, ethnic_group, days, events"""
    return Step("study_cells", sql)


def flow_step() -> Step:
    """One row per (group, reason): people from the GP table and long-term users, in the study or left out, exact."""
    sql = """
with gp as (
  select 1 as place, 'people in the GP table' as people_of, coalesce(left_out,
      case when exposed then 'in the study: long-term users' else 'in the study: other registered adults' end) as reason
  from study_candidates
),
users as (
  select 2 as place, 'long-term users on the first day' as people_of, case
      when long_term_users.person_id_type <> 'nhs_number' then 'no NHS-number pseudonym (not linked)'
      when candidate.person_pseudonym is null then 'not in the GP table'
      else coalesce(left_out, 'in the study: long-term users') end as reason
  from long_term_users left join study_candidates as candidate using (person_pseudonym)
)
select people_of, reason, count(*) as people from (select * from gp union all select * from users)
group by place, people_of, reason order by place, reason like 'in the study%', reason"""
    return Step("study_flow", sql)
