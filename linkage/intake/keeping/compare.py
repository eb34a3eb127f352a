"""Two submissions of one authority side by side: what opened, closed, changed and vanished.

Events are matched by their key (see ``kept``), those with the same key in the order of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, ident, literal, open_engine
from linkage.errors import InputError, UsageError
from linkage.intake.check import check_into
from linkage.intake.dates import written_date_sql
from linkage.intake.keeping.kept import EVENT_KEY, GIVEN, LAST_DAY, KeptFile, kept_rows_step, key_sql, worded_sql
from linkage.intake.keeping.kinds import Shrunk, comparable, kind_counts, kind_name, kinds_in, shrunk
from linkage.intake.keeping.store import open_store
from linkage.runs import Manifest, staged_outputs
from linkage.spec import Specification, wordings_of

CHANGES = "changes_IDENTIFIABLE.csv"
STATUSES = ("opened", "closed", "changed", "vanished", "outside", "unchanged")
_FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True)
class Comparison:
    """Counts only. ``statuses`` by status, in the order of ``STATUSES``: ``opened`` (new in the later file), ``closed`` (has
    an end now), ``changed``, ``vanished`` (in the later file's coverage and absent there), ``outside`` (ended before its
    coverage and absent there), ``unchanged``. ``by_kind`` the same by event type and client type; ``fields`` how often each
    field (by heading) is another one in events that are in both; ``shrunk`` kinds of which there are far fewer.
    """

    old: str
    new: str
    statuses: Mapping[str, int]
    by_kind: Mapping[str, Mapping[str, int]]
    fields: Mapping[str, int]
    shrunk: tuple[Shrunk, ...]


def compare_submissions(
    old: str,
    new: str,
    *,
    store_folder: Path | None = None,
    out: Path | None = None,
    synthetic: bool = False,
    options: EngineOptions | None = None,
) -> Comparison:
    """Compare two submissions, each the path of a file or, with ``store_folder``, an id in the store.

    With ``out``, the rows go to ``changes_IDENTIFIABLE.csv`` there. Raises UsageError for two authorities, InputError for a
    file without authority or period, or a stored file that is not as it was stored.
    """
    if out is None:
        return _compare(old, new, store_folder, None, synthetic, options)
    with staged_outputs(out) as staging:
        done = _compare(old, new, store_folder, staging, synthetic, options)
        inputs = [{"name": done.old}, {"name": done.new}]
        Manifest("submission compare", inputs, done.statuses).write(staging)
    return done


def _compare(
    old: str, new: str, store_folder: Path | None, folder: Path | None, synthetic: bool, options: EngineOptions | None
) -> Comparison:
    folders = [place for place in (store_folder, folder) if place]
    with open_engine(options, folders) as engine:
        before = _loaded(engine, old, "old_rows", store_folder, synthetic)
        after = _loaded(engine, new, "new_rows", store_folder, synthetic)
        if before.la_code != after.la_code:
            raise UsageError("The submissions are of two authorities; only two of the same authority can be compared.")
        fields = _fields(before.specification, after.specification)
        for name, file in (("old", before), ("new", after)):
            engine.run(_events_step(name, file.specification, fields, after.specification))
        engine.run(_changes_step(fields, after))
        if folder:
            engine.write_csv(_written_step(), folder / CHANGES)
        return _counted(engine, before, after)


def _loaded(engine: Engine, given: str, table: str, store_folder: Path | None, synthetic: bool) -> KeptFile:
    """A submission as a table of the kept form."""
    if store_folder and not Path(given).is_file():
        store = open_store(store_folder)
        entry = store.entry(given)
        store.verify([entry])
        kept = store.kept_file(entry)
        engine.read_parquet(table, [Path(kept.place)])
        return kept
    check = check_into(engine, Path(given), synthetic=synthetic)
    if check.la_code is None or check.period_end is None:
        raise InputError(f"{given}: no known authority, or no reporting period. Run 'cldlink check FILE' to see why.")
    engine.run(kept_rows_step(table, check.specification))
    return KeptFile(check.file, check.la_code, check.specification, check.period_start, check.period_end, table)


def _fields(old: Specification, new: Specification) -> list[tuple[str, str]]:
    """Fields of both versions that say something of a person or an event: id and heading."""
    return [(f.id, f.heading) for f in new.fields if f.section != "submission" and old.has(f.id)]


def _events_step(name: str, specification: Specification, fields: list[tuple[str, str]], target: Specification) -> Step:
    """``old_events`` or ``new_events``: key, number among events of the same key, last day, fields as text; list values in
    the wording of ``target``, for a value that was only reworded has not changed.
    """
    dates = {field.id for field in specification.date_fields}
    words = wordings_of(target, specification)
    keys = key_sql(specification, target)
    texts = [
        f"coalesce({written_date_sql(field)}, {ident(field + GIVEN)}) as {ident(f'text_{field}')}"
        if field in dates
        else f"{worded_sql(field, words.get(field, {}))} as {ident(f'text_{field}')}"
        for field, _ in fields
    ]
    by = ", ".join(ident(key) for key in EVENT_KEY)
    last = f"case when event_end_date is not null then {LAST_DAY} end as last_day"
    columns = ", ".join([*keys, last, "event_end_date", "row_number", *texts])
    return Step(
        f"{name}_events",
        f"""select *, row_number() over (partition by {by} order by row_number) as occurrence
