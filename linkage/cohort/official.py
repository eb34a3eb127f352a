"""Official measures from linked social care data: one derivation, any measures, written only as the disclosure gate shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from linkage.cohort.data_notes import as_lines, beyond_the_data, data_notes, not_collected, register_population
from linkage.cohort.derive.covered import covered_days, require_all_covered
from linkage.cohort.derive.own import care_source, is_linked, open_care
from linkage.cohort.derive.period import Period, covered_period, months_later
from linkage.cohort.derive.run import Derivation, derive, end_earlier, last_quarter
from linkage.cohort.derive.source import CareSource, linked_source
from linkage.cohort.figured import figures_of
from linkage.cohort.measures.definition import POPULATION
from linkage.cohort.measures.dividing import area_steps, divided, dividers
from linkage.cohort.measures.figures import table_name
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.registry import chosen_measures
from linkage.cohort.measures.wide import authorities
from linkage.cohort.presented import Presented, charts_of, write_presented
from linkage.cohort.published import compared, read_published
from linkage.cohort.shown import Figures, Showing, disclosure_policy
from linkage.engine import Engine, EngineOptions, Step
from linkage.errors import UsageError
from linkage.report.ahead import DrawnAhead
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import LINKED_TABLES, require_columns, require_days, require_other_folder
from pseudo.disclosure import GatedTable

POLICY = "cld_round5"
_DAYS = ("admidate", "disdate")


@dataclass(frozen=True)
class OfficialTables:
    """What was written: ``tables`` by file name without its ending, ``presented`` the same by measure.

    ``said``: what the reader of the figures must know of these data, a sentence each.
    """

    folder: Path
    period: Period
    tables: Mapping[str, GatedTable]
    presented: Sequence[Presented] = ()
    said: Sequence[str] = ()


def tables_official(
    linked: Path,
    out: Path,
    *,
    measures: Sequence[str] = (),
    by: Sequence[str] = (),
    period: Period | None = None,
    la: Sequence[str] = (),
    population: Path | None = None,
    published: Path | None = None,
    policy: str = POLICY,
    ledger: Path | None = None,
    options: EngineOptions | None = None,
) -> OfficialTables:
    """Write measures of a linked folder to ``out``, each with the people looked at and why some do not count.

    An authority's own consolidated or processed folder will do as well: measures of health tables are then not made. Every
    table is a CSV file; a workbook and a page show them all with their rules, and beside figures that were ``published``, a CSV.

    ``measures``: ids (none: all). ``by``: variables of ``configs/measures/by_variables.yaml`` that each measure is divided by
    as well, in tables of their own. ``period``: the year of the figures, both days inclusive (default: what the submissions
    say they cover); events before it are looked at as far as a measure asks. Measures of health tables that nobody released
    are made only when they are named, and then refused. ``population``: a CSV for rates per 100,000, which are left out
    without one. Raises UsageError for an unknown measure, variable, authority or policy, InputError when the release
    or the population lacks a column, PolicyError when the tables tell too much beside one another or earlier ones.
    """
    require_other_folder(out, linked)
    rule, chosen = disclosure_policy(policy), chosen_measures(measures)
    printed = read_published(published) if published else []
    with DrawnAhead() as pictures:
        with open_care(linked, options, in_place=True) as engine:
            source = care_source(engine, linked)
            _require_authorities(engine, la)
            require_columns(engine, "social_care", sorted({field for one in chosen for field in one.definition.fields}))
            require_days(engine, "social_care", ["event_start_date"])
            year = period or covered_period(engine, list(la))
            covered = covered_days(engine, source, la)
            require_all_covered(covered, year)
            tables = frozenset((*_filled(engine, linked), *((POPULATION,) if population else ())))
            chosen = [measure for measure in chosen if measures or tables.issuperset(measure.needs)]
            _require_health_columns(engine, chosen, tables)
            asked = Asked(year, tuple(la), tables)
            divided_by = dividers(engine, source, by)
            chosen = [divided(measure, divided_by) for measure in chosen]
            definitions = [measure.definition for measure in chosen]
            people = register_population(engine, population, list(covered), definitions) if population else {}
            made: dict[str, dict[str, Figures]] = {}
            for together in derived_in_turn(engine, chosen, asked, source):
                engine.run_all(area_steps(divided_by, source))
                codes = authorities(engine, asked)
                names = [[step.name for step in one.steps(asked)] for one in together]
                for place, measure in enumerate(together):
                    make_people(engine, measure, asked)
                    made[measure.id] = figures_of(engine, measure, asked, rule, codes)
                    pictures.ask(charts_of(measure.definition, made[measure.id][measure.id]))
                    _drop_tables(engine, names[place], names[place + 1 :])
            days = beyond_the_data(definitions, covered, {one.id: looked_at([one], year) for one in chosen})
            notes = data_notes(days, people, not_collected(engine, definitions, asked))
        figures = {name: one for measure in chosen for name, one in made[measure.id].items()}
        showing = Showing(linked, out, rule, ledger)
        presented = [_presented(measure, figures, notes.get(measure.id, ())) for measure in chosen]
        with staged_outputs(out) as staging, showing.checked(figures):
            beside = compared(printed, {name: one.gated for name, one in figures.items()})
            records = showing.write(
                staging, figures, write_presented(staging, presented, year, rule, beside, pictures.svg)
            )
            settings = {
                "period": str(year),
                "authorities": list(la),
                "measures": [measure.id for measure in chosen],
                "divided_by": [one.variable.name for one in divided_by],
                "said_of_the_data": as_lines(notes),
                "disclosure": records,
            }
            given = [path for path in (population, published) if path]
            inputs = [file_record(path) for path in [*sorted(linked.glob("*.parquet")), *given]]
            Manifest(command="tables official", inputs=inputs, counts={}, settings=settings).write(staging)
    return OfficialTables(out, year, {name: one.gated for name, one in figures.items()}, presented, as_lines(notes))


def derived_together(measures: Sequence[Measure]) -> list[list[Measure]]:
    """Measures that can share a derivation: those that look equally far ahead, for the last day decides ages and ends."""
    ahead = dict.fromkeys(measure.definition.look_ahead_months for measure in measures)
    return [[measure for measure in measures if measure.definition.look_ahead_months == months] for months in ahead]


def derived_in_turn(
    engine: Engine, measures: Sequence[Measure], asked: Asked, source: CareSource | None = None
) -> Iterator[list[Measure]]:
    """Derive events once for all measures; yield the measures that look equally far ahead when events end there for them.

    Those that look further ahead come first: for the others the events are cut, which is far quicker than another derivation.
    """
    groups = sorted(derived_together(measures), key=lambda one: one[0].definition.look_ahead_months, reverse=True)
    for place, together in enumerate(groups):
        if place == 0:
            derive_for(engine, measures, asked, source, keep_details=len(groups) > 1)
        else:
            end_earlier(engine, looked_at(together, asked.period).end)
        yield together


def derive_for(
    engine: Engine,
    measures: Sequence[Measure],
    asked: Asked,
    source: CareSource | None = None,
    *,
    keep_steps: bool = False,
    keep_details: bool = False,
) -> None:
    """Derive events once, for as long as the measures look at them, with what measures take from submitted rows.

    Columns that no measure names are not made, unless the tables of all steps are kept. ``source``: the linked social care
    table unless given. ``keep_steps``, ``keep_details``: as in ``Derivation``.
    """
    source = source or linked_source(engine)
    wide = looked_at(measures, asked.period)
    costs = last_quarter(Period(wide.start, asked.period.end))
    readers = None if keep_steps else [step for measure in measures for step in measure.steps(asked)]
    choices = Derivation(wide, cost_period=costs, keep_steps=keep_steps, keep_details=keep_details, readers=readers)
    derive(engine, source, choices)
    for made in dict.fromkeys(measure.of_source for measure in measures if measure.of_source):
        engine.run(made(source))


def looked_at(measures: Sequence[Measure], period: Period) -> Period:
    """From as long before a period as any of the measures looks back to as long after it as they look ahead."""
    back = max(measure.definition.look_back_months for measure in measures)
    ahead = max(measure.definition.look_ahead_months for measure in measures)
    end = months_later(period.end + timedelta(days=1), ahead) - timedelta(days=1)
    return Period(months_later(period.start, -back), end)


def make_people(engine: Engine, measure: Measure, asked: Asked) -> None:
    """Make ``<id>_people``. Raises UsageError when a table is lacking that the measure needs."""
    lacking = [name for name in measure.needs if name not in asked.tables]
    if lacking:
        raise UsageError(
            f"{measure.id} needs {', '.join(lacking)}, which this folder does not have. The measure needs a "
            "release with links to health data, as 'cldlink link' makes it."
        )
    engine.run_all(_not_yet_made(engine, measure.steps(asked)))


def _not_yet_made(engine: Engine, steps: Sequence[Step]) -> Sequence[Step]:
    """Steps from the first on whose table no measure has made since the derivation; all, where that is unknown."""
    derived = max((place for place, step in enumerate(engine.steps) if step.name == "event"), default=len(engine.steps))
    there = {row[0] for row in engine.rows(Step("tables", "select table_name from duckdb_tables()"))}
    made = {step.name: step for step in engine.steps[derived:] if step.name in there}
    first = next((place for place, step in enumerate(steps) if made.get(step.name) != step), len(steps))
    return steps[first:]


def _drop_tables(engine: Engine, names: Sequence[str], later: Sequence[Sequence[str]]) -> None:
    """Drop the tables of a measure, but for those that later measures share: people in millions would fill the memory."""
    shared = {name for one in later for name in one}
    engine.drop(*(name for name in names if name not in shared))


def _presented(measure: Measure, figures: Mapping[str, Figures], notes: Sequence[str]) -> Presented:
    tables = {breakdown: figures[table_name(measure, breakdown)] for breakdown in measure.definition.breakdowns}
    return Presented(measure.definition, tables, figures[f"{measure.id}_people"], notes)


def _filled(engine: Engine, folder: Path) -> list[str]:
    """The linked tables that have rows: one that no release holds is there and empty. One's own folder has no links."""
    lacking = ("person",) if is_linked(folder) else ("person", "link_quality")
    return [name for name in LINKED_TABLES if name not in lacking and engine.count(name)]


def _require_health_columns(engine: Engine, measures: Sequence[Measure], tables: frozenset[str]) -> None:
    for measure in measures:
        for table, columns in measure.definition.health_fields.items():
            if table in tables:
                require_columns(engine, table, columns)
                require_days(engine, table, [name for name in columns if name in _DAYS])


def _require_authorities(engine: Engine, la: Sequence[str]) -> None:
    known = [row[0] for row in engine.rows(Step("authorities", "select distinct la_code from social_care order by 1"))]
    unknown = [code for code in la if code not in known]
    if unknown:
        raise UsageError(f"No rows of authority {', '.join(unknown)}. The linked tables hold: {', '.join(known)}.")
