"""An authority's own events, opened for measures where people may be identified: the same tables as a release would give.

``social_care`` has every column of the events but names and addresses, and the columns of a release beside them, so that
every measure runs on it unchanged. A row stands for the person whom its traced or given number, else its local id, names.
"""

from pathlib import Path

from linkage.cohort.derive.source import CareSource, linked_file, linked_source, own_file, own_source
from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, RefusedError, UsageError
from linkage.runs import read_manifest, verify_manifest
from linkage.store import open_linked
from linkage.store.catalogue import COMMAND as LINK
from linkage.store.catalogue import FURTHER_TABLES, RELEASED_TABLES
from linkage.store.found import link_quality_step, person_step

EVENTS = "events.parquet"
CARE = "social_care"
_DE_IDENTIFIED = ("link", "tables salt", "tables official", "study run")
_SIGNATURE = "signature.json"  # of a release
_NOT_NEEDED = (
    "first_name",
    "last_name",
    "gp_practice_name",
    "la_name",
    "event_description",
    "provider_cqc_location_name",
)


def open_own(folder: Path, options: EngineOptions | None = None) -> Engine:
    """Open a folder of 'cldlink submission consolidate' or 'cldlink processed' as the table ``social_care``.

    Its rows are numbered from 0 in the order of the file (``rowid``). Raises RefusedError when the folder is de-identified,
    UsageError when it holds no events, InputError when a file was altered or lacks columns. The caller closes the engine.
    """
    command = read_manifest(folder)["command"]
    if (folder / _SIGNATURE).is_file() or command in _DE_IDENTIFIED:
        raise RefusedError(
            f"{folder}: this folder is de-identified: it holds pseudonyms or figures. Who is behind a figure is seen only where "
            "people may be identified: give the folder of 'cldlink submission consolidate' or 'cldlink processed' that the "
            "figures are from."
        )
    if not (folder / EVENTS).is_file():
        raise UsageError(
            f"{folder}: made by 'cldlink {command}'; there is no {EVENTS}. Give the folder of 'cldlink submission consolidate' "
            "or 'cldlink processed', or a linked folder where one will do."
        )
    faults = verify_manifest(folder)
    if faults:
        raise InputError(f"{folder}: not as it was written ({'; '.join(faults)}). Consolidate again.")
    engine = open_engine(options, folders=[folder])
    engine.run(_social_care(own_file(engine, folder / EVENTS)))
    return engine


def is_linked(folder: Path) -> bool:
    """Whether a folder is a linked one, in which there are pseudonyms only."""
    return bool(read_manifest(folder)["command"] == LINK)


def open_care(folder: Path, options: EngineOptions | None = None, *, in_place: bool = False) -> Engine:
    """Open a linked folder, or one's own as though it were linked with nothing: the health tables are there and empty.

    ``in_place``: the tables of a linked folder are read from their files, and ``person``, which the derivation makes again,
    is not there. Raises what ``open_linked`` and ``open_own`` raise. The caller closes the engine.
    """
    if is_linked(folder):
        there = (
            {"without": ("person", *FURTHER_TABLES), "in_place": (*RELEASED_TABLES, "link_quality")} if in_place else {}
        )
        return open_linked(folder, options, **there)
    engine = open_own(folder, options)
    for name in RELEASED_TABLES:
        if name != CARE:
            engine.run(Step(name, "select '' as person_pseudonym, '' as person_id_type where false"))
    engine.run_all([person_step(), link_quality_step()])
    return engine


def care_source(engine: Engine, folder: Path) -> CareSource:
    """The events of a folder that ``open_care`` opened ``in_place``. Raises InputError naming columns that are lacking."""
    path = folder / f"{CARE}.parquet"
    return linked_file(engine, path) if path.is_file() else linked_source(engine)


def own_care(engine: Engine) -> CareSource:
    """The events of an opened folder as a source; rows are numbered by ``rowid`` of ``social_care``."""
    return own_source(engine, CARE)


def _social_care(source: CareSource) -> Step:
    """One row per event row, in the order of the file."""
    columns = ", ".join(ident(name) for name in source.columns if name not in (*_NOT_NEEDED, "file_row_number"))
    linked = "".join(f", {ident(name)} as {ident(name.replace('_id', '_pseudonym'))}" for name in source.linked)
    sql = f"""
select {columns}{linked}, {source.local_id} as la_person_pseudonym,
  coalesce({source.traced}, {source.given}, {source.local}) as person_pseudonym,
  case when coalesce({source.traced}, {source.given}) is not null then 'nhs_number'
    when {source.local} is not null then 'la_person_id' else 'one_time' end as person_id_type,
  strftime({source.birth_month}, '%Y-%m') as birth_month
from {source.rows} order by {source.row_id}"""
    return Step(CARE, sql, source.values)
