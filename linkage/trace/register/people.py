"""One slice of a register: versions in order, one packed row per NHS number, and the rows of the index.

A slice holds every version of its people, so nothing here looks beyond it; the succession of numbers, which may lead
into another slice, is followed when all slices are done.
"""

from collections.abc import Sequence
from pathlib import Path

from linkage.engine import Engine, Step
from linkage.trace.records import KeyTables, PostcodeKind, blocking_key_sql
from linkage.trace.register.confidentiality import SENSITIVE, kept_code_sql
from linkage.trace.register.extract import TEXT_FIELDS
from linkage.trace.register.folder import SEPARATOR, bucket_sql
from linkage.trace.register.versions import make_versions

# Small enough that one person's row is read at once, large enough that a whole scan is not slowed.
_ROW_GROUP = 8_192
TABLES = (
    *("source", "later", "name_written", "birth_written", "sex_written", "name", "name_sound", "birth", "sex"),
    *("narrow", "repeated", "version", "person", "former"),
)
"""The tables of a slice, to be dropped when it is written."""


def load_versions(engine: Engine, earlier: Path | None, later: Sequence[str], as_at: str | None) -> int:
    """Make ``source``: the slice's rows, those of an earlier register (if there is one) brought up to date by the later.

    A number's later versions take the place of the earlier ones that start on the day of the first of them or after it,
    or say the same; an earlier one that stayed open ends where they start. Other numbers stay as they were;
    an earlier confidentiality code that is not known now counts as sensitive.
    """
    columns = ", ".join(("source_row", "layer", "nhs_number", *TEXT_FIELDS))
    read = f"select {columns} from read_parquet($later)"
    nothing = f"select {', '.join(f'cast(null as varchar) as {f}' for f in ('nhs_number', *TEXT_FIELDS))} where false"
    empty = f"select cast(0 as bigint) as source_row, cast(0 as tinyint) as layer, * from ({nothing})"
    step = Step("source", read if later else empty, {"later": list(later)} if later else {})
    if earlier is None:
        return engine.run(step)
    engine.run(Step("later", step.sql, step.values))
    return engine.run(_merged_step(earlier, columns, as_at))


def _merged_step(earlier: Path, columns: str, as_at: str | None) -> Step:
    same = " and ".join(f"l.{field} is not distinct from e.{field}" for field in TEXT_FIELDS if field != "valid_to")
    changed = {
        "valid_to": "case when told then coalesce(valid_to, starts, $as_at) else valid_to end",
        "confidentiality": kept_code_sql("confidentiality", unknown=SENSITIVE),
    }
    fields = ", ".join(f"{changed[field]} as {field}" if field in changed else field for field in TEXT_FIELDS)
    return Step(
        "source",
        f"""
with first as (
  select nhs_number, min(valid_from) filter (where layer = 0) as starts from later group by nhs_number),
kept as (
  select e.*, f.nhs_number is not null as told, f.starts
  from read_parquet($earlier, file_row_number = true) e left join first f using (nhs_number)
  where not exists (select 1 from later l where l.nhs_number = e.nhs_number and {same})
    and not coalesce(e.valid_from >= f.starts, false))
select file_row_number - $before as source_row, 0::tinyint as layer, nhs_number,
  {fields}
from kept
union all select {columns} from later""",
        {"earlier": str(earlier), "before": 1 << 40, "as_at": as_at},
    )


def make_people(engine: Engine, postcode_as: PostcodeKind, first_id: int) -> None:
    """Make the tables of a slice from ``source``: ``version`` (``age_rank`` 1 is the current one), ``person`` (ids from
    ``first_id``) and ``former`` (what earlier versions held and the current one does not).

    Raises InputError when one number stands on several rows that nothing puts in order.
    """
    make_versions(engine, postcode_as)
    engine.run(_person_step(first_id))
    engine.run(_former_step())


def write_people(engine: Engine, person: Path, version: Path) -> None:
    """Write a slice's people and versions. Same input, same bytes."""
    engine.write_parquet(_packed_step(), person, _ROW_GROUP)
    fields = ", ".join(f"s.{field}" for field in TEXT_FIELDS)
    step = Step(
        "write_version",
        f"""
select p.person_id, s.nhs_number, {fields}
from version v join source s on s.rowid = v.source_id join person p on p.number = v.number
order by p.person_id, v.age_rank desc""",
    )
    engine.write_parquet(step, version, _ROW_GROUP)


def write_keys(engine: Engine, folder: Path, bits: int, *, small: bool) -> None:
    """Write a slice's rows of the index, a subfolder for each bucket, told by so many bits of the key."""
    engine.run_all(_key_table_steps())
    keys = blocking_key_sql(_KEY_TABLES, small=small)
    sql = f"select key_hash, cast(row_id as uinteger) as person_id, {bucket_sql(bits)} as bucket from ({keys})"
    engine.write_partitions(Step("write_keys", sql), folder, "bucket")
    engine.drop("key_date", "key_postcode", "key_given", "key_family")


def write_links(engine: Engine, path: Path) -> None:
    """Write what the succession of numbers needs of a slice: superseded numbers, and sensitive records."""
    step = Step(
        "write_links",
        """
select s.nhs_number, nullif(replace(s.superseded_by, ' ', ''), s.nhs_number) as next, p.sensitive
from person p join source s on s.rowid = p.source_id
where s.superseded_by is not null or p.sensitive order by s.nhs_number""",
    )
    engine.write_parquet(step, path)


