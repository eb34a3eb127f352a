"""Linked folders of realistic size for the benchmark of the measures: a synthetic world, repeated as other people.

A world's submissions hold about two events of a person; a national record holds about ten. Five people of one authority and
kind are therefore taken as one (those who died stay alone). Repeated, everybody has a pseudonym of their own.
"""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.engine import Engine, Step, open_engine
from linkage.runs import Manifest
from linkage.store.found import link_quality_step, person_step

AUTHORITIES = 150
ONE_AUTHORITY = 400_000
"""Folders of fewer rows are of one authority."""

_PEOPLE = 200_000
_MERGED = 5
_FEWER_STAYS = 4  # of people unknown to social care: a national table of stays has about half as many rows as events
_WORLD_AUTHORITIES = 3
_ROWS_AT_ONCE = 500_000
_HEALTH = ("admissions", "gp_registrations", "long_term_conditions")
_NOT_RELEASED = (
    "record_id", "submission", "row_number", "la_name", "reporting_year", "person_unique_identifier", "nhs_number",
    "first_name", "last_name", "gp_practice_name", "date_of_birth", "postcode", "event_reference", "event_description",
    "provider_cqc_location_name", "adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id",
)  # fmt: skip


def make_linked(folder: Path, rows: int) -> None:
    """Write a linked folder of about so many rows of social care, with admissions of its people and of others."""
    scratch = folder.parent / "world"
    if not (scratch / "current").is_dir():
        _make_world(scratch)
    folder.mkdir(parents=True)
    one = rows < ONE_AUTHORITY
    with open_engine(folders=[scratch]) as engine:
        engine.read_parquet("events", [scratch / "current" / "events.parquet"])
        engine.read_parquet("stays", [scratch / "synthetic" / "health" / "admissions.parquet"])
        engine.run_all([_member(one), _care(), _admissions(one), _gp_registrations(), _long_term_conditions()])
        copies = max(1, round(rows / engine.count("social_care")))
        for name in ("social_care", *_HEALTH):
            _write_repeated(engine, name, copies, folder, one)
    _write_people(folder)
    Manifest(command="link", inputs=[], counts={"rows": rows}).write(folder)


def _make_world(scratch: Path) -> None:
    world = scratch / "synthetic"
    cldlink = [sys.executable, "-m", "linkage.cli"]
    asked = ["--profile", "realistic", "--people", str(_PEOPLE), "--format", "parquet", "--out", str(world)]
    subprocess.run([*cldlink, "synth", *asked, "--synthetic"], check=True, stdout=subprocess.DEVNULL)
    files = [str(path) for path in sorted((world / "submissions").glob("*.csv"))]
    out = ["--out", str(scratch / "current"), "--synthetic"]
    subprocess.run([*cldlink, "submission", "consolidate", *files, *out], check=True, stdout=subprocess.DEVNULL)


def _member(one: bool) -> Step:
    """One row per person of the world: ``person``, of whom they are taken to be a part, with that person's details."""
    which = "where la_code = (select max(la_code) from events)" if one else ""
    sql = f"""
with people as (
  select la_code, person_unique_identifier as local_id, coalesce(max(client_type), '') as kind,
    max(nhs_number) as nhs_number, max(date_of_death) as died, min(gender) as gender, min(ethnicity) as ethnicity,
    min(date_of_birth) as born
  from events {which} group by all
),
numbered as (
  select *, row_number() over (partition by la_code, kind, died is null order by md5(local_id)) - 1 as place from people
),
parts as (
  select *, md5(la_code || kind || case when died is null then 'a' || place // {_MERGED} else 'd' || place end) as person
  from numbered
)
select la_code, local_id, person, nhs_number, place = min(place) over whole as is_first,
  arg_min(coalesce(nhs_number, ''), place) over whole <> '' as has_number, max(died) over whole as died,
  arg_min(gender, place) over whole as gender, arg_min(ethnicity, place) over whole as ethnicity,
  arg_min(born, place) over whole as born
from parts window whole as (partition by person)"""
    return Step("member", sql)


