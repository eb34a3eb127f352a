"""What a reader of measures must know of the data that they were made from: days, people and fields that are not there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.cohort.derive.covered import Covered, beyond
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.definition import POPULATION, MeasureDefinition
from linkage.cohort.measures.figures import without_client_types
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.population import POPULATION_GAP, has_population
from linkage.cohort.populations import population_gaps, read_population, require_fitting_bands, told_gaps
from linkage.engine import Engine

Notes = dict[str, list[str]]
"""Measure → sentences."""


def register_population(
    engine: Engine, path: Path, la_codes: Sequence[str], definitions: Sequence[MeasureDefinition]
) -> Notes:
    """Make ``population`` and ``population_gap``; return what of them is not there.

    Raises InputError when the file cannot be read, or its ages fit no measure's.
    """
    people = read_population(path)
    require_fitting_bands(path, people, la_codes, definitions)
    gaps = population_gaps(people)
    engine.register(POPULATION, people)
    engine.register(POPULATION_GAP, gaps)
    return {one.id: told_gaps(people, gaps, la_codes, one) for one in definitions if has_population(one)}


def beyond_the_data(
    definitions: Sequence[MeasureDefinition], covered: Covered, looked_at: Mapping[str, Period]
) -> Notes:
    """Of each measure that looks at days (``looked_at``) which no submission covers: which days."""
    found = {one.id: beyond(covered, looked_at[one.id]) for one in definitions}
    return {
        name: [
            f"Events are looked at from {str(looked_at[name]).replace(' to ', ' until ')}; no submission covers {days}."
        ]
        for name, days in found.items()
        if days
    }


def not_collected(engine: Engine, definitions: Sequence[MeasureDefinition], asked: Asked) -> Notes:
    """Of each measure whose clients some authorities' submissions cannot tell: which. After the derivation."""
    lacking = [row[0] for row in engine.rows(without_client_types(asked))]
    return {
        one.id: [f"Authority {', '.join(lacking)}: {one.not_collected}. The cells stay empty."]
        for one in definitions
        if one.not_collected and lacking
    }


def data_notes(*notes: Notes) -> Notes:
    """The sentences of each measure from all of these."""
    ids = dict.fromkeys(name for one in notes for name in one)
    return {name: [text for one in notes for text in one.get(name, ())] for name in ids}


def as_lines(notes: Notes) -> list[str]:
    """The sentences, each once, after the measures that it is about."""
    about: dict[str, list[str]] = {}
    for name, texts in notes.items():
        for text in texts:
            about.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in about.items()]