from (select {columns} from {name}_rows)""",
    )


def _changes_step(fields: list[tuple[str, str]], after: KeptFile) -> Step:
    """One row per event of either file, with its status and the headings of what changed."""
    same = " and ".join(f"o.{ident(key)} is not distinct from n.{ident(key)}" for key in (*EVENT_KEY, "occurrence"))
    differs = ", ".join(
        f"case when o.{ident(f'text_{field}')} is distinct from n.{ident(f'text_{field}')} then {literal(heading)} end"
        for field, heading in fields
    )
    both = ("event_type", "client_type", "person_unique_identifier", "text_event_reference", "event_start_date")
    shown = ", ".join(f"coalesce(n.{ident(name)}, o.{ident(name)}) as {ident(name)}" for name in both)
    return Step(
        "changes",
        f"""with joined as (
    select {shown}, o.event_end_date as end_before, n.event_end_date as end_now,
        o.row_number as row_before, n.row_number as row_now, o.last_day,
        case when o.row_number is null or n.row_number is null then []
            else list_filter([{differs}], lambda heading: heading is not null) end as fields
    from old_events as o full outer join new_events as n on {same}
)
select *, case when row_before is null then 'opened'
    when row_now is null and last_day < $covers_from then 'outside'
    when row_now is null then 'vanished'
    when end_before is null and end_now is not null then 'closed'
    when len(fields) > 0 then 'changed' else 'unchanged' end as status
from joined""",
        {"covers_from": after.covers_from},
    )


def _written_step() -> Step:
    """The rows that are not unchanged, as text that no spreadsheet takes for a formula."""

    def cell(name: str) -> str:
        return f"case when regexp_matches({name}, {literal(_FORMULA)}) then '''' || {name} else {name} end"

    texts = ", ".join(
        f"{cell(name)} as {name.removeprefix('text_')}"
        for name in ("event_type", "client_type", "person_unique_identifier", "text_event_reference")
    )
    days = ", ".join(f"{written_date_sql(name)} as {name}" for name in ("event_start_date", "end_before", "end_now"))
    return Step(
        "write_changes",
        f"""select status, {texts}, {days}, array_to_string(fields, '; ') as fields, row_before, row_now
from changes where status <> 'unchanged' order by status, changes.row_now, changes.row_before""",
    )


def _counted(engine: Engine, before: KeptFile, after: KeptFile) -> Comparison:
    by_kind: dict[str, dict[str, int]] = {}
    sql = "select event_type, client_type, status, count(*) from changes group by all"
    for event_type, client_type, status, rows in engine.rows(Step("count_changes", sql)):
        kind = by_kind.setdefault(kind_name(after.specification, event_type, client_type), dict.fromkeys(STATUSES, 0))
        kind[status] += rows
    statuses = {status: sum(kind[status] for kind in by_kind.values()) for status in STATUSES}
    sql = "select heading, count(*) as rows from (select unnest(fields) as heading from changes) group by 1 order by 2 desc, 1"
    fields = dict(engine.rows(Step("count_fields", sql)))
    earlier = kinds_in(kind_counts(engine, "old_rows", before.specification), before.specification, after.specification)
    now = kind_counts(engine, "new_rows", after.specification)
    fewer = shrunk(earlier, now) if comparable(before, after) else ()
    return Comparison(before.name, after.name, statuses, dict(sorted(by_kind.items())), fields, fewer)
