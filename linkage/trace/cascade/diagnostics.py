"""The MPS-diagnostics columns of a response, whoever made it.

Needs a table with the columns of a response: ``matched_nhs_no``, ``mps_id``, ``person_id``, ``code``, ``indicator``,
``confidence``, the five ``…_score`` columns, ``nhs_number_sent`` and ``request_date`` (the as-at date, else the day of the
request); and ``mps_predecessor`` (see ``succession``).
"""

from linkage.engine import Step, literal
from linkage.trace.cascade.settings import load_cascade_settings
from linkage.trace.cascade.unmatched import SEPARATOR

NO_MATCH, SEVERAL = "0000000000", "9999999999"
NOT_RUN, NOT_FOUND = "No_PDS_tracing_run", "No_PDS_match_found"
SCORE_COLUMNS = ("family_name", "given_name", "dateofbirth", "gender", "postcode")


def person_id_sql(one_time_id: str) -> str:
    """SQL of Person_ID: the matched number, else the first unmatched id, else the one-time id."""
    return f"""case when coalesce(matched_nhs_no, '') not in ('', {literal(NO_MATCH)}, {literal(SEVERAL)}) then matched_nhs_no
    when coalesce(mps_id, '') <> '' then split_part(mps_id, '{SEPARATOR}', 1) else {one_time_id} end"""


def person_id_type_sql(person_id: str) -> str:
    """SQL of the type of a Person_ID in clear: ours by our prefixes, the national service's by A, B and U."""
    parameters = load_cascade_settings().parameters
    reusable, once = parameters.reusable_prefix.value, parameters.one_time_prefix.value
    return f"""case when regexp_full_match({person_id}, '[0-9]{{10}}') then 'NHSNUMBER'
    when substr({person_id}, 1, 1) in ('A', 'B', {literal(reusable)}) then 'MPS_ID'
    when substr({person_id}, 1, 1) in ('U', {literal(once)}) then 'ONE_TIME_USE_ID' end"""


def diagnostics_step(step_name: str, source: str) -> Step:
    """``source`` plus the diagnostics columns, one row per row."""
    return Step(
        step_name,
        f"""
with typed as (
  select *, {person_id_type_sql("person_id")} as person_id_type, {_last_step_sql()} as mps_last_step_attempted
  from {source})
select t.*, case when indicator = 0 then {literal(NOT_RUN)} when confidence = 0 then {literal(NOT_FOUND)}
    else mps_last_step_attempted end as mps_successful_step,
  person_id_type = 'NHSNUMBER' as pds_match_flag,
  exists (select 1 from mps_predecessor p where p.nhs_number = t.matched_nhs_no and p.earlier = t.nhs_number_sent
    and coalesce(t.request_date > p.started, true) and coalesce(t.request_date <= p.ended, true))
    as superseded_nhs_number_flag,
  coalesce((select list(p.earlier order by p.started nulls first, p.earlier) from mps_predecessor p
    where p.nhs_number = t.matched_nhs_no and coalesce(t.request_date > p.started, true)), []::varchar[])
    as nhs_number_history_list,
  code = {literal(load_cascade_settings().codes["multiple"])} as multiple_pds_matches_flag,
  coalesce(contains(mps_id, '{SEPARATOR}'), false) as multiple_mps_id_matches_flag,
  confidence as mps_match_score,
  {", ".join(f"{column}_score as {column}_algorithmic_match_score" for column in SCORE_COLUMNS)}
from typed t""",
    )


def _last_step_sql() -> str:
    steps = load_cascade_settings().steps
    later = " ".join(
        f"when indicator = {steps[step].indicator} then {literal(steps[step].name)}"
        for step in ("alphanumeric", "algorithmic")
    )
    return f"""case when indicator = 1 and dateofbirth_score is null then {literal(steps["cached"].name)}
    when indicator = 1 then {literal(steps["live"].name)} {later} when indicator = 0 then {literal(NOT_RUN)} end"""
