"""Episodes of admitted patient care → stays, and the patients of them."""

from collections.abc import Mapping

from linkage.cohort.derive.period import Period
from linkage.cohort.hospital.settings import HospitalSettings
from linkage.engine import Step, ident

# Days are counted from here, in 22 bits, so that two of them make one number that sorts like the two.
_DAY_ZERO = "date '0001-01-01'"
_DAYS = 2**22

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
    "epiorder": "integer",
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


def episodes_sql() -> str:
    """SQL for the episodes of people with an NHS-number pseudonym, as released."""
    return f"""(
  select * from {_with_columns("admissions", _EPISODE)} where person_id_type = 'nhs_number' and admidate is not null)"""


def patient_number_sql(pseudonym: str) -> str:
    """SQL: the number below 0 of a patient whom social care does not know: of a national year's three million such patients,
    two share one by a chance of one in a million."""
    return f"-1 - cast(hash({pseudonym}) >> 1 as bigint)"


def hospital_stay(settings: HospitalSettings, period: Period) -> Step:
    """One row per stay in hospital that began in the period or later, or may have ended then, as its last episode has it.

    ``discharge_date`` is null while the stay goes on; ``la_code`` is the authority of residence where the release has it. Of
    episodes with one order the one that began last counts. Earlier stays are left out before last episodes are found: of a stay
    that began before the period, some episode must end in it or later.

    Month of birth and gender (Female, Male or null) are those of the patient's latest GP registration that has them, of one day
    the later month and Female, else those of social care (of several authorities, the earliest month and Female first).
    ``person_key`` is that of social care, or below 0. ``care_la_code``: the first authority whose social care knows the patient,
    null for none. Patients are no table of their own: that would join millions of pseudonyms once more.
    """
    no_order = ", ".join(str(order) for order in settings.no_episode_order)
    stay = "hash(person_pseudonym, admidate, admimeth)"
    sql = f"""
with episode as not materialized (
  select *, case when epiorder not in ({no_order}) then epiorder end as place
  from {episodes_sql()}
),
under_way as (select distinct {stay} as stay from episode where admidate < $first and disdate >= $first),
stay as (
  select person_pseudonym, admidate, admimeth, min({{place: -place, start: {_DAY_ZERO} - epistart, "end": {_DAY_ZERO} - disdate,
    dismeth: dismeth, disdest: disdest, tretspef: tretspef, classpat: classpat, la_code: la_code}}) as last_episode
  from episode where admidate >= $first or {stay} in (from under_way) group by all
),
known as (
  select person_pseudonym, min(person_key) as person_key, min(la_code) as care_la_code,
    coalesce({_DAY_ZERO} + cast(max(began * {_DAYS} + born) % {_DAYS} as integer), min(birth_month)) as birth_month,
    case when coalesce(max(began * 2 + is_female) % 2 = 1, bool_or(gender = 'Female')) then 'Female'
      when count(is_female) > 0 or bool_or(gender = 'Male') then 'Male' end as gender
  from (
    select person_pseudonym, person_key, la_code, birth_month, gender from person
    union all by name
    select person_pseudonym, coalesce(registration_start_date, {_DAY_ZERO}) - {_DAY_ZERO} as began,
      try_cast(birth_month || '-01' as date) - {_DAY_ZERO} as born, case gender when '1' then 0 when '2' then 1 end as is_female
    from {_with_columns("gp_registrations", _REGISTRATION)}
  ) group by person_pseudonym
)
select coalesce(person_key, {patient_number_sql("person_pseudonym")}) as person_key, care_la_code, birth_month, gender,
  admidate as admission_date, {_DAY_ZERO} - cast(last_episode."end" as integer) as discharge_date, admimeth as admission_method,
  last_episode.dismeth as discharge_method, last_episode.disdest as destination, last_episode.tretspef as treatment_function,
  last_episode.classpat as patient_class, last_episode.la_code as la_code
from stay left join known using (person_pseudonym)"""
    return Step("hospital_stay", sql, {"first": period.start})
