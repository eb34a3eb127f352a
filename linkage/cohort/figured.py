"""The figures of a measure whose people were placed: counted, checked, and passed through the disclosure gate."""

from collections.abc import Sequence

from linkage.cohort.measures.definition import ALL, POPULATION, MeasureDefinition
from linkage.cohort.measures.figures import (
    cells_step,
    count_names,
    counts_rows,
    long_step,
    reasons_step,
    table_name,
    wide_step,
)
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.population import uses_population
from linkage.cohort.shown import Figures
from linkage.engine import Engine, Step, Value, ident, literal
from linkage.errors import InternalError
from pseudo.disclosure import Cells, Difference, DisclosurePolicy, Percentage, Totals, apply

_HEADINGS = ("table", "period")


def make_figures(engine: Engine, measure: Measure, asked: Asked) -> None:
    """Make ``<table>_wide`` for every breakdown and ``<id>_figures``, exact, from ``<id>_people``.

    Raises InternalError when a counted row stands in no cell.
    """
    definition = measure.definition
    if counts_rows(definition):
        engine.run(cells_step(measure))
    for breakdown in definition.breakdowns:
        engine.run(wide_step(measure, breakdown, asked))
    engine.run(long_step(measure))
    for breakdown, names in definition.breakdowns.items():
        _require_all_placed(engine, measure, breakdown, names, asked)


def _require_all_placed(engine: Engine, measure: Measure, breakdown: str, names: Sequence[str], asked: Asked) -> None:
    definition = measure.definition
    columns = ", ".join(literal(column.id) for column in definition.columns)
    inner = "".join(f" and {ident(name)} <> {literal(ALL)}" for name in names if definition.label(name).total)
    sql = f"""
select (select count(*) from {ident(measure.people)}
    where reason is null and (len($la_codes) = 0 or list_contains($la_codes, la_code))),
  coalesce(sum("count"), 0)
from {ident(measure.id + "_figures")} where breakdown = $breakdown and column_id in ({columns}){inner}"""
    values: dict[str, Value] = {"breakdown": breakdown, "la_codes": list(asked.la_codes)}
    placed, counted = engine.rows(Step("all_placed", sql, values))[0]
    if placed != counted:
        raise InternalError(f"{measure.id}, {breakdown}: somebody who counts stands in no cell.")


def figures_of(engine: Engine, measure: Measure, asked: Asked, policy: DisclosurePolicy) -> dict[str, Figures]:
    """The tables of a measure as shown, by the names of their files: one for each breakdown, and why people do not count."""
    make_figures(engine, measure, asked)
    definition = measure.definition
    where = {definition.population: (str(asked.period),)} | {what: (one,) for what, one in definition.narrowed.items()}
    found = {}
    for breakdown in definition.breakdowns:
        name = table_name(measure, breakdown)
        gated = apply(policy, engine.table(f"{name}_wide"), cells_of(definition, breakdown, measure, asked))
        found[name] = Figures(gated, where, headings=(*_HEADINGS, *definition.not_derived))
    looked_at = {f"people looked at for {definition.id}": (str(asked.period),)}
    reasons = apply(policy, engine.arrow(reasons_step(measure, asked)), Cells(counts={"people": "people"}))
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