def _care() -> Step:
    """One row per event of the world with the columns of a release; people stand as ``person``."""
    adults = "".join(
        f"\n  md5('local' || adult_{place}.person) as adult_{place}_linked_person_pseudonym," for place in (1, 2, 3)
    )
    joins = "".join(
        f"\nleft join member as adult_{place} on adult_{place}.la_code = events.la_code"
        f" and adult_{place}.local_id = events.adult_{place}_linked_person_id"
        for place in (1, 2, 3)
    )
    sql = f"""
select member.person as person_pseudonym, case when member.has_number then 'nhs_number' else 'la_person_id' end as person_id_type,
  md5('local' || member.person) as la_person_pseudonym,{adults}
  case when not member.has_number then 'not_found' when hash(member.person) % 20 = 0 then 'found' else 'confirmed' end
    as link_quality,
  strftime(member.born, '%Y-%m') as birth_month, left(postcode, 2) as postcode_area,
  events.* exclude ({", ".join(_NOT_RELEASED)}) replace (
    member.gender as gender, member.ethnicity as ethnicity, member.died as date_of_death,
    try_cast(unit_cost as double) as unit_cost, try_cast(planned_units_per_week as double) as planned_units_per_week)
from events join member on member.la_code = events.la_code and member.local_id = events.person_unique_identifier{joins}
order by all"""
    return Step("social_care", sql)


def _admissions(one: bool) -> Step:
    """Stays of the people of the world, of one part of each person only, and of a part of all others in proportion."""
    others = _MERGED * _FEWER_STAYS * (_WORLD_AUTHORITIES if one else 1)
    sql = f"""
select coalesce(person, md5(NEWNHSNO)) as person_pseudonym, 'nhs_number' as person_id_type, CLASSPAT as classpat,
  ADMIMETH as admimeth, ADMIDATE as admidate, DISDATE as disdate, EPISTART as epistart, EPIEND as epiend,
  cast(EPIORDER as integer) as epiorder, DIAG_4_01 as diag_4_01, DIAG_4_02 as diag_4_02
from stays left join member on member.nhs_number = NEWNHSNO
where is_first or (is_first is null and hash(NEWNHSNO) % {others} = 0)
order by all"""
    return Step("admissions", sql)


def _gp_registrations() -> Step:
    sql = """
select person as person_pseudonym, 'nhs_number' as person_id_type, date '2000-01-01' as registration_start_date,
  null::date as registration_end_date, strftime(born, '%Y-%m') as birth_month, gender, ethnicity as ethnic_category,
  died as date_of_death
from member where is_first and has_number order by all"""
    return Step("gp_registrations", sql)


def _long_term_conditions() -> Step:
    sql = """
select person as person_pseudonym, 'nhs_number' as person_id_type, 'Condition ' || kind as condition,
  date '2010-01-01' as first_recorded_date
from member, range(3) as kinds(kind) where is_first and has_number order by all"""
    return Step("long_term_conditions", sql)


def _write_repeated(engine: Engine, name: str, copies: int, folder: Path, one: bool) -> None:
    """Write a table as often as ``copies``, each time of other people (and, unless it is of one authority, elsewhere)."""
    changed = [
        f"case when {column} is not null then printf('%04x', copy) || md5({column} || copy)[5:] end as {column}"
        for column in engine.columns(name)
        if column.endswith("_pseudonym")
    ]
    if name == "social_care" and not one:
        of_world = "(dense_rank() over (order by la_code) - 1)"
        engine.run(Step(name, f"select *, {of_world} as authority from {name}"))
        changed.append(f"cast(100 + (copy * {_WORLD_AUTHORITIES} + authority) % {AUTHORITIES} as varchar) as la_code")
    left_out = "authority, copy" if name == "social_care" and not one else "copy"
    at_once = max(1, _ROWS_AT_ONCE // engine.count(name))
    writer = None
    for first in range(0, copies, at_once):
        sql = f"""
select * exclude ({left_out}) replace ({", ".join(changed)})
from (select * from {name} cross join range($first, $until) as copies(copy)) order by person_pseudonym"""
        table: pa.Table = engine.arrow(Step(name, sql, {"first": first, "until": min(first + at_once, copies)}))
        writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
        writer.write_table(table, row_group_size=122_880)
    if writer:
        writer.close()


def _write_people(folder: Path) -> None:
    """Write the tables of people and of how many were found."""
    with open_engine(folders=[folder]) as engine:
        keys = ["person_pseudonym", "person_id_type"]
        engine.read_parquet("social_care", [folder / "social_care.parquet"], [*keys, "la_code"])
        for name in _HEALTH:
            engine.read_parquet(name, [folder / f"{name}.parquet"], keys)
        for step in (person_step(), link_quality_step()):
            engine.run(step)
            ordered = Step("write", f"select * from {step.name} order by all")
            engine.write_parquet(ordered, folder / f"{step.name}.parquet")
