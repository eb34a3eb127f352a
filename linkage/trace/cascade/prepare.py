"""The queries and the candidates' records in the form that the cascade compares.

A record is seen as it stood at a query's as-at date: of its dated versions the one in force counts as current, those that
had begun by then as historic. An invalidated record holds nothing.
"""

from collections.abc import Sequence
from datetime import date

from linkage.engine import Engine, Step, ident
from linkage.normalise import date_of_birth, gender, name, nhs_number, postcode
from linkage.trace.cascade.cleaning import (
    at_form_sql,
    clean_postcode_sql,
    clean_text_sql,
    partial_date_sql,
    reference_date_sql,
    whole_date_sql,
)
from linkage.trace.cascade.settings import load_cascade_settings
from linkage.trace.cascade.succession import current_step, succession_step

QUERY_FIELDS = (
    "nhs_number", "given_name", "other_given_name", "family_name", "gender", "date_of_birth", "postcode",
    "gp_practice_code", "date_of_death", "as_at_date", "local_patient_id",
)  # fmt: skip
_NAMES = ("given_name", "other_given_name", "family_name")
_COMPARED = (
    "as_at", "local_patient_id", "nhs_number", "gender", "dob", "dob_part", "postcode", "has_postcode", "gp", "death",
    "death_part",
)  # fmt: skip
_FORMS = {"given_name": "given", "other_given_name": "other_given", "family_name": "family"}


def prepare_names(engine: Engine, tables: Sequence[str]) -> None:
    """Table ``mps_name``: one row per written name of the tables, with every form of it; placeholders left out."""
    mapping = load_cascade_settings().parameters.name_mapping.value
    whens = " ".join(f"when $from_{n} then $to_{n}" for n in range(len(mapping)))
    bound = {f"from_{n}": written for n, written in enumerate(mapping)}
    bound |= {f"to_{n}": normalised for n, normalised in enumerate(mapping.values())}
    same = "false" if mapping else "true"
    mapped = f"case joined {whens} else joined end" if mapping else "joined"
    written = "\nunion all ".join(f"select {field} as written from {table}" for table in tables for field in _NAMES)
    engine.run(
        Step(
            "mps_name",
            f"""
with cleaned as (
  select written, {clean_text_sql("written")} as cleaned
  from (select distinct written from ({written}) where written is not null)),
compared as (select *, {name.comparison_sql("cleaned")} as words, replace(words, ' ', '') as joined from cleaned)
select written, cleaned, {at_form_sql("cleaned")} as at_form, {name.comparison_soundex_sql("words")} as sound,
  case when joined = words and {same} then sound else {name.comparison_soundex_sql(mapped)} end as block_sound
from compared where words is not null""",
            bound,
        )
    )


def prepare_queries(engine: Engine, as_at: date) -> None:
    """Tables ``mps_cleaned`` (one row per query) and ``mps_query`` (equal queries once, by the first: ``asked_row``).

    A query's own as-at date wins over ``as_at``. A date of birth after the as-at date counts as missing; a pseudo-postcode
    is given but never compared.
    """
    engine.run(_cleaned_step(as_at))
    engine.run(Step("mps_query", "select * exclude (query_id) from mps_cleaned where query_row = asked_row"))


def _cleaned_step(as_at: date) -> Step:
    same = ", ".join((*_FORMS.values(), *_COMPARED))
    forms = ", ".join(
        f"{form}.cleaned as {form}, {form}.at_form as {form}_at, {form}.sound as {form}_sound, "
        f"{form}.block_sound as {form}_block_sound"
        for form in _FORMS.values()
    )
    return Step(
        "mps_cleaned",
        f"""
with read as (
  select q.query_row, q.query_id, nullif(trim(q.local_patient_id), '') as local_patient_id,
    coalesce(try_cast({date_of_birth.clean_sql("q.as_at_date")} as date), $as_at) as as_at,
    {nhs_number.clean_sql("q.nhs_number")} as nhs_number, {gender.clean_sql("q.gender")} as gender,
    {whole_date_sql("q.date_of_birth")} as dob_read, {partial_date_sql("q.date_of_birth")} as dob_part,
    {whole_date_sql("q.date_of_death")} as death, {partial_date_sql("q.date_of_death")} as death_part,
    {clean_postcode_sql("q.postcode")} as code, {clean_text_sql("q.gp_practice_code")} as gp, {forms}
  from query_mps q {_name_joins("q")}),
kept as (
  select * exclude (dob_read, code), code is not null as has_postcode,
    case when dob_read <= strftime(as_at, '%Y%m%d') then dob_read end as dob,
    case when not {postcode.is_pseudo_sql("code")} then code end as postcode
  from read)
select *, {_eligible_sql()}, min(query_row) over (partition by {same}) as asked_row from kept""",
        {"as_at": as_at},
    )


