"""Details that may be told of an accepted link: date of birth, GP practice and date of death where they differ from what
the authority gave. What it gave comes from its consolidated submissions; the rest from the register, or from the answer of
the national service.

Table ``link`` (query_id, nhs_number) holds the accepted links that are not sensitive; nothing else is ever looked up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linkage.engine import Engine, Step
from linkage.errors import DiskFullError, InputError, InternalError, MachineError, UsageError
from linkage.trace.register import standing, versions_of
from linkage.trace.register.folder import require_whole
from linkage.trace.source import require_file

NATIONAL = Path("restricted") / "national_IDENTIFIABLE.parquet"
DETAILS = ("date_of_birth", "gp_practice_code", "date_of_death")
_LATEST = "order by event_start_date desc nulls last, reporting_period_end_date desc nulls last, submission, row_number"


def load_given(engine: Engine, current: Path) -> None:
    """Table ``given``: what each person's authority said, by query_id. ``current`` is a folder of consolidated submissions.

    GP practice and date of death are those of the latest event that states one.
    """
    for name in ("persons", "events"):
        engine.read_parquet(
            f"given_{name}", [require_file(current / f"{name}.parquet", "the consolidated submissions")]
        )
    columns = {*engine.columns("given_events"), *engine.columns("given_persons")}
    if not {"query_id", "gp_practice_code", "date_of_death", "event_start_date"} <= columns:
        raise InputError(f"{current}: this is not what 'cldlink submission consolidate' writes.")
    latest = ", ".join(
        f"first({column} {_LATEST}) filter ({column} is not null) as {column}"
        for column in ("gp_practice_code", "date_of_death")
    )
    engine.run(
        Step(
            "given",
            f"""
select p.query_id, try_strptime(p.date_of_birth, '%d/%m/%Y')::date as date_of_birth, e.gp_practice_code, e.date_of_death,
  p.date_of_birth as date_of_birth_text
from given_persons p left join (
  select la_code || '/' || person_unique_identifier as query_id, {latest} from given_events group by 1) e using (query_id)""",
        )
    )
    engine.drop("given_persons", "given_events")


def load_known(engine: Engine, trace_folder: Path, register: Path | None) -> None:
    """Table ``known``: details by query_id for the rows of ``link``, from the national answers or the register.

    Raises UsageError when there is neither, InputError when the register was prepared without its history or is damaged.
    """
    national = trace_folder / NATIONAL
    if national.is_file():
        engine.run(_national_step(national))
        return
    if register is None:
        raise UsageError("Differing details come from the register: give --register, or leave --current out.")
    with undamaged(register):
        engine.run(_register_step(register))


@contextmanager
def undamaged(register: Path | None) -> Iterator[None]:
    """A register, if there is one, whose files are looked up. Raises InputError when one is missing or not as written."""
    if register is None:
        yield
        return
    require_whole(register)
    try:
        yield
    except DiskFullError:
        raise
    except (InputError, InternalError, MachineError):
        require_whole(register, hashed=True)
        raise


def _national_step(path: Path) -> Step:
    dates = ", ".join(
        f"coalesce(try_strptime(national_{name}, '%Y%m%d')::date, try_cast(national_{name} as date)) as {name}"
        for name in ("date_of_birth", "date_of_death")
    )
    return Step(
        "known",
        f"""
select query_id, {dates}, national_gp_practice_code as gp_practice_code, cast(null as varchar) as earlier_nhs_numbers
from read_parquet($path) semi join link using (query_id)""",
        {"path": str(path)},
    )


def _register_step(register: Path) -> Step:
    """The current version of each linked person; nothing when the register marks the record now as not to be told."""
    people, files = standing(register)
    return Step(
        "known",
        f"""
with person as ({people}),
current_version as (
  select nhs_number, arg_max(struct_pack(date_of_birth, gp_practice_code, date_of_death), file_row_number) as latest
  from read_parquet($version, file_row_number = true)
  where nhs_number in (select nhs_number from link) group by nhs_number),
chain as (
  select current_nhs_number as nhs_number, string_agg(nhs_number, ' ' order by nhs_number) as earlier_nhs_numbers
  from person
  where current_nhs_number in (select nhs_number from link) and nhs_number <> current_nhs_number and not invalidated
  group by 1)
select link.query_id, try_cast(latest.date_of_birth as date) as date_of_birth,
  latest.gp_practice_code as gp_practice_code, try_cast(latest.date_of_death as date) as date_of_death, earlier_nhs_numbers
from link join person p using (nhs_number) left join current_version v using (nhs_number)
left join chain c using (nhs_number)
where not p.sensitive and not p.invalidated""",
        {**files, "version": versions_of(register)},
    )
