"""New person identifiers in place of old ones in a whole submission."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.intake.dates import PARSED
from linkage.intake.mapping.crosswalk import PERSON, read_crosswalk, replaced_ids_step
from linkage.intake.mapping.given import day_sql
from linkage.intake.mapping.write import MERGES, REJECTS, write_list
from linkage.intake.read import REJECT_SCHEMA, Reading, read_submission
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.spec import Specification

SUBMISSION = "submission_IDENTIFIABLE.csv"
_PERIOD_END = f"reporting_period_end_date{PARSED}"


@dataclass(frozen=True)
class Replacement:
    """rows_in = rows_out + rows_rejected + rows_blank; of the rows out, ``rows_changed`` have another identifier or authority.

    ``people_merged``: people of the result who had several identifiers before.
    """

    rows_in: int
    rows_out: int
    rows_rejected: int
    rows_blank: int
    rows_changed: int
    people_merged: int

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return dict(vars(self))


def replace_ids(
    submission: Path, crosswalk: Path, out: Path, *, spec: str | None = None, options: EngineOptions | None = None
) -> Replacement:
    """Write ``submission_IDENTIFIABLE.csv`` with new identifiers, in the form of its specification, and beside it who was
    merged and which rows could not be read, into ``out``, all or nothing. With a crosswalk that takes people to another
    authority there is a ``submission_<code>_IDENTIFIABLE.csv`` for each authority, with its rows alone.

    Values are as they were read: repairs of the reader (see ``cldlink check``) are in the result. Raises InputError for a
    crosswalk that cannot be used and as ``read_submission``.
    """
    replacements = read_crosswalk(crosswalk)
    reading = read_submission(submission, spec)
    with staged_outputs(out) as folder, open_engine(options, [folder]) as engine:
        engine.register("crosswalk", replacements.table())
        done = _replaced(engine, reading)
        for name, step in _written(engine, reading.specification, separate=replacements.moves):
            engine.write_csv(step, folder / name)
        write_list(folder / REJECTS, REJECT_SCHEMA.names, reading.rejects.to_pylist())
        write_list(folder / MERGES, ("la_code", "new_id", "old_id"), _merges(engine))
        inputs = [file_record(submission), file_record(crosswalk)]
        Manifest("map ids", inputs, done.counts, {"specification": reading.specification.version}).write(folder)
    return done


def _replaced(engine: Engine, reading: Reading) -> Replacement:
    engine.register("read_rows", _plain(reading.table))
    period_end = day_sql("r.reporting_period_end_date", "dd/mm/yyyy")
    engine.run(Step("dated_rows", f"select r.*, {period_end} as {_PERIOD_END} from read_rows as r"))
    columns = ["row_number", *reading.specification.ids]
    engine.run(replaced_ids_step("replaced_rows", "dated_rows", columns, f"s.{_PERIOD_END}"))
    compared = " or ".join(
        f"b.{ident(name)} is distinct from a.{ident(name)}"
        for name in reading.specification.ids
        if name in ("la_code", PERSON) or name.endswith("_linked_person_id")
    )
    changed = engine.value(
        Step(
            "count_changed",
            f"select count(*) from replaced_rows as a join read_rows as b using (row_number) where {compared}",
        )
    )
    return Replacement(
        rows_in=reading.rows_in,
        rows_out=engine.count("replaced_rows"),
        rows_rejected=reading.rejects.num_rows,
        rows_blank=reading.rows_blank,
        rows_changed=int(changed),
        people_merged=len({(row["la_code"], row["new_id"]) for row in _merges(engine)}),
    )


def _merges(engine: Engine) -> list[dict[str, str]]:
    step = Step(
        "merged_people",
        f"""select * from (
    select distinct a.la_code, a.{PERSON} as new_id, b.{PERSON} as old_id
    from replaced_rows as a join read_rows as b using (row_number) where a.{PERSON} is not null
) qualify count(*) over (partition by la_code, new_id) > 1 order by la_code, new_id, old_id""",
    )
    return [{"la_code": la_code, "new_id": new_id, "old_id": old_id} for la_code, new_id, old_id in engine.rows(step)]


def _written(engine: Engine, specification: Specification, *, separate: bool) -> list[tuple[str, Step]]:
    """What to write under which name: all rows, or with ``separate`` those of each authority (one for codes that are none)."""
    columns = ", ".join(f"{ident(field.id)} as {ident(field.heading)}" for field in specification.fields)
    if not separate:
        return [(SUBMISSION, Step("write_submission", f"select {columns} from replaced_rows order by row_number"))]
    digits = "case when regexp_full_match(la_code, '[0-9]+') then la_code end"
    codes = engine.rows(Step("authorities_now", f"select distinct {digits} from replaced_rows order by 1"))
    sql = f"select {columns} from replaced_rows where {digits} is not distinct from $code order by row_number"
    stem, end = SUBMISSION.split("_", 1)
    return [(f"{stem}_{code or 'unknown'}_{end}", Step("write_submission", sql, {"code": code})) for (code,) in codes]


def _plain(table: pa.Table) -> pa.Table:
    """Columns of text as plain ones, whatever the reader holds them as."""
    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table.columns]
    return pa.table(columns, names=table.column_names)
