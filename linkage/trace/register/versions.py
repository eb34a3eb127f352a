"""The versions of a slice's people in order, each once."""

from linkage.engine import Engine, Step
from linkage.errors import InputError
from linkage.normalise import date_of_birth, gender, name, postcode
from linkage.trace.records import PostcodeKind, postcode_sql, words_sql
from linkage.trace.register.extract import TEXT_FIELDS


def make_versions(engine: Engine, postcode_as: PostcodeKind) -> None:
    """Make ``version`` from ``source``, and the tables of texts that it refers to; ``age_rank`` 1 is the current one.

    Texts are numbered first, so that what is sorted and joined is narrow. Rows that are the same in every field count once
    (``repeated`` has the others). Raises InputError when one number stands on several rows that nothing puts in order.
    """
    engine.run_all([*_written_steps(), _name_step(), _name_sound_step(), _date_step(), _gender_step()])
    engine.run_all([_narrow_step(postcode_as), _repeated_step(), _version_step()])
    _refuse_duplicates(engine)


def _written_steps() -> list[Step]:
    """Every name, date of birth and gender of the slice once: a slice has few of them for many people.

    Tables of their own, so that what is costly is worked out after repeats are gone.
    """
    names = ("given_name", "other_given_name", "family_name")
    return [
        Step("name_written", "\nunion ".join(f"select {field} as written from source" for field in names)),
        Step("birth_written", "select distinct date_of_birth as written from source"),
        Step("sex_written", "select distinct gender as written from source"),
    ]


def _name_step() -> Step:
    """Every name with its comparison form, if it has one."""
    return Step(
        "name",
        f"""
select cast(row_number() over () as integer) as name_id, written, form
from (select written, {name.comparison_sql("written")} as form from name_written) where form is not null""",
    )


def _name_sound_step() -> Step:
    """The sounds of the words of every name, each once."""
    words = f"select name_id, unnest({words_sql('form')}) as w from name"
    sounds = f"select name_id, {name.comparison_soundex_sql('w')} as s from ({words})"
    return Step("name_sound", f"select distinct name_id, s from ({sounds}) where s is not null")


def _date_step() -> Step:
    """Every date of birth as it is compared, if it can be."""
    dob = date_of_birth.clean_sql("written")
    return Step("birth", f"select * from (select written, {dob} as dob from birth_written) where dob is not null")


def _gender_step() -> Step:
    """Every way of writing a gender that says one; "not known" and "not specified" say nothing."""
    code = f"nullif(nullif({gender.clean_sql('written')}, '0'), '9')"
    return Step("sex", f"select * from (select written, {code} as code from sex_written) where code is not null")


def _narrow_step(postcode_as: PostcodeKind) -> Step:
    """One narrow row per version; names by their ids. The postcode of ``source`` is in canonical form where it is one."""
    compared = postcode_sql("s.postcode", "text")
    if postcode_as == "uk":
        compared = f"case when not {postcode.is_pseudo_sql('s.postcode')} then {postcode.clean_sql('s.postcode')} end"
    return Step(
        "narrow",
        f"""
select s.rowid as source_id, cast(s.nhs_number as bigint) as number, s.layer, s.source_row,
  g.name_id as given_id, o.name_id as other_id, f.name_id as family_id, b.dob, {compared} as postcode, x.code as gender,
  try_cast(s.valid_from as date) as starts, try_cast(s.valid_to as date) as ends, s.valid_to is null as open
from source s
left join name g on g.written = s.given_name left join name o on o.written = s.other_given_name
left join name f on f.written = s.family_name left join birth b on b.written = s.date_of_birth
left join sex x on x.written = s.gender""",
    )


def _repeated_step() -> Step:
    """Rows that say in every field what another row of the number says; the first of them is none of these."""
    fields = ", ".join(f"s.{field}" for field in TEXT_FIELDS)
    return Step(
        "repeated",
        f"""
with twice as (select number from narrow group by number, layer, starts, ends having count(*) > 1)
select n.source_id, n.layer from narrow n join source s on s.rowid = n.source_id
where n.number in (select number from twice)
qualify row_number() over (partition by n.number, n.layer, {fields} order by n.source_row) > 1""",
    )


def _version_step() -> Step:
    """The rows of ``narrow`` that count, in order: ``age_rank`` 1 is the current one."""
    return Step(
        "version",
        """
select * exclude (source_row), cast(row_number() over (partition by number order by
    (layer > 0), open desc, ends desc nulls last, starts desc nulls last, source_row desc) as integer) as age_rank
from narrow where source_id not in (select source_id from repeated)""",
    )


def _refuse_duplicates(engine: Engine) -> None:
    """Two rows of a number without a date, or that start on one day and say different things, have no order.

    A row that ends on the day on which it starts was corrected that day, and comes before the other.
    """
    undated = """
select count(distinct v.number) from version v
where v.age_rank > 1 and v.open and v.starts is null and v.layer = 0 and exists (
  select 1 from version c where c.number = v.number and c.age_rank = 1 and c.open and c.starts is null)"""
    repeated = engine.value(Step("undated_duplicates", undated))
    if repeated:
        raise InputError(
            f"The register extract has at least {repeated} NHS numbers on more than one undated row. Give the history's "
            "dates with --columns valid_from=…,valid_to=…, or remove the duplicates."
        )
    contradictory = engine.value(Step("same_day_duplicates", f"select count(distinct number) from ({_SAME_DAY})"))
    if contradictory:
        raise InputError(
            f"The register extract has at least {contradictory} NHS numbers with rows that start on the same day "
            "(valid_from) and differ in a name, the date of birth, the gender, the postcode or a mark. Correct the dates, "
            "or keep the row that is right."
        )


_SAME_DAY = """
select v.number from version v join source s on s.rowid = v.source_id
where v.layer = 0 and v.starts is not null and coalesce(v.ends > v.starts, true) and v.number in (
  select number from version where layer = 0 and starts is not null group by number, starts having count(*) > 1)
group by v.number, v.starts
having count(distinct (given_id, other_id, family_id, dob, v.postcode, v.gender, upper(s.confidentiality),
  s.superseded_by)) > 1"""
