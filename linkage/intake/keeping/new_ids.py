"""New local person identifiers in place of old ones in the rows that stand, after a case system was replaced or an authority
was split or merged.

The crosswalk (see ``linkage.intake.mapping.crosswalk``) is applied before events are matched: an event of the old identifier
and one of the new are then the same event, and the later file's supersedes. Rows of people who belong to another authority now
become that one's.
"""

from collections.abc import Sequence
from dataclasses import replace

from linkage.engine import Engine, Step, ident
from linkage.intake.keeping.current import Part, moved_parts
from linkage.intake.keeping.kept import KeptFile
from linkage.intake.mapping.crosswalk import LINKED, PERSON, Crosswalk, replaced_ids_step

_TABLE = "crosswalk"


def with_new_ids(
    engine: Engine, parts: Sequence[Part], crosswalk: Crosswalk, *, current: bool = True
) -> tuple[list[Part], int]:
    """The parts with the new identifiers, and in how many rows of their files an identifier or its authority was replaced.

    A line of the crosswalk holds for files whose reporting period ends before its day. Files that it does not name an
    authority of stay as they are; of one with rows of people who belong elsewhere now, each authority has a part. ``current``
    is whether the parts are those of the current record, not of files chosen for a period.
    """
    engine.register(_TABLE, crosswalk.table())
    concerned = {line.la_code for line in crosswalk.changed}
    made: dict[str, list[KeptFile]] = {}
    changed = 0
    for part in parts:
        if part.file.la_code in concerned and part.file.place not in made:
            made[part.file.place], rows = _replaced(engine, part.file, f"with_new_ids_{len(made)}")
            changed += rows
    engine.drop(_TABLE)
    renewed = [replace(part, file=file) for part in parts for file in made.get(part.file.place, [part.file])]
    if crosswalk.moves:
        renewed = moved_parts(renewed, crosswalk.since if current else None)
    return renewed, changed


def _replaced(engine: Engine, file: KeptFile, name: str) -> tuple[list[KeptFile], int]:
    """The file's rows with new identifiers, in their order: a table for each authority they belong to now; and how many rows
    have a new one.
    """
    source = ident(file.place) if file.in_engine else "read_parquet($place)"
    engine.run(Step("rows_as_sent", f"select * from {source}", {} if file.in_engine else {"place": file.place}))
    columns = engine.columns("rows_as_sent")
    engine.run(replaced_ids_step("rows_replaced", "rows_as_sent", columns, f"date '{file.period_end.isoformat()}'"))
    ids = [ident(column) for column in ("la_code", PERSON, *LINKED) if column in columns]
    differs = " or ".join(f"a.{column} is distinct from b.{column}" for column in ids)
    rows = engine.value(
        Step(
            "count_replaced",
            f"select count(*) from rows_as_sent as a join rows_replaced as b using (row_number) where {differs}",
        )
    )
    codes = engine.rows(Step("authorities_now", "select distinct la_code from rows_replaced order by 1"))
    files = [_of_authority(engine, file, f"{name}_{code}", code) for (code,) in codes]
    engine.drop("rows_as_sent", "rows_replaced")
    return files or [file], int(rows)


def _of_authority(engine: Engine, file: KeptFile, name: str, code: str) -> KeptFile:
    """The rows that belong to one authority now, as a table."""
    sql = "select * from rows_replaced where la_code = $code order by row_number"
    engine.run(Step(name, sql, {"code": code}))
    sender = file.la_code if code != file.la_code else None
    return replace(file, la_code=code, place=name, in_engine=True, sender=sender)