def slice_counts(engine: Engine) -> dict[str, int | str | None]:
    """What ``register describe`` tells of a slice; the counts of all slices add up.

    The span of the history is in months (yyyy-mm): its first day may be somebody's date of birth.
    """
    missing = ", ".join(f"count(*) filter (where {column} is null) as {name}" for name, column in _COMPARED)
    step = Step(
        "count_slice",
        f"""
select (select count(*) from repeated where layer = 0) as rows_repeated,
  (select count(*) from version) as versions, count(*) as people,
  (select count(distinct number) from version where age_rank = 2) as with_history,
  count(*) filter (where sensitive) as sensitive, count(*) filter (where invalidated) as invalidated,
  count(date_of_death) as dead, {missing},
  (select strftime(min(starts), '%Y-%m') from version) as first_valid_from,
  (select strftime(max(starts), '%Y-%m') from version) as last_valid_from
from person left join name n on n.name_id = given_id""",
    )
    table = engine.arrow(step)
    return {name: table[name][0].as_py() for name in table.column_names}


_COMPARED = (
    ("without_given_name", "n.form"),
    ("without_family_name", "family_id"),
    ("without_date_of_birth", "dob"),
    ("without_postcode", "postcode"),
    ("without_gender", "gender"),
)


def _person_step(first_id: int) -> Step:
    """One row per NHS number: its current version."""
    return Step(
        "person",
        f"""
select v.*, v.id_place + {first_id - 1} as person_id,
  coalesce(s.confidentiality <> 'I', false) as sensitive, coalesce(s.confidentiality = 'I', false) as invalidated,
  try_cast(s.date_of_death as date) as date_of_death
from (select *, row_number() over (order by number) as id_place from version where age_rank = 1) v
join source s on s.rowid = v.source_id""",
    )


def _former_step() -> Step:
    """What earlier versions held beside the current one: ``person_id``, ``kind``, ``value`` (or ``name_id`` of a name)."""
    kinds = {
        "given": ("e.given_id", "e.given_id not in (coalesce(c.given_id, 0), coalesce(c.other_id, 0))"),
        "other": ("e.other_id", "e.other_id not in (coalesce(c.given_id, 0), coalesce(c.other_id, 0))"),
        "family": ("e.family_id", "e.family_id is distinct from c.family_id"),
    }
    parts = [
        f"select person_id, '{'given' if kind == 'other' else kind}' as kind, {value} as name_id, null::varchar as value"
        f" from pair where {value} is not null and {differs}"
        for kind, (value, differs) in kinds.items()
    ]
    parts += [
        f"select person_id, '{kind}' as kind, null as name_id, e.{kind} as value from pair"
        f" where e.{kind} is not null and e.{kind} is distinct from c.{kind}"
        for kind in ("postcode", "dob")
    ]
    union = "\nunion ".join(parts)
    return Step(
        "former",
        f"""
with pair as (select c.person_id, e, c from person c join version e on e.number = c.number where e.age_rank > 1)
{union}""",
    )


_KEY_TABLES = KeyTables("key_date", "key_postcode", "key_given", "key_family")


def _key_table_steps() -> list[Step]:
    def held(column: str) -> str:
        return f"""
select person_id as row_id, {column} from person where {column} is not null
union all select person_id, value from former where kind = '{column}'"""

    def sounds(kind: str, *columns: str) -> str:
        present = "\nunion all ".join(
            f"select person_id, {column} as name_id from person where {column} is not null" for column in columns
        )
        return f"""
select h.person_id as row_id, n.s from (
  {present} union all select person_id, name_id from former where kind = '{kind}') h
join name_sound n using (name_id)"""

    return [
        Step("key_date", f"select row_id, dob as d from ({held('dob')})"),
        Step("key_postcode", f"select row_id, postcode as p from ({held('postcode')})"),
        Step("key_given", sounds("given", "given_id", "other_id")),
        Step("key_family", sounds("family", "family_id")),
    ]


def _packed_step() -> Step:
    """A person's row for the file: the current version, and former values as text where there are any."""
    return Step(
        "write_person",
        f"""
with more as (
  select person_id, {", ".join(_former_sql(kind) for kind in ("given", "family", "postcode", "dob"))}
  from (select f.person_id, f.kind, coalesce(n.form, f.value) as value from former f left join name n using (name_id))
  group by person_id)
select p.person_id, cast(p.number as varchar) as nhs_number, g.form as given, o.form as other_given, f.form as family,
  cast(p.dob as date) as dob, p.postcode, p.gender, m.given_more, m.family_more, m.postcode_more, m.dob_more,
  p.date_of_death, p.sensitive, p.invalidated
from person p left join more m using (person_id)
left join name g on g.name_id = p.given_id left join name o on o.name_id = p.other_id
left join name f on f.name_id = p.family_id
order by p.person_id""",
    )


def _former_sql(kind: str) -> str:
    return f"string_agg(distinct value, '{SEPARATOR}' order by value) filter (where kind = '{kind}') as {kind}_more"
