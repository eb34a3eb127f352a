"""Which people of a population table a row of figures is divided by."""

from collections.abc import Sequence

from linkage.cohort.measures.definition import ALL, POPULATION, Ages, Label, MeasureDefinition
from linkage.cohort.measures.dividing import AGE_10, variables
from linkage.cohort.measures.measure import Asked, Measure
from linkage.engine import ident, literal

POPULATION_GAP = "population_gap"
"""The table of ages that a population lacks, by authority and gender."""


def uses_population(measure: Measure, asked: Asked) -> bool:
    """Whether the measure has a rate per population, and a population table was given."""
    return POPULATION in asked.tables and has_population(measure.definition)


def has_population(definition: MeasureDefinition) -> bool:
    """Whether the measure has a rate per population."""
    return any(rate.denominator == POPULATION for rate in definition.rates)


def everybody(definition: MeasureDefinition) -> Ages:
    """The ages of the population of the measure as a whole."""
    return definition.population_ages or Ages.model_validate({"from": 0})


def bands_by(definition: MeasureDefinition, name: str) -> dict[str, Ages]:
    """Value of a label → its ages, for the labels by which a population can be divided by age."""
    divided = {"age_band": definition.age_bands, AGE_10: variables()[AGE_10].bands}
    listed = definition.label(name).values
    return {
        band.label: Ages.model_validate({"from": band.first, "to": band.last})
        for band in divided.get(name, ())
        if band.label in listed and band.first >= everybody(definition).first
    }


def groups_of_age(definition: MeasureDefinition) -> list[Ages]:
    """Every group of ages that a rate of the measure is made for."""
    names = dict.fromkeys(name for labels in definition.breakdowns.values() for name in labels)
    return [everybody(definition), *(ages for name in names for ages in bands_by(definition, name).values())]


def population_sql(definition: MeasureDefinition, labels: Sequence[Label]) -> str:
    """SQL: people of the row's authority, ages and gender in the population table.

    Null where the table does not divide as the row, or lacks some of the row's ages of a gender.
    """
    names = {label.name for label in labels}
    by_age = next((name for name in ("age_band", AGE_10) if name in names), None)
    of_gender = f" and frame.gender in (given.gender, {literal(ALL)})" if "gender" in names else ""
    others = "".join(
        f" and frame.{ident(label.name)} = {literal(ALL)}"
        for label in labels
        if label.name not in (by_age, "gender") and not (label.month_ends or label.quarter_ends)
    )
    lacking = f"given.la_code = frame.la_code and {_of_ages_sql(definition, by_age, inside=False)}{of_gender}"
    return f"""(
    case when not exists (select 1 from {POPULATION_GAP} as given where {lacking}) then (
      select cast(sum(people) as bigint) from population as given
      where given.la_code = frame.la_code and {_of_ages_sql(definition, by_age, inside=True)}{of_gender}{others}) end)"""


def _of_ages_sql(definition: MeasureDefinition, by_age: str | None, *, inside: bool) -> str:
    """SQL: a row of ages lies inside those of the row of figures, or has some of them."""
    all_ages = _ages_sql(everybody(definition), inside=inside)
    if by_age is None:
        return all_ages
    values = definition.label(by_age).values
    whens = "".join(
        f" when {literal(values[value])} then {_ages_sql(ages, inside=inside)}"
        for value, ages in bands_by(definition, by_age).items()
    )
    return f"case frame.{ident(by_age)}{whens} when {literal(ALL)} then {all_ages} end"


def _ages_sql(ages: Ages, *, inside: bool) -> str:
    """SQL: a row of ages lies inside these, or has some of them."""
    first, last = ("age_from", "age_to") if inside else ("age_to", "age_from")
    return f"{first} >= {ages.first}" + (f" and {last} <= {ages.last}" if ages.last is not None else "")
