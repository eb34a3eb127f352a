"""Episodes of admitted patient care → stays, and the patients of them."""

from collections.abc import Mapping

from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.hospital.settings import HospitalSettings
from linkage.engine import Step, ident

_EPISODE = {
    "person_pseudonym": "varchar",
    "person_id_type": "varchar",
    "admimeth": "varchar",
    "admidate": "date",
    "disdate": "date",
    "dismeth": "varchar",
    "disdest": "varchar",
    "tretspef": "varchar",
    "classpat": "varchar",
    "epiorder": "varchar",
    "epistart": "date",
    "la_code": "varchar",
}
_REGISTRATION = {
    "person_pseudonym": "varchar",
    "registration_start_date": "date",
    "birth_month": "varchar",
    "gender": "varchar",
}


def _with_columns(table: str, columns: Mapping[str, str]) -> str:
    """SQL for a released table with these columns, null where the release lacks them or has no such value (a month only)."""
    empty = ", ".join(f"null::{kind} as {ident(name)}" for name, kind in columns.items())
    kept = ", ".join(f"try_cast({ident(name)} as {kind}) as {ident(name)}" for name, kind in columns.items())
    return f"(select {kept} from (select {empty} where false union all by name select * from {ident(table)}))"


def hospital_stay(settings: HospitalSettings) -> Step:
    """One row per stay in hospital of a person with an NHS-number pseudonym, as its last episode has it.

    ``stay_no`` numbers stays. ``discharge_date`` is null while the stay goes on, ``management`` null for planned stays and those
    of regular attenders; ``la_code`` is the authority of residence where the release has it. Of episodes with one order the one
    that began last counts.
    """
    kinds = " ".join(
        f"when admimeth in ({listed_sql(codes)}) then '{kind}'" for kind, codes in settings.management.items()
    )
    no_order = ", ".join(str(order) for order in settings.no_episode_order)
    sql = f"""
with episode as (
  select *, case when try_cast(epiorder as integer) not in ({no_order}) then try_cast(epiorder as integer) end as place
  from {_with_columns("admissions", _EPISODE)} where person_id_type = 'nhs_number' and admidate is not null
),
last_episode as (
  select * from episode
  qualify row_number() over (partition by person_pseudonym, admidate, admimeth
    order by place desc nulls last, epistart desc nulls last, disdate desc nulls last, dismeth, disdest, tretspef, classpat,
      la_code) = 1
)
select row_number() over (order by person_pseudonym, admidate, admimeth) as stay_no, person_pseudonym,
  admidate as admission_date, disdate as discharge_date, admimeth as admission_method, dismeth as discharge_method,
  disdest as destination, tretspef as treatment_function, la_code,
  case when classpat not in ({listed_sql(settings.regular_attenders)}) is not false then case {kinds} end end as management
from last_episode"""
    return Step("hospital_stay", sql)


def hospital_patient() -> Step:
    """One row per person with a stay: month of birth, gender (Female, Male or null) and number.

    Details are those of the latest GP registration that has them, else those of social care (of several authorities, the
    earliest month and the first gender). ``person_key`` is that of social care; patients whom it does not know have numbers
    below 0. ``care_la_code``: the first authority whose social care knows the person, null for none.
    """
    sql = f"""
with patient as (select distinct person_pseudonym from hospital_stay),
registered as (
  select person_pseudonym,
    arg_max(try_cast(birth_month || '-01' as date), (began, birth_month)) as birth_month,
    arg_max(case gender when '1' then 'Male' when '2' then 'Female' end, (began, gender)) as gender
  from (select *, coalesce(registration_start_date, date '0001-01-01') as began
    from {_with_columns("gp_registrations", _REGISTRATION)}) join patient using (person_pseudonym) group by person_pseudonym
),
known as (
  select person_pseudonym, min(person_key) as person_key, min(la_code) as care_la_code, min(birth_month) as birth_month,
    min(gender::varchar) filter (gender in ('Female', 'Male')) as gender
  from person join patient using (person_pseudonym) group by person_pseudonym
)
select person_pseudonym, coalesce(person_key, -row_number() over (order by person_pseudonym)) as person_key, care_la_code,
  coalesce(registered.birth_month, known.birth_month) as birth_month, coalesce(registered.gender, known.gender) as gender
from patient left join registered using (person_pseudonym) left join known using (person_pseudonym)"""
    return Step("hospital_patient", sql)
