"""Discharges from hospital that ASCOF 2D looks at, and the reablement that followed them."""

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.derive.spells import spells_sql
from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.hospital.settings import HospitalSettings, hospital_settings
from linkage.cohort.hospital.stays import episodes_sql, hospital_stay
from linkage.engine import Step, Value, literal


def discharge_steps(period: Period) -> list[Step]:
    """The steps from linked tables to ``hospital_discharge`` and ``hospital_reablement`` of a year."""
    settings = hospital_settings()
    return [
        hospital_stay(settings, period),
        _long_term(period),
        _discharge(settings, period),
        _reablement(settings, period),
        _outcome(settings, period),
    ]


def _long_term(period: Period) -> Step:
    """One row per long-term service of service users discharged from hospital in the year, of whichever authority.

    Somebody whom an authority knows to have died before the year has none there.
    """
    sql = """
select event.person_key, setting, start_date, end_date
from event
  semi join (select person_key from hospital_stay where discharge_date between $first and $last) as patient using (person_key)
  anti join (select la_code, person_key from person where date_of_death < $first) as dead using (la_code, person_key)
where setting is not null and client_type_group = 'service_user'"""
    return Step("hospital_long_term", sql, {"first": period.start, "last": period.end})


def _discharge(settings: HospitalSettings, period: Period) -> Step:
    """One row per stay that ended in the year: age band, gender, support when admitted, and the first ``reason`` to leave it out.

    ``la_code`` is the authority of residence: as released, else the one that the data are of, else not known.
    """
    left_out = settings.discharge
    listed = {
        "admission_method": left_out.admission_methods,
        "discharge_method": left_out.discharge_methods,
        "destination": left_out.destinations,
        "treatment_function": left_out.treatment_functions,
    }
    of_code = " ".join(f"when {name} in ({listed_sql(codes)}) then {literal(name)}" for name, codes in listed.items())
    begins = " or ".join(
        f"starts_with(treatment_function, {literal(text)})" for text in left_out.treatment_function_beginnings
    )
    blank = " or ".join(
        f"({name} is null and has_{name})" for name in ("discharge_method", "destination", "treatment_function")
    )
    sql = f"""
with stated as (
  select count(dismeth) > 0 as has_discharge_method, count(disdest) > 0 as has_destination,
    count(tretspef) > 0 as has_treatment_function, count(la_code) > 0 as has_la_code from {episodes_sql()}
),
authority as (select case when count(distinct la_code) = 1 then min(la_code) end as only_la_code from person),
supported as (
  select person_key, admission_date, bool_or(setting <> 'community') as in_home
  from hospital_stay join hospital_long_term as service using (person_key)
  where discharge_date between $first and $last
    and admission_date >= start_date and (end_date is null or admission_date <= end_date)
  group by person_key, admission_date
),
aged as (
  select stay.*, has_la_code, coalesce(la_code, case when not has_la_code then only_la_code end) as lives_in,
    {dhsc_age_sql("birth_month", "discharge_date")} as age_then, in_home, {blank} or admission_method is null as is_blank
  from hospital_stay as stay cross join stated cross join authority left join supported using (person_key, admission_date)
  where discharge_date between $first and $last
)
select person_key, admission_date, discharge_date, lives_in, coalesce(lives_in, care_la_code, 'not known') as la_code,
  case when age_then >= 85 then '85+' when age_then >= 75 then '75-84' when age_then >= $from_age then '65-74' end as age_band,
  coalesce(gender, 'Not known') as gender,
  case when in_home is null then 'none' else 'community' end as support,
  case when age_then is null then 'no_birth_month' when age_then < $from_age then 'too_young'
    when admission_date >= discharge_date then 'same_day' {of_code}
    when {begins} then 'treatment_function' when is_blank then 'not_stated' when admission_date < $admitted_from then 'long_stay'
    when in_home then 'care_home' when has_la_code and lives_in is null then 'no_residence' end as reason
from aged"""
    values: dict[str, Value] = {
        "first": period.start,
        "last": period.end,
        "from_age": settings.reablement.from_age,
        "admitted_from": months_later(period.start, -settings.reablement.admitted_months_before),
    }
    return Step("hospital_discharge", sql, values)


