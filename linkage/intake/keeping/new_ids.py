"""New local person identifiers in place of old ones in the rows that stand, after a case system was replaced.

The crosswalk (see ``linkage.intake.mapping.crosswalk``) is applied before events are matched: an event of the old identifier
and one of the new are then the same event, and the later file's supersedes.
"""

from collections.abc import Sequence
from dataclasses import replace

from linkage.engine import Engine, Step, ident
from linkage.intake.keeping.current import Part
from linkage.intake.keeping.kept import KeptFile
from linkage.intake.mapping.crosswalk import LINKED, PERSON, Crosswalk, replaced_ids_step

_TABLE = "crosswalk"


def with_new_ids(engine: Engine, parts: Sequence[Part], crosswalk: Crosswalk) -> tuple[list[Part], int]:
    """The parts with the new identifiers, and in how many rows of their files an identifier was replaced.

    A line of the crosswalk holds for files whose reporting period ends before its day. Files that it does not name an
    authority of stay as they are.
    """
    engine.register(_TABLE, crosswalk.table())
    concerned = {line.la_code for line in crosswalk.changed}
    made: dict[str, KeptFile] = {}
    changed = 0
    for part in parts:
        if part.file.la_code in concerned and part.file.place not in made:
            made[part.file.place], rows = _replaced(engine, part.file, f"with_new_ids_{len(made)}")
            changed += rows
    engine.drop(_TABLE)
    return [replace(part, file=made.get(part.file.place, part.file)) for part in parts], changed


def _replaced(engine: Engine, file: KeptFile, name: str) -> tuple[KeptFile, int]:
    """The file's rows as a table with new identifiers, in their order; and how many rows have one."""
    source = ident(file.place) if file.in_engine else "read_parquet($place)"
    engine.run(Step("rows_as_sent", f"select * from {source}", {} if file.in_engine else {"place": file.place}))
    columns = engine.columns("rows_as_sent")
    engine.run(replaced_ids_step("rows_replaced", "rows_as_sent", columns, f"date '{file.period_end.isoformat()}'"))
    engine.run(Step(name, "select * from rows_replaced order by row_number"))
    ids = [ident(column) for column in (PERSON, *LINKED) if column in columns]
    differs = " or ".join(f"a.{column} is distinct from b.{column}" for column in ids)
    rows = engine.value(
        Step(
            "count_replaced",
            f"select count(*) from rows_as_sent as a join {ident(name)} as b using (row_number) where {differs}",
        )
    )
    engine.drop("rows_as_sent", "rows_replaced")
    return replace(file, place=name, in_engine=True), int(rows)
