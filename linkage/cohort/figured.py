"""The figures of a measure whose people were placed: counted, checked, and passed through the disclosure gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from linkage.cohort.measures.definition import ALL, POPULATION, MeasureDefinition
from linkage.cohort.measures.figures import COUNTED, count_names, reasons_step, table_name
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.population import uses_population
from linkage.cohort.measures.wide import authorities, counted, placed, wide_table
from linkage.cohort.shown import Figures
from linkage.engine import Engine
from linkage.errors import InternalError
from pseudo.disclosure import Cells, Difference, DisclosurePolicy, Percentage, Totals, apply

_HEADINGS = ("table", "period")


@dataclass(frozen=True)
class ExactFigures:
    """Of a measure, inside: breakdown → its table (``wide_table``), and people by why they count or not."""

    tables: Mapping[str, pa.Table]
    reasons: pa.Table


def make_figures(engine: Engine, measure: Measure, asked: Asked, codes: Sequence[str] | None = None) -> ExactFigures:
    """The figures of ``<id>_people``, exact. ``codes``: the authorities of the tables, which are looked up if not given.

    Raises InternalError when a counted row stands in no cell.
    """
    found = counted(engine, measure, asked, authorities(engine, asked) if codes is None else codes)
    reasons = engine.arrow(reasons_step(measure, asked))
    there = pc.sum(reasons.filter(pc.equal(reasons["reason"], COUNTED))["rows_there"], min_count=0).as_py()
    for breakdown in measure.definition.breakdowns:
        if placed(measure, breakdown, found) != there:
            raise InternalError(f"{measure.id}, {breakdown}: somebody who counts stands in no cell.")
    tables = {name: wide_table(engine, measure, name, asked, found) for name in measure.definition.breakdowns}
    return ExactFigures(tables, reasons.drop_columns(["rows_there"]))


def figures_of(
    engine: Engine, measure: Measure, asked: Asked, policy: DisclosurePolicy, codes: Sequence[str]
) -> dict[str, Figures]:
    """The tables of a measure as shown, by the names of their files: one for each breakdown, and why people do not count.

    ``codes``: the authorities of the tables.
    """
    exact = make_figures(engine, measure, asked, codes)
    definition = measure.definition
    where = {definition.population: (str(asked.period),)} | {what: (one,) for what, one in definition.narrowed.items()}
    found = {}
    for breakdown, table in exact.tables.items():
        gated = apply(policy, table, cells_of(definition, breakdown, measure, asked))
        found[table_name(measure, breakdown)] = Figures(gated, where, headings=(*_HEADINGS, *definition.not_derived))
    looked_at = {f"people looked at for {definition.id}": (str(asked.period),)}
    reasons = apply(policy, exact.reasons, Cells(counts={"people": "people"}))
    return found | {f"{measure.id}_people": Figures(reasons, looked_at, headings=_HEADINGS)}


def cells_of(definition: MeasureDefinition, breakdown: str, measure: Measure, asked: Asked) -> Cells:
    """What the columns of a breakdown's table are, for the gate."""
    labels = [definition.label(name) for name in definition.breakdowns[breakdown]]
    counts = {name: f"{name}_people" for name in count_names(definition)}
    with_population = uses_population(measure, asked)
    if with_population:
        counts[POPULATION] = POPULATION
    rates = [
        Percentage(rate.column, rate.numerator, rate.denominator, rate.per, rate.decimals, rate.part)
        for rate in definition.rates
        if rate.denominator != POPULATION or with_population
    ]
    return Cells(
        counts=counts,
        amounts={one.column: f"{one.column}_people" for one in definition.amounts},
        amount_sums=[one.column for one in definition.amounts if one.statistic == "sum"],
        percentages=rates,
        differences=[Difference(one.column, one.of, one.less) for one in definition.differences],
        totals=Totals({label.name: ALL for label in labels if label.total}, definition.sums),
    )