def _reablement(settings: HospitalSettings, period: Period) -> Step:
    """One row per (authority, person, episode of reablement that starts about the year), with the discharge that led to it.

    An episode is reablement services of ST-Max that start at most so many days after the latest end so far. The discharge is
    the latest that counts from ``days_before`` its start to ``days_after`` it, of a stay that began by its start; of several
    on one day that of the last admission. ``reason``: why the episode does not count.
    """
    sql = f"""
with service as (
  select la_code, person_key, event_id, start_date, end_date, person_key_source from event
  where service_group = 'short_term_max' and component_group = 'reablement' and client_type_group = 'service_user'
    and (end_date is null or end_date >= $from_date)
),
episode as ({spells_sql("service", "la_code, person_key", "$join_days")}),
began as (
  select episode.la_code, person_key, first_event as event_id, episode.start_date, date_of_death,
    first_service.person_key_source = 'la_person_id' as is_not_linked
  from episode join person using (la_code, person_key)
    join service as first_service on first_service.event_id = episode.first_event
  where episode.start_date between $first - $days_after and $last + $days_before
),
led as (
  select event_id, discharge_date, age_band, gender, support
  from began join hospital_discharge as discharge using (person_key)
  where discharge.reason is null and admission_date <= start_date
    and discharge_date between start_date - $days_before and start_date + $days_after
  qualify row_number() over (partition by event_id order by discharge_date desc, admission_date desc) = 1
)
select began.*, discharge_date, age_band, gender, support,
  case when date_of_death < $first then 'died' when is_not_linked then 'not_linked'
    when discharge_date is null then 'no_discharge' end as reason
from began left join led using (event_id)"""
    rule = settings.reablement
    values: dict[str, Value] = {
        "first": period.start,
        "last": period.end,
        "from_date": months_later(period.start, -rule.look_back_months),
        "join_days": rule.join_days,
        "days_before": rule.days_before,
        "days_after": rule.days_after,
    }
    return Step("hospital_reablement_start", sql, values)


def _outcome(settings: HospitalSettings, period: Period) -> Step:
    """``hospital_reablement``: episodes with what happened up to ``follow_up_days`` after the discharge.

    Death as the authority of the episode knows it; readmission after the discharge and after the episode's start; long-term
    residential or nursing care of whichever authority that starts on the day of discharge or later.
    """
    again = settings.readmission
    kinds = [code for kind in again.management for code in settings.management[kind]]
    sql = f"""
with readmitted as (
  select distinct event_id from hospital_reablement_start join hospital_stay as stay using (person_key)
  where admission_date > start_date and admission_date > hospital_reablement_start.discharge_date
    and admission_date <= hospital_reablement_start.discharge_date + $days
    and admission_date < stay.discharge_date and admission_date >= $first
    and admission_method in ({listed_sql(kinds)})
    and patient_class not in ({listed_sql(settings.regular_attenders)}) is not false
    and (stay.discharge_method not in ({listed_sql(again.discharge_methods)})
      or (select count(dismeth) = 0 from {episodes_sql()}))
),
entered as (
  select distinct event_id from hospital_reablement_start as episode join hospital_long_term as service using (person_key)
  where setting in ('nursing', 'residential') and service.start_date between discharge_date and discharge_date + $days
)
select *, coalesce(date_of_death between discharge_date and discharge_date + $days, false) as died,
  event_id in (from readmitted) as readmitted, event_id in (from entered) as entered_home
from hospital_reablement_start"""
    return Step("hospital_reablement", sql, {"first": period.start, "days": settings.reablement.follow_up_days})
