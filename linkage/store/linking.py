"""A verified release → linked tables: the same people found in social care, admissions, GP and conditions data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store.catalogue import (
    COMMAND,
    FURTHER_TABLES,
    RELEASED_TABLES,
    require_columns,
    require_other_folder,
)
from linkage.store.found import FLAGS, link_quality_step, person_step
from linkage.store.released import Released, opened_releases
from pseudo.signing import PublicKey

KEY_COLUMNS = ("person_pseudonym", "person_id_type")
_FORM = "[a-z2-7]{25}[aeimquy4]|[0-9a-f]{32}"  # 128 bits in base32 or hexadecimal digits


@dataclass(frozen=True)
class LinkResult:
    """Where the linked tables are, and counts of rows and people by name (no identifying value)."""

    folder: Path
    counts: Mapping[str, int]


def link(
    release: Path,
    out: Path,
    *,
    others: Sequence[Path] = (),
    public_key: PublicKey,
    options: EngineOptions | None = None,
    as_at: date | None = None,
) -> LinkResult:
    """Verify a release and write its tables with ``person`` and ``link_quality`` into ``out``.

    ``others`` are further releases of the same domain, such as health tables that came with its pseudonyms. Only
    what the sender's ``public_key`` vouches for is linked. A health table that no release holds becomes an empty one.
    Raises ReleaseError when a release does not verify, PolicyError when one has expired on ``as_at`` (default: today),
    InputError when there is no social care table, domains differ, or a table has no person pseudonyms of their form. Nothing
    is left behind on failure.
    """
    folders = [release, *others]
    for folder in folders:
        require_other_folder(out, folder)
    released = opened_releases(folders, public_key, as_at)
    with staged_outputs(out) as staging, open_engine(options, folders=[*folders, staging]) as engine:
        further = _load(engine, released)
        tables = (*RELEASED_TABLES, *further)
        refuse_other_forms(engine, tables)
        _refuse_two_kinds_of_id(engine, tables)
        engine.run_all([person_step(further), link_quality_step()])
        for name in tables:
            engine.write_parquet(
                Step(f"write_{name}", f"select * from {ident(name)} order by all"), staging / f"{name}.parquet"
            )
        engine.write_parquet(
            Step("write_person", "select * from person order by person_pseudonym"), staging / "person.parquet"
        )
        quality = "select * from link_quality order by la_code, person_id_type"
        engine.write_parquet(Step("write_link_quality", quality), staging / "link_quality.parquet")
        counts = _counts(engine, further)
        inputs = [file_record(released.tables[name]) for name in sorted(released.tables)]
        settings = {
            "release_id": ", ".join(released.release_ids),
            "signed_by": list(released.signers),
            "domain": dict(released.domain),
        }
        Manifest(command=COMMAND, inputs=inputs, counts=counts, settings=settings).write(staging)
    return LinkResult(out, counts)


def _load(engine: Engine, released: Released) -> tuple[str, ...]:
    """The tables of the releases, empty where none has one of ``RELEASED_TABLES``; return the further ones."""
    if "social_care" not in released.tables:
        raise InputError("This release has no social_care table, so there is nobody to link. Ask for one that has.")
    further = tuple(name for name in FURTHER_TABLES if name in released.tables)
    for name in (*RELEASED_TABLES, *further):
        if name in released.tables:
            engine.read_parquet(name, [released.tables[name]])
            require_columns(engine, name, KEY_COLUMNS)
        else:
            engine.run(Step(name, "select '' as person_pseudonym, '' as person_id_type where false"))
    return further


def refuse_other_forms(engine: Engine, names: Sequence[str]) -> None:
    """Raise InputError when what stands for a person does not have the form of a pseudonym: then it is none."""
    for name in names:
        sql = f"""
select count(*) from {ident(name)}
where person_pseudonym is not null and not regexp_full_match(person_pseudonym::varchar, $form)"""
        rows = engine.value(Step("form_of_pseudonyms", sql, {"form": _FORM}))
        if rows:
            raise InputError(
                f"{name}: {rows:,} person pseudonyms do not have the form of one. Ask for the release again."
            )


def _refuse_two_kinds_of_id(engine: Engine, names: Sequence[str]) -> None:
    """A pseudonym is made with the key of one field; found under two kinds of id it cannot be trusted."""
    tables = " union all ".join(f"select person_pseudonym, person_id_type from {ident(name)}" for name in names)
    sql = f"""
select count(*) from (
  select person_pseudonym from ({tables}) where person_pseudonym is not null
  group by person_pseudonym having count(distinct person_id_type) > 1)"""
    people = engine.value(Step("two_kinds_of_id", sql))
    if people:
        raise InputError(f"The release gives {people} pseudonyms more than one kind of id. Make the release again.")


def _counts(engine: Engine, further: Sequence[str]) -> dict[str, int]:
    counts = {f"{name}_rows": engine.count(name) for name in (*RELEASED_TABLES, *further)}
    people = ", ".join(f"count(*) filter ({flag})" for flag in FLAGS)
    linked = "count(*) filter (in_social_care and (in_gp or in_admissions or in_conditions))"
    row = engine.rows(Step("count_people", f"select count(*), {people}, {linked} from person"))[0]
    names = ["people", *(f"people_{flag}" for flag in FLAGS), "people_in_social_care_and_health"]
    return counts | {name: int(value) for name, value in zip(names, row, strict=True)}