def _eligible_sql() -> str:
    """Which steps a query has details for: ``may_check``, ``may_filter`` (alphanumeric) and ``may_score``."""
    by_block = """(family_block_sound is not null and given_block_sound is not null)
    or (gender is not null and postcode is not null)"""
    strict = load_cascade_settings().parameters.eligibility.value == "strict"
    scored = "gender is not null and has_postcode" if strict else by_block
    return f"""nhs_number is not null and dob is not null as may_check,
  death_part is not null
  or (family_sound is not null and gender is not null and coalesce(dob, dob_part) is not null) as may_filter,
  dob is not null and ({scored}) as may_score"""


def prepare_versions(engine: Engine, *, more: bool) -> None:
    """Make ``mps_version`` (one row per version of a candidate's record) from ``candidate_version``, or add ``more`` to it.

    ``mps_holder`` is the record of each number, ``succession`` which number replaced which.
    """
    forms = ", ".join(
        f"{form}.cleaned as {form}, {form}.at_form as {form}_at, {form}.sound as {form}_sound, "
        f"{form}.block_sound as {form}_block_sound"
        for form in _FORMS.values()
    )
    step = Step(
        "mps_version_added",
        f"""
select v.person_id, v.nhs_number, {reference_date_sql("v.date_of_birth")} as dob,
  {gender.clean_sql("v.gender")} as gender, {reference_date_sql("v.date_of_death")} as death,
  case when not {postcode.is_pseudo_sql("v.postcode")} then v.postcode end as postcode,
  {clean_text_sql("v.gp_practice_code")} as gp, upper(coalesce(v.confidentiality, '')) as confidentiality,
  replace(v.superseded_by, ' ', '') as superseded_by,
  try_cast(v.valid_from as date) as begins, try_cast(v.valid_to as date) as ends, {forms},
  row_number() over (order by v.person_id, v.valid_from, v.valid_to, {", ".join(f"v.{f}" for f in _NAMES)},
    v.date_of_birth, v.postcode, v.gender, v.gp_practice_code) as version_row
from candidate_version v {_name_joins("v")}""",
    )
    engine.run(step)
    earlier = "select * from mps_version union all " if more else ""
    engine.run(Step("mps_version", f"{earlier}select * from mps_version_added"))
    engine.drop("mps_version_added")
    engine.run(Step("mps_holder", "select distinct nhs_number, person_id from mps_version"))
    engine.run_all([succession_step(), current_step()])


def record_step(step_name: str, wanted: str) -> Step:
    """One row per (as_at, person_id) of table ``wanted``: the record as it stood then.

    Date of birth and death are those of the current version; names, postcode, GP, gender and confidentiality are null
    unless a version was in force. Lists hold what had begun by then and are empty for an invalidated record.
    """
    in_force = "place = 1 and in_force"
    valid = "begun and not gone"
    current = ", ".join(
        f"any_value({c}) filter (where {in_force} and not gone) as {c}"
        for c in ("given", "family", "family_sound", "gender", "postcode")
    )
    lists = ", ".join(
        f"coalesce(list_sort(list(distinct {c}) filter (where {valid} and {c} is not null)), []::varchar[]) as {many}"
        for c, many in (
            ("dob", "dobs"), ("given_sound", "given_sounds"), ("given_block_sound", "given_block_sounds"),
            ("family_block_sound", "family_block_sounds"), ("postcode", "postcodes"), ("gp", "gps"),
        )
    )  # fmt: skip
    return Step(
        step_name,
        f"""
with dated as (
  select w.as_at, v.*, coalesce(v.begins <= w.as_at, true) as begun,
    coalesce(v.begins <= w.as_at, true) and coalesce(v.ends >= w.as_at, true) as in_force
  from mps_version v join {ident(wanted)} w using (person_id)),
placed as (
  select *,
    row_number() over (partition by as_at, person_id
      order by in_force desc, begun desc, begins desc nulls last, ends desc nulls first, version_row desc) as place,
    row_number() over (partition by as_at, person_id
      order by begins desc nulls last, ends desc nulls first, version_row desc) as newest
  from dated),
marked as (
  select *, bool_or(confidentiality = 'I' and (newest = 1 or {in_force})) over (partition by as_at, person_id) as gone
  from placed)
select as_at, person_id, any_value(nhs_number) as nhs_number, any_value(gone) as invalidated,
  any_value(dob) filter (where place = 1) as dob, any_value(death) filter (where place = 1) as death,
  bool_or({in_force} and confidentiality in ('S', 'Y')) as sensitive_then,
  bool_or((newest = 1 or {in_force}) and confidentiality in ('S', 'Y')) as sensitive, {current}, {lists}
from marked group by as_at, person_id""",
    )


def _name_joins(table: str) -> str:
    return "\n".join(
        f"  left join mps_name {form} on {form}.written = {table}.{ident(field)}" for field, form in _FORMS.items()
    )
