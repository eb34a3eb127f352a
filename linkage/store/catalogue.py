"""A linked folder, opened as one database after its manifest was verified."""

from collections.abc import Sequence
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, UsageError
from linkage.runs import read_manifest, verify_manifest

COMMAND = "link"
RELEASED_TABLES = ("social_care", "admissions", "gp_registrations", "long_term_conditions")
# Linked where they are released; the measures and studies do without them.
FURTHER_TABLES = (
    "gp_appointments",
    "gp_observations",
    "prescribing",
    "community_contacts",
    "mental_health_contacts",
    "deaths",
)
LINKED_TABLES = (*RELEASED_TABLES, "person", "link_quality")


def open_linked(
    folder: Path,
    options: EngineOptions | None = None,
    *,
    without: Sequence[str] = (),
    in_place: Sequence[str] = (),
) -> Engine:
    """Open a folder made by ``link`` as one catalogue: each of ``LINKED_TABLES``, and the ``FURTHER_TABLES`` that it has.

    Tables ``without`` are not loaded; those ``in_place`` are read from their files whenever they are asked for. Raises
    UsageError when the folder is not one, InputError when a file is missing or altered. The caller closes it.
    """
    manifest = read_manifest(folder)
    if manifest["command"] != COMMAND:
        raise UsageError(
            f"{folder}: made by 'cldlink {manifest['command']}', not by 'cldlink link'. Give a linked folder."
        )
    faults = verify_manifest(folder)
    if faults:
        raise InputError(f"{folder}: not as it was written ({'; '.join(faults)}). Run 'cldlink link' again.")
    engine = open_engine(options, folders=[folder])
    there = {output["name"] for output in manifest["outputs"]}
    for name in (*LINKED_TABLES, *FURTHER_TABLES):
        if name in in_place and f"{name}.parquet" in there:
            engine.look_into(name, folder / f"{name}.parquet")
        elif name not in without and (name in LINKED_TABLES or f"{name}.parquet" in there):
            engine.read_parquet(name, [folder / f"{name}.parquet"])
    return engine


def require_other_folder(out: Path, source: Path) -> None:
    """Raise UsageError when the outputs would be written into the folder that they are made from."""
    if out.resolve() == source.resolve():
        raise UsageError(f"{out}: this folder holds the input. Give --out another folder.")


def require_columns(engine: Engine, table: str, columns: Sequence[str]) -> None:
    """Raise InputError naming the columns that a table lacks: the release policy dropped or coarsened them."""
    missing = [column for column in columns if column not in engine.columns(table)]
    if missing:
        raise InputError(
            f"Table {table} lacks {', '.join(missing)}. The release policy must keep them for this analysis: "
            "ask for a release whose policy does."
        )


def require_days(engine: Engine, table: str, columns: Sequence[str]) -> None:
    """Raise InputError naming the columns that hold months or the like where days are needed."""
    tests = ", ".join(
        f"count(*) filter ({ident(name)} is not null and try_cast({ident(name)} as date) is null)" for name in columns
    )
    found = engine.rows(Step("not_days", f"select {tests} from {ident(table)}"))[0]
    coarse = [name for name, rows in zip(columns, found, strict=True) if rows]
    if coarse:
        raise InputError(
            f"Table {table} has no days in {', '.join(coarse)}. The release policy must keep them for this analysis: "
            "ask for a release whose policy does."
        )
