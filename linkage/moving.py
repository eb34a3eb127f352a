"""Who of an authority's own people moved between cells of a measure; only where people may be identified."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.cohort.derive.own import EVENTS, is_linked, open_own
from linkage.cohort.derive.period import Period
from linkage.cohort.moved import COMMAND, compare, counts_step
from linkage.engine import EngineOptions, Step, open_engine
from linkage.errors import RefusedError
from linkage.explaining import write_table
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import require_other_folder

MOVED_FILE = "moved_IDENTIFIABLE.csv"


@dataclass(frozen=True)
class Moves:
    """The periods compared, and exact numbers of people by (authority, column before, column after)."""

    folder: Path
    periods: Sequence[Period]
    people: Sequence[tuple[str, str, str, int]]


def moved_people(
    measure: str,
    before: Path,
    after: Path,
    out: Path,
    *,
    period: Period | None = None,
    la: Sequence[str] = (),
    options: EngineOptions | None = None,
) -> Moves:
    """Write who stands in another place of a measure in the second folder of one's own than in the first.

    ``period``: of the figures of both (default: what each covers). A person is one by traced number, else given number, else
    local identifier: somebody who gets a number stands as two. Raises RefusedError for a linked folder, UsageError for an unknown
    measure or authority.
    """
    for folder in (before, after):
        require_other_folder(out, folder)
        if is_linked(folder):
            raise RefusedError(f"{folder}: holds pseudonyms. Who moved is told of folders of one's own only.")
    files = [folder / EVENTS for folder in (before, after)]
    with staged_outputs(out) as staging, open_engine(options, [before, after]) as engine:
        periods = compare(engine, measure, before, after, period=period, la=la, options=options)
        engine.register("named_before", _named(before, options))
        engine.register("named_after", _named(after, options))
        write_table(staging / MOVED_FILE, engine.arrow(_people()))
        counts = [(la_code, old, new, people) for _, la_code, old, new, people in engine.rows(counts_step(measure))]
        settings = {"measure": measure, "periods": [str(one) for one in periods], "authorities": list(la)}
        people = {"people": sum(count for *_, count in counts)}
        Manifest(COMMAND, [file_record(file) for file in files], people, settings).write(staging)
    return Moves(out, periods, counts)


def _named(folder: Path, options: EngineOptions | None) -> pa.Table:
    """One row per (authority, person) of a folder with the local identifiers."""
    sql = """
select la_code, person_pseudonym, string_agg(distinct trim(cast(person_unique_identifier as varchar)), '; '
    order by trim(cast(person_unique_identifier as varchar))) as person_unique_identifier
from social_care where person_pseudonym is not null group by la_code, person_pseudonym"""
    with open_own(folder, options) as engine:
        return engine.arrow(Step("named", sql))


def _people() -> Step:
    """One row per (authority, person) who moved, with the identifier of the second folder, or of the first."""
    sql = """
select la_code, coalesce(named_after.person_unique_identifier, named_before.person_unique_identifier) as person_unique_identifier,
  place_before, place_after
from moved left join named_before using (la_code, person_pseudonym) left join named_after using (la_code, person_pseudonym)
order by la_code, place_before, place_after, person_unique_identifier"""
    return Step("moved_people", sql)
