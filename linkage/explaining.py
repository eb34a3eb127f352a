"""Who is behind a figure of an authority's own, with their events, the step that put them there, and why others do not count.

Only where people may be identified: it reads consolidated or processed submissions and writes files that say IDENTIFIABLE.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.cohort.data_notes import as_lines, beyond_the_data
from linkage.cohort.derive.covered import covered_days, require_all_covered
from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.dictionary import guide_steps
from linkage.cohort.derive.own import EVENTS, open_own, own_care
from linkage.cohort.derive.period import Period, covered_period
from linkage.cohort.explain import (
    AMONG,
    FATES,
    LTS001,
    PLACES,
    CellOf,
    cell_of,
    explain_measures,
    measure_ids,
)
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import looked_at
from linkage.engine import Engine, EngineOptions, Step, ident
from linkage.errors import UsageError
from linkage.report.excel import without_formulas
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import require_other_folder

COMMAND = "tables explain"
PEOPLE_FILE = "people_IDENTIFIABLE.csv"
EVENTS_FILE = "events_IDENTIFIABLE.csv"
RULES_FILE = "rules.md"
_SHOWN = (
    "client_type",
    "event_type",
    "event_start_date",
    "event_end_date",
    "date_of_death",
    "route_of_access",
    "assessment_type",
    "service_type",
    "service_component",
    "delivery_mechanism",
    "review_reason",
    "event_outcome",
)


@dataclass(frozen=True)
class Place:
    """Where people stand in one measure: ``stands_in`` a column of a group, or ``reason`` why they do not count. None: not
    looked at."""

    measure: str
    in_group: str
    stands_in: str | None
    reason: str | None
    people: int


@dataclass(frozen=True)
class Total:
    """Everybody who counts in the cell of one measure, each once; ``events`` where the measure counts those."""

    measure: str
    people: int
    events: int | None


@dataclass(frozen=True)
class Explanation:
    """What was written, as numbers of people by place, and who counts in all.

    ``lacking``: measures whose tables a submission does not have; ``said``: days that measures look at and no submission covers.
    """

    folder: Path
    period: Period
    places: Sequence[Place]
    totals: Sequence[Total]
    rows: int
    lacking: Sequence[str]
    said: Sequence[str] = ()


def explain(
    measure: str,
    folder: Path,
    out: Path,
    *,
    cell: Mapping[str, str] | None = None,
    person: str | None = None,
    period: Period | None = None,
    la: Sequence[str] = (),
    options: EngineOptions | None = None,
) -> Explanation:
    """Write the people and events behind a measure's figure, and why others who were looked at do not count.

    ``measure``: an id, ``lts001a`` to ``lts001c``, or ``all`` for one ``person`` (the authority's own identifier). ``cell``:
    label, ``column`` or ``la_code`` → value. Raises RefusedError when the folder is de-identified, UsageError for an unknown
    measure, cell, person or authority.
    """
    require_other_folder(out, folder)
    ids, named = measure_ids(measure), dict(cell or {})
    if len(ids) > 1 and (person is None or named):
        raise UsageError("All measures are explained for one person: give --person and no --cell.")
    with staged_outputs(out) as staging, open_own(folder, options) as engine:
        _require_authorities(engine, [*la, *([named["la_code"]] if "la_code" in named else [])])
        asked = Asked(period or covered_period(engine, list(la)), tuple(la))
        covered = covered_days(engine, own_care(engine), la)
        require_all_covered(covered, asked.period)
        where = cell_of(ids[0], named, asked) if named else CellOf()
        if person is not None:
            _find(engine, person)
        lacking = explain_measures(engine, own_care(engine), ids, asked, where, among=person is not None)
        with_lts001 = any(name in LTS001 for name in ids)
        there = [name for name in ids if name not in lacking]
        write_table(staging / PEOPLE_FILE, engine.arrow(_people(engine)))
        events = engine.arrow(_events(engine, there, with_lts001=with_lts001, among=person is not None))
        write_table(staging / EVENTS_FILE, events)
        (staging / RULES_FILE).write_text(rules(there), encoding="utf-8", newline="\n")
        shown = [MEASURES[name] for name in there if name in MEASURES]
        wide = {one.id: looked_at([one], asked.period) for one in shown}
        days = beyond_the_data([one.definition for one in shown], covered, wide)
        places, totals = _counted(engine, there), _totals(engine, there)
        settings = {"measure": measure, "period": str(asked.period), "authorities": list(la)}
        counts = {"places": len(places), "events": events.num_rows}
        Manifest(COMMAND, [file_record(folder / EVENTS)], counts, settings).write(staging)
    return Explanation(out, asked.period, places, totals, events.num_rows, lacking, as_lines(days))


def rules(ids: Sequence[str]) -> str:
    """The rules of measures as Markdown: whom they count, where the rule is from, how certain it is; and the steps to them."""
    parts = ["# Rules of the measures explained here"]
    if any(name in LTS001 for name in ids):
        columns = "\n".join(f"- {column.label}" for column in lts001_definition().columns)
        parts.append(
            f"## lts001a, lts001b, lts001c\n\n{lts001_definition().title}. The first column that applies:\n\n{columns}"
        )
    for one in (MEASURES[name].definition for name in ids if name in MEASURES):
        notes = "\n".join(f"- {note}" for note in one.notes)
        columns = "\n".join(f"- `{column.id}`: {column.about}" for column in one.columns)
        parts.append(
            f"## {one.id}\n\n{one.title}.\n\nPopulation: {one.population}. Source: {one.source} ({one.certainty}).\n\n{notes}\n\n"
            f"Columns:\n\n{columns}"
        )
    if any(name in MEASURES for name in ids):
        steps = "\n".join(
            f"- `{one.step.name}` ({one.number}): {' '.join(one.about.split(chr(10) * 2)[0].replace('``', '`').split())}"
            for one in guide_steps()
        )
        parts.append(
            f"## Steps from submitted rows to events\n\nAll of them with their SQL: `cldlink tables steps --sql`.\n\n{steps}"
        )
    return "\n\n".join(parts) + "\n"


def _find(engine: Engine, person: str) -> None:
    """Make ``explained_among``: everyone for whom a row with this identifier stands, which may be more than one key."""
    sql = """
select distinct person_pseudonym from social_care
where trim(cast(person_unique_identifier as varchar)) = $person and person_pseudonym is not null"""
    if not engine.run(Step(AMONG, sql, {"person": person.strip()})):
        raise UsageError("No row has this person identifier. Give the authority's own identifier as it was submitted.")


def _people(engine: Engine) -> Step:
    """One row per (measure, person, place), those who count first: who it is, where, by which step and event, or why not."""
    reference = "event_reference" if "event_reference" in engine.columns("social_care") else "null::varchar"
    sql = f"""
with named as (
  select la_code, person_pseudonym, string_agg(distinct trim(cast(person_unique_identifier as varchar)), '; '
      order by trim(cast(person_unique_identifier as varchar))) as person_unique_identifier
  from social_care where person_pseudonym is not null group by la_code, person_pseudonym
)
select measure, la_code, person_unique_identifier, case when reason is null then 'yes' else 'no' end as counted, in_group,
  stands_in, reason as why_not, step, decided_by.submission, decided_by.row_number, decided_by.event_reference
from {PLACES} as place join named using (la_code, person_pseudonym)
left join (select rowid as event_id, submission, row_number, {reference} as event_reference from social_care) as decided_by
  using (event_id)
order by measure, reason is not null, la_code, in_group, stands_in, why_not, person_unique_identifier, row_number"""
    return Step("explained_people", sql)


def _events(engine: Engine, ids: Sequence[str], *, with_lts001: bool, among: bool) -> Step:
    """One row per submitted row of the people explained, by start: what became of it, which places it decides."""
    there = set(engine.columns("social_care"))
    shown = ", ".join(f"care.{ident(name)}" for name in _SHOWN if name in there)
    reference = "care.event_reference" if "event_reference" in there else "null::varchar as event_reference"
    columns, joins = "", ""
    if any(name in MEASURES for name in ids):
        columns += ", fate.became, fate.step, fate.effective_end_date, kept.row_number as kept_row_number"
        joins += f"\nleft join {FATES} as fate on fate.row_id = care.rowid"
        joins += "\nleft join social_care as kept on kept.rowid = fate.kept_row"
    if with_lts001:
        columns += ", lts001.became as in_lts001"
        joins += "\nleft join explained_lts001 as lts001 on lts001.row_id = care.rowid"
    whom = f"select person_pseudonym from {AMONG}" if among else f"select person_pseudonym from {PLACES}"
    sql = f"""
with decided as (
  select event_id, string_agg(distinct told, '; ' order by told) as decides from (
    select event_id, measure || coalesce(': ' || stands_in, ': does not count (' || reason || ')') as told
    from {PLACES} where event_id is not null)
  group by event_id
)
select care.la_code, trim(cast(care.person_unique_identifier as varchar)) as person_unique_identifier, care.submission,
  care.row_number, {reference}, {shown}{columns}, decided.decides
from social_care as care{joins}
left join decided on decided.event_id = care.rowid
where care.person_pseudonym in ({whom})
order by care.la_code, min(care.person_unique_identifier) over (partition by care.la_code, care.person_pseudonym),
  care.person_pseudonym, care.event_start_date, care.submission, care.row_number"""
    return Step("explained_events", sql)


def _counted(engine: Engine, ids: Sequence[str]) -> list[Place]:
    """People by place, those who count first; a measure that looks at nobody stands with none."""
    sql = f"""
select measure, coalesce(in_group, ''), stands_in, reason, count(distinct (la_code, person_pseudonym)) from {PLACES}
group by 1, 2, 3, 4 order by reason is not null, 2, 3, 4"""
    found: dict[str, list[Place]] = {name: [] for name in ids}
    for name, in_group, stands_in, reason, people in engine.rows(Step("explained_counts", sql)):
        found[name].append(Place(name, in_group, stands_in, reason, people))
    return [place for name in ids for place in found[name] or [Place(name, "", None, None, 0)]]


def _totals(engine: Engine, ids: Sequence[str]) -> list[Total]:
    """Who counts, of each measure that looks at anybody."""
    sql = f"""
select measure, count(distinct (la_code, person_pseudonym)) filter (reason is null), count(*) filter (reason is null)
from {PLACES} group by measure"""
    found = {name: (people, rows) for name, people, rows in engine.rows(Step("explained_totals", sql))}
    of_events = {name for name, measure in MEASURES.items() if measure.definition.one_row_per == "event"}
    return [Total(name, found[name][0], found[name][1] if name in of_events else None) for name in ids if name in found]


def _require_authorities(engine: Engine, la: Sequence[str]) -> None:
    known = [row[0] for row in engine.rows(Step("authorities", "select distinct la_code from social_care order by 1"))]
    if set(la) - set(known):
        raise UsageError(f"There are no rows of one of these authorities. The folder holds: {', '.join(known)}.")


def write_table(path: Path, table: pa.Table) -> None:
    """A CSV that Excel opens rightly; no cell is taken for a formula."""
    safe = [without_formulas(column.cast(pa.string())) for column in table.columns]
    rows = zip(*(column.to_pylist() for column in safe), strict=True)
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(rows)
